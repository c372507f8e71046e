package statistic_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// An event on a Friday against the higher of the two days before it, hour by hour of the readings.
func TestDemandResponse(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeMeters(seed)
	r := eachSplit(t, seed, rows, "SELECT * FROM demand_response(meters, 'kwh', 'ts', '2024-03-01', 10, 14, high => 1, days => 2, adjust => 3, by => 'class', readings => 2)")
	totals := table(t, r, "totals")
	for g, class := range []string{"home", "shop"} {
		_, sums, _ := hourly(all, class)
		day := func(d, from, to int) (x float64) { // from Wednesday on
			for h := from; h < to; h++ {
				x += sums[24*d+h]
			}
			return x
		}
		best := 0
		if day(1, 10, 14) > day(0, 10, 14) {
			best = 1
		}
		adjust := (day(2, 6, 9) - day(best, 6, 9)) / 3
		for h := range 4 {
			row := r.Main().Rows[4*g+h]
			want := sums[24*best+10+h] + adjust
			if row[0] != class || math.Abs(row[2].(float64)-want) > 1e-9 || !near(row[3], sums[48+10+h]) || math.Abs(row[4].(float64)-(want-sums[48+10+h])) > 1e-9 {
				t.Errorf("%v, want %g and %g", row, want, sums[48+10+h])
			}
		}
		if got, want := cell(t, totals, g, "days"), []string{"2024-02-28", "2024-02-29"}[best]; got != want {
			t.Errorf("%s: days %v, want %s", class, got, want)
		}
		if got, want := cell(t, totals, g, "reduction").(float64), day(best, 10, 14)+4*adjust-day(2, 10, 14); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: reduction %g, want %g", class, got, want)
		}
	}
	k, few := 15, meters
	few.MinCohort = &k
	r, err := statistictest.New(t, few, metersHeader, rows, 3, 1).Statistic(t.Context(), "SELECT * FROM demand_response(meters, 'kwh', 'ts', '2024-03-01', 10, 14, high => 1, days => 2, by => 'class', readings => 2)", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []*result.Table{r.Main(), table(t, r, "totals")} {
		for _, row := range of.Rows {
			if row[0] == "shop" && slices.ContainsFunc(row[1:], func(v result.Value) bool { return v != nil }) {
				t.Errorf("four shops are shown: %v", row)
			}
		}
	}
	space := statistictest.New(t, meters, metersHeader, rows, 3, 1)
	for call, want := range map[string][2]string{
		"'2024-03-01', 14, 10":                                                {"TACIT-P162", "to"},
		"'2024-03-01', 24, 25":                                                {"TACIT-P162", "from"},
		"'2024-03-01', 10, 14, high => 6":                                     {"TACIT-P162", "high"},
		"'2024-03-01', 10, 14, days => 0":                                     {"TACIT-P162", "days"},
		"'2024-03-01', 2, 4, adjust => 3":                                     {"TACIT-P162", "adjust"},
		"'1 March', 10, 14":                                                   {"TACIT-P162", "day"},
		"'2024-03-01, 2024-03-02', 10, 14":                                    {"TACIT-P162", "one day"},
		"'2024-03-01', 10, 14, exclude => 'Easter'":                           {"TACIT-P162", "exclude"},
		"'2024-03-01', 10, 14":                                                {"TACIT-T085", "5 are needed"},
		"'2024-03-01', 10, 14, high => 1, days => 2, exclude => '2024-02-28'": {"TACIT-T085", "2 are needed"},
		"'2024-05-01', 10, 14, high => 1, days => 1":                          {"TACIT-T085", "2024-05-01"},
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM demand_response(meters, 'kwh', 'ts', "+call+")", true)
		if fault.Code(err) != want[0] || err != nil && !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", call, err, want[0], want[1])
		}
	}
}
