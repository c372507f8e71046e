package analyst

import (
	"slices"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// OtherRows is a study whose rounds do not add up, as they are about different rows.
var OtherRows = fault.Declare("TACIT-J035", "rounds over different rows",
	"A model is fitted to the same rows in every round. An owner dropped out or came back between two rounds, or changed its data, so that what the rounds say together fits no rows at all.",
	"Ask again. If it stays, look which owner is not always there (tacit watch), and ask when its data do not change.")

// sameRows compares a round with the first one: the same owners, and the same sums without weights.
func sameRows(p *plan.Plan, rounds []round) *fault.Fault {
	first, last := &rounds[0], &rounds[len(rounds)-1]
	if !slices.Equal(first.Owners, last.Owners) {
		return OtherRows.New("round %d is over %d owners, the first one over %d, and they are not the same", len(rounds), len(last.Owners), len(first.Owners))
	}
	for i := range last.Values {
		if p.Sums[i%len(p.Sums)].Weight == plan.Unweighted && (first.Values[i] != last.Values[i] || first.Hidden[i] != last.Hidden[i]) {
			return OtherRows.New("a number of round %d that has no weights is not that of the first one", len(rounds))
		}
	}
	return nil
}
