package enginetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// Row of the table of every owner.
type Row struct {
	Region  string // north or south; in a guarded space also east, which is small
	Cost    int64  // in [0, maxCost]
	Missing bool   // the cost is NULL; in a guarded space only
	Patient string // the privacy unit of a space with units
}

// maxCost is large, so that sums are bytes that do not occur by chance.
const maxCost = 1_000_000_000_000

// Regions, in the order of their names. Nobody has rows of the west.
var (
	regions = []string{"north", "south"}
	four    = []string{"east", "north", "south", "west"}
)

// guarded reports whether any number of the space is guarded.
func (o *Options) guarded() bool { return max(o.Cohort, o.CostCohort) > 1 }

func (o *Options) regions() []string {
	if o.guarded() {
		return four
	}
	return regions
}

// makeRows returns a few rows of one owner, the same for the same numbers.
func (o *Options) makeRows(seed uint64, owner int) []Row {
	random := rand.New(rand.NewPCG(seed, uint64(owner)))
	rows := make([]Row, 20+random.IntN(20))
	for i := range rows {
		rows[i] = Row{Region: regions[random.IntN(len(regions))], Cost: random.Int64N(maxCost + 1)}
	}
	if !o.guarded() {
		return rows
	}
	// The east has about k rows over all owners, so that it may be released or not.
	k := max(o.Cohort, o.CostCohort)
	for range random.IntN(2*k/o.Owners + 2) {
		rows = append(rows, Row{Region: "east", Cost: random.Int64N(maxCost + 1), Missing: random.IntN(4) == 0})
	}
	for i := range rows {
		rows[i].Patient = fmt.Sprintf("p%02d", random.IntN(30))
	}
	return rows
}

func (o *Options) csv(rows []Row) string {
	var b strings.Builder
	head := "region,cost"
	if o.Units {
		head = "patient," + head
	}
	b.WriteString(head + "\n")
	for _, r := range rows {
		if o.Units {
			b.WriteString(r.Patient + ",")
		}
		cost := strconv.FormatInt(r.Cost, 10)
		if r.Missing {
			cost = ""
		}
		fmt.Fprintf(&b, "%s,%s\n", r.Region, cost)
	}
	return b.String()
}

// Query is what the tests ask.
const Query = "SELECT region, COUNT(*) AS visits, SUM(cost) AS cost FROM visits GROUP BY region ORDER BY region"

// Sums returns the right answer to [Query] over these owners' rows, as CSV: where fewer
// than k units stand behind a number there is that instead.
func (s *Space) Sums(owners ...string) string {
	var b strings.Builder
	b.WriteString("region,visits,cost\r\n")
	for _, region := range s.opts.regions() {
		visits, cost := s.Cell(region, owners...)
		rows := s.shown(s.Units(region, false, owners...), s.opts.Cohort, visits)
		if rows == "0" {
			continue // a group that is known to be empty
		}
		k := max(s.opts.Cohort, s.opts.CostCohort)
		fmt.Fprintf(&b, "%s,%s,%s\r\n", region, rows, s.shown(s.Units(region, true, owners...), k, cost))
	}
	return b.String()
}

func (s *Space) shown(units, k int, value int64) string {
	if units < k {
		return fmt.Sprintf("<%d", k)
	}
	return strconv.FormatInt(value, 10)
}

// Cell returns the number of rows and the sum of the costs of a region.
func (s *Space) Cell(region string, owners ...string) (visits, cost int64) {
	for _, id := range owners {
		for _, r := range s.Rows[id] {
			if r.Region == region {
				visits++
				if !r.Missing {
					cost += r.Cost
				}
			}
		}
	}
	return visits, cost
}

// Units returns how many privacy units there are in a region, those with a cost alone if
// paid. One that several owners have counts once at each.
func (s *Space) Units(region string, paid bool, owners ...string) int {
	n := 0
	for _, id := range owners {
		var seen []string
		for i, r := range s.Rows[id] {
			unit := strconv.Itoa(i)
			if s.opts.Units {
				unit = r.Patient
			}
			if r.Region == region && !(paid && r.Missing) && !slices.Contains(seen, unit) {
				seen = append(seen, unit)
			}
		}
		n += len(seen)
	}
	return n
}

// tables returns the one table of the space.
func (o *Options) tables() []charter.Table {
	cohort, nullable, missing := max(1, o.Cohort), false, o.guarded()
	t := charter.Table{
		Name: "visits", MinCohort: &cohort, MaxRows: 1000,
		Columns: []charter.Column{
			{Name: "region", Type: "text", Role: charter.Category, Nullable: &nullable, Domain: o.regions()},
			{Name: "cost", Type: "integer", Role: charter.Measure, Range: []string{"0", strconv.Itoa(maxCost)}, Nullable: &missing},
		},
	}
	if o.CostCohort > 0 {
		t.Columns[1].MinCohort = &o.CostCohort
	}
	if o.Units {
		t.Unit = "patient"
		t.Columns = append([]charter.Column{{Name: "patient", Type: "text", Role: charter.Identifier, Nullable: &nullable}}, t.Columns...)
	}
	if o.Table != nil {
		o.Table(&t)
	}
	return []charter.Table{t}
}
