// Command generate writes the synthetic data of the energy example.
//
// Two tables are derived from two real curves, per utility: load, half-hourly
// load of a made-up region, from the Taylor curve; reading, hourly consumption
// of made-up meters, from the BDEW standard load profiles. No row is a real
// measurement.
//
// Run it in examples/energy. The result is the same on every run. An argument is a folder to write instead
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

// seed of every random draw; another seed gives another, equally made-up country.
const seed = 20000605

// start is the first half hour of the Taylor curve, a Monday.
var start = time.Date(2000, 6, 5, 0, 0, 0, 0, time.UTC)

const stamp = "2006-01-02 15:04:05"

// utility is one made-up owner.
type utility struct {
	name    string
	share   float64 // of the national load, 0…1
	lag     int     // half hours by which its curve follows the national one
	weekend float64 // factor on Saturdays and Sundays: below 1 for industry
	meters  map[string]int
}

var utilities = []utility{
	{"coast", 0.14, 1, 1.04, map[string]int{"H0": 13, "G0": 3, "L0": 2}},
	{"highland", 0.06, -1, 1.02, map[string]int{"H0": 9, "G0": 2, "L0": 7}},
	{"midland", 0.27, 0, 0.93, map[string]int{"H0": 11, "G0": 6, "L0": 1}},
	{"north", 0.19, 0, 0.96, map[string]int{"H0": 12, "G0": 4, "L0": 2}},
	{"plain", 0.11, -2, 1.00, map[string]int{"H0": 8, "G0": 2, "L0": 8}},
	{"south", 0.23, 1, 0.98, map[string]int{"H0": 14, "G0": 4, "L0": 0}},
}

func main() {
	owners := "owners"
	if len(os.Args) > 1 {
		owners = os.Args[1]
	}
	if err := Write("source", owners); err != nil {
		log.Fatal(err)
	}
}

// Write reads taylor.csv and bdew.csv in the folder source and writes
// UTILITY/load.csv and UTILITY/reading.csv below the folder owners.
func Write(source, owners string) error {
	national, err := readTaylor(filepath.Join(source, "taylor.csv"))
	if err != nil {
		return err
	}
	profiles, err := readProfiles(filepath.Join(source, "bdew.csv"))
	if err != nil {
		return err
	}
	for i, u := range utilities {
		draw := rand.New(rand.NewPCG(seed, uint64(i)))
		dir := filepath.Join(owners, u.name)
		if err := write(filepath.Join(dir, "load.csv"), u.load(national, draw)); err != nil {
			return err
		}
		if err := write(filepath.Join(dir, "reading.csv"), u.readings(profiles, draw)); err != nil {
			return err
		}
	}
	return nil
}

// load is the utility's share of the national curve in MW, shifted, with its
// own weekend and 1.5 % of noise.
func (u utility) load(national []float64, draw *rand.Rand) [][]string {
	rows := [][]string{{"region", "ts", "weekday", "hour", "mw"}}
	for i := range national {
		at := start.Add(time.Duration(i) * 30 * time.Minute)
		mw := u.share * national[(i-u.lag+len(national))%len(national)] * (1 + 0.015*draw.NormFloat64())
		if isWeekend(at) {
			mw *= u.weekend
		}
		rows = append(rows, []string{
			u.name, at.Format(stamp), isoWeekday(at), strconv.Itoa(at.Hour()), decimal(mw, 1),
		})
	}
	return rows
}

// readings are hourly kWh of the utility's meters over the first seven days:
// the profile of the meter's class scaled to its yearly consumption, with 25 %
// of noise.
func (u utility) readings(profiles map[profileKey][]float64, draw *rand.Rand) [][]string {
	rows := [][]string{{"meter", "class", "ts", "hour", "kwh"}}
	number := 0
	for _, class := range []string{"H0", "G0", "L0"} {
		for range u.meters[class] {
			number++
			meter := fmt.Sprintf("%s-%03d", u.name, number)
			year := yearly(class) * math.Exp(0.4*draw.NormFloat64()) // kWh
			for h := range 7 * 24 {
				at := start.Add(time.Duration(h) * time.Hour)
				quarter := profiles[profileKey{class, dayType(at)}][at.Hour()*4:][:4]
				watts := (quarter[0] + quarter[1] + quarter[2] + quarter[3]) / 4 // at 1000 kWh a year
				kwh := watts / 1000 * year / 1000 * math.Exp(0.25*draw.NormFloat64())
				rows = append(rows, []string{meter, class, at.Format(stamp), strconv.Itoa(at.Hour()), decimal(kwh, 3)})
			}
		}
	}
	return rows
}

// yearly is the typical consumption of a meter of the class in kWh.
func yearly(class string) float64 {
	return map[string]float64{"H0": 3200, "G0": 12000, "L0": 9000}[class]
}

func isWeekend(at time.Time) bool {
	return at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
}

// isoWeekday is 1 for Monday … 7 for Sunday.
func isoWeekday(at time.Time) string {
	return strconv.Itoa((int(at.Weekday())+6)%7 + 1)
}

func dayType(at time.Time) string {
	switch at.Weekday() {
	case time.Saturday:
		return "saturday"
	case time.Sunday:
		return "sunday"
	default:
		return "workday"
	}
}

func decimal(x float64, digits int) string { return strconv.FormatFloat(x, 'f', digits, 64) }

func readTaylor(path string) ([]float64, error) {
	rows, err := read(path)
	if err != nil {
		return nil, err
	}
	var mw []float64
	for _, row := range rows {
		x, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			return nil, err
		}
		mw = append(mw, x)
	}
	return mw, nil
}

type profileKey struct{ class, day string }

// readProfiles keeps the summer curves, 96 quarter hours each.
func readProfiles(path string) (map[profileKey][]float64, error) {
	rows, err := read(path)
	if err != nil {
		return nil, err
	}
	profiles := map[profileKey][]float64{}
	for _, row := range rows {
		if row[1] != "summer" {
			continue
		}
		watts, err := strconv.ParseFloat(row[4], 64)
		if err != nil {
			return nil, err
		}
		key := profileKey{row[0], row[2]}
		profiles[key] = append(profiles[key], watts)
	}
	return profiles, nil
}

// read returns the rows of a CSV file below its header.
func read(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}

func write(path string, rows [][]string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
