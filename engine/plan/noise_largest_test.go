package plan_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// TestLargestOfAUnit: what one unit may add to a cell is so many rows of the largest value of the declared range, on either
// side of 0, in the units of the sum: noise is made for that, and the owner cuts off at it.
func TestLargestOfAUnit(t *testing.T) {
	for _, rows := range []int{1, 3} {
		ch := privateCharter(t)
		table := ch.Table("visits")
		table.Contribution = charter.Contribution{Rows: rows}
		p := asking(t, ch, "SELECT COUNT(*) AS n, SUM(age) AS a, SUM(stay) AS s FROM visits", "1", "1e-6", plan.ScopeAll)
		n, f := plan.NewNoise(p, ch)
		if f != nil {
			t.Fatal(f)
		}
		seen := 0
		for i, s := range p.Sums {
			largest := uint64(rows)
			for _, name := range s.Factors {
				c := table.Column(name)
				lo, hi, ok := c.RangeRat()
				if !ok || c.Scale() != 0 {
					t.Fatalf("%s is no integer of a declared range", name)
				}
				low, _ := lo.Abs(lo).Float64()
				high, _ := hi.Abs(hi).Float64()
				largest *= uint64(max(low, high))
				seen++
			}
			if n.Sums[i].Largest != largest {
				t.Errorf("%d rows, %s: a unit adds up to %d, want %d", rows, s.SQL(), n.Sums[i].Largest, largest)
			}
		}
		if seen < 2 {
			t.Errorf("%d sums of columns", seen)
		}
	}
}
