package enginetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/enginetest"
)

// TestFloodOfQuestions: one organisation asks as much as the owners can compare with. It is refused before the share of
// the other is touched, whose questions are answered, and compared with all of the flood.
func TestFloodOfQuestions(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: cohort, Table: manyRegions(58), // a set of rows in so many groups takes 60 cells
		Rules: func(r *charter.Rules) { r.Differencing.Mode = charter.DifferencingRefuse },
	})
	for _, id := range s.Owners {
		var rows []enginetest.Row
		for i := range 4 * cohort {
			rows = append(rows, enginetest.Row{Region: "north", Cost: int64(i)})
		}
		s.SetRows(id, rows)
	}
	s.Start()
	next := 0
	// sets asks about all rows, and so many other sets of rows, all of them empty.
	sets := func(n int) string {
		var b strings.Builder
		b.WriteString("SELECT region, COUNT(*) AS n")
		for range n {
			next++
			fmt.Fprintf(&b, ", COUNT(*) FILTER (WHERE cost > %d) AS f%d", maxCost-next, next)
		}
		return b.String() + " FROM visits GROUP BY region"
	}
	flood, other := s.Client(), s.ClientOf(enginetest.OtherAnalystID)
	first := sets(8)
	answered(t, s.AskSQL(flood, first))
	answered(t, s.AskSQL(flood, sets(8)))
	wantRefusal(t, s.AskSQL(flood, sets(8)), differencing.TooMany.Code) // 1020 of 1920 cells, 480 are the other's
	answered(t, s.AskSQL(flood, sets(6)))
	wantRefusal(t, s.AskSQL(flood, sets(2)), differencing.TooMany.Code)
	answered(t, s.AskSQL(flood, first)) // again takes no room

	answered(t, s.AskSQL(other, sets(7)))
	butThree := fmt.Sprintf("SELECT region, COUNT(*) AS n FROM visits WHERE cost < %d GROUP BY region", 4*cohort-3)
	wantRefusal(t, s.AskSQL(other, butThree), differencing.Earlier.Code)
}

// maxCost is the end of the declared range of the column cost.
const maxCost = 1_000_000_000_000
