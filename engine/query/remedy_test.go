package query_test

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/query"
)

// Whoever asks in another way than this SQL can is told which way there is.
func TestRemedies(t *testing.T) {
	ch := loadCharter(t)
	for sql, want := range map[string]string{
		"SELECT MEDIAN(age) FROM visits":                                      "quantile(TABLE, 'COLUMN')",
		"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age) FROM visits": "tacit stats quantile",
		"SELECT max(age) FROM visits":                                         "those of one person",
		"SELECT upper(ward), COUNT(*) FROM visits GROUP BY 1":                 "CASE WHEN",
		"SELECT frobnicate(age) FROM visits":                                  "Aggregates: COUNT",
		"SELECT COUNT(*) FROM visit":                                          `Did you mean "visits"?`,
		"SELECT COUNT(*) FROM visits WHERE aeg > 3":                           `Did you mean "age"?`,
		"": "Write one SELECT",
	} {
		_, err := query.Compile(sql, ch)
		if f := fault.From(err); err == nil || !strings.Contains(f.Remedy, want) {
			t.Errorf("%s: %v: %q", sql, err, f.Remedy)
		}
	}
	if _, err := query.Compile(" ", ch); err == nil || !strings.Contains(err.Error(), "the query is empty") {
		t.Errorf("nothing: %v", err)
	}
}

// Signs are folded into numbers, also where PostgreSQL's grammar does not do it.
func TestSigns(t *testing.T) {
	ch := loadCharter(t)
	plan := func(sql string) string {
		q, err := query.Compile(sql, ch)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return q.Plan.SQL()
	}
	for _, same := range [][2]string{{"+5", "5"}, {"-(-5)", "5"}, {"-(2+3)", "-5"}, {"+(2+3)", "5"}, {"- - 5", "5"}} {
		const before = "SELECT COUNT(*) FROM visits WHERE age > "
		if got, want := plan(before+same[0]), plan(before+same[1]); got != want {
			t.Errorf("%s is read as\n%s\nand not\n%s", same[0], got, want)
		}
	}
}
