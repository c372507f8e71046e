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
