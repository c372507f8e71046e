package query

import (
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// Faults of the query as a whole.
var (
	BadLimit = fault.Declare("TACIT-P040", "LIMIT or OFFSET is not a number",
		"LIMIT and OFFSET take a constant whole number that is not negative.",
		"Write LIMIT 10.")
	NoAggregate = fault.Declare("TACIT-P042", "no aggregate",
		"The query has neither an aggregate nor GROUP BY: its result would be single rows, which never leave an owner.",
		"Select COUNT(*) or another aggregate.")
	BadName = fault.Declare("TACIT-P041", "name cannot be shown",
		"The name of a column of the result is longer than 256 bytes or has characters that cannot be shown on one line.",
		"Give the column a short alias with AS.")
)

// Query is a compiled question: the plan, which travels, and what is done with the
// released sums, which stays here. It is not changed after [Compile] and may be used
// by several goroutines.
type Query struct {
	Plan plan.Plan

	headers []header
	having  *node
	order   []sortKey
	limit   int // rows; -1: all
	offset  int
	memos   int // nodes whose value is kept for the time of a cell
	noise   *plan.Noise
}

// header is one column of the result.
type header struct {
	name string
	node *node
}

type sortKey struct {
	node       *node
	desc       bool
	nullsFirst bool
}

// compiler holds what is known so far of one query.
type compiler struct {
	sql     string
	charter *charter.Charter
	table   *charter.Table
	alias   string
	targets []target
	keys    []group
	columns []*node // of the select list, as far as compiled
	plan    plan.Plan
	memos   int
	needed  []expr // per sum of the plan, the first expression that needs it
}

// Compile turns SQL into a query against the charter, or says what stands against
// it: the fault has the position in the text. The plan has passed [plan.Check].
func Compile(sql string, ch *charter.Charter) (*Query, error) {
	return compile(sql, sql, nil, ch)
}

// compile compiles a parsed text; constants stand at the offsets of parameters. What people see
// is the text as it was written.
func compile(sql, parsed string, constants map[int]*literal, ch *charter.Charter) (*Query, error) {
	s, f := parse(parsed, constants)
	if f != nil {
		return nil, f
	}
	c := &compiler{sql: sql, charter: ch, alias: s.alias, targets: s.targets}
	q, f := c.compile(s)
	if f != nil {
		return nil, f
	}
	if err := plan.Check(&q.Plan, ch); err != nil {
		if plan.Mixing.Is(err) {
			return nil, c.place(fault.From(err), c.mixing(s))
		}
		return nil, c.place(fault.From(err), pos(skipSpace(sql, 0)))
	}
	if q.noise, f = plan.NewNoise(&q.Plan, ch); f != nil {
		return nil, f
	}
	return q, nil
}

func (c *compiler) compile(s *statement) (*Query, *fault.Fault) {
	if f := c.from(s); f != nil {
		return nil, f
	}
	if s.where != nil {
		p, f := c.predicate(s.where)
		if f != nil {
			return nil, f
		}
		c.plan.Where = p
	}
	if f := c.groups(s.group); f != nil {
		return nil, f
	}
	if !aggregating(s) {
		// A column is refused for standing alone, which says more.
		if _, f := c.scalar(s.targets[0].expr); f != nil {
			return nil, f
		}
		return nil, c.fault(NoAggregate, s.targets[0], "the query aggregates nothing")
	}
	c.sum(s.from, plan.Sum{})
	q := &Query{limit: -1}
	for _, step := range []func(*statement, *Query) *fault.Fault{c.selectList, c.having, c.orderBy, c.limits, c.privacy, c.width} {
		if f := step(s, q); f != nil {
			return nil, f
		}
	}
	q.Plan, q.memos = c.plan, c.memos
	return q, nil
}

// aggregating reports whether the result has one row per group rather than per row.
func aggregating(s *statement) bool {
	exprs := make([]expr, 0, len(s.targets)+len(s.order))
	for _, t := range s.targets {
		exprs = append(exprs, t.expr)
	}
	for _, o := range s.order {
		exprs = append(exprs, o.expr)
	}
	return len(s.group) > 0 || s.having != nil ||
		slices.ContainsFunc(exprs, func(e expr) bool { return find(e, isAggregate) != nil })
}

func (c *compiler) from(s *statement) *fault.Fault {
	var f *fault.Fault
	if c.table, f = FindTable(c.charter, s.table); f != nil {
		return c.place(f, s.from)
	}
	c.plan.Table = c.table.Name
	return c.place(plan.CheckTable(c.table, c.charter), s.from)
}

func (c *compiler) selectList(s *statement, q *Query) *fault.Fault {
	for _, t := range s.targets {
		n, f := c.scalar(t.expr)
		if f != nil {
			return f
		}
		if isNullType(n.typ) {
			n = &node{typ: result.Type{Kind: result.Integer}, eval: n.eval} // as in DuckDB
		}
		name := c.header(t)
		if len(name) > plan.MaxName || strings.IndexFunc(name, unprintable) >= 0 {
			return c.fault(BadName, t, "the name of this column cannot be shown")
		}
		n = c.kept(n)
		c.columns = append(c.columns, n)
		q.headers = append(q.headers, header{name, n})
	}
	return nil
}

// header names a column of the result: the alias, the name of a plain column as the
// charter has it, or what DuckDB would write.
func (c *compiler) header(t target) string {
	if t.alias != "" {
		return t.alias
	}
	if name, ok := t.expr.(*column); ok {
		if col := c.lookup(name); col != nil {
			return col.Name
		}
	}
	return label(t.expr)
}

func (c *compiler) having(s *statement, q *Query) *fault.Fault {
	if s.having == nil {
		return nil
	}
	n, f := c.scalar(s.having)
	if f != nil {
		return f
	}
	q.having = n
	return c.want(n, booleanType, s.having)
}

func (c *compiler) orderBy(s *statement, q *Query) *fault.Fault {
	for _, o := range s.order {
		n, f := c.orderNode(o.expr)
		if f != nil {
			return f
		}
		q.order = append(q.order, sortKey{n, o.desc, o.nullsFirst})
	}
	return nil
}

// orderNode compiles an ORDER BY expression; a bare name is an alias first.
func (c *compiler) orderNode(e expr) (*node, *fault.Fault) {
	switch e := e.(type) {
	case *literal:
		i, f := c.ordinal(e)
		if f != nil {
			return nil, f
		}
		return c.columns[i], nil
	case *column:
		if i := c.aliasOf(e); i >= 0 && e.qualifier == "" {
			return c.columns[i], nil
		}
	}
	return c.scalar(e)
}

func (c *compiler) limits(s *statement, q *Query) *fault.Fault {
	limit, f := c.rows(s.limit, -1)
	if f != nil {
		return f
	}
	q.limit = limit
	q.offset, f = c.rows(s.offset, 0)
	return f
}

func (c *compiler) rows(e expr, otherwise int) (int, *fault.Fault) {
	if e == nil {
		return otherwise, nil
	}
	l, ok := e.(*literal)
	if ok && l.null() {
		return otherwise, nil // LIMIT ALL
	}
	if !ok || l.num == nil || !isWhole(l.typ) || !l.num.Num().IsInt64() || l.num.Sign() < 0 {
		return 0, c.fault(BadLimit, e, "not a constant whole number")
	}
	return int(l.num.Num().Int64()), nil
}

// width proves that no sum overflows; the position is that of the aggregate that
// needs the sum.
func (c *compiler) width(*statement, *Query) *fault.Fault {
	if len(c.plan.Sums) > plan.MaxSums {
		return c.fault(plan.Malformed, c.needed[plan.MaxSums], "more than %d different sums", plan.MaxSums).
			With("Ask for fewer aggregates in one query.")
	}
	w, i, f := plan.FitWidth(&c.plan, c.charter)
	if f != nil {
		return c.place(f, c.needed[i])
	}
	c.plan.Width = w
	for i := range c.plan.Sums {
		if f := plan.CurveFactor(&c.plan, &c.plan.Sums[i], c.table); f != nil {
			return c.place(f, c.needed[i])
		}
	}
	return nil
}
