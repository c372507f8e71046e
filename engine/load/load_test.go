package load_test

import (
	"encoding/csv"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/tacit-space/tacit/engine/load"
)

var monday = time.Date(2000, 6, 5, 0, 0, 0, 0, time.UTC)

func series(step time.Duration, values ...int64) *load.Series {
	s := &load.Series{}
	for i, v := range values {
		s.At = append(s.At, monday.Add(time.Duration(i)*step))
		s.Values = append(s.Values, big.NewRat(v, 1))
	}
	return s
}

func float(r *big.Rat) float64 {
	x, _ := r.Float64()
	return x
}

// TestTaylor: half-hourly demand of England and Wales; the figures are published with the data.
func TestTaylor(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "examples", "energy", "source", "taylor.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := &load.Series{}
	for i, row := range rows[1:] {
		v, ok := new(big.Rat).SetString(row[1])
		if !ok {
			t.Fatal(row)
		}
		s.At, s.Values = append(s.At, monday.Add(time.Duration(i)*30*time.Minute)), append(s.Values, v)
	}
	peak, at, bad := s.Peak()
	if bad != nil {
		t.Fatal(bad)
	}
	factor, bad := s.Factor()
	if bad != nil {
		t.Fatal(bad)
	}
	if s.Len() != 4032 || peak.Cmp(big.NewRat(38777, 1)) != 0 || math.Abs(float(s.Mean())-29617.136) > 5e-4 || math.Abs(float(factor)-0.76378) > 5e-6 {
		t.Errorf("n %d, peak %s, mean %.3f, load factor %.5f", s.Len(), peak.RatString(), float(s.Mean()), float(factor))
	}
	if h := s.At[at].Hour(); h < 8 || h > 20 || load.DayTypeOf(s.At[at]) != load.Weekday {
		t.Errorf("peak at %v", s.At[at])
	}
	for i, m := range s.Profile() {
		if m.Season != load.Summer || m.Hour != i%24 || m.Day != load.DayType(i/24) || m.Intervals != []int{120, 24, 24}[i/24] {
			t.Errorf("slot %d: %+v", i, m)
		}
	}
}

// TestAgainstFloats: every figure of random series is that of plain floating-point code.
func TestAgainstFloats(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		n, groups := 2+rng.IntN(60), 1+rng.IntN(5)
		var all []*load.Series
		total, peaks := make([]float64, n), 0.0
		for range groups {
			values := make([]int64, n)
			for i := range values {
				values[i] = 1 + rng.Int64N(1000)
				total[i] += float64(values[i])
			}
			peaks += float64(slices.Max(values))
			all = append(all, series(time.Hour, values...))
		}
		c, f := load.Coincide(all)
		if f != nil {
			t.Fatal(f)
		}
		peak := slices.Max(total)
		want := map[string][2]float64{
			"coincident":  {float(c.Coincident), peak},
			"at":          {float64(c.At), float64(slices.Index(total, peak))},
			"non":         {float(c.NonCoincident), peaks},
			"coincidence": {float(c.Factor), peak / peaks},
			"diversity":   {float(c.Diversity), peaks / peak},
		}
		sum := 0.0
		for _, x := range total {
			sum += x
		}
		factor, _ := c.Total.Factor()
		admd, _ := c.AfterDiversity(7)
		want["load factor"] = [2]float64{float(factor), sum / float64(n) / peak}
		want["admd"] = [2]float64{float(admd), peak / 7}
		sorted := slices.Clone(total)
		sort.Sort(sort.Reverse(sort.Float64Slice(sorted)))
		for i, v := range c.Total.Duration() {
			if float(v) != sorted[i] {
				t.Fatalf("duration curve differs at %d", i)
			}
		}
		for _, p := range []int64{1, 10, 50, 90, 95, 100} {
			x, f := c.Total.Exceeded(big.NewRat(p, 100))
			if f != nil {
				t.Fatal(f)
			}
			reached := 0
			for _, v := range total {
				if v >= float(x) {
					reached++
				}
			}
			above := 0
			for _, v := range total {
				if v > float(x) {
					above++
				}
			}
			if need := float64(p) / 100 * float64(n); float64(reached) < need || float64(above) >= need {
				t.Errorf("P%d of %v is %g", p, total, float(x))
			}
		}
		rise, fall, riseAt, _, _ := c.Total.Ramps()
		up, down := 0.0, 0.0
		for i := range n - 1 {
			up, down = max(up, total[i+1]-total[i]), max(down, total[i]-total[i+1])
		}
		want["rise"], want["fall"] = [2]float64{float(rise), up}, [2]float64{float(fall), down}
		if up > 0 && total[riseAt+1]-total[riseAt] != up {
			t.Errorf("the largest rise is not at %d", riseAt)
		}
		for name, v := range want {
			if math.Abs(v[0]-v[1]) > 1e-12*math.Abs(v[1]) {
				t.Errorf("%s: %g, want %g", name, v[0], v[1])
			}
		}
		if float(c.Factor) > 1 {
			t.Error("a coincidence factor above 1")
		}
	}
}

func TestProfile(t *testing.T) {
	s := &load.Series{}
	for day := range 14 {
		for half := range 48 {
			s.At = append(s.At, monday.AddDate(0, 0, day).Add(time.Duration(half)*30*time.Minute))
			s.Values = append(s.Values, big.NewRat(int64(100*day+half), 1))
		}
	}
	for _, m := range s.Profile() {
		days := map[load.DayType]float64{load.Weekday: 5.5, load.Saturday: 8.5, load.Sunday: 9.5}[m.Day]
		if want := 100*days + 2*float64(m.Hour) + 0.5; float(m.Value) != want {
			t.Errorf("%v at %d: %g, want %g", m.Day, m.Hour, float(m.Value), want)
		}
	}
	for month, want := range map[time.Month]load.Season{12: load.Winter, 2: load.Winter, 3: load.Spring, 5: load.Spring, 6: load.Summer, 8: load.Summer, 9: load.Autumn, 11: load.Autumn} {
		if got := load.SeasonOf(time.Date(2000, month, 1, 0, 0, 0, 0, time.UTC)); got != want {
			t.Errorf("%v is in %v", month, got)
		}
	}
}

// TestRespond compares with gonum's least squares.
func TestRespond(t *testing.T) {
	const seed = 3
	rng := rand.New(rand.NewPCG(seed, 0))
	n := 365
	heating, cooling := big.NewRat(15, 1), big.NewRat(22, 1)
	var energy, temperature []*big.Rat
	x, y := mat.NewDense(n, 3, nil), mat.NewDense(n, 1, nil)
	for i := range n {
		temp := math.Round(100*(12+14*math.Sin(float64(i)/58)+3*rng.NormFloat64())) / 100
		hdd, cdd := max(0, 15-temp), max(0, temp-22)
		e := math.Round(1000*(500+20*hdd+35*cdd+10*rng.NormFloat64())) / 1000
		energy = append(energy, new(big.Rat).SetFloat64(e))
		temperature = append(temperature, new(big.Rat).SetFloat64(temp))
		x.SetRow(i, []float64{1, hdd, cdd})
		y.Set(i, 0, e)
	}
	r, f := load.Respond(energy, temperature, heating, cooling, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	var beta mat.Dense
	if err := beta.Solve(x, y); err != nil {
		t.Fatal(err)
	}
	for i, c := range r.Coefficients {
		if want := beta.At(i, 0); math.Abs(c.Estimate-want) > 1e-8*math.Abs(want) {
			t.Errorf("%s: %g, want %g", c.Term, c.Estimate, want)
		}
	}
	if r.CVRMSE <= 0 || r.CVRMSE > 0.05 || r.RSquared < 0.9 {
		t.Errorf("CV(RMSE) %g, R² %g", r.CVRMSE, r.RSquared)
	}
	cold := make([]*big.Rat, n)
	for i := range cold {
		cold[i] = big.NewRat(int64(i%14), 1)
	}
	if r, f := load.Respond(energy, cold, heating, cooling, 0.95); f != nil || len(r.Coefficients) != 2 {
		t.Errorf("without cooling: %v", f)
	}
	if _, f := load.Respond(energy, cold[1:], heating, cooling, 0.95); !load.BadTemperature.Is(f) {
		t.Error(f)
	}
}

func TestFactors(t *testing.T) {
	energy, rated := big.NewRat(8760*2, 1), big.NewRat(5, 1)
	if cf, f := load.CapacityFactor(energy, rated, big.NewRat(8760, 1)); f != nil || float(cf) != 0.4 {
		t.Error(cf, f)
	}
	if h, f := load.FullLoadHours(energy, rated); f != nil || float(h) != 3504 {
		t.Error(h, f)
	}
	if p, f := load.RollUp(big.NewRat(200, 1), big.NewRat(50, 1)); f != nil || float(p.Primary) != 0.25 {
		t.Error(p, f)
	}
}

func TestNoLoad(t *testing.T) {
	a, b := series(time.Hour, 1, 2), series(time.Hour, 1, 2, 3)
	zero := new(big.Rat)
	for name, c := range map[string]struct {
		kind interface{ Is(error) bool }
		do   func() error
	}{
		"no intervals":     {load.NoLoad, func() error { _, _, f := (&load.Series{}).Peak(); return f }},
		"no power":         {load.NoLoad, func() error { _, f := series(time.Hour, 0, 0).Factor(); return f }},
		"no groups":        {load.NoLoad, func() error { _, f := load.Coincide(nil); return f }},
		"different length": {load.Gaps, func() error { _, f := load.Coincide([]*load.Series{a, b}); return f }},
		"different times":  {load.Gaps, func() error { _, f := load.Coincide([]*load.Series{a, series(time.Minute, 1, 2)}); return f }},
		"no customers": {load.BadFigure, func() error {
			c, _ := load.Coincide([]*load.Series{a})
			_, f := c.AfterDiversity(0)
			return f
		}},
		"no rated power": {load.BadFigure, func() error { _, f := load.CapacityFactor(zero, zero, zero); return f }},
		"no share":       {load.BadFigure, func() error { _, f := a.Exceeded(zero); return f }},
		"no balance":     {load.NoLoad, func() error { _, f := load.Balanced(&load.Series{}, &load.Series{}); return f }},
		"uneven balance": {load.Gaps, func() error { _, f := load.Balanced(a, b); return f }},
		"below 0":        {load.BadFigure, func() error { _, f := load.Balanced(a, series(time.Hour, 1, -1)); return f }},
		"no forecast":    {load.NoLoad, func() error { _, f := load.Assess(&load.Series{}, &load.Series{}); return f }},
		"late forecast":  {load.Gaps, func() error { _, f := load.Assess(a, series(time.Minute, 1, 2)); return f }},
		"nothing came":   {load.NoLoad, func() error { _, f := load.Assess(series(time.Hour, 0, 0), a); return f }},
		"no footprint":   {load.NoFootprint, func() error { _, f := load.RollUp(zero, zero); return f }},
		"too primary":    {load.BadFigure, func() error { _, f := load.RollUp(big.NewRat(1, 1), big.NewRat(2, 1)); return f }},
	} {
		if err := c.do(); !c.kind.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
