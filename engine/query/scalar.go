package query

import (
	"strings"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// Faults of expressions over released values.
var (
	NotGrouped = fault.Declare("TACIT-P032", "column neither grouped nor aggregated",
		"A column stands outside an aggregate and is not in GROUP BY.",
		"Put the column into GROUP BY, or aggregate it.")
	Mismatch = fault.Declare("TACIT-P038", "types do not fit",
		"An operator or function gets values of types that it does not take.",
		"Cast one of them, or use another function.")
)

// node is an expression over the released values of a cell.
type node struct {
	typ      result.Type // zero: the constant NULL
	eval     func(*cell) any
	note     note
	constant bool // eval depends on nothing

	span   func(*cell) *interval // where the value is before noise; nil: nobody knows
	linear []coefficient         // if eval is a linear combination of sums: its parts
}

// scalar compiles an expression of the select list, HAVING or ORDER BY.
func (c *compiler) scalar(e expr) (*node, *fault.Fault) {
	if done, ok := e.(*compiled); ok {
		return done.node, nil
	}
	if i := c.groupOf(c.canon(e)); i >= 0 {
		return c.keyNode(i), nil
	}
	if isAggregate(e) {
		return c.aggregate(e.(*call))
	}
	switch e := e.(type) {
	case *literal:
		return constantNode(e), nil
	case *column:
		return c.aliasNode(e)
	case *call:
		return c.function(e)
	case *unary:
		return c.unary(e)
	case *binary:
		return c.binary(e)
	case *logical:
		return c.connective(e)
	case *in:
		return c.membership(e)
	case *between:
		return c.within(e)
	case *isNull:
		return c.nullNode(e)
	case *cases:
		return c.choice(e)
	case *cast:
		return c.convert(e)
	default:
		return nil, c.fault(Unsupported, e, "this expression is not supported")
	}
}

func (c *compiler) keyNode(i int) *node {
	if c.plan.Keys[i].Along {
		return &node{typ: c.keys[i].typ, eval: func(x *cell) any { return x.point(i) }}
	}
	return &node{typ: c.keys[i].typ, eval: func(x *cell) any { return x.keys[i] }}
}

func constantNode(l *literal) *node {
	v := slotValue(l.value)
	if l.num != nil {
		v = l.num
	}
	return &node{typ: l.typ, constant: true, eval: func(*cell) any { return v }}
}

// slotValue turns a constant of a plan into a released value.
func slotValue(v plan.Value) any {
	switch v.Kind {
	case plan.Integer, plan.Decimal:
		return v.Rat()
	case plan.Text:
		return v.Text
	case plan.Boolean:
		return v.Text == "true"
	case plan.Date, plan.Timestamp:
		t, _ := v.Time()
		return t
	default:
		return nil
	}
}

// aliasNode resolves a name that is no group: an alias of an entry compiled before.
func (c *compiler) aliasNode(e *column) (*node, *fault.Fault) {
	if col := c.lookup(e); col != nil {
		if f := plan.PresenceRule(col); f != nil {
			return nil, c.place(f, e)
		}
		return nil, c.fault(NotGrouped, e, "column %q is neither in GROUP BY nor in an aggregate", col.Name)
	}
	if e.qualifier == "" {
		if i := c.aliasOf(e); i >= 0 && i < len(c.columns) {
			return c.columns[i], nil
		}
	}
	_, f := c.column(e)
	return nil, f
}

func (c *compiler) unary(e *unary) (*node, *fault.Fault) {
	arg, f := c.scalar(e.arg)
	if f != nil {
		return nil, f
	}
	if e.op == "not" {
		if f := c.want(arg, booleanType, e.arg); f != nil {
			return nil, f
		}
		return &node{typ: booleanType, note: combined(arg), eval: func(x *cell) any {
			if b, ok := arg.eval(x).(bool); ok {
				return !b
			}
			return nil
		}}, nil
	}
	if !arg.typ.Numeric() {
		return nil, c.fault(Mismatch, e, "a sign before something that is not a number")
	}
	if e.op == "+" {
		return arg, nil
	}
	negative := &node{typ: arg.typ, note: combined(arg), eval: func(x *cell) any { return negate(arg.eval(x)) }}
	if arg.span != nil {
		negative.span = func(x *cell) *interval { return minus(arg.span(x)) }
	}
	return c.checked(negative), nil
}

// want refuses a value that is not of the type; NULL is of every type.
func (c *compiler) want(n *node, t result.Type, at expr) *fault.Fault {
	if n.typ == t || isNullType(n.typ) {
		return nil
	}
	return c.fault(Mismatch, at, "wants %s, has %s", t, n.typ)
}

// checked makes values that are not of the node's type NULL and notes it.
func (c *compiler) checked(n *node) *node {
	eval, typ := n.eval, n.typ
	if typ.Kind == result.Double {
		return n
	}
	n.eval = func(x *cell) any {
		v := eval(x)
		if r, _, ok := bothExact(v, v); ok && !fits(r, typ) {
			x.problem = "out of the range of " + typ.String()
			return nil
		}
		return v
	}
	return n
}

func (c *compiler) binary(e *binary) (*node, *fault.Fault) {
	l, f := c.scalar(e.l)
	if f != nil {
		return nil, f
	}
	r, f := c.scalar(e.r)
	if f != nil {
		return nil, f
	}
	if _, ok := compareOps[e.op]; ok {
		return c.comparisonNode(e, l, r)
	}
	typ, problem := arithmeticType(e.op, l.typ, r.typ)
	if problem != "" {
		return nil, c.fault(Mismatch, e, "%s", problem)
	}
	op := e.op
	return c.checked(&node{typ: typ, note: combined(l, r), span: binarySpan(op, l, r), eval: func(x *cell) any {
		a, b := l.eval(x), r.eval(x)
		if a == nil || b == nil {
			return nil
		}
		return compute(op, a, b)
	}}), nil
}

func (c *compiler) comparisonNode(e *binary, l, r *node) (*node, *fault.Fault) {
	order, f := c.comparer(e, l, r)
	if f != nil {
		return nil, f
	}
	test := tests[e.op]
	return &node{typ: booleanType, note: combined(l, r), eval: func(x *cell) any {
		o, known := order(x)
		if !known {
			return nil
		}
		return test(o)
	}}, nil
}

var tests = map[string]func(order int) bool{
	"=":  func(o int) bool { return o == 0 },
	"<>": func(o int) bool { return o != 0 },
	"<":  func(o int) bool { return o < 0 },
	"<=": func(o int) bool { return o <= 0 },
	">":  func(o int) bool { return o > 0 },
	">=": func(o int) bool { return o >= 0 },
}

// comparer returns the order of two values, unknown if one is NULL. A text constant
// beside a date is read as a date.
func (c *compiler) comparer(at expr, l, r *node) (func(*cell) (int, bool), *fault.Fault) {
	l, r = dated(l, r), dated(r, l)
	if !comparable(l.typ, r.typ) {
		return nil, c.fault(Mismatch, at, "%s is compared with %s", l.typ, r.typ)
	}
	return func(x *cell) (int, bool) {
		a, b := l.eval(x), r.eval(x)
		if a == nil || b == nil {
			return 0, false
		}
		return compareValues(a, b), true
	}, nil
}

// dated reads n, a text constant, as an instant if other is one.
func dated(n, other *node) *node {
	kind := plan.Date
	switch other.typ.Kind {
	case result.Timestamp:
		kind = plan.Timestamp
	case result.Date:
	default:
		return n
	}
	if n.typ != varcharType || !n.constant {
		return n
	}
	text, ok := n.eval(nil).(string)
	if !ok {
		return n
	}
	v, ok := instant(kind, text)
	if !ok {
		return n
	}
	return &node{typ: other.typ, eval: func(*cell) any { return slotValue(v) }}
}

func (c *compiler) connective(e *logical) (*node, *fault.Fault) {
	args := make([]*node, len(e.args))
	for i, a := range e.args {
		n, f := c.scalar(a)
		if f == nil {
			f = c.want(n, booleanType, a)
		}
		if f != nil {
			return nil, f
		}
		args[i] = n
	}
	decides := e.op == "or" // a true decides OR, a false decides AND
	// An argument that is released and decides does so whatever the others are, wherever
	// it stands.
	return &node{typ: booleanType, note: combined(args...), eval: func(x *cell) any {
		var out any = !decides
		var hidden trace
		for _, a := range args {
			v, met := x.apart(a)
			if met.below > 0 {
				hidden.below = max(hidden.below, met.below) // another argument may decide alone
				continue
			}
			x.meet(met)
			if v == decides {
				return decides
			}
			if v == nil {
				out = nil
			}
		}
		x.meet(hidden)
		return out
	}}, nil
}

func (c *compiler) membership(e *in) (*node, *fault.Fault) {
	arg, f := c.once(e.arg)
	if f != nil {
		return nil, f
	}
	list := make([]expr, len(e.list))
	for i, item := range e.list {
		list[i] = &binary{pos(item.at()), "=", arg, item}
	}
	n, f := c.connective(&logical{e.pos, "or", list})
	if f != nil || !e.not {
		return n, f
	}
	return inverted(n), nil
}

func (c *compiler) within(e *between) (*node, *fault.Fault) {
	arg, f := c.once(e.arg)
	if f != nil {
		return nil, f
	}
	n, f := c.connective(&logical{e.pos, "and", []expr{
		&binary{e.pos, ">=", arg, e.lo}, &binary{e.pos, "<=", arg, e.hi},
	}})
	if f != nil || !e.not {
		return n, f
	}
	return inverted(n), nil
}

// once compiles an expression that is used several times; it is evaluated once per cell.
func (c *compiler) once(e expr) (expr, *fault.Fault) {
	n, f := c.scalar(e)
	if f != nil {
		return nil, f
	}
	return &compiled{pos(e.at()), c.kept(n)}, nil
}

// kept is n with its value kept for the time of a cell. Without it, operands that SQL
// repeats would cost time exponential in the nesting.
func (c *compiler) kept(n *node) *node {
	if n.constant {
		return n
	}
	i := c.memos
	c.memos++
	return &node{typ: n.typ, note: n.note, span: n.span, linear: n.linear, eval: func(x *cell) any {
		m := &x.memos[i]
		if m.cell != x.number {
			m.value, m.trace = x.apart(n)
			m.cell = x.number
		}
		x.meet(m.trace)
		return m.value
	}}
}

func inverted(n *node) *node {
	return &node{typ: booleanType, note: n.note, eval: func(x *cell) any {
		if b, ok := n.eval(x).(bool); ok {
			return !b
		}
		return nil
	}}
}

func (c *compiler) nullNode(e *isNull) (*node, *fault.Fault) {
	arg, f := c.scalar(e.arg)
	if f != nil {
		return nil, f
	}
	return &node{typ: booleanType, eval: func(x *cell) any { return (arg.eval(x) == nil) != e.not }}, nil
}

// choice compiles CASE over released values.
func (c *compiler) choice(e *cases) (*node, *fault.Fault) {
	var conds, thens []*node
	var arg expr
	if e.arg != nil {
		a, f := c.once(e.arg)
		if f != nil {
			return nil, f
		}
		arg = a
	}
	for i, w := range e.whens {
		cond, f := c.scalar(e.condition(i, arg))
		if f == nil {
			f = c.want(cond, booleanType, w.cond)
		}
		if f != nil {
			return nil, f
		}
		then, f := c.scalar(w.then)
		if f != nil {
			return nil, f
		}
		conds, thens = append(conds, cond), append(thens, then)
	}
	other := &node{eval: func(*cell) any { return nil }}
	if e.other != nil {
		n, f := c.scalar(e.other)
		if f != nil {
			return nil, f
		}
		other = n
	}
	typ, f := c.common(e, append(thens, other))
	if f != nil {
		return nil, f
	}
	return c.checked(&node{typ: typ, note: combined(append(append(conds, thens...), other)...), eval: func(x *cell) any {
		for i, cond := range conds {
			chosen, met := x.apart(cond)
			x.meet(met)
			if met.below > 0 {
				return nil // nobody can tell which branch it is
			}
			if chosen == true {
				return thens[i].eval(x)
			}
		}
		return other.eval(x)
	}}), nil
}

// common returns the type of several branches.
func (c *compiler) common(at expr, branches []*node) (result.Type, *fault.Fault) {
	var typ result.Type
	for _, n := range branches {
		t, ok := commonType(typ, n.typ)
		if !ok {
			return typ, c.fault(Mismatch, at, "branches of types %s and %s", typ, n.typ)
		}
		typ = t
	}
	return typ, nil
}

func (c *compiler) args(e *call) ([]*node, *fault.Fault) {
	out := make([]*node, len(e.args))
	for i, a := range e.args {
		n, f := c.scalar(a)
		if f != nil {
			return nil, f
		}
		out[i] = n
	}
	return out, nil
}

// function compiles a call that is no aggregate.
func (c *compiler) function(e *call) (*node, *fault.Fault) {
	if e.name == "date_trunc" || e.name == "width_bucket" || e.name == "curve" {
		return nil, c.fault(NotGrouped, e, "%s(…) is not in GROUP BY", strings.ToLower(e.name)).
			With("Repeat the expression in GROUP BY.")
	}
	args, f := c.args(e)
	if f != nil {
		return nil, f
	}
	switch e.name {
	case "coalesce":
		return c.coalesce(e, args)
	case "nullif":
		return c.nullif(e, args)
	case "round":
		return c.round(e, args)
	}
	if !args[0].typ.Numeric() {
		return nil, c.fault(Mismatch, e, "%s wants a number, has %s", e.name, args[0].typ)
	}
	if e.name == "abs" {
		return c.checked(&node{typ: args[0].typ, note: combined(args[0]), eval: func(x *cell) any { return absolute(args[0].eval(x)) }}), nil
	}
	return analytic(e.name, args[0]), nil
}

func (c *compiler) coalesce(e *call, args []*node) (*node, *fault.Fault) {
	typ, f := c.common(e, args)
	if f != nil {
		return nil, f
	}
	return c.checked(&node{typ: typ, note: combined(args...), eval: func(x *cell) any {
		for _, a := range args {
			v, met := x.apart(a)
			x.meet(met)
			if v != nil || met.below > 0 {
				return v
			}
		}
		return nil
	}}), nil
}

func (c *compiler) nullif(e *call, args []*node) (*node, *fault.Fault) {
	first := c.kept(args[0])
	order, f := c.comparer(e, first, args[1])
	if f != nil {
		return nil, f
	}
	return &node{typ: first.typ, note: combined(args...), eval: func(x *cell) any {
		if o, known := order(x); known && o == 0 {
			return nil
		}
		return first.eval(x)
	}}, nil
}
