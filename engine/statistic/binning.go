package statistic

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// binning is bins of a measure, on its public grid.
type binning struct {
	column    *charter.Column
	low, step *big.Rat
	bins      int
	curve     bool // its bins are released together
}

// Parameters of statistics over a grid.
var (
	stepParameter = Parameter{Name: "step", Kind: Number, Help: "width of a bin; left out: the finest that charter and number of cells allow"}
	fromParameter = Parameter{Name: "from", Kind: Number, Help: "begin the bins here; left out: at the declared range's lower end"}
	toParameter   = Parameter{Name: "to", Kind: Number, Help: "end the bins here; left out: at the declared range's upper end"}
)

// newBinning covers the declared range of a measure, or the part of it that from and to say, with bins as fine as the charter
// and the number of groups allow, or as the parameter step says. most is how many bins there
// should be at most without it; 0: any number.
func newBinning(c *Call, col *charter.Column, groups, most int) (*binning, *fault.Fault) {
	unit := col.ResolutionRat()
	low, high, ok := col.RangeRat()
	if f := plan.PresenceRule(col); f != nil {
		return nil, c.At("column", f)
	}
	if col.Role != charter.Measure || unit == nil || !ok {
		return nil, c.At("column", plan.WrongRole.New("column %q has no grid: it is not a measure that is a number", col.Name))
	}
	g := &binning{column: col, step: unit, curve: col.CurveStep() != nil}
	if g.curve {
		g.step = col.CurveStep()
	}
	finest := g.step
	if c.Has("step") {
		given, err := decimal.Parse(c.Text("step"))
		if err != nil || given.Sign() <= 0 {
			return nil, c.Refuse("step", "wants a number above 0, such as 0.5")
		}
		if !new(big.Rat).Quo(given, finest).IsInt() {
			return nil, c.Refuse("step", "%s is not a multiple of %s, the finest of column %q", c.Text("step"), text(finest), col.Name)
		}
		g.step = given
	}
	limit := (c.Charter.Rules.Cells() / groups) - 3 // below, above, NULL
	if most > 0 && !c.Has("step") {
		limit = min(limit, most)
	}
	if limit < 1 {
		return nil, plan.TooManyCells.New("%d groups leave no cells for bins, the charter allows %d cells", groups, c.Charter.Rules.Cells())
	}
	for f := (*fault.Fault)(nil); ; {
		if f = g.fit(c, low, high, unit); f != nil {
			return nil, f
		}
		if g.bins <= limit {
			return g, nil
		}
		if c.Has("step") {
			return nil, c.At("step", plan.TooManyCells.New("%d bins for each of %d groups, the charter allows %d cells", g.bins, groups, c.Charter.Rules.Cells()))
		}
		g.step = new(big.Rat).Mul(finest, coarser(g.step, finest, g.bins, limit))
	}
}

// coarser is how many times the finest step the next is that makes at most limit bins: 1, 2 or 5 times a power of ten,
// or what is needed at least.
func coarser(step, finest *big.Rat, bins, limit int) *big.Rat {
	times := new(big.Rat).Quo(step, finest)
	for ratio := int64(1); ; ratio *= 10 {
		for _, m := range []int64{1, 2, 5} {
			next := big.NewRat(m*ratio, 1)
			if next.Cmp(times) > 0 && new(big.Rat).Quo(next, times).Cmp(big.NewRat(int64(bins), int64(limit))) >= 0 {
				return next
			}
		}
	}
}

// fit begins the bins at a multiple of the step and ends them at one that all values lie below, if the column has such a
// value.
func (g *binning) fit(c *Call, low, high, unit *big.Rat) *fault.Fault {
	from, to := low, new(big.Rat).Add(high, unit)
	for name, end := range map[string]**big.Rat{"from": &from, "to": &to} {
		if !c.Has(name) {
			continue
		}
		given, err := decimal.Parse(c.Text(name))
		if err != nil || given.Cmp(low) < 0 || given.Cmp(high) > 0 {
			return c.Refuse(name, "wants a number of the declared range, %s to %s", g.column.Range[0], g.column.Range[1])
		}
		if !new(big.Rat).Quo(given, g.step).IsInt() {
			return c.Refuse(name, "%s is not a multiple of %s, the width of a bin", c.Text(name), text(g.step))
		}
		*end = given
	}
	first, last := floor(new(big.Rat).Quo(from, g.step)), ceiling(new(big.Rat).Quo(to, g.step))
	edge := func(n *big.Int) *big.Rat { return new(big.Rat).Mul(new(big.Rat).SetInt(n), g.step) }
	one := big.NewInt(1)
	for !g.holds(edge(last)) && last.Cmp(first) > 0 {
		last.Sub(last, one)
	}
	for !g.holds(edge(first)) && first.Cmp(last) < 0 {
		first.Add(first, one)
	}
	n := new(big.Int).Sub(last, first)
	if n.Sign() <= 0 {
		return c.Refuse("column", "%s has no bin of the width %s", g.column.Name, text(g.step))
	}
	if !n.IsInt64() || n.Int64() > 1<<40 {
		n.SetInt64(1 << 40)
	}
	g.low, g.bins = edge(first), int(n.Int64())
	return nil
}

// holds reports whether a number is a value of the column's type, as bounds of bins have to be.
func (g *binning) holds(x *big.Rat) bool {
	if g.column.Kind() == charter.KindDouble {
		return true
	}
	return g.column.Parsed().CheckValue(text(x)) == ""
}

func ceiling(x *big.Rat) *big.Int {
	return new(big.Int).Neg(floor(new(big.Rat).Neg(x)))
}

// text writes a number that has finitely many digits.
func text(x *big.Rat) string {
	s, _ := decimal.Format(x)
	return s
}

// sql is the group expression of the bins.
func (g *binning) sql() string {
	high := new(big.Rat).Mul(g.step, big.NewRat(int64(g.bins), 1))
	sql := fmt.Sprintf("width_bucket(%s, %s, %s, %d)", plan.QuoteName(g.column.Name), text(g.low), text(high.Add(high, g.low)), g.bins)
	if g.curve {
		return "curve(" + sql + ")"
	}
	return sql
}

// question counts the values of each bin by group.
func (g *binning) question(c *Call, by []*charter.Column) string {
	selected := append(keys(by), g.sql()+" AS bin", "COUNT(*) AS n")
	return "SELECT " + strings.Join(selected, ", ") + c.From() + grouped(len(by)+1)
}

// unit is the distance of two values; 0 for doubles, which lie anywhere.
func (g *binning) unit() *big.Rat {
	if g.column.Kind() == charter.KindDouble {
		return new(big.Rat)
	}
	return g.column.ResolutionRat()
}

// exact reports whether each bin is one value.
func (g *binning) exact() bool { return g.step.Cmp(g.unit()) == 0 }

// binned is one group's counts.
type binned struct {
	labels  []result.Value
	below   int         // k, if the group, or a bin of it, was not released
	hidden  map[int]int // bins that were not released, with their k: not of curves
	missing int64
	inference.Binned
}

// read puts the rows of a question together by group, in their order.
func (g *binning) read(in *Released, keys int) []*binned {
	least, most, _ := g.column.RangeRat()
	var groups []*binned
	at := map[string]*binned{}
	for r := range in.Len() {
		shown := labels(in, r, keys)
		b := at[fmt.Sprintf("%q", shown)]
		if b == nil {
			b = &binned{hidden: map[int]int{}, Binned: inference.Binned{
				Low: g.low, Width: g.step, Unit: g.unit(), Counts: make([]int64, g.bins), Least: least, Most: most,
			}}
			b.labels = shown
			at[fmt.Sprintf("%q", shown)] = b
			groups = append(groups, b)
		}
		k := in.Below(r, "n")
		if k > 0 {
			b.below = k
		}
		bin := in.Rat(r, "bin")
		if k > 0 && bin != nil {
			b.hidden[int(bin.Num().Int64())-1] = k
		}
		if k > 0 && in.Below(r, "bin") > 0 {
			continue
		}
		n := in.Count(r, "n")
		switch {
		case bin == nil:
			b.missing = n
		case bin.Sign() == 0:
			b.Below = n
		case bin.Num().Int64() > int64(g.bins):
			b.Above = n
		default:
			b.Counts[bin.Num().Int64()-1] = n
		}
	}
	return groups
}

// groupsOf is how many groups the categories make, NULL included.
func groupsOf(by []*charter.Column) int {
	n := 1
	for _, col := range by {
		values := len(plan.Domain(col))
		if col.IsNullable() {
			values++
		}
		n *= max(1, values)
	}
	return n
}

// caption names a group for people.
func (b *binned) caption() string {
	words := make([]string, len(b.labels))
	for i, l := range b.labels {
		words[i] = fmt.Sprint(l)
	}
	return strings.Join(words, " ")
}
