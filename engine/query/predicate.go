package query

import (
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// Faults of conditions on rows.
var (
	TwoColumns = fault.Declare("TACIT-P034", "comparison of two columns",
		"A condition compares two columns of a row.",
		"Compare a column with constants; the owners can add a column that holds the comparison.")
	NullCompared = fault.Declare("TACIT-P035", "comparison with NULL",
		"A condition compares with NULL, which is never true.",
		"Write IS NULL or IS NOT NULL.")
	NotACondition = fault.Declare("TACIT-P036", "not a condition on a column",
		"A condition on rows is something other than a column compared with constants.",
		"Write column = constant, <, <=, >, >=, <>, BETWEEN, IN, IS NULL, a boolean column, or AND, OR and NOT of these.")
	AggregateInCondition = fault.Declare("TACIT-P031", "aggregate in a condition on rows",
		"WHERE, FILTER, GROUP BY or the condition of a CASE inside an aggregate holds an aggregate.",
		"Write conditions on aggregates in HAVING.")
)

// predicate compiles a condition on rows.
func (c *compiler) predicate(e expr) (*plan.Predicate, *fault.Fault) {
	switch e := e.(type) {
	case *logical:
		return c.junction(e)
	case *unary:
		if e.op != "not" {
			break
		}
		p, f := c.predicate(e.arg)
		if f != nil {
			return nil, f
		}
		return plan.Negate(p), nil
	case *binary:
		return c.comparison(e)
	case *in:
		return c.oneOf(e)
	case *between:
		return c.between(e)
	case *isNull:
		return c.nullTest(e)
	case *column:
		return c.flag(e)
	}
	return nil, c.notACondition(e)
}

func (c *compiler) notACondition(e expr) *fault.Fault {
	if agg := find(e, isAggregate); agg != nil {
		return c.fault(AggregateInCondition, agg, "an aggregate cannot decide about a row")
	}
	if l, ok := e.(*literal); ok && l.null() {
		return c.fault(NullCompared, e, "NULL is never true")
	}
	return c.fault(NotACondition, e, "not a condition on a column")
}

func (c *compiler) junction(e *logical) (*plan.Predicate, *fault.Fault) {
	args := make([]*plan.Predicate, len(e.args))
	for i, a := range e.args {
		p, f := c.predicate(a)
		if f != nil {
			return nil, f
		}
		args[i] = p
	}
	if e.op == "and" {
		return plan.AllOf(args...), nil
	}
	return plan.AnyOf(args...), nil
}

var compareOps = map[string]plan.Op{"=": plan.Eq, "<>": plan.Ne, "<": plan.Lt, "<=": plan.Le, ">": plan.Gt, ">=": plan.Ge}

// flipped is the operator with its sides exchanged.
var flipped = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (c *compiler) comparison(e *binary) (*plan.Predicate, *fault.Fault) {
	if _, ok := compareOps[e.op]; !ok {
		return nil, c.notACondition(e)
	}
	left, right, op := e.l, e.r, e.op
	if _, ok := left.(*literal); ok {
		left, right, op = right, left, flipped[op]
	}
	name, ok := left.(*column)
	if !ok {
		return nil, c.notACondition(left)
	}
	col, f := c.column(name)
	if f != nil {
		return nil, f
	}
	v, f := c.constant(col, name, right, compareOps[op])
	if f != nil {
		return nil, f
	}
	return plan.Compare(compareOps[op], col.Name, v), nil
}

// constant returns the constant that a column is compared with, in the column's type.
func (c *compiler) constant(col *charter.Column, name *column, e expr, op plan.Op) (plan.Value, *fault.Fault) {
	if f := plan.PresenceRule(col); f != nil {
		return plan.Value{}, c.place(f, name)
	}
	l, ok := e.(*literal)
	if !ok {
		return plan.Value{}, c.notAConstant(e)
	}
	if l.null() {
		return plan.Value{}, c.fault(NullCompared, e, "a comparison with NULL is never true")
	}
	v, ok := coerce(plan.Kind(col), l)
	if !ok {
		return v, c.mismatch(col, l)
	}
	f := plan.CompareRule(col, op, v)
	if f == nil {
		return v, nil
	}
	c.advise(f, col, op)
	if f.Code == plan.WrongRole.Code {
		return v, c.place(f, name)
	}
	return v, c.place(f, l)
}

// advise makes the remedy exact where the charter allows it.
func (c *compiler) advise(f *fault.Fault, col *charter.Column, op plan.Op) {
	switch f.Code {
	case plan.OffGrid.Code:
		if col.Resolution != "" {
			f.With("Use a multiple of %s.", col.Resolution)
		} else {
			f.With("Use a value of type %s.", col.Type)
		}
	case plan.OutsideDomain.Code:
		if len(col.Domain) > 0 && len(col.Domain) <= 12 {
			f.With("The declared domain of %s: %s.", col.Name, strings.Join(col.Domain, ", "))
		}
	case plan.TooFine.Code:
		switch op {
		case plan.Le:
			f.With("Write %s < and the start of the next period (%s).", col.Name, col.Grain)
		case plan.Gt:
			f.With("Write %s >= and the start of a period (%s).", col.Name, col.Grain)
		}
	}
}

func (c *compiler) notAConstant(e expr) *fault.Fault {
	if col := find(e, func(e expr) bool { _, ok := e.(*column); return ok }); col != nil {
		return c.fault(TwoColumns, col, "a column is compared with another")
	}
	return c.notACondition(e)
}

func (c *compiler) mismatch(col *charter.Column, l *literal) *fault.Fault {
	if l.num != nil && (plan.Kind(col) == plan.Integer || plan.Kind(col) == plan.Decimal) {
		f := c.fault(plan.OffGrid, l, "the constant is not a value of column %q, of type %s", col.Name, col.Type)
		c.advise(f, col, plan.Eq)
		return f
	}
	f := c.fault(plan.WrongType, l, "column %q is of type %s", col.Name, col.Type)
	switch plan.Kind(col) {
	case plan.Integer, plan.Decimal:
		f.With("Write a number without quotes.")
	case plan.Text:
		f.With("Write text in single quotes.")
	case plan.Boolean:
		f.With("Write true or false, or the column by itself.")
	case plan.Date:
		f.With("Write DATE '2024-01-31'.")
	case plan.Timestamp:
		f.With("Write TIMESTAMP '2024-01-31 12:00:00'.")
	}
	return f
}

// coerce returns a constant in the kind of a column; ok is false if it is none.
func coerce(kind plan.ValueKind, l *literal) (v plan.Value, ok bool) {
	switch kind {
	case plan.Integer:
		if l.num == nil || !l.num.IsInt() {
			return v, false
		}
		return plan.Value{Kind: plan.Integer, Text: l.num.Num().String()}, true
	case plan.Decimal:
		if l.num == nil {
			return v, false
		}
		text, ok := decimal.Format(l.num)
		return plan.Value{Kind: plan.Decimal, Text: text}, ok && len(text) <= decimal.MaxLength
	case plan.Date, plan.Timestamp:
		if l.value.Kind == plan.Text || l.value.Kind == plan.Date || l.value.Kind == plan.Timestamp {
			return instant(kind, l.value.Text)
		}
		return v, false
	default:
		return l.value, l.num == nil && l.value.Kind == kind
	}
}

func (c *compiler) oneOf(e *in) (*plan.Predicate, *fault.Fault) {
	name, ok := e.arg.(*column)
	if !ok {
		return nil, c.notACondition(e.arg)
	}
	col, f := c.column(name)
	if f != nil {
		return nil, f
	}
	values := make([]plan.Value, len(e.list))
	for i, item := range e.list {
		if values[i], f = c.constant(col, name, item, plan.In); f != nil {
			return nil, f
		}
	}
	if len(values) == 0 || len(values) > plan.MaxIn {
		return nil, c.fault(plan.Malformed, e, "IN with %d values, at most %d", len(values), plan.MaxIn)
	}
	p := plan.OneOf(col.Name, values)
	if e.not {
		p = plan.Negate(p)
	}
	return p, nil
}

func (c *compiler) between(e *between) (*plan.Predicate, *fault.Fault) {
	low, f := c.comparison(&binary{e.pos, ">=", e.arg, e.lo})
	if f != nil {
		return nil, f
	}
	high, f := c.comparison(&binary{e.pos, "<=", e.arg, e.hi})
	if f != nil {
		return nil, f
	}
	p := plan.AllOf(low, high)
	if e.not {
		p = plan.Negate(p)
	}
	return p, nil
}

func (c *compiler) nullTest(e *isNull) (*plan.Predicate, *fault.Fault) {
	name, ok := e.arg.(*column)
	if !ok {
		return nil, c.notACondition(e.arg)
	}
	col, f := c.column(name)
	if f == nil {
		f = c.place(plan.PresenceRule(col), name)
	}
	if f != nil {
		return nil, f
	}
	p := plan.Missing(col.Name)
	if e.not {
		p = plan.Negate(p)
	}
	return p, nil
}

// flag compiles a boolean column that stands by itself.
func (c *compiler) flag(name *column) (*plan.Predicate, *fault.Fault) {
	col, f := c.column(name)
	if f == nil {
		f = c.place(plan.PresenceRule(col), name)
	}
	if f != nil {
		return nil, f
	}
	if col.Kind() != charter.KindBoolean {
		return nil, c.fault(NotACondition, name, "column %q of type %s is not true or false", col.Name, col.Type)
	}
	v := plan.BoolValue(true)
	if f := plan.CompareRule(col, plan.Eq, v); f != nil {
		return nil, c.place(f, name)
	}
	return plan.Compare(plan.Eq, col.Name, v), nil
}
