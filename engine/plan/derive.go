package plan

import (
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Derive sets Slots and Null of a key over one column: everything that the charter
// declares for the column and that the rows passing where can hold. A condition
// on the column narrows the slots if it stands by itself or under the outermost AND
// of where: =, <>, IN, NOT IN for categories, ranges for times. Where nothing would
// be left, nothing is narrowed.
//
// Fields other than Slots and Null are set by the caller. A KeyCase is left as it is.
func (k *Key) Derive(t *charter.Table, where *Predicate) error {
	if k.Kind == KeyCase {
		return nil
	}
	c := t.Column(k.Column)
	if c == nil {
		return UnknownColumn.New("table %q has no column %q", t.Name, k.Column)
	}
	if f := k.derive(c, where); f != nil {
		return f
	}
	k.Null = c.IsNullable() && !excludesNull(k.Column, where)
	return nil
}

func (k *Key) derive(c *charter.Column, where *Predicate) *fault.Fault {
	if f := usable(c); f != nil {
		return f
	}
	if f := k.curveRule(c); f != nil {
		return f
	}
	switch k.Kind {
	case KeyColumn:
		return k.deriveColumn(c, where)
	case KeyTrunc:
		return k.deriveTrunc(c, where)
	default:
		if f := BinRule(c, k.Lo, k.Hi, k.Count); f != nil {
			return f
		}
		if k.Count > MaxCells-2 {
			return TooManyCells.New("%d bins, at most %d cells", k.Count, MaxCells)
		}
		k.Slots = BinSlots(k.Count)
		return nil
	}
}

func excludesNull(column string, where *Predicate) bool {
	return slices.ContainsFunc(where.Conjuncts(), func(p *Predicate) bool {
		if p.Op == Not {
			p = p.Args[0]
			return p.Column == column // NOT IN, IS NOT NULL
		}
		return p.Column == column && p.Op != IsNull
	})
}

func (k *Key) deriveColumn(c *charter.Column, where *Predicate) *fault.Fault {
	if c.Role != charter.Category {
		return WrongRole.New("column %q is not a category: its values are no groups", c.Name)
	}
	all := Domain(c)
	if len(all) == 0 {
		return NoDomain.New("column %q declares no domain", c.Name)
	}
	k.Slots = narrowed(all, c.Name, where)
	return nil
}

// narrowed returns the values of a domain that a row passing where can have in column,
// all of them if none is left.
func narrowed(all []Value, column string, where *Predicate) []Value {
	kept := slices.Clone(all)
	for _, p := range where.Conjuncts() {
		listed, want := membership(p, column)
		if listed == nil {
			continue
		}
		kept = slices.DeleteFunc(kept, func(v Value) bool { return listed[v] != want })
	}
	if len(kept) == 0 {
		return all
	}
	return kept
}

// membership reads p as column [NOT] IN (listed…); listed is nil if it is something else.
func membership(p *Predicate, column string) (listed map[Value]bool, want bool) {
	want = true
	if p.Op == Not {
		p, want = p.Args[0], false
	}
	switch {
	case p.Column != column:
		return nil, false
	case p.Op == Ne:
		want = !want
	case p.Op != Eq && p.Op != In:
		return nil, false
	}
	listed = make(map[Value]bool, len(p.Values))
	for _, v := range p.Values {
		listed[v] = true
	}
	return listed, want
}

func (k *Key) deriveTrunc(c *charter.Column, where *Predicate) *fault.Fault {
	if c.Role != charter.Time {
		return WrongRole.New("column %q is not a time: it cannot be truncated", c.Name)
	}
	finest, ok := grainOf(c)
	if !ok || k.Grain > Year || !covers(k.Grain, finest) {
		return TooFine.New("column %q has the grain %s, %s is finer", c.Name, finest, k.Grain)
	}
	from, to, f := window(c, where)
	if f != nil {
		return f
	}
	k.Slots = nil
	for t := k.Grain.Trunc(from); !t.After(to); t = k.Grain.Next(t) {
		if len(k.Slots) == MaxCells {
			return TooManyCells.New("more than %d periods of column %q", MaxCells, c.Name).
				With("Limit the column on both sides in WHERE, or use a coarser date_trunc.")
		}
		k.Slots = append(k.Slots, InstantValue(Timestamp, t))
	}
	return nil
}

// covers reports whether each period of g is made of whole periods of finest. A week
// is no part of a month, quarter or year.
func covers(g, finest Grain) bool {
	return g >= finest && (finest != Week || g == Week)
}

// window returns the first and last instant that a row passing where can have. A
// column without declared range must be limited on both sides by where.
func window(c *charter.Column, where *Predicate) (from, to time.Time, f *fault.Fault) {
	from, to, declared := c.RangeTime()
	low, high, hasLow, hasHigh := from, to, declared, declared
	for _, p := range where.Conjuncts() {
		if p.Column != c.Name || len(p.Values) != 1 {
			continue
		}
		t, ok := p.Values[0].Time()
		if !ok {
			continue
		}
		first, last := limits(p.Op, t, tick(c))
		if !first.IsZero() && (!hasLow || first.After(low)) {
			low, hasLow = first, true
		}
		if !last.IsZero() && (!hasHigh || last.Before(high)) {
			high, hasHigh = last, true
		}
	}
	switch {
	case !hasLow || !hasHigh:
		return from, to, NoDomain.New("column %q declares no range and is not limited on both sides", c.Name)
	case !low.After(high):
		return low, high, nil
	case declared:
		return from, to, nil
	default:
		return from, to, NoDomain.New("column %q is limited to nothing", c.Name)
	}
}

// limits returns the first and last instant that passes a comparison with t, zero
// for no limit.
func limits(op Op, t time.Time, tick time.Duration) (first, last time.Time) {
	switch op {
	case Eq:
		return t, t
	case Ge:
		return t, time.Time{}
	case Gt:
		return t.Add(tick), time.Time{}
	case Le:
		return time.Time{}, t
	case Lt:
		return time.Time{}, t.Add(-tick)
	default:
		return time.Time{}, time.Time{}
	}
}
