package survival_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/survival"
)

// Published: R's survival 3, cox.zph(coxph(Surv(time, status) ~ age + sex, lung)).
func TestProportionalGolden(t *testing.T) {
	lung := patients(t, "../../examples/health/pooled/lung.csv", "2", "age", "sex")
	_, sums, at := fitAndSums(t, [][]patient{lung}, []string{"age", "sex"}, survival.Efron)
	each, all, f := survival.Proportional(sums, at, survival.Efron, survival.ByKaplanMeier)
	if f != nil {
		t.Fatal(f)
	}
	got := fmt.Sprintf("%.3f %.3f %.3f", each[0].ChiSq, each[1].ChiSq, all.ChiSq)
	if got != "0.209 2.608 2.771" || all.DF != 2 || fmt.Sprintf("%.2f %.2f %.2f", each[0].P, each[1].P, all.P) != "0.65 0.11 0.25" {
		t.Errorf("χ² %s, p %g %g %g on %d df", got, each[0].P, each[1].P, all.P, all.DF)
	}
}

// makePatients are people at random in strata.
func makePatients(random *rand.Rand, p int) (strata [][]patient, beta []float64) {
	strata, beta = make([][]patient, 1+random.IntN(3)), make([]float64, p)
	for i := range beta {
		beta[i] = random.NormFloat64() / 3
	}
	for s := range strata {
		for range 25 + random.IntN(20) {
			who := patient{event: random.IntN(4) > 0}
			for range p {
				who.x = append(who.x, math.Round(random.NormFloat64()*4)/4)
			}
			who.time = math.Floor(12 * random.ExpFloat64() / who.weight(beta))
			strata[s] = append(strata[s], who)
		}
	}
	return strata, beta
}

// kaplanMeierBefore goes through all people.
func kaplanMeierBefore(strata [][]patient, t float64) float64 {
	s := 1.0
	var times []float64
	for _, people := range strata {
		for _, p := range people {
			if p.event && p.time < t && !slices.Contains(times, p.time) {
				times = append(times, p.time)
			}
		}
	}
	for _, at := range times {
		n, d := 0.0, 0.0
		for _, people := range strata {
			for _, p := range people {
				if p.time >= at {
					n++
				}
				if p.event && p.time == at {
					d++
				}
			}
		}
		s *= 1 - d/n
	}
	return s
}

// The test is the score test of a likelihood, person by person, whose coefficients drift with time, by its numerical derivatives.
func TestProportionalAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 41))
	for range 6 {
		p := 1 + random.IntN(2)
		strata, _ := makePatients(random, p)
		for _, ties := range []survival.Ties{survival.Efron, survival.Breslow} {
			for _, transform := range []survival.Transform{survival.ByKaplanMeier, survival.ByTime} {
				fit, sums, at := fitAndSums(t, strata, []string{"a", "b"}[:p], ties)
				each, all, f := survival.Proportional(sums, at, ties, transform)
				if f != nil || all == nil {
					t.Fatal(f)
				}
				g := map[float64]float64{}
				for _, people := range strata {
					for _, who := range people {
						if g[who.time] = who.time; transform == survival.ByKaplanMeier {
							g[who.time] = 1 - kaplanMeierBefore(strata, who.time)
						}
					}
				}
				both := make([]float64, 2*p)
				for i, c := range fit.Coefficients {
					both[i] = c.Estimate
				}
				likelihood := func(both []float64) (sum float64) {
					for _, people := range strata {
						sum += drifting(people, func(t float64) []float64 {
							beta := make([]float64, p)
							for i := range beta {
								beta[i] = both[i] + both[p+i]*g[t]
							}
							return beta
						}, ties)
					}
					return sum
				}
				step := make([]float64, 2*p)
				for i := range step {
					if step[i] = 2e-3; i >= p && transform == survival.ByTime {
						step[i] = 1e-4
					}
				}
				want := func(only []int) float64 {
					n := len(only)
					u, info := mat.NewVecDense(n, nil), mat.NewSymDense(n, nil)
					moved := func(i int, x float64, j int, y float64) float64 {
						b := slices.Clone(both)
						b[i] += x * step[i]
						b[j] += y * step[j]
						return likelihood(b)
					}
					for a, i := range only {
						u.SetVec(a, (moved(i, 1, i, 0)-moved(i, -1, i, 0))/2/step[i])
						for b, j := range only {
							info.SetSym(a, b, -(moved(i, 1, j, 1)-moved(i, 1, j, -1)-moved(i, -1, j, 1)+moved(i, -1, j, -1))/4/step[i]/step[j])
						}
					}
					var x mat.VecDense
					if err := x.SolveVec(info, u); err != nil {
						t.Log(err)
					}
					return mat.Dot(u, &x)
				}
				every := []int{}
				for i := range 2 * p {
					every = append(every, i)
				}
				compare := func(what string, got, want float64) {
					t.Helper()
					if math.Abs(got-want) > 1e-3*(0.05+want) {
						t.Errorf("%s, %s: %s %.6g, want %.6g", ties, transform, what, got, want)
					}
				}
				compare("all", all.ChiSq, want(every))
				for i := range p {
					compare(fmt.Sprint("coefficient ", i), each[i].ChiSq, want(append(slices.Clone(every[:p]), p+i)))
				}
			}
		}
	}
}

// Events at one time say nothing about drift.
func TestProportionalOfOneTime(t *testing.T) {
	people := []patient{{1, true, []float64{1}}, {1, true, []float64{0}}, {2, false, []float64{1}}, {2, false, []float64{0}}}
	each, all, f := survival.Proportional([]survival.CoxStratum{stratum(people, []float64{0})}, []float64{0}, survival.Efron, survival.ByKaplanMeier)
	if f != nil || each[0] != nil || all != nil {
		t.Errorf("%v, %v, %v", each, all, f)
	}
}

// The predicted curve goes through the people: hazards of Breslow, or of each of Efron's ties in turn, and Tsiatis' variance.
func TestBaselineAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 42))
	for range 30 {
		p := 1 + random.IntN(2)
		strata, x := makePatients(random, p)
		for _, ties := range []survival.Ties{survival.Efron, survival.Breslow} {
			fit, sums, at := fitAndSums(t, strata, []string{"a", "b"}[:p], ties)
			curves, f := survival.Baseline(sums, at, ties, fit, x, 0.9)
			if f != nil {
				t.Fatal(f)
			}
			beta := make([]float64, p)
			for i, c := range fit.Coefficients {
				beta[i] = c.Estimate
			}
			scale := (&patient{x: x}).weight(beta)
			for s, people := range strata {
				for _, point := range curves[s] {
					hazard, variance, q := 0.0, 0.0, make([]float64, p)
					for i, who := range people {
						if !who.event || who.time > point.Time {
							continue
						}
						d, before := 0.0, 0.0
						for j, other := range people {
							if other.event && other.time == who.time {
								if d++; j < i {
									before++
								}
							}
						}
						w, mean := 0.0, make([]float64, p)
						for _, other := range people {
							if other.time < who.time {
								continue
							}
							v := other.weight(beta)
							if ties == survival.Efron && other.event && other.time == who.time {
								v *= 1 - before/d
							}
							w += v
							for k := range mean {
								mean[k] += v * other.x[k]
							}
						}
						hazard, variance = hazard+1/w, variance+1/w/w
						for k := range q {
							q[k] += (mean[k]/w - x[k]) / w
						}
					}
					for i := range q {
						for j := range q {
							variance += q[i] * q[j] * fit.Covariance[i][j]
						}
					}
					hazard, se := hazard*scale, scale*math.Sqrt(variance)
					z := distuv.UnitNormal.Quantile(0.95)
					for what, pair := range map[string][2]float64{
						"hazard": {point.Hazard, hazard}, "survival": {point.Survival, math.Exp(-hazard)}, "standard error": {point.SE, se},
						"lower": {point.Lower, math.Exp(-hazard - z*se)}, "upper": {point.Upper, math.Min(1, math.Exp(-hazard+z*se))},
					} {
						if math.Abs(pair[0]-pair[1]) > 1e-8*(1e-3+math.Abs(pair[1])) {
							t.Errorf("%s: %s at %g is %.12g, want %.12g", ties, what, point.Time, pair[0], pair[1])
						}
					}
				}
			}
		}
	}
}
