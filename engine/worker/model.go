package worker

import (
	"math/big"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// TooFewRows is a model with more coefficients than a third of the rows.
var TooFewRows = fault.Declare("TACIT-W170", "too few rows for a model",
	"This owner has so few complete rows that all that an answer needs, with as many each, would not have three for each coefficient of the model.",
	"Ask for a model with fewer coefficients, or leave the owner out.")

// enoughRows refuses a model that has too many coefficients for the rows of this owner: sum 1 of each cell is
// the number of its rows.
func enoughRows(p *plan.Plan, ch *charter.Charter, v ring.Vector) error {
	least := p.LeastRows(ch)
	if p.Model == nil || least == 0 {
		return nil
	}
	rows := new(big.Int)
	for cell := range p.Cells() {
		rows.Add(rows, v.Big(cell*len(p.Sums)))
	}
	if rows.Cmp(big.NewInt(least)) < 0 {
		return TooFewRows.New("a model of %d coefficients at an owner with too few complete rows", p.Parameters())
	}
	return nil
}
