package inference_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/tacit-space/tacit/engine/inference"
)

// The area, its standard error, its bounds and the points are those of going through all pairs of people.
func TestROC(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 51))
	for range 60 {
		bins := 1 + random.IntN(12)
		with, without := make([]int64, bins), make([]int64, bins)
		var sick, well []int
		for range 2 + random.IntN(40) {
			s := random.IntN(bins)
			with[s]++
			sick = append(sick, s)
		}
		for range 2 + random.IntN(40) {
			s := min(random.IntN(bins), random.IntN(bins))
			without[s]++
			well = append(well, s)
		}
		r, f := inference.NewROC(with, without, 0.95)
		if f != nil {
			t.Fatal(f)
		}
		order := func(a, b int) float64 { return map[bool]float64{true: 1}[a > b] + map[bool]float64{true: 0.5}[a == b] }
		placed, placed2 := make([]float64, len(sick)), make([]float64, len(well))
		area, least, most := 0.0, 0.0, 0.0
		for i, a := range sick {
			for j, b := range well {
				p := order(a, b)
				placed[i] += p / float64(len(well))
				placed2[j] += p / float64(len(sick))
				area, least, most = area+p, least+math.Floor(p), most+math.Ceil(p)
			}
		}
		pairs := float64(len(sick) * len(well))
		near(t, "area", r.Area.Value, area/pairs)
		near(t, "least", r.Least, least/pairs)
		near(t, "most", r.Most, most/pairs)
		want := math.Sqrt(stat.Variance(placed, nil)/float64(len(sick)) + stat.Variance(placed2, nil)/float64(len(well)))
		if math.Abs(r.Area.SE-want) > 1e-7 {
			t.Errorf("SE %g, want %g", r.Area.SE, want)
		}
		best := 0.0
		for _, p := range r.Points {
			hit, right := 0.0, 0.0
			for _, a := range sick {
				hit += map[bool]float64{true: 1}[a >= p.Value]
			}
			for _, b := range well {
				right += map[bool]float64{true: 1}[b < p.Value]
			}
			near(t, "sensitivity", p.Sensitivity, hit/float64(len(sick)))
			near(t, "specificity", p.Specificity, right/float64(len(well)))
			if hit+float64(len(well))-right > 0 {
				near(t, "predictive value", p.Predictive, hit/(hit+float64(len(well))-right))
			}
			best = math.Max(best, p.Sensitivity+p.Specificity)
		}
		near(t, "best", r.Points[r.Best].Sensitivity+r.Points[r.Best].Specificity, best)
	}
	for what, c := range map[string][2][]int64{"one with": {{1, 0}, {2, 2}}, "none without": {{5, 5}, {0, 0}}, "below 0": {{5, 5}, {-1, 5}}} {
		if _, f := inference.NewROC(c[0], c[1], 0.95); f == nil {
			t.Errorf("%s is no fault", what)
		}
	}
}

func TestCalibrate(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 52))
	for range 50 {
		groups := make([]inference.Predicted, 1+random.IntN(6))
		brier, n, events, expected := 0.0, 0.0, 0.0, 0.0
		chi := make([][3]float64, len(groups))
		for range 30 + random.IntN(200) {
			g, p, y := random.IntN(len(groups)), random.Float64(), 0.0
			if random.Float64() < p {
				y = 1
				groups[g].Events++
				groups[g].EventSum += p
			}
			groups[g].N++
			groups[g].Sum += p
			groups[g].Squares += p * p
			brier, n, events, expected = brier+(p-y)*(p-y), n+1, events+y, expected+p
			chi[g] = [3]float64{chi[g][0] + 1, chi[g][1] + y, chi[g][2] + p}
		}
		c, f := inference.Calibrate(groups, 0.95)
		if f != nil {
			t.Fatal(f)
		}
		want, df := 0.0, 0
		for _, g := range chi {
			if g[0] > 0 { // both cells of the group
				want += (g[1]-g[2])*(g[1]-g[2])/g[2] + (g[1]-g[2])*(g[1]-g[2])/(g[0]-g[2])
				df++
			}
		}
		near(t, "Brier", c.Brier, brier/n)
		near(t, "ratio", c.Ratio.Value, events/expected)
		near(t, "χ²", c.ChiSq, want)
		if c.DF != df {
			t.Errorf("%d degrees of freedom, want %d", c.DF, df)
		}
		rate := events / n
		near(t, "scaled", c.Scaled, 1-brier/n/(rate*(1-rate)))
	}
	if _, f := inference.Calibrate([]inference.Predicted{{N: 1, Events: 2}}, 0.95); f == nil {
		t.Error("more events than people")
	}
	if _, f := inference.Calibrate(nil, 0.95); f == nil {
		t.Error("nobody")
	}
}
