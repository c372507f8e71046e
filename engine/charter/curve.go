package charter

import (
	"math/big"
	"reflect"
	"slices"

	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/decimal"
)

// CurveStep is the declared step of the curves along a measure: its public grid is all multiples of
// it. It is nil for columns that are not declared for curves, and for times.
func (c *Column) CurveStep() *big.Rat {
	if c.Role != Measure || c.Curve == "" {
		return nil
	}
	step, err := decimal.Parse(c.Curve)
	if err != nil || step.Sign() <= 0 {
		return nil
	}
	return step
}

func (c *Column) checkStep(k check, t Type) {
	if c.Curve == "" {
		return
	}
	resolution := c.ResolutionRat()
	step, err := decimal.Parse(c.Curve)
	switch {
	case err != nil:
		k.fail("%v", err)
	case step.Sign() <= 0:
		k.fail("must be above 0")
	case t.Kind == KindBoolean:
		k.fail("no curve goes along a column of type %s", t)
	case resolution != nil && !new(big.Rat).Quo(step, resolution).IsInt():
		k.fail("not a multiple of the resolution, %s", decimalText(resolution))
	}
}

func decimalText(r *big.Rat) string {
	text, _ := decimal.Format(r)
	return text
}

func (c *Column) checkCurveGrain(k check) {
	from := slices.Index(Grains, c.Grain)
	if c.Curve == "" || from < 0 {
		return
	}
	if c.Grain == "week" { // of which no other unit is made
		k.oneOf(c.Curve, "week")
		return
	}
	k.oneOf(c.Curve, Grains[from:]...)
}

// writeCurves ends the encoding with a part that charters without curves do not have.
func (c *Charter) writeCurves(w *wire.Writer) {
	declared := wire.NewWriter()
	n := 0
	for i := range c.Tables {
		for j := range c.Tables[i].Columns {
			if step := c.Tables[i].Columns[j].Curve; step != "" {
				declared.U32(uint32(i))
				declared.U32(uint32(j))
				declared.String(step)
				n++
			}
		}
	}
	if n > 0 {
		w.String("curves")
		w.Count(n)
		w.Bytes(declared.Data())
	}
}

// curveOrder: none is stricter than any, and a coarser step stricter than a finer one.
func curveOrder(a, b reflect.Value) Effect {
	switch {
	case b.String() == "":
		return Stricter
	case a.String() == "":
		return Laxer
	case slices.Contains(Grains, a.String()):
		return ranked(Grains...)(a, b)
	}
	return finer(a, b)
}
