package plan

import "slices"

// Implies reports whether every row that passes p also passes q, as far as comparisons of
// one column with constants tell. It may miss an implication; it never reports one that is none.
func (p *Predicate) Implies(q *Predicate) bool {
	switch {
	case p.Equal(q):
		return true
	case p == nil || q == nil:
		return q == nil
	case p.Op == Or:
		return !slices.ContainsFunc(p.Args, func(a *Predicate) bool { return !a.Implies(q) })
	case q.Op == And:
		return !slices.ContainsFunc(q.Args, func(a *Predicate) bool { return !p.Implies(a) })
	case p.Op == And && slices.ContainsFunc(p.Args, func(a *Predicate) bool { return a.Implies(q) }):
		return true
	case q.Op == Or:
		return slices.ContainsFunc(q.Args, p.Implies)
	case q.Op == Not && q.Args[0].Op == IsNull:
		return p.hasValue(q.Args[0].Column)
	}
	return p.Column != "" && p.narrower(q)
}

// hasValue reports whether a column cannot be NULL in a row that passes p.
func (p *Predicate) hasValue(column string) bool {
	if p.Op == Not {
		p = p.Args[0]
		return p.Column == column // NOT IN, IS NOT NULL
	}
	return p.Column == column && p.Op != IsNull
}

// narrower compares conditions of one column: listed values with any condition, ranges
// with ranges.
func (p *Predicate) narrower(q *Predicate) bool {
	switch p.Op {
	case Eq, In:
		return !slices.ContainsFunc(p.Values, func(v Value) bool { return !q.holds(p.Column, v) })
	case Lt, Le, Gt, Ge:
		return p.Column == q.Column && len(q.Values) == 1 && p.sameEnd(q)
	}
	return false
}

// holds reports whether a row with the value passes a condition of the column.
func (p *Predicate) holds(column string, v Value) bool {
	if p.Op == Not && p.Args[0].Op == In && p.Args[0].Column == column {
		return !p.Args[0].holds(column, v)
	}
	if p.Column != column || len(p.Values) == 0 {
		return false
	}
	if p.Op == In {
		return slices.ContainsFunc(p.Values, func(w Value) bool { return v.order(w) == equal })
	}
	switch o := v.order(p.Values[0]); p.Op {
	case Eq:
		return o == equal
	case Ne:
		return o == less || o == greater || o == differs
	case Lt:
		return o == less
	case Le:
		return o == less || o == equal
	case Gt:
		return o == greater
	case Ge:
		return o == greater || o == equal
	}
	return false
}

// sameEnd compares two ranges that are open at the same end.
func (p *Predicate) sameEnd(q *Predicate) bool {
	o := p.Values[0].order(q.Values[0])
	switch q.Op {
	case Gt:
		return p.Op == Gt && (o == equal || o == greater) || p.Op == Ge && o == greater
	case Ge:
		return (p.Op == Gt || p.Op == Ge) && (o == equal || o == greater)
	case Lt:
		return p.Op == Lt && (o == equal || o == less) || p.Op == Le && o == less
	case Le:
		return (p.Op == Lt || p.Op == Le) && (o == equal || o == less)
	}
	return false
}

// relation of two constants.
type relation int

const (
	unknown relation = iota
	less
	equal
	greater
	differs // texts and booleans have no order here
)

func (v Value) order(w Value) relation {
	if a, b := v.Rat(), w.Rat(); a != nil && b != nil {
		return ordered(a.Cmp(b))
	}
	if v.Kind != w.Kind {
		return unknown
	}
	if a, ok := v.Time(); ok {
		if b, ok := w.Time(); ok {
			return ordered(a.Compare(b))
		}
		return unknown
	}
	if v == w {
		return equal
	}
	return differs
}

func ordered(sign int) relation { return equal + relation(sign) }
