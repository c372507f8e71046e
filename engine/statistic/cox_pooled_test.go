package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// veterans is the trial of the Veterans' Administration, with models allowed.
func veterans() charter.Table {
	rounds := 25
	return charter.Table{
		Name: "veteran", MaxRows: 1000, MinCohort: one(), ModelRounds: &rounds,
		Columns: []charter.Column{
			{Name: "trt", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"1", "2"}},
			{Name: "celltype", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"adeno", "large", "smallcell", "squamous"}},
			{Name: "time", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "1000"}, Curve: "1"},
			{Name: "status", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"0", "1"}},
			{Name: "karno", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "100"}},
			{Name: "prior", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"0", "10"}},
		},
	}
}

// The golden values of R's survival 3.5.
func TestCoxOfVeterans(t *testing.T) {
	header, rows := readCSV(t, "statistictest/data/veteran.csv", nil, veterans())
	for ties, want := range map[string]string{
		"efron": "-0.033954 0.177322 -483.9657", "breslow": "-0.033757 0.173596 -484.6222",
	} {
		for _, owners := range []int{3, 5, 13} {
			r, err := statistictest.New(t, veterans(), header, rows, owners, 8).Statistic(t.Context(),
				"SELECT * FROM cox(veteran, 'Surv(time, status) ~ karno + trt', ties => '"+ties+"')", false)
			if err != nil {
				t.Fatal(err)
			}
			c := table(t, r, "coefficients")
			if got := fmt.Sprintf("%.6f %.6f %.4f", cell(t, c, 0, "estimate"), cell(t, c, 1, "estimate"), scalar(t, r, "loglik")); got != want {
				t.Errorf("%s, %d owners: %s, want %s", ties, owners, got, want)
			}
		}
	}
}

// subject is a row of a Cox model.
type subject struct {
	time    float64
	event   bool
	stratum string
	x       []float64
}

// coxLikelihood is the log partial likelihood with Efron's ties, subject by subject.
func coxLikelihood(people []subject, beta []float64) (loglik float64) {
	weight := func(p subject) float64 {
		eta := 0.0
		for i, b := range beta {
			eta += b * p.x[i]
		}
		return math.Exp(eta)
	}
	for i, who := range people {
		if !who.event {
			continue
		}
		d, before, risk, failing := 0.0, 0.0, 0.0, 0.0
		for j, other := range people {
			if other.stratum != who.stratum || other.time < who.time {
				continue
			}
			risk += weight(other)
			if other.time == who.time && other.event {
				d, failing = d+1, failing+weight(other)
				if j < i {
					before++
				}
			}
		}
		loglik += math.Log(weight(who) / (risk - before/d*failing))
	}
	return loglik
}

// Models with factors, interactions, conditions and strata are at the maximum of the likelihood that is computed from
// the rows, also of rows at random; on a coarser grid those of a step are tied.
func TestCoxAgainstPooled(t *testing.T) {
	header, rows := readCSV(t, "statistictest/data/veteran.csv", nil, veterans())
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 9))
	var again [][]string
	for range 160 {
		again = append(again, rows[random.IntN(len(rows))])
	}
	at := func(r []string, name string) string { return r[slices.Index(header, name)] }
	num := func(r []string, name string) float64 { x, _ := strconv.ParseFloat(at(r, name), 64); return x }
	is := func(r []string, name, level string) float64 {
		if at(r, name) == level {
			return 1
		}
		return 0
	}
	for call, c := range map[string]struct {
		x       func(r []string) []float64
		stratum string
		step    float64
	}{
		"~ karno + factor(celltype, ref = \"large\")'": {
			x: func(r []string) []float64 {
				return []float64{num(r, "karno"), is(r, "celltype", "adeno"), is(r, "celltype", "smallcell"), is(r, "celltype", "squamous")}
			}, step: 1,
		},
		"~ karno*prior + strata(celltype)', step => 7": {
			x: func(r []string) []float64 {
				return []float64{num(r, "karno"), is(r, "prior", "10"), num(r, "karno") * is(r, "prior", "10")}
			}, stratum: "celltype", step: 7,
		},
	} {
		var people []subject
		for _, r := range again {
			s := subject{time: math.Floor(num(r, "time") / c.step), event: at(r, "status") == "1", x: c.x(r)}
			if c.stratum != "" {
				s.stratum = at(r, c.stratum)
			}
			people = append(people, s)
		}
		r, err := statistictest.New(t, veterans(), header, again, 5, seed).Statistic(t.Context(), "SELECT * FROM cox(veteran, 'Surv(time, status) "+call+")", false)
		if err != nil {
			t.Fatal(call, ": ", err)
		}
		coefficients := table(t, r, "coefficients")
		var beta, se []float64
		for i := range coefficients.Rows {
			beta, se = append(beta, cell(t, coefficients, i, "estimate").(float64)), append(se, cell(t, coefficients, i, "se").(float64))
		}
		if got, want := scalar(t, r, "loglik").(float64), coxLikelihood(people, beta); math.Abs(got-want) > 1e-9*math.Abs(want) {
			t.Errorf("%s: log-likelihood %.12g, want %.12g", call, got, want)
		}
		const h = 1e-4 // the third derivative may be large where few have the event
		for i := range beta {
			up, down := slices.Clone(beta), slices.Clone(beta)
			up[i], down[i] = up[i]+h*se[i], down[i]-h*se[i]
			if slope := (coxLikelihood(people, up) - coxLikelihood(people, down)) / (2 * h); math.Abs(slope) > 1e-6 {
				t.Errorf("%s: in units of its standard error the likelihood goes up by %g at coefficient %d", call, slope, i+1)
			}
		}
	}
}
