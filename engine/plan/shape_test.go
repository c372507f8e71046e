package plan_test

import (
	"math"
	"testing"

	"github.com/tacit-space/tacit/engine/plan"
)

// As many cells as wrap around to 0 are too many, and not none.
func TestCellsDoNotWrapAround(t *testing.T) {
	key := plan.Key{Slots: make([]plan.Value, 1<<16)}
	p := &plan.Plan{Keys: []plan.Key{key, key, key, key}, Sums: make([]plan.Sum, 2)}
	if p.Cells() != math.MaxInt || p.Length() != math.MaxInt {
		t.Errorf("2^64 cells are %d, and their sums %d", p.Cells(), p.Length())
	}
	p.Keys = p.Keys[:2]
	if p.Cells() != 1<<32 || p.Length() != 1<<33 {
		t.Errorf("2^32 cells are %d, and their sums %d", p.Cells(), p.Length())
	}
}
