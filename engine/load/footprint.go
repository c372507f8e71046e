package load

import (
	"math/big"

	"github.com/tacit-space/tacit/engine/fault"
)

// NoFootprint is a footprint of 0.
var NoFootprint = fault.Declare("TACIT-T084", "no footprint",
	"The footprint is 0 or below, so that no share of it can be said.",
	"Ask about goods with a footprint.")

// Footprint is the roll-up of amounts times emission factors.
type Footprint struct {
	Total   *big.Rat // Σ amount × factor
	Primary *big.Rat // share of the total whose factors are primary data, in [0, 1]
}

// RollUp makes a footprint of the sum of all products amount × factor, and of those with primary data.
func RollUp(total, primary *big.Rat) (*Footprint, *fault.Fault) {
	if total.Sign() <= 0 {
		return nil, NoFootprint.New("a total of %s", total.RatString())
	}
	if primary.Sign() < 0 || primary.Cmp(total) > 0 {
		return nil, BadFigure.New("the part with primary data is not between 0 and the total")
	}
	return &Footprint{Total: total, Primary: new(big.Rat).Quo(primary, total)}, nil
}
