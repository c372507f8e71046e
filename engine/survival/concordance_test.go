package survival_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/engine/survival"
)

// scored is somebody with a score.
type scored struct {
	patient
	band   int
	weight float64
}

// bandsOf counts people by band.
func bandsOf(people []scored, bands int) []survival.Counts {
	out := make([]survival.Counts, bands)
	for b := range out {
		at := map[float64][2]int64{}
		for _, p := range people {
			if p.band == b {
				n := at[p.time]
				n[map[bool]int{true: 0, false: 1}[p.event]]++
				at[p.time] = n
			}
		}
		for t := range at {
			out[b].Times = append(out[b].Times, t)
		}
		slices.Sort(out[b].Times)
		for _, t := range out[b].Times {
			out[b].Events, out[b].Censored = append(out[b].Events, at[t][0]), append(out[b].Censored, at[t][1])
		}
	}
	return out
}

// harrell goes through pairs: concordant, tied and all, of weights.
func harrell(people []scored) (concordant, tied, all float64) {
	for i, a := range people {
		for j, b := range people {
			if i == j || !a.event || b.time < a.time || b.time == a.time && b.event {
				continue
			}
			w := a.weight * b.weight
			all += w
			switch {
			case a.band > b.band:
				concordant += w
			case a.band == b.band:
				tied += w
			}
		}
	}
	return concordant, tied, all
}

func TestConcordanceAgainstPairs(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 61))
	for range 30 {
		bands := 2 + random.IntN(5)
		var people []scored
		for range 10 + random.IntN(40) {
			p := scored{band: random.IntN(bands), weight: 1}
			p.time, p.event = float64(random.IntN(12)), random.IntN(3) > 0
			people = append(people, p)
		}
		people = append(people, scored{patient{time: 3, event: true}, 0, 1}, scored{patient{time: 5}, 1, 1})
		a, f := survival.Concordance(bandsOf(people, bands), 0.95)
		if f != nil {
			t.Fatal(f)
		}
		c, ties, all := harrell(people)
		variance := 0.0
		for i := range people { // how C changes with the weight of each person
			const h = 1e-4
			moved := func(d float64) float64 {
				other := slices.Clone(people)
				other[i].weight += d
				c, ties, all := harrell(other)
				return (c + ties/2) / all
			}
			d := (moved(h) - moved(-h)) / (2 * h)
			variance += d * d
		}
		for what, pair := range map[string][2]float64{
			"C": {a.C, (c + ties/2) / all}, "least": {a.Least, c / all}, "most": {a.Most, (c + ties) / all}, "SE": {a.SE, math.Sqrt(variance)},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-7 {
				t.Errorf("%s is %g, want %g", what, pair[0], pair[1])
			}
		}
	}
}

// Published: R's summary(coxph(Surv(time, status) ~ age + sex, lung)): Concordance = 0.603 (se = 0.025).
func TestConcordanceGolden(t *testing.T) {
	lung := patients(t, "../../examples/health/pooled/lung.csv", "2", "age", "sex")
	fit := fitCox(t, [][]patient{lung}, []string{"age", "sex"}, survival.Efron)
	beta := []float64{fit.Coefficients[0].Estimate, fit.Coefficients[1].Estimate}
	var scores []float64
	for _, p := range lung {
		scores = append(scores, p.weight(beta))
	}
	values := slices.Clone(scores)
	slices.Sort(values)
	values = slices.Compact(values)
	var people []scored
	for i, p := range lung {
		band, _ := slices.BinarySearchFunc(values, scores[i], cmp.Compare[float64])
		people = append(people, scored{p, band, 1})
	}
	a, f := survival.Concordance(bandsOf(people, len(values)), 0.95)
	if f != nil {
		t.Fatal(f)
	}
	wants(t, "concordance", "%.3f", a.C, 0.603)
	wants(t, "standard error", "%.3f", a.SE, 0.025)
}

func TestConcordanceRefusals(t *testing.T) {
	one := survival.Counts{Times: []float64{1, 2}, Events: []int64{0, 0}, Censored: []int64{3, 3}}
	if _, f := survival.Concordance([]survival.Counts{one}, 0.95); !survival.OneGroup.Is(f) {
		t.Error(f)
	}
	if _, f := survival.Concordance([]survival.Counts{one, one}, 0.95); !survival.NoEvents.Is(f) {
		t.Error(f)
	}
	bad := survival.Counts{Times: []float64{1}, Events: []int64{-1}, Censored: []int64{0}}
	if _, f := survival.Concordance([]survival.Counts{one, bad}, 0.95); !survival.BadGrid.Is(f) {
		t.Error(f)
	}
}
