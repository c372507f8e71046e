package statistic

import (
	"fmt"
	"math/big"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// BadTimes are values outside the declared range, or times below 0.
var BadTimes = fault.Declare("TACIT-T003", "values off the grid",
	"Rows have a value outside the column's declared range, or a time below 0, and owners clamp instead of refusing.",
	"Leave them out with a condition, or ask the owners to mend them.")

// grid is the public grid of a column that is declared for curves: bins of one width.
type grid struct {
	column *charter.Column
	lo     *big.Rat
	width  *big.Rat
	bins   int
}

// step is the parameter that makes a grid coarser.
var step = Parameter{Name: "step", Kind: Number, Help: "width of the time grid, a multiple of what the charter declares for curves along the column (default: that)"}

// newGrid is the grid of the column over its declared range, as fine as the charter and the
// parameter step allow.
func newGrid(c *Call, parameter string, col *charter.Column) (*grid, *fault.Fault) {
	lo, hi, ok := col.RangeRat()
	finest := col.CurveStep()
	switch {
	case finest == nil:
		return nil, c.At(parameter, plan.NoCurve.New("column %q is not declared for curves", col.Name))
	case !ok:
		return nil, c.Refuse(parameter, "is a column without a declared range")
	}
	width := finest
	if c.Has("step") {
		w, err := decimal.Parse(c.Text("step"))
		if err != nil || w.Sign() <= 0 || !new(big.Rat).Quo(w, finest).IsInt() {
			return nil, c.Refuse("step", "is not a multiple of %s, the finest step that the charter allows", col.Curve)
		}
		width = w
	}
	first, last := floor(new(big.Rat).Quo(lo, width)), floor(new(big.Rat).Quo(hi, width))
	bins := new(big.Int).Sub(last, first)
	if !bins.IsInt64() || bins.Int64() >= plan.MaxCells-2 {
		return nil, c.At(parameter, plan.TooManyCells.New("column %q has more than %d steps", col.Name, plan.MaxCells-2)).With("Choose a larger step.")
	}
	return &grid{column: col, lo: new(big.Rat).Mul(new(big.Rat).SetInt(first), width), width: width, bins: int(bins.Int64()) + 1}, nil
}

func floor(r *big.Rat) *big.Int {
	q := new(big.Int)
	return q.Div(r.Num(), r.Denom()) // Euclid: rounds down, as the denominator is positive
}

// key is the curve along the grid, in SQL.
func (g *grid) key() string {
	hi := new(big.Rat).Mul(g.width, big.NewRat(int64(g.bins), 1))
	hi.Add(hi, g.lo)
	lo, _ := decimal.Format(g.lo)
	end, _ := decimal.Format(hi)
	return fmt.Sprintf("curve(width_bucket(%s, %s, %s, %d))", plan.QuoteName(g.column.Name), lo, end, g.bins)
}

// value returns the largest value of the column in a bin, from 1, and as a number: with a step of one value it
// is the value.
func (g *grid) value(bin int64) *big.Rat {
	v := new(big.Rat).Mul(g.width, big.NewRat(bin, 1))
	v.Add(v, g.lo)
	return v.Sub(v, g.column.ResolutionRat())
}

// exact reports whether bins hold one value of the column each.
func (g *grid) exact() bool { return g.width.Cmp(g.column.ResolutionRat()) == 0 }

func float(r *big.Rat) float64 {
	x, _ := r.Float64()
	return x
}
