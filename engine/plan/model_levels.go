package plan

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// A model tells the rows of its levels apart by coefficients, whatever filters its sums have. So each set of rows that
// its terms, and two of them together, single out is counted by a guard of its own, and so is what is left of a category. Such a guard
// is a lock: where one of them fails, no sum of values is released, see [Layout].

// levels returns the sets of rows that the model singles out, in a fixed order, with repetitions.
func (p *Plan) levels(t *charter.Table) []*Predicate {
	var all []*Predicate
	for i := range p.Model.Terms {
		for j := range p.Model.Terms[:i+1] {
			if l := together(p.Model.Terms[j].Levels, p.Model.Terms[i].Levels); l != nil {
				all = append(all, l)
			}
		}
	}
	all = append(all, p.remainders(t)...)
	var names []string
	p.Model.columns(func(name string) { names = append(names, name) })
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		all = append(all, halves(t.Column(name))...)
	}
	return all
}

// together is the condition that both lists of levels hold; nil if there are none, or if they exclude each other.
func together(a, b []Level) *Predicate {
	all := slices.Clone(a)
	for _, l := range b {
		at := slices.IndexFunc(all, func(o Level) bool { return o.Column == l.Column })
		switch {
		case at < 0:
			all = append(all, l)
		case all[at] != l:
			return nil
		}
	}
	slices.SortFunc(all, func(x, y Level) int { return strings.Compare(x.Column, y.Column) })
	var parts []*Predicate
	for _, l := range all {
		parts = append(parts, Compare(Eq, l.Column, l.Value))
	}
	return AllOf(parts...)
}

// remainders are, for each category of the model, the values that no term names, the reference level among them, unless the
// condition of the plan leaves them out.
func (p *Plan) remainders(t *charter.Table) []*Predicate {
	named := map[string][]Value{}
	var columns []string
	for _, term := range p.Model.Terms {
		for _, l := range term.Levels {
			if named[l.Column] == nil {
				columns = append(columns, l.Column)
			}
			named[l.Column] = append(named[l.Column], l.Value)
		}
	}
	slices.Sort(columns)
	var all []*Predicate
	for _, name := range columns {
		rest := slices.DeleteFunc(p.possible(t.Column(name)), func(v Value) bool { return slices.Contains(named[name], v) })
		if len(rest) > 0 {
			all = append(all, OneOf(name, rest))
		}
	}
	return all
}

// possible are the declared values of a category that the condition of the plan does not exclude by itself.
func (p *Plan) possible(c *charter.Column) []Value {
	values := Domain(c)
	for _, part := range p.Where.Conjuncts() {
		if part.Column != c.Name {
			continue
		}
		var keep func(v Value) bool
		switch part.Op {
		case Eq, In:
			keep = func(v Value) bool { return slices.Contains(part.Values, v) }
		case Ne:
			keep = func(v Value) bool { return v != part.Values[0] }
		default:
			continue
		}
		values = slices.DeleteFunc(values, func(v Value) bool { return !keep(v) })
	}
	return values
}

// halves are the two values of a measure that has two, which is a category in another form.
func halves(c *charter.Column) []*Predicate {
	lo, hi, ok := c.RangeRat()
	step := c.ResolutionRat()
	if c.Role != charter.Measure || !ok || step == nil || new(big.Rat).Add(lo, step).Cmp(hi) != 0 {
		return nil
	}
	var all []*Predicate
	for _, x := range []*big.Rat{lo, hi} {
		all = append(all, Compare(Eq, c.Name, constant(c, x)))
	}
	return all
}

// constant is a number as a value of a column.
func constant(c *charter.Column, x *big.Rat) Value {
	switch c.Kind() {
	case charter.KindBoolean:
		return BoolValue(x.Sign() != 0)
	case charter.KindInteger:
		return Value{Kind: Integer, Text: x.Num().String()}
	}
	v, _ := RatValue(x) // a declared end, whose text is finite
	return v
}
