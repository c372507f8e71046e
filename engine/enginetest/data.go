package enginetest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// Row of the table of every owner.
type Row struct {
	Region string // north or south
	Cost   int64  // in [0, maxCost]
}

// maxCost is large, so that sums are bytes that do not occur by chance.
const maxCost = 1_000_000_000_000

var regions = []string{"north", "south"}

// makeRows returns a few rows of one owner, the same for the same numbers.
func makeRows(seed uint64, owner int) []Row {
	random := rand.New(rand.NewPCG(seed, uint64(owner)))
	rows := make([]Row, 20+random.IntN(20))
	for i := range rows {
		rows[i] = Row{regions[random.IntN(len(regions))], random.Int64N(maxCost + 1)}
	}
	return rows
}

func csv(rows []Row) string {
	var b strings.Builder
	b.WriteString("region,cost\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s,%d\n", r.Region, r.Cost)
	}
	return b.String()
}

// Query is what the tests ask.
const Query = "SELECT region, COUNT(*) AS visits, SUM(cost) AS cost FROM visits GROUP BY region ORDER BY region"

// Sums returns the right answer to [Query] over these owners' rows, as CSV.
func (s *Space) Sums(owners ...string) string {
	var b strings.Builder
	b.WriteString("region,visits,cost\r\n")
	for _, region := range regions {
		visits, cost := s.Cell(region, owners...)
		fmt.Fprintf(&b, "%s,%d,%d\r\n", region, visits, cost)
	}
	return b.String()
}

// Cell returns the number of rows and the sum of the costs of a region.
func (s *Space) Cell(region string, owners ...string) (visits, cost int64) {
	for _, id := range owners {
		for _, r := range s.Rows[id] {
			if r.Region == region {
				visits++
				cost += r.Cost
			}
		}
	}
	return visits, cost
}

// tables returns the one table of the space.
func tables(cohort int) []charter.Table {
	nullable := false
	return []charter.Table{{
		Name: "visits", MinCohort: &cohort, MaxRows: 1000,
		Columns: []charter.Column{
			{Name: "region", Type: "text", Role: charter.Category, Nullable: &nullable, Domain: regions},
			{Name: "cost", Type: "integer", Role: charter.Measure, Range: []string{"0", strconv.Itoa(maxCost)}},
		},
	}}
}
