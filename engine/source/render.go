package source

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// ErrPlan is raised for a plan that does not fit the table.
var ErrPlan = fault.Declare("TACIT-D030", "plan does not fit the table",
	"A plan names a column, a constant or an operation that the table's declaration does not allow. The worker checks plans before, so this is a fault of the program.",
	"Report it with the plan's readable query.")

// render writes the local SQL of a plan: one column per key, then one per sum, a row
// per cell that has rows. Every name in it is c0, c1, …; every constant is checked
// and quoted by its type.
func (t *table) render(p *plan.Plan, relation string) (string, error) {
	var items, ordinals []string
	for i := range p.Keys {
		sql, err := t.key(&p.Keys[i])
		if err != nil {
			return "", ErrPlan.New("key %d: %w", i+1, err)
		}
		items = append(items, fmt.Sprintf("%s AS k%d", sql, i))
		ordinals = append(ordinals, fmt.Sprint(i+1))
	}
	for i := range p.Sums {
		sql, err := t.sum(&p.Sums[i])
		if err != nil {
			return "", ErrPlan.New("sum %d: %w", i+1, err)
		}
		items = append(items, fmt.Sprintf("%s AS s%d", sql, i))
	}
	sql := "SELECT " + strings.Join(items, ", ") + " FROM (" + relation + ")"
	if p.Where != nil {
		where, err := t.predicate(p.Where)
		if err != nil {
			return "", ErrPlan.New("where: %w", err)
		}
		sql += " WHERE " + where
	}
	if len(ordinals) > 0 {
		sql += " GROUP BY " + strings.Join(ordinals, ", ")
	}
	return sql, nil
}

// column returns a mapped column and its name in SQL.
func (t *table) column(name string) (*charter.Column, string, error) {
	for i := range t.columns {
		if t.columns[i].Name == name {
			return &t.columns[i], ref(i), nil
		}
	}
	return nil, "", fmt.Errorf("the table has no column %q", name)
}

// sum renders Σ Π factors, NULL over no rows.
func (t *table) sum(s *plan.Sum) (string, error) {
	expr, err := t.summand(s)
	if err != nil {
		return "", err
	}
	var conditions []string
	if s.Filter != nil {
		filter, err := t.predicate(s.Filter)
		if err != nil {
			return "", fmt.Errorf("filter: %w", err)
		}
		conditions = append(conditions, filter)
	}
	for _, name := range s.Present {
		_, x, err := t.column(name)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, x+" IS NOT NULL")
	}
	if len(conditions) > 0 {
		expr += " FILTER (WHERE " + strings.Join(conditions, " AND ") + ")"
	}
	return expr, nil
}

func (t *table) summand(s *plan.Sum) (string, error) {
	factors := make([]factor, len(s.Factors))
	for i, name := range s.Factors {
		c, x, err := t.column(name)
		if err != nil {
			return "", err
		}
		if factors[i], err = factorOf(c, x); err != nil {
			return "", err
		}
	}
	switch len(factors) {
	case 0:
		return "count(*)", nil
	case 1:
		return "sum(" + factors[0].sql + ")", nil
	case 2:
		return "sum(" + product(factors[0], factors[1]) + ")", nil
	}
	return "", errors.New("more than two factors")
}

// key renders a GROUP BY expression: the raw value of a column, the start of a
// period (a DATE from days on), or the number of a slot.
func (t *table) key(k *plan.Key) (string, error) {
	if k.Kind == plan.KeyCase {
		return t.caseKey(k)
	}
	c, x, err := t.column(k.Column)
	if err != nil {
		return "", err
	}
	switch k.Kind {
	case plan.KeyColumn:
		return x, nil
	case plan.KeyTrunc:
		return trunc(c, x, k.Grain)
	case plan.KeyBins:
		return bins(c, x, k)
	}
	return "", fmt.Errorf("unknown kind %d of key", k.Kind)
}

func trunc(c *charter.Column, x string, g plan.Grain) (string, error) {
	kind := c.Kind()
	if kind != charter.KindDate && kind != charter.KindTimestamp {
		return "", fmt.Errorf("the column %q is no time", c.Name)
	}
	if g < plan.Minute || g > plan.Year {
		return "", fmt.Errorf("unknown grain %d", g)
	}
	switch {
	case g == plan.Day && kind == charter.KindDate:
		return x, nil
	case g == plan.Day:
		return "CAST(" + x + " AS DATE)", nil
	case g > plan.Day:
		return fmt.Sprintf("CAST(date_trunc('%s', %s) AS DATE)", g, x), nil
	default:
		return fmt.Sprintf("date_trunc('%s', %s)", g, x), nil
	}
}

func (t *table) caseKey(k *plan.Key) (string, error) {
	var b strings.Builder
	b.WriteString("CASE")
	for i, arm := range k.Arms {
		when, err := t.predicate(arm.When)
		if err != nil {
			return "", fmt.Errorf("arm %d: %w", i+1, err)
		}
		fmt.Fprintf(&b, " WHEN %s THEN %d", when, arm.Slot)
	}
	fmt.Fprintf(&b, " ELSE %d END", k.Else)
	return b.String(), nil
}

// bins renders width_bucket(x, lo, hi, n): 0 below lo, n+1 at or above hi, else the
// number i of the bin [lo + (i-1)w, lo + i w) with w = (hi-lo)/n. Integers and
// decimals are compared exactly. A double is compared with the double nearest to each
// edge, as in any other comparison with a constant.
func bins(c *charter.Column, x string, k *plan.Key) (string, error) {
	lo, hi := k.Lo.Rat(), k.Hi.Rat()
	if lo == nil || hi == nil || lo.Cmp(hi) >= 0 || k.Count < 1 {
		return "", errors.New("bounds that are not increasing, or no bins")
	}
	t := c.Parsed()
	below, err := literal(k.Lo, t)
	if err != nil {
		return "", err
	}
	above, err := literal(k.Hi, t)
	if err != nil {
		return "", err
	}
	g := newGrid(lo, hi, t.Scale, k.Count)
	var inside string
	switch t.Kind {
	case charter.KindInteger, charter.KindDecimal:
		if inside, err = g.exact(x, t); err != nil {
			return "", err
		}
	case charter.KindDouble:
		if inside, err = g.double(x); err != nil {
			return "", err
		}
	default:
		return "", fmt.Errorf("the column %q cannot be binned", c.Name)
	}
	return fmt.Sprintf("CASE WHEN %[1]s < %[2]s THEN 0 WHEN %[1]s >= %[3]s THEN %[4]d WHEN %[1]s IS NOT NULL THEN %[5]s END",
		x, below, above, k.Count+1, inside), nil
}

// grid is bins in whole numbers: edge i is (lo*n + i*(hi-lo)) / (scale*n).
type grid struct {
	lo, hi *big.Int // times scale
	n      int
	scale  *big.Int // power of ten
}

func newGrid(lo, hi *big.Rat, scale, n int) grid {
	for _, r := range []*big.Rat{lo, hi} {
		d, _ := r.FloatPrec()
		scale = max(scale, d)
	}
	s := pow10(scale)
	whole := func(r *big.Rat) *big.Int { return new(big.Int).Quo(new(big.Int).Mul(r.Num(), s), r.Denom()) }
	return grid{whole(lo), whole(hi), n, s}
}

func (g grid) width() *big.Int { return new(big.Int).Sub(g.hi, g.lo) }

// exact renders the bin of an integer or decimal in [lo, hi): the floor of
// (x*scale - lo) * n / (hi - lo), plus 1, in integers.
func (g grid) exact(x string, t charter.Type) (string, error) {
	scaled, err := g.scaled(x, t)
	if err != nil {
		return "", err
	}
	largest := new(big.Int).Mul(g.width(), big.NewInt(int64(g.n)))
	typ := "HUGEINT"
	if within(wide, g.lo, g.hi, largest) {
		typ = "BIGINT"
	}
	whole := func(n *big.Int) string { return cast(n.String(), typ) }
	return fmt.Sprintf("CAST((CAST(%s AS %s) - %s) * %s // %s + 1 AS BIGINT)", scaled, typ, whole(g.lo),
		whole(big.NewInt(int64(g.n))), whole(g.width())), nil
}

// scaled renders x * scale for an x in [lo, hi).
func (g grid) scaled(x string, t charter.Type) (string, error) {
	if g.scale.Cmp(big.NewInt(1)) == 0 {
		return x, nil
	}
	end := new(big.Int).Set(g.lo)
	if g.hi.CmpAbs(end) > 0 {
		end.Set(g.hi)
	}
	a := factor{sql: x, scale: t.Scale, exact: true, max: end}
	b := factor{sql: g.scale.String(), exact: true, max: g.scale}
	if a.width()+b.width() > charter.MaxPrecision {
		return "", errors.New("bins of decimals that are too wide")
	}
	return product(a, b), nil
}

// double renders the bin of a double in [lo, hi). An estimate, wrong by at most one, is
// corrected by comparing with its two edges. Each edge is the quotient of two whole
// numbers that a double holds, so it is the double nearest to the true edge.
func (g grid) double(x string) (string, error) {
	n := big.NewInt(int64(g.n))
	num, den := new(big.Int).Mul(g.lo, n), new(big.Int).Mul(g.scale, n)
	last := new(big.Int).Mul(g.hi, n)
	if !within(new(big.Int).Lsh(big.NewInt(1), 50), num, last, den) {
		return "", errors.New("bins whose edges doubles cannot tell apart")
	}
	d := func(n *big.Int) string { return cast(n.String(), "DOUBLE") }
	edge := func(i string) string { return fmt.Sprintf("(%s + %s * %s) / %s", d(num), i, d(g.width()), d(den)) }
	estimate := fmt.Sprintf("least(greatest(floor((%s * %s - %s) / %s), 0), %s)", x, d(den), d(num), d(g.width()), d(big.NewInt(int64(g.n-1))))
	return fmt.Sprintf("CAST(%[1]s AS BIGINT) + 1 + CAST(%[2]s >= %[3]s AS BIGINT) - CAST(%[2]s < %[4]s AS BIGINT)",
		estimate, x, edge("("+estimate+" + 1)"), edge(estimate)), nil
}

// within reports whether all numbers are below the limit in absolute value.
func within(limit *big.Int, numbers ...*big.Int) bool {
	for _, n := range numbers {
		if n.CmpAbs(limit) >= 0 {
			return false
		}
	}
	return true
}

var comparisons = map[plan.Op]string{
	plan.Eq: "=", plan.Ne: "<>", plan.Lt: "<", plan.Le: "<=", plan.Gt: ">", plan.Ge: ">=",
}

func (t *table) predicate(p *plan.Predicate) (string, error) {
	switch {
	case p == nil:
		return "", errors.New("no condition")
	case p.Op == plan.And || p.Op == plan.Or:
		return t.junction(p)
	case p.Op == plan.Not:
		if len(p.Args) != 1 {
			return "", errors.New("NOT of several conditions")
		}
		arg, err := t.predicate(p.Args[0])
		return "(NOT " + arg + ")", err
	default:
		return t.comparison(p)
	}
}

func (t *table) junction(p *plan.Predicate) (string, error) {
	if len(p.Args) == 0 {
		return "", errors.New("AND or OR of nothing")
	}
	args := make([]string, len(p.Args))
	for i, a := range p.Args {
		var err error
		if args[i], err = t.predicate(a); err != nil {
			return "", err
		}
	}
	word := " AND "
	if p.Op == plan.Or {
		word = " OR "
	}
	return "(" + strings.Join(args, word) + ")", nil
}

func (t *table) comparison(p *plan.Predicate) (string, error) {
	c, x, err := t.column(p.Column)
	if err != nil {
		return "", err
	}
	values := make([]string, len(p.Values))
	for i, v := range p.Values {
		if values[i], err = literal(v, c.Parsed()); err != nil {
			return "", err
		}
	}
	op, compares := comparisons[p.Op]
	switch {
	case p.Op == plan.IsNull && len(values) == 0:
		return "(" + x + " IS NULL)", nil
	case p.Op == plan.In && len(values) > 0:
		return "(" + x + " IN (" + strings.Join(values, ", ") + "))", nil
	case compares && len(values) == 1:
		return "(" + x + " " + op + " " + values[0] + ")", nil
	}
	return "", fmt.Errorf("operator %d with %d constants", p.Op, len(values))
}
