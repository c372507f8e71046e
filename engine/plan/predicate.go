package plan

import "slices"

// AllOf returns the canonical conjunction; nil arguments are left out, and it is nil
// if there are no others.
func AllOf(args ...*Predicate) *Predicate { return join(And, args) }

// AnyOf returns the canonical disjunction of one or more predicates.
func AnyOf(args ...*Predicate) *Predicate { return join(Or, args) }

func join(op Op, args []*Predicate) *Predicate {
	var flat []*Predicate
	for _, a := range args {
		switch {
		case a == nil:
		case a.Op == op:
			flat = append(flat, a.Args...)
		default:
			flat = append(flat, a)
		}
	}
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return &Predicate{Op: op, Args: flat}
}

var negated = map[Op]Op{Eq: Ne, Ne: Eq, Lt: Ge, Ge: Lt, Gt: Le, Le: Gt}

// Negate returns the canonical negation. In three-valued logic NOT (x < 1) is x >= 1.
func Negate(p *Predicate) *Predicate {
	if p.Op == Not {
		return p.Args[0]
	}
	if op, ok := negated[p.Op]; ok {
		return Compare(op, p.Column, p.Values[0])
	}
	return &Predicate{Op: Not, Args: []*Predicate{p}}
}

// Compare returns the canonical comparison of a column with a constant of its type.
func Compare(op Op, column string, v Value) *Predicate {
	if v.Kind == Boolean && op == Ne {
		op, v = Eq, BoolValue(v.Text != "true")
	}
	return &Predicate{Op: op, Column: column, Values: []Value{v}}
}

// OneOf returns the canonical column IN (values…), for at least one value.
func OneOf(column string, values []Value) *Predicate {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, compareValues)
	sorted = slices.Compact(sorted)
	if len(sorted) == 1 {
		return Compare(Eq, column, sorted[0])
	}
	return &Predicate{Op: In, Column: column, Values: sorted}
}

// Missing returns column IS NULL.
func Missing(column string) *Predicate { return &Predicate{Op: IsNull, Column: column} }

// Equal reports whether two canonical predicates are the same, argument by argument.
func (p *Predicate) Equal(q *Predicate) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.Op == q.Op && p.Column == q.Column && slices.Equal(p.Values, q.Values) &&
		slices.EqualFunc(p.Args, q.Args, (*Predicate).Equal)
}

// Conjuncts returns the predicates that hold for every row that passes p.
func (p *Predicate) Conjuncts() []*Predicate {
	switch {
	case p == nil:
		return nil
	case p.Op == And:
		return p.Args
	default:
		return []*Predicate{p}
	}
}

// Columns calls visit for every column that p names, in order, repeats included.
func (p *Predicate) Columns(visit func(name string)) {
	if p == nil {
		return
	}
	if p.Column != "" {
		visit(p.Column)
	}
	for _, a := range p.Args {
		a.Columns(visit)
	}
}

// Mentions reports whether the condition is about a column; nil is about none.
func (p *Predicate) Mentions(column string) bool {
	found := false
	p.Columns(func(name string) { found = found || name == column })
	return found
}

// Mixes reports whether the condition is about a column and about others.
func (p *Predicate) Mixes(column string) bool {
	other := false
	p.Columns(func(name string) { other = other || name != column })
	return other && p.Mentions(column)
}
