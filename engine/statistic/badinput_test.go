package statistic_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// oddities is a table in which something is wrong with most columns: twice is 2 x, flat does not vary, early is below 0
// in places and missing in others, apart tells x < 20 from the rest.
func oddities(t *testing.T) *pooled.Space {
	rounds := 25
	measure := func(name, lo, hi string) charter.Column {
		return charter.Column{Name: name, Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{lo, hi}}
	}
	table := charter.Table{Name: "odd", MaxRows: 1000, MinCohort: one(), ModelRounds: &rounds, Columns: []charter.Column{
		measure("x", "0", "100"), measure("twice", "0", "200"), measure("flat", "0", "10"), measure("apart", "0", "1"), measure("y", "0", "1"),
		{Name: "early", Type: "integer", Role: charter.Measure, Range: []string{"-5", "100"}, Curve: "1"},
		{Name: "late", Type: "integer", Role: charter.Measure, Range: []string{"0", "100"}, Curve: "1"},
		{Name: "event", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"0", "1"}},
		{Name: "arm", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"a", "b", "c"}},
	}}
	var rows [][]string
	for i := range 40 {
		row := []string{strconv.Itoa(i), strconv.Itoa(2 * i), "7", "0", strconv.Itoa(i * i % 2), strconv.Itoa(i - 2), strconv.Itoa(i), strconv.Itoa(i % 3 % 2), string(rune('a' + i%2))}
		if i >= 20 {
			row[3] = "1"
		}
		if i%10 == 9 {
			row[5], row[6] = "", ""
		}
		rows = append(rows, row)
	}
	return statistictest.New(t, table, []string{"x", "twice", "flat", "apart", "y", "early", "late", "event", "arm"}, rows, 3, 1)
}

// Each mistake has its code, and the message names what it is about.
func TestBadInput(t *testing.T) {
	space := oddities(t)
	for call, want := range map[string][2]string{
		"lm(odd, 'y ~ x + twice')":                                         {"TACIT-T050", "twice"},
		"lm(odd, 'y ~ x + flat')":                                          {"TACIT-T050", "flat"},
		"lm(odd, 'flat ~ x')":                                              {"TACIT-T053", "outcome"},
		"lm(odd, 'twice ~ x')":                                             {"TACIT-T052", "residuals"},
		"lm(odd, 'y ~ x', where => 'x < 3')":                               {"TACIT-P166", "third"},
		"glm(odd, 'y ~ x', where => 'x < 3')":                              {"TACIT-P166", "third"},
		"cox(odd, 'Surv(late, event) ~ x', where => 'x < 2')":              {"TACIT-P166", "third"},
		"glm(odd, 'y ~ x + twice')":                                        {"TACIT-T050", "twice"},
		"glm(odd, 'apart ~ x')":                                            {"TACIT-T061", "x"},
		"glm(odd, 'y ~ x', max_rounds => 1)":                               {"TACIT-T060", "round"},
		"cox(odd, 'Surv(late, event) ~ x + twice')":                        {"TACIT-T050", "twice"},
		"cox(odd, 'Surv(late, event) ~ x', where => 'event = 0')":          {"TACIT-T030", "event"},
		"cox(odd, 'Surv(early, event) ~ x')":                               {"TACIT-T003", "below 0"},
		"km(odd, 'Surv(early, event) ~ arm')":                              {"TACIT-T003", "below 0"},
		"km(odd, 'Surv(late, event) ~ x')":                                 {"TACIT-P103", "x"},
		"log_rank(odd, 'Surv(late, event) ~ arm', where => 'event = 0')":   {"TACIT-T030", "event"},
		"log_rank(odd, 'Surv(late, event) ~ arm', where => 'arm = ''a''')": {"TACIT-T032", "two groups"},
		"cox(odd, 'Surv(late, event) ~ factor(arm, ref = \"z\")')":         {"TACIT-P165", "arm"},
		"cox(odd, 'Surv(late, x) ~ arm')":                                  {"TACIT-P164", "x"},
		"ttest(odd, 'flat ~ arm')":                                         {"TACIT-T011", "varies"},
		"correlation(odd, 'x, flat')":                                      {"TACIT-T011", "vary"},
		"cox(odd, 'Surv(late, event) ~ flat')":                             {"TACIT-T050", "flat"},
		"cox(odd, 'Surv(late, event) ~ x', max_rounds => 1)":               {"TACIT-T060", "after 1 rounds the log-likelihood still changes by"},
		"glm(odd, 'x ~ twice + flat', family => 'poisson')":                {"TACIT-T050", "flat"},
		"glm(odd, 'y ~ factor(arm, ref = \"z\")')":                         {"TACIT-P165", "\"z\""},
		"km(odd, 'Surv(late, event) ~ arm', step => 0.5)":                  {"TACIT-P162", "finest step that the charter allows"},
		"cox(odd, 'Surv(late, event) ~ x', step => 0.1)":                   {"TACIT-P162", "finest step that the charter allows"},
		"quantile(odd, 'late', step => 0.5)":                               {"TACIT-P162", "finest of column"},
		"km(odd, 'Surv(x, event) ~ arm')":                                  {"TACIT-P180", "x"},
		"mann_whitney(odd, 'flat', 'arm')":                                 {"TACIT-T011", "tied"},
		"anova(odd, 'flat ~ arm')":                                         {"TACIT-T011", "vary"},
		"mh(odd, 'arm', 'event', 'arm')":                                   {"TACIT-P162", "strata"},
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
		if fault.Code(err) != want[0] || err != nil && !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", call, err, want[0], want[1])
		}
		if f := fault.From(err); err != nil && f.Remedy == "" {
			t.Errorf("%s: %v has no remedy", call, err)
		}
	}
}

// A stratum that only one owner has is one like others: the answer has the same bits as if its rows were anywhere, and whether it is
// released depends on its people alone.
func TestStratumOfOneOwner(t *testing.T) {
	table, head, rows := makeFollowUp(5, 400)
	at := func(row []string) int { return int(row[3][0] - 'u') }
	few := 0
	var fewer [][]string
	for _, r := range rows {
		if r[3] == "w" {
			few++
		}
		if r[3] != "w" || few <= 6 {
			fewer = append(fewer, r)
		}
	}
	k := 10
	guarded := table
	guarded.MinCohort = &k
	for _, call := range []string{
		"log_rank(follow, 'Surv(days, died) ~ arm + strata(site)')", "cox(follow, 'Surv(days, died) ~ score + strata(site)')", "mh(follow, 'arm', 'died', 'site')",
	} {
		alone, err := statistictest.Deal(t, table, head, rows, 3, at).Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil {
			t.Fatal(call, ": ", err)
		}
		spread, err := statistictest.New(t, table, head, rows, 3, 1).Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil || asJSON(t, alone) != asJSON(t, spread) {
			t.Errorf("%s: an answer that shows who has a stratum: %v", call, err)
		}
		var said []string
		for _, space := range []*pooled.Space{statistictest.Deal(t, guarded, head, fewer, 3, at), statistictest.New(t, guarded, head, fewer, 3, 1)} {
			_, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
			if fault.Code(err) != "TACIT-T001" || !strings.Contains(err.Error(), "site=w") {
				t.Errorf("%s: %v, want a refusal that names site=w", call, err)
				continue
			}
			said = append(said, err.Error())
		}
		if len(said) == 2 && said[0] != said[1] {
			t.Errorf("%s: %s, but %s", call, said[0], said[1])
		}
	}
}

// Missing times are counted and in no curve.
func TestMissingTimes(t *testing.T) {
	r, err := oddities(t).Statistic(t.Context(), "SELECT * FROM km(odd, 'Surv(late, event) ~ 1')", false)
	if err != nil {
		t.Fatal(err)
	}
	if scalar(t, r, "n") != int64(36) || scalar(t, r, "missing") != int64(4) {
		t.Errorf("n %v, missing %v", scalar(t, r, "n"), scalar(t, r, "missing"))
	}
}
