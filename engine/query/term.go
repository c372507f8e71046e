package query

import (
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// Faults of aggregates.
var (
	NestedAggregate = fault.Declare("TACIT-P030", "nested aggregate",
		"An aggregate has another aggregate in its argument.",
		"Aggregate columns; combine released values outside the aggregates.")
	FreeForm = fault.Declare("TACIT-P033", "aggregate of a free expression",
		"The argument of an aggregate is not a column, a column times a constant, a product of two columns, or CASE WHEN condition THEN one of these [ELSE 0 | NULL] END. Free expressions could hide one person's values in the digits of a sum.",
		"Move the arithmetic out of the aggregate: SUM(x) + SUM(y), SUM(x) / 100, SUM(x) + 5 * COUNT(x).")
)

// term is the argument of an aggregate: coef × Π factors for the rows where filter
// holds; elsewhere NULL, or 0 if elseZero.
type term struct {
	factors  []*charter.Column // at most 2, sorted by name
	coef     *big.Rat
	typ      result.Type
	filter   *plan.Predicate
	elseZero bool
}

// names returns the factors as a plan has them.
func (t *term) names() []string {
	out := make([]string, len(t.factors))
	for i, c := range t.factors {
		out[i] = c.Name
	}
	return out
}

// term compiles the argument of an aggregate.
func (c *compiler) term(e expr) (*term, *fault.Fault) {
	if agg := find(e, isAggregate); agg != nil {
		return nil, c.fault(NestedAggregate, agg, "an aggregate inside an aggregate")
	}
	if w, ok := e.(*cases); ok {
		return c.caseTerm(w)
	}
	return c.product(e)
}

// caseTerm compiles CASE WHEN p THEN term [ELSE 0|NULL] END.
func (c *compiler) caseTerm(e *cases) (*term, *fault.Fault) {
	if len(e.whens) != 1 {
		return nil, c.fault(FreeForm, e, "a CASE with %d conditions inside an aggregate", len(e.whens)).
			With("Write one aggregate per condition, with FILTER (WHERE …).")
	}
	p, f := c.predicate(e.condition(0, e.arg))
	if f != nil {
		return nil, f
	}
	t, f := c.product(e.whens[0].then)
	if f != nil {
		return nil, f
	}
	t.filter = p
	if e.other == nil {
		return t, nil
	}
	zero, ok := e.other.(*literal)
	switch {
	case ok && zero.null():
		return t, nil
	case !ok || zero.num == nil || zero.num.Sign() != 0:
		return nil, c.fault(FreeForm, e.other, "ELSE inside an aggregate is 0 or NULL")
	}
	typ, ok := commonType(t.typ, zero.typ)
	if !ok {
		return nil, c.fault(FreeForm, e.other, "THEN and ELSE have different types")
	}
	t.typ, t.elseZero = typ, true
	return t, nil
}

// product compiles a column, a constant, or a product of these.
func (c *compiler) product(e expr) (*term, *fault.Fault) {
	switch e := e.(type) {
	case *literal:
		if e.num == nil {
			break
		}
		return &term{coef: e.num, typ: e.typ}, nil
	case *column:
		return c.factor(e)
	case *unary:
		if e.op == "not" {
			break
		}
		t, f := c.product(e.arg)
		if f == nil && e.op == "-" {
			t.coef = new(big.Rat).Neg(t.coef)
		}
		if f == nil && !t.typ.Numeric() {
			return nil, c.fault(FreeForm, e, "the sign of something that is not a number")
		}
		return t, f
	case *cast:
		return c.castTerm(e)
	case *binary:
		if e.op == "*" {
			return c.times(e)
		}
	}
	return nil, c.fault(FreeForm, e, "the argument of the aggregate is a free expression")
}

func (c *compiler) factor(name *column) (*term, *fault.Fault) {
	col, f := c.column(name)
	if f == nil {
		f = c.place(plan.PresenceRule(col), name)
	}
	if f != nil {
		return nil, f
	}
	return &term{factors: []*charter.Column{col}, coef: big.NewRat(1, 1), typ: columnType(col)}, nil
}

// columnType is the type that a column has in DuckDB.
func columnType(c *charter.Column) result.Type {
	switch t := c.Parsed(); t.Kind {
	case charter.KindInteger:
		return bigintType
	case charter.KindDecimal:
		return result.Type{Kind: result.Decimal, Precision: t.Precision, Scale: t.Scale}
	case charter.KindDouble:
		return doubleType
	case charter.KindBoolean:
		return booleanType
	case charter.KindDate:
		return result.Type{Kind: result.Date}
	case charter.KindTimestamp:
		return result.Type{Kind: result.Timestamp}
	default:
		return varcharType
	}
}

// castTerm accepts casts that do not change the value: of a boolean to an integer
// type, of a number to DOUBLE or to a larger integer type.
func (c *compiler) castTerm(e *cast) (*term, *fault.Fault) {
	t, f := c.product(e.arg)
	if f != nil {
		return nil, f
	}
	widened := t.typ.Numeric() && (e.typ.Kind == result.Double || isWhole(t.typ) && isWhole(e.typ) && e.typ.Kind >= t.typ.Kind)
	if !widened && (t.typ != booleanType || !isWhole(e.typ)) {
		return nil, c.fault(FreeForm, e, "this cast inside an aggregate may change values").
			With("Cast the aggregate instead.")
	}
	t.typ = e.typ
	return t, nil
}

func (c *compiler) times(e *binary) (*term, *fault.Fault) {
	l, f := c.product(e.l)
	if f != nil {
		return nil, f
	}
	r, f := c.product(e.r)
	if f != nil {
		return nil, f
	}
	typ, problem := arithmeticType("*", l.typ, r.typ)
	if problem != "" {
		return nil, c.fault(FreeForm, e, "%s", problem)
	}
	t := &term{factors: append(slices.Clone(l.factors), r.factors...), coef: new(big.Rat).Mul(l.coef, r.coef), typ: typ}
	if len(t.factors) > 2 {
		return nil, c.fault(FreeForm, e, "a product of more than two columns")
	}
	if len(t.factors) == 2 && t.factors[0].Name > t.factors[1].Name {
		slices.Reverse(t.factors)
	}
	return t, nil
}
