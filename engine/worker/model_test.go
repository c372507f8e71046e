package worker

import (
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// An owner whose share of the rows is too small for the coefficients sends nothing.
func TestEnoughRows(t *testing.T) {
	k := 5
	ch := &charter.Charter{
		Rules:  charter.Rules{MinContributors: 3},
		Tables: []charter.Table{{Name: "t", MinCohort: &k}},
	}
	p := &plan.Plan{Table: "t", Sums: []plan.Sum{{}, {Weight: plan.Exp}}, Keys: []plan.Key{{Slots: make([]plan.Value, 2)}}, Model: &plan.Model{}}
	for terms, c := range map[int]struct {
		rows    []uint64
		refused bool
	}{
		6:  {[]uint64{0, 0}, false}, // the guard sees to it
		10: {[]uint64{4, 6}, false},
		11: {[]uint64{4, 6}, true}, // 33 rows of three owners
	} {
		p.Model.Terms = slices.Repeat([]plan.ModelTerm{{}}, terms)
		v := ring.Vector{Width: ring.Width64, Words: []uint64{c.rows[0], 99, c.rows[1], 99}}
		if err := enoughRows(p, ch, v); TooFewRows.Is(err) != c.refused || !c.refused && err != nil {
			t.Errorf("%d terms: %v", terms, err)
		}
	}
	p.Model = nil
	if err := enoughRows(p, ch, ring.Vector{}); err != nil {
		t.Error(err)
	}
}
