package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// Published: R's cox.zph of lung, ~ age + sex.
func TestProportionalHazardsOfLung(t *testing.T) {
	header, rows := readLung(t)
	for _, owners := range []int{3, 13} {
		r, err := statistictest.New(t, lungModels(), header, rows, owners, 2).Statistic(t.Context(), "SELECT * FROM cox(lung, 'Surv(time, status) ~ age + factor(sex)')", false)
		if err != nil {
			t.Fatal(err)
		}
		check := table(t, r, "proportional_hazards")
		for i, want := range []string{"age 0.209 1 0.65", "sex=2 2.608 1 0.11", "all terms 2.771 2 0.25"} {
			got := fmt.Sprintf("%v %.3f %v %.2f", cell(t, check, i, "term"), cell(t, check, i, "chisq"), cell(t, check, i, "df"), cell(t, check, i, "p"))
			if got != want {
				t.Errorf("%d owners: %s, want %s", owners, got, want)
			}
		}
	}
}

// Predicted curves are those that go through the people of each stratum, with Breslow's hazard.
func TestPredictedSurvival(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	table1, head, rows := makeFollowUp(seed, 160)
	r, err := statistictest.New(t, table1, head, rows, 5, seed).Statistic(t.Context(),
		"SELECT * FROM cox(follow, 'Surv(days, died) ~ score + arm + strata(site)', ties => 'breslow', at => 'score=-3.5, arm=b')", false)
	if err != nil {
		t.Fatal(err)
	}
	coefficients := table(t, r, "coefficients")
	beta := []float64{cell(t, coefficients, 0, "estimate").(float64), cell(t, coefficients, 1, "estimate").(float64)}
	weight := func(score float64, arm string) float64 {
		if arm == "b" {
			return math.Exp(beta[0]*score + beta[1])
		}
		return math.Exp(beta[0] * score)
	}
	predicted := table(t, r, "predicted")
	medians := map[any]any{}
	for i, row := range predicted.Rows {
		site, day := row[0].(string), row[1].(float64)
		hazard := 0.0
		for _, who := range rows {
			at, _ := strconv.ParseFloat(who[0], 64)
			if who[1] != "true" || who[3] != site || at > day {
				continue
			}
			risk := 0.0
			for _, other := range rows {
				score, _ := strconv.ParseFloat(other[4], 64)
				if leave, _ := strconv.ParseFloat(other[0], 64); other[3] == site && leave >= at {
					risk += weight(score, other[2])
				}
			}
			hazard += weight(-3.5, "b") / risk
		}
		for name, want := range map[string]float64{"hazard": hazard, "survival": math.Exp(-hazard)} {
			if got := cell(t, predicted, i, name).(float64); math.Abs(got-want) > 1e-7*(1e-3+want) {
				t.Errorf("%s on day %g in %s: %.12g, want %.12g", name, day, site, got, want)
			}
		}
		if medians[site] == nil && math.Exp(-hazard) <= 0.5 {
			medians[site] = day
		}
	}
	for i, row := range table(t, r, "medians").Rows {
		if got := cell(t, table(t, r, "medians"), i, "median"); got != medians[row[0]] {
			t.Errorf("median of %v is %v, want %v", row[0], got, medians[row[0]])
		}
	}
	if len(predicted.Rows) == 0 || len(medians) == 0 {
		t.Error("nothing is predicted")
	}
}

func TestPredictionRefusals(t *testing.T) {
	ch := statistictest.Charter(t, 3, lungModels())
	for at, want := range map[string][2]string{
		"age=60":                  {"TACIT-P162", "sex"},
		"age=60, sex=1, time=3":   {"TACIT-P162", "time"},
		"age=60, age=61, sex=1":   {"TACIT-P162", "twice"},
		"age=600, sex=1":          {"TACIT-P162", "age"},
		"age=old, sex=1":          {"TACIT-P162", "age"},
		"age=60, sex=3":           {"TACIT-P165", "sex"},
		"60":                      {"TACIT-P162", "column=value"},
		"age=60, sex=1, status=1": {"TACIT-P162", "status"},
	} {
		_, err := statistic.Compile("SELECT * FROM cox(lung, 'Surv(time, status) ~ age + factor(sex)', at => '"+at+"')", ch)
		if fault.Code(err) != want[0] || !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", at, err, want[0], want[1])
		}
	}
}
