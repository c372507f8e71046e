package statistic_test

import (
	"fmt"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// lungModels is lungTable with models allowed.
func lungModels() charter.Table {
	t, rounds := lungTable, 25
	t.ModelRounds = &rounds
	return t
}

// The golden values of R's survival 3.5 (analytics: lung, ~ age + sex), however rows are split, and the same bits each time.
func TestCoxOfLung(t *testing.T) {
	header, rows := readLung(t)
	for ties, want := range map[string][5]string{
		"efron":   {"0.017045", "-0.513219", "0.009223", "0.167458", "-742.8482"},
		"breslow": {"0.017013", "-0.512565", "0.009222", "0.167462", "-743.0797"},
	} {
		var first string
		for _, owners := range []int{3, 5, 13} {
			r, err := statistictest.New(t, lungModels(), header, rows, owners, uint64(owners)).Statistic(t.Context(),
				"SELECT * FROM cox(lung, 'Surv(time, status) ~ age + factor(sex)', ties => '"+ties+"')", false)
			if err != nil {
				t.Fatal(err)
			}
			c := table(t, r, "coefficients")
			got := [5]string{
				fmt.Sprintf("%.6f", cell(t, c, 0, "estimate")), fmt.Sprintf("%.6f", cell(t, c, 1, "estimate")),
				fmt.Sprintf("%.6f", cell(t, c, 0, "se")), fmt.Sprintf("%.6f", cell(t, c, 1, "se")), fmt.Sprintf("%.4f", scalar(t, r, "loglik")),
			}
			if got != want {
				t.Errorf("%s, %d owners: %v, want %v", ties, owners, got, want)
			}
			if scalar(t, r, "n") != int64(228) || scalar(t, r, "events") != int64(165) || scalar(t, r, "rounds").(int64) > 6 {
				t.Errorf("n %v, events %v, %v rounds", scalar(t, r, "n"), scalar(t, r, "events"), scalar(t, r, "rounds"))
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %d owners give other numbers", ties, owners)
			}
		}
	}
}

func TestSuppressedCox(t *testing.T) {
	header, rows := readLung(t)
	k, strict := 10, lungModels()
	strict.MinCohort = &k
	space := statistictest.New(t, strict, header, rows, 5, 1)
	if _, err := space.Statistic(t.Context(), "SELECT * FROM cox(lung, 'Surv(time, status) ~ age + ph_ecog')", false); !statistic.Suppressed.Is(err) {
		t.Errorf("a level of one patient: %v", err)
	}
	r, err := space.Statistic(t.Context(), "SELECT * FROM cox(lung, 'Surv(time, status) ~ age + ph_ecog + strata(sex)', where => 'ph_ecog IN (0,1,2)')", false)
	if err != nil {
		t.Fatal(err)
	}
	if scalar(t, r, "n") != int64(226) || scalar(t, r, "strata") != int64(2) {
		t.Errorf("n %v, strata %v", scalar(t, r, "n"), scalar(t, r, "strata"))
	}
}
