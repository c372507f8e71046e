package survival_test

import (
	"cmp"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/regression"
	"github.com/tacit-space/tacit/engine/survival"
)

// patient is one row of a Cox model.
type patient struct {
	time  float64
	event bool
	x     []float64
}

// patients reads a file; the event is the value of status.
func patients(t *testing.T, file, event string, terms ...string) []patient {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(row []string, name string) float64 {
		x, err := strconv.ParseFloat(row[slices.Index(rows[0], name)], 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var out []patient
	for _, r := range rows[1:] {
		p := patient{time: number(r, "time"), event: r[slices.Index(rows[0], "status")] == event}
		for _, name := range terms {
			p.x = append(p.x, number(r, name))
		}
		out = append(out, p)
	}
	return out
}

func weighted(people []patient, beta []float64) survival.Moments {
	p := len(beta)
	m := survival.Moments{X: make([]float64, p)}
	for range p {
		m.XX = append(m.XX, make([]float64, p))
	}
	for _, who := range people {
		w := who.weight(beta)
		m.W += w
		for i := range p {
			m.X[i] += w * who.x[i]
			for j := range i + 1 {
				m.XX[i][j] += w * who.x[i] * who.x[j]
			}
		}
	}
	return m
}

func (p *patient) weight(beta []float64) float64 {
	eta := 0.0
	for i, b := range beta {
		eta += b * p.x[i]
	}
	return math.Exp(eta)
}

// stratum sums people by when they leave.
func stratum(people []patient, beta []float64) survival.CoxStratum {
	people = slices.Clone(people)
	slices.SortStableFunc(people, func(a, b patient) int { return cmp.Compare(a.time, b.time) })
	var out survival.CoxStratum
	for first := 0; first < len(people); {
		end := first + 1
		for end < len(people) && people[end].time == people[first].time {
			end++
		}
		leaving := people[first:end]
		failing := slices.DeleteFunc(slices.Clone(leaving), func(p patient) bool { return !p.event })
		bin := survival.CoxBin{Leaving: weighted(leaving, beta), Failing: weighted(failing, beta), Events: int64(len(failing))}
		bin.Time, bin.N = people[first].time, int64(len(leaving))
		bin.X = weighted(failing, make([]float64, len(beta))).X
		out = append(out, bin)
		first = end
	}
	return out
}

func fitCox(t *testing.T, strata [][]patient, names []string, ties survival.Ties) *regression.Fit {
	t.Helper()
	fit, _, _ := fitAndSums(t, strata, names, ties)
	return fit
}

// fitAndSums also returns the sums of the last round, and the coefficients that they were taken at.
func fitAndSums(t *testing.T, strata [][]patient, names []string, ties survival.Ties) (*regression.Fit, []survival.CoxStratum, []float64) {
	t.Helper()
	m := &regression.Newton{Names: names, MaxRounds: 20}
	for {
		var sums []survival.CoxStratum
		for _, s := range strata {
			sums = append(sums, stratum(s, m.Coefficients()))
		}
		round, f := survival.PartialLikelihood(sums, m.Coefficients(), ties)
		if f != nil {
			t.Fatal(f)
		}
		at := slices.Clone(m.Coefficients())
		fit, f := m.Take(round, 0.95)
		if f != nil {
			t.Fatal(f)
		}
		if fit != nil {
			return fit, sums, at
		}
	}
}

// Published: R's survival 3.5, coxph(…, ties = …).
func TestCoxGolden(t *testing.T) {
	lung := patients(t, "../../examples/health/pooled/lung.csv", "2", "age", "sex")
	veteran := patients(t, "../statistic/statistictest/data/veteran.csv", "1", "karno", "trt")
	for what, c := range map[string]struct {
		people []patient
		ties   survival.Ties
		beta   [2]float64
		se     [2]float64
		loglik float64
	}{
		"lung, Efron":      {lung, survival.Efron, [2]float64{0.017045, -0.513219}, [2]float64{0.009223, 0.167458}, -742.8482},
		"lung, Breslow":    {lung, survival.Breslow, [2]float64{0.017013, -0.512565}, [2]float64{0.009222, 0.167462}, -743.0797},
		"veteran, Efron":   {veteran, survival.Efron, [2]float64{-0.033954, 0.177322}, [2]float64{0.005084, 0.183149}, -483.9657},
		"veteran, Breslow": {veteran, survival.Breslow, [2]float64{-0.033757, 0.173596}, [2]float64{}, -484.6222},
	} {
		fit := fitCox(t, [][]patient{c.people}, []string{"a", "b"}, c.ties)
		for i, got := range fit.Coefficients {
			wants(t, what+": β", "%.6f", got.Estimate, c.beta[i])
			if c.se[i] > 0 {
				wants(t, what+": SE", "%.6f", got.SE, c.se[i])
			}
		}
		wants(t, what+": log-likelihood", "%.4f", fit.LogLik, c.loglik)
	}
	// print(coxph(Surv(time, status) ~ age + sex, lung)): LR 14.12 on 2 df; summary: Wald 13.47, score 13.72.
	fit := fitCox(t, [][]patient{lung}, []string{"age", "sex"}, survival.Efron)
	wants(t, "likelihood ratio", "%.2f", fit.LikelihoodRatio().ChiSq, 14.12)
	wants(t, "Wald", "%.2f", fit.Wald().ChiSq, 13.47)
	wants(t, "score", "%.2f", fit.Score().ChiSq, 13.72)
}

// naive is the log partial likelihood, person by person.
func naive(people []patient, beta []float64, ties survival.Ties) float64 {
	return drifting(people, func(float64) []float64 { return beta }, ties)
}

// drifting is that with coefficients that depend on time.
func drifting(people []patient, at func(t float64) []float64, ties survival.Ties) (loglik float64) {
	for i, who := range people {
		if !who.event {
			continue
		}
		beta := at(who.time)
		d, before, risk, failing := 0, 0, 0.0, 0.0
		for j, other := range people {
			w := other.weight(beta)
			if other.time >= who.time {
				risk += w
			}
			if other.time == who.time && other.event {
				d, failing = d+1, failing+w
				if j < i {
					before++
				}
			}
		}
		if ties == survival.Efron {
			risk -= float64(before) / float64(d) * failing
		}
		loglik += math.Log(who.weight(beta) / risk)
	}
	return loglik
}

// The likelihood is that of going through people; score and information are its derivatives.
func TestCoxAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 4))
	for range 60 {
		p := 1 + random.IntN(3)
		strata, beta := make([][]patient, 1+random.IntN(3)), make([]float64, p)
		for i := range beta {
			beta[i] = random.NormFloat64() / 2
		}
		for s := range strata {
			for range 10 + random.IntN(30) {
				who := patient{time: float64(random.IntN(8)), event: random.IntN(3) > 0}
				for range p {
					who.x = append(who.x, math.Round(random.NormFloat64()*4)/4)
				}
				strata[s] = append(strata[s], who)
			}
		}
		for _, ties := range []survival.Ties{survival.Efron, survival.Breslow} {
			checkCox(t, strata, beta, ties)
		}
	}
}

func checkCox(t *testing.T, strata [][]patient, beta []float64, ties survival.Ties) {
	t.Helper()
	at := func(beta []float64) (*regression.Round, float64) {
		var sums []survival.CoxStratum
		want := 0.0
		for _, s := range strata {
			sums, want = append(sums, stratum(s, beta)), want+naive(s, beta, ties)
		}
		r, f := survival.PartialLikelihood(sums, beta, ties)
		if f != nil {
			t.Fatal(f)
		}
		return r, want
	}
	r, want := at(beta)
	if math.Abs(r.LogLik-want) > 1e-9*math.Abs(want) {
		t.Errorf("%s: log-likelihood %g, want %g", ties, r.LogLik, want)
	}
	const h = 1e-5
	for i := range beta {
		up, down := slices.Clone(beta), slices.Clone(beta)
		up[i], down[i] = up[i]+h, down[i]-h
		high, naiveHigh := at(up)
		low, naiveLow := at(down)
		if slope := (naiveHigh - naiveLow) / (2 * h); math.Abs(r.Score[i]-slope) > 1e-5*(1+math.Abs(slope)) {
			t.Errorf("%s: score %g, want %g", ties, r.Score[i], slope)
		}
		for j := range beta {
			if slope := -(high.Score[j] - low.Score[j]) / (2 * h); math.Abs(r.Information[i][j]-slope) > 1e-5*(1+math.Abs(slope)) {
				t.Errorf("%s: information %d, %d is %g, want %g", ties, i, j, r.Information[i][j], slope)
			}
		}
	}
}

func TestCoxRefusals(t *testing.T) {
	censored := []patient{{1, false, []float64{1}}, {2, false, []float64{0}}}
	if _, f := survival.PartialLikelihood([]survival.CoxStratum{stratum(censored, []float64{0})}, []float64{0}, survival.Efron); !survival.NoEvents.Is(f) {
		t.Errorf("no events: %v", f)
	}
	bad := stratum([]patient{{1, true, []float64{1}}, {1, true, []float64{0}}}, []float64{0})
	bad[0].Failing.W = 5 // more than all who leave
	if _, f := survival.PartialLikelihood([]survival.CoxStratum{bad}, []float64{0}, survival.Efron); !survival.BadWeights.Is(f) {
		t.Errorf("weights: %v", f)
	}
}
