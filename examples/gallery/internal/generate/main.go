// Command generate writes the made-up rows of the gallery.
//
// Run it in examples/gallery. The result is the same on every run. An argument is a folder to write instead
// of owners.
//
// Start at [Write].
package main

import (
	"encoding/csv"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// seed of every random draw.
const seed = 20240301

// owners of the space.
var owners = []string{"east", "middle", "north", "south", "west"}

func main() {
	out := "owners"
	if len(os.Args) > 1 {
		out = os.Args[1]
	}
	if err := Write(out); err != nil {
		log.Fatal(err)
	}
}

// table is a file of every owner.
type table struct {
	name   string
	header []string
	rows   func(owner string, random *rand.Rand) [][]string
}

// Write makes the folder of every owner.
func Write(out string) error {
	for i, owner := range owners {
		for j, t := range []table{
			{"admissions", []string{"patient", "hospital", "admitted", "score", "risk", "died", "days", "dead"}, admissions},
			{"goods", []string{"supplier", "material", "kg", "factor", "data"}, goods},
			{"heating", []string{"building", "day", "kwh", "outside"}, heating},
			{"solar", []string{"plant", "kind", "ts", "kwh", "rated"}, solar},
			{"homes", []string{"home", "village", "ts", "made", "used", "forecast"}, homes},
		} {
			if err := write(filepath.Join(out, owner, t.name+".csv"), t.header, t.rows(owner, rand.New(rand.NewPCG(seed, uint64(10*i+j))))); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(file string, header []string, rows [][]string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		return err
	}
	return f.Close()
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// within keeps a number in its range.
func within(x, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, x)) }

// admissions have a constant hazard, of which 30 days make the true risk; follow-up ends after 90.
func admissions(owner string, random *rand.Rand) (rows [][]string) {
	january, calendar := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), rand.New(rand.NewPCG(seed, uint64(len(owner))<<8|uint64(owner[0])))
	for i := range 180 {
		score := math.Round(within(18+8*random.NormFloat64(), 0, 40))
		risk := within(logistic(-3.6+0.14*score), 0.001, 0.999)
		truth := logistic(-3.1 + 0.115*score + map[string]float64{"west": 0.5}[owner])
		survived := -random.ExpFloat64() / math.Log(1-truth) * 30
		days := math.Min(math.Floor(survived), 90)
		u := calendar.Float64()
		if survived < 30 { // more of those who die come late in the year
			u = math.Pow(u, 0.75)
		}
		admitted := january.AddDate(0, 0, int(365*u))
		flag := func(yes bool) string { return map[bool]string{false: "0", true: "1"}[yes] }
		rows = append(rows, []string{
			fmt.Sprintf("%s-%03d", owner, i+1), owner, admitted.Format(time.DateOnly), strconv.Itoa(int(score)), fmt.Sprintf("%.3f", risk),
			flag(survived < 30), strconv.Itoa(int(days)), flag(survived < 90),
		})
	}
	return rows
}

// goods have six suppliers in each place, three deliveries each; half of them measured their factors.
func goods(owner string, random *rand.Rand) (rows [][]string) {
	factors := map[string]float64{"glass": 0.9, "plastic": 2.6, "steel": 1.9}
	for i := range 6 {
		for _, material := range []string{"glass", "plastic", "steel"} {
			factor, data := factors[material], "secondary"
			if i%2 == 0 {
				factor, data = factor*(0.6+0.6*random.Float64()), "primary"
			}
			rows = append(rows, []string{fmt.Sprintf("%s-%d", owner, i+1), material, fmt.Sprintf("%.1f", 100+900*random.Float64()), fmt.Sprintf("%.3f", factor), data})
		}
	}
	return rows
}

// heating is of two buildings in each place, in spring and early summer.
func heating(owner string, random *rand.Rand) (rows [][]string) {
	for b := range 2 {
		size := 0.5 + random.Float64()
		weather := rand.New(rand.NewPCG(seed, 999)) // the same everywhere, but for a little
		for d := range 75 {
			outside := 6 + 0.25*float64(d) + 4*weather.NormFloat64() + random.NormFloat64()/2
			kwh := size * (120 + 14*math.Max(0, 15-outside) + 9*math.Max(0, outside-22) + 15*random.NormFloat64())
			day := time.Date(2024, 3, 10, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d)
			rows = append(rows, []string{fmt.Sprintf("%s-%d", owner, b+1), day.Format(time.DateOnly), fmt.Sprintf("%.1f", math.Max(0, kwh)), fmt.Sprintf("%.1f", outside)})
		}
	}
	return rows
}

// homes are two in each village in each place; those on the hill are empty by day.
func homes(owner string, random *rand.Rand) (rows [][]string) {
	for p := range 4 {
		village, panels := []string{"hill", "lake"}[p%2], 2+3*random.Float64()
		for h := range 48 {
			hour := float64(h % 24)
			made := panels * math.Max(0, math.Sin(math.Pi*(hour-6)/14)) * (0.6 + 0.4*random.Float64())
			if hour < 6 || hour > 20 {
				made = 0
			}
			mean := 0.4 + 0.8*math.Exp(-math.Pow((hour-19)/3, 2))
			if village == "lake" {
				mean += 0.9 * math.Exp(-math.Pow((hour-12)/4, 2))
			}
			used := mean * (0.5 + random.Float64())
			ts := time.Date(2024, 6, 1, h, 0, 0, 0, time.UTC)
			rows = append(rows, []string{
				fmt.Sprintf("%s-%d", owner, p+1), village, ts.Format(time.DateTime), fmt.Sprintf("%.2f", made), fmt.Sprintf("%.2f", used), fmt.Sprintf("%.2f", mean*1.05),
			})
		}
	}
	return rows
}

// solar is of two plants of each kind in each place, over a clear day and a cloudy one.
func solar(owner string, random *rand.Rand) (rows [][]string) {
	for p := range 4 {
		kind, rated := "roof", 10+math.Round(900*random.Float64())/10
		if p%2 == 0 {
			kind, rated = "field", 500+math.Round(20000*random.Float64())/10
		}
		for h := range 48 {
			sun := math.Max(0, math.Sin(math.Pi*(float64(h%24)-5)/16))
			if h%24 < 5 || h%24 > 21 {
				sun = 0
			}
			if h >= 24 {
				sun *= 0.2 + 0.3*random.Float64()
			}
			ts := time.Date(2024, 6, 1, h, 0, 0, 0, time.UTC)
			rows = append(rows, []string{fmt.Sprintf("%s-%d", owner, p+1), kind, ts.Format(time.DateTime), fmt.Sprintf("%.2f", rated*sun*(0.85+0.1*random.Float64())), fmt.Sprintf("%.1f", rated)})
		}
	}
	return rows
}
