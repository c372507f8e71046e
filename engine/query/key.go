package query

import (
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// Faults of GROUP BY.
var (
	BadGroup = fault.Declare("TACIT-P037", "group expression not supported",
		"GROUP BY holds something other than a category, date_trunc, width_bucket, a CASE over conditions or a condition.",
		"Group by a category, date_trunc('month', t), width_bucket(x, lo, hi, n), CASE WHEN condition THEN constant END, or a condition.")
	BadOrdinal = fault.Declare("TACIT-P039", "no such entry of the select list",
		"GROUP BY or ORDER BY gives a number that is no position in the select list.",
		"Use a number from 1 to the number of entries, or repeat the expression.")
)

// group is one GROUP BY expression: its place in the plan, and how a query names it.
type group struct {
	canon string // see [compiler.canon]
	typ   result.Type
}

// groups compiles GROUP BY. Repeated expressions count once.
func (c *compiler) groups(items []expr) *fault.Fault {
	for _, item := range items {
		e, f := c.groupExpr(item)
		if f != nil {
			return f
		}
		canon := c.canon(e)
		if c.groupOf(canon) >= 0 {
			continue
		}
		k, typ, f := c.key(e)
		if f == nil && k.Along && slices.ContainsFunc(c.plan.Keys, func(o plan.Key) bool { return o.Along }) {
			f = c.fault(plan.BadCurve, e, "a second curve")
		}
		if f != nil {
			return f
		}
		if err := k.Derive(c.table, c.plan.Where); err != nil {
			return c.place(fault.From(err), e)
		}
		c.plan.Keys = append(c.plan.Keys, k)
		c.keys = append(c.keys, group{canon, typ})
		if limit := c.charter.Rules.Cells(); c.plan.Cells() > limit {
			return c.fault(plan.TooManyCells, item, "%d cells with this group, the charter allows %d", c.plan.Cells(), limit)
		}
		if len(c.plan.Keys) > plan.MaxKeys {
			return c.fault(plan.Malformed, item, "more than %d groups", plan.MaxKeys).With("Group by fewer expressions.")
		}
	}
	c.curveLast()
	return nil
}

func (c *compiler) groupOf(canon string) int {
	for i := range c.keys {
		if c.keys[i].canon == canon {
			return i
		}
	}
	return -1
}

// groupExpr resolves ordinals and aliases; a column of the table comes before an alias.
func (c *compiler) groupExpr(e expr) (expr, *fault.Fault) {
	switch l := e.(type) {
	case *literal:
		i, f := c.ordinal(l)
		if f != nil {
			return nil, f
		}
		e = c.targets[i].expr
	case *column:
		if c.lookup(l) == nil && l.qualifier == "" {
			if i := c.aliasOf(l); i >= 0 {
				e = c.targets[i].expr
			}
		}
	}
	if agg := find(e, isAggregate); agg != nil {
		return nil, c.fault(AggregateInCondition, agg, "an aggregate in GROUP BY")
	}
	return e, nil
}

// ordinal returns the index into the select list that a constant means.
func (c *compiler) ordinal(l *literal) (int, *fault.Fault) {
	if l.num == nil || l.typ.Kind != result.Integer {
		return 0, c.fault(BadOrdinal, l, "a constant that is not a whole number")
	}
	n := l.num.Num().Int64()
	if n < 1 || n > int64(len(c.targets)) {
		return 0, c.fault(BadOrdinal, l, "position %d, the select list has %d entries", n, len(c.targets))
	}
	return int(n) - 1, nil
}

// key compiles a GROUP BY expression, without deriving its slots.
func (c *compiler) key(e expr) (plan.Key, result.Type, *fault.Fault) {
	switch e := e.(type) {
	case *column:
		return c.columnKey(e)
	case *call:
		switch e.name {
		case "date_trunc":
			return c.truncKey(e)
		case "width_bucket":
			return c.binKey(e)
		case "curve":
			return c.curveKey(e)
		}
	case *cases:
		return c.caseKey(e)
	case *binary, *logical, *in, *between, *isNull, *unary:
		return c.conditionKey(e)
	}
	return plan.Key{}, result.Type{}, c.fault(BadGroup, e, "this cannot be grouped by")
}

func (c *compiler) columnKey(e *column) (plan.Key, result.Type, *fault.Fault) {
	col, f := c.column(e)
	if f == nil {
		f = c.place(plan.PresenceRule(col), e)
	}
	if f != nil {
		return plan.Key{}, result.Type{}, f
	}
	switch {
	case col.Role == charter.Measure && col.Kind() == charter.KindBoolean:
		return c.conditionKey(e)
	case col.Role == charter.Time:
		f = c.fault(plan.WrongRole, e, "column %q is a time: its values are no groups", col.Name).
			With("Group by date_trunc('%s', %s).", col.Grain, col.Name)
	case col.Role == charter.Measure:
		f = c.fault(plan.WrongRole, e, "column %q is a measure: its values are no groups", col.Name).
			With("Group by width_bucket(%s, lo, hi, n) or CASE.", col.Name)
	}
	return plan.Key{Kind: plan.KeyColumn, Column: col.Name}, columnType(col), f
}

func (c *compiler) truncKey(e *call) (plan.Key, result.Type, *fault.Fault) {
	typ := result.Type{Kind: result.Timestamp}
	k := plan.Key{Kind: plan.KeyTrunc}
	unit, ok := e.args[0].(*literal)
	if !ok || unit.value.Kind != plan.Text {
		return k, typ, c.fault(BadGroup, e.args[0], "date_trunc wants the name of a unit")
	}
	if k.Grain, ok = plan.ParseGrain(strings.ToLower(unit.value.Text)); !ok {
		return k, typ, c.fault(BadGroup, unit, "date_trunc does not know this unit").
			With("Use one of %s.", strings.Join(charter.Grains, ", "))
	}
	name, ok := e.args[1].(*column)
	if !ok {
		return k, typ, c.fault(BadGroup, e.args[1], "date_trunc wants a column")
	}
	col, f := c.column(name)
	if f != nil {
		return k, typ, f
	}
	k.Column = col.Name
	return k, typ, nil
}

func (c *compiler) binKey(e *call) (plan.Key, result.Type, *fault.Fault) {
	typ := result.Type{Kind: result.Integer}
	k := plan.Key{Kind: plan.KeyBins}
	name, ok := e.args[0].(*column)
	if !ok {
		return k, typ, c.fault(BadGroup, e.args[0], "width_bucket wants a column")
	}
	col, f := c.column(name)
	if f != nil {
		return k, typ, f
	}
	k.Column = col.Name
	for i, to := range []*plan.Value{&k.Lo, &k.Hi} {
		l, ok := e.args[i+1].(*literal)
		if ok {
			*to, ok = coerce(plan.Decimal, l)
		}
		if !ok {
			return k, typ, c.fault(BadGroup, e.args[i+1], "width_bucket wants constant bounds")
		}
	}
	n, ok := e.args[3].(*literal)
	if !ok || n.num == nil || n.typ.Kind != result.Integer || n.num.Sign() <= 0 {
		return k, typ, c.fault(BadGroup, e.args[3], "width_bucket wants a constant number of bins")
	}
	k.Count = int(n.num.Num().Int64())
	return k, typ, nil
}

// conditionKey groups by whether a condition is true, false or NULL.
func (c *compiler) conditionKey(e expr) (plan.Key, result.Type, *fault.Fault) {
	p, f := c.predicate(e)
	if f != nil {
		return plan.Key{}, booleanType, f
	}
	return plan.Key{
		Kind: plan.KeyCase, Slots: []plan.Value{plan.BoolValue(true), plan.BoolValue(false)}, Null: true, Else: 2,
		Arms: []plan.Arm{{When: p, Slot: 0}, {When: plan.Negate(p), Slot: 1}},
	}, booleanType, nil
}

func (c *compiler) caseKey(e *cases) (plan.Key, result.Type, *fault.Fault) {
	k := plan.Key{Kind: plan.KeyCase}
	typ, f := c.resultType(e)
	if f != nil {
		return k, typ, f
	}
	const null = -1
	slot := func(e expr) int {
		v, isNull := caseValue(e, typ)
		if isNull {
			k.Null = true
			return null
		}
		for i, s := range k.Slots {
			if s == v {
				return i
			}
		}
		k.Slots = append(k.Slots, v)
		return len(k.Slots) - 1
	}
	for i, w := range e.whens {
		p, f := c.predicate(e.condition(i, e.arg))
		if f != nil {
			return k, typ, f
		}
		k.Arms = append(k.Arms, plan.Arm{When: p, Slot: slot(w.then)})
	}
	k.Else = slot(e.other)
	for i := range k.Arms {
		if k.Arms[i].Slot == null {
			k.Arms[i].Slot = len(k.Slots)
		}
	}
	if k.Else == null {
		k.Else = len(k.Slots)
	}
	return k, typ, nil
}

// resultType checks that a CASE key yields constants of one type.
func (c *compiler) resultType(e *cases) (result.Type, *fault.Fault) {
	var typ result.Type
	results := make([]expr, 0, len(e.whens)+1)
	for _, w := range e.whens {
		results = append(results, w.then)
	}
	if e.other != nil {
		results = append(results, e.other)
	}
	for _, r := range results {
		l, ok := r.(*literal)
		if !ok {
			return typ, c.fault(BadGroup, r, "a CASE in GROUP BY yields something that is not a constant")
		}
		if typ, ok = commonType(typ, l.typ); !ok {
			return typ, c.fault(BadGroup, r, "a CASE in GROUP BY yields constants of different types")
		}
	}
	if isNullType(typ) {
		return typ, c.fault(BadGroup, e, "a CASE in GROUP BY yields only NULL")
	}
	return typ, nil
}

// caseValue returns a result of a CASE key; nil stands for a missing ELSE.
func caseValue(e expr, typ result.Type) (v plan.Value, null bool) {
	l, ok := e.(*literal)
	switch {
	case !ok || l.null():
		return v, true
	case l.num == nil && typ.Kind == result.Timestamp:
		v, _ = instant(plan.Timestamp, l.value.Text)
		return v, false
	case l.num == nil:
		return l.value, false
	case isWhole(typ):
		return plan.Value{Kind: plan.Integer, Text: l.num.Num().String()}, false
	default:
		text, _ := decimal.Format(l.num)
		return plan.Value{Kind: plan.Decimal, Text: text}, false
	}
}
