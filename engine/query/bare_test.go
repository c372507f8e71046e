package query_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/query"
)

// TestNoInterval: a noised number without an interval says so, and why; others do not.
func TestNoInterval(t *testing.T) {
	q, err := query.Compile(`SELECT ward, COUNT(*) AS n, CORR(stay, age) AS r, CASE WHEN COUNT(*) > 5 THEN COUNT(*) ELSE 5 END AS least,
		EXP(COUNT(*) / 1000) AS e, 1 / (COUNT(*) - 50) AS q FROM visits GROUP BY ward WITH PRIVACY (epsilon 1)`, private(t))
	if err != nil {
		t.Fatal(err)
	}
	exact := make([]*big.Int, q.Plan.Length())
	for i := range exact {
		exact[i] = big.NewInt(50)
	}
	table, err := q.FinishNoisy(release(t, q, exact, 3, 1), 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range table.Columns {
		want := map[string]string{"least": "no interval: none is known", "e": "no interval: none is known", "q": "without interval: with so much noise"}[c.Name]
		if want == "" && strings.Contains(c.Note, "interval") && c.Name != "r" || !strings.Contains(c.Note, want) {
			t.Errorf("%s says %q", c.Name, c.Note)
		}
	}
	for at := range table.Intervals {
		if name := table.Columns[at.Column].Name; name == "least" || name == "e" {
			t.Errorf("%s has an interval", name)
		}
	}
}
