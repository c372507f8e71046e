package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// ErrPlan is raised for a plan that does not fit the table.
var ErrPlan = fault.Declare("TACIT-D030", "plan does not fit the table",
	"A plan names a column, a constant or an operation that the table's declaration does not allow. The worker checks plans before, so this is a fault of the program.",
	"Report it with the plan's readable query.")

// render writes the local SQL of a plan: one column per key, then one per sum and one
// per guard, for the cells that have rows. Every name in it is c0, c1, …; every
// constant is checked and quoted by its type.
func (t *table) render(p *plan.Plan, guards []plan.Guard, relation string) (string, error) {
	sql, err := t.cells(p, guards, relation)
	if err != nil {
		return "", ErrPlan.New("%w", err)
	}
	return sql, nil
}

// cells renders sums and guards in one of three ways, see [table.counting].
func (t *table) cells(p *plan.Plan, guards []plan.Guard, relation string) (string, error) {
	how := t.counting(p, guards)
	if how == unitsWithin {
		return t.byUnit(p, guards, relation, true)
	}
	r := renderer{columns: t.columns, model: p.Model}
	s, err := r.cells(p)
	if err != nil {
		return "", err
	}
	for i := range guards {
		units := "NULL"
		if how == unitsBeside {
			if units, err = r.units(&guards[i], t.Unit); err != nil {
				return "", fmt.Errorf("guard %d: %w", i+1, err)
			}
		}
		s.selected = append(s.selected, units)
	}
	sql := r.sql(s, relation)
	if how == unitsBeside {
		return sql, nil
	}
	counts, err := t.byUnit(p, guards, relation, false)
	return sql + " UNION ALL " + counts, err
}

// renderer turns the parts of a plan into SQL over columns c0, c1, … and what was
// derived from them, d0, d1, …
type renderer struct {
	columns []charter.Column
	derived []derivation
	model   *plan.Model
}

// derivation is a column d0, d1, … over those of the depths below. Depth 0 is over c0, c1, …
type derivation struct {
	expr  string
	depth int
}

// statement is a SELECT in parts. It groups by its first columns.
type statement struct {
	selected []string
	where    []string // conditions that all hold
	keys     int      // columns that it groups by
}

// sql writes a statement over the relation and what was derived from it.
func (r *renderer) sql(s statement, relation string) string {
	sql := fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(s.selected, ", "), r.rows(relation))
	if len(s.where) > 0 {
		sql += " WHERE " + strings.Join(s.where, " AND ")
	}
	return sql + groupBy(s.keys)
}

// rows adds the derived columns to the relation, one SELECT for each depth, so that each is computed once.
func (r *renderer) rows(relation string) string {
	for depth := 0; ; depth++ {
		from, above := []string{"*"}, false
		for i, d := range r.derived {
			if d.depth == depth {
				from = append(from, fmt.Sprintf("%s AS d%d", d.expr, i))
			}
			above = above || d.depth > depth
		}
		relation = fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(from, ", "), relation)
		if !above {
			return relation
		}
	}
}

// groupBy groups by the first n columns.
func groupBy(n int) string {
	if n == 0 {
		return ""
	}
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint(i + 1)
	}
	return " GROUP BY " + strings.Join(keys, ", ")
}

// groups starts the statement of a plan with its keys and its condition.
func (r *renderer) groups(p *plan.Plan) (s statement, err error) {
	for i := range p.Keys {
		sql, err := r.key(&p.Keys[i])
		if err != nil {
			return s, fmt.Errorf("key %d: %w", i+1, err)
		}
		s.selected = append(s.selected, fmt.Sprintf("%s AS k%d", sql, i))
	}
	s.keys = len(p.Keys)
	if p.Where != nil {
		where, err := r.predicate(p.Where)
		if err != nil {
			return s, fmt.Errorf("where: %w", err)
		}
		s.where = append(s.where, where)
	}
	return s, nil
}

// cells is the statement of a plan's keys and sums.
func (r *renderer) cells(p *plan.Plan) (statement, error) {
	s, err := r.groups(p)
	if err != nil {
		return s, err
	}
	for i := range p.Sums {
		sql, err := r.sum(&p.Sums[i])
		if err != nil {
			return s, fmt.Errorf("sum %d: %w", i+1, err)
		}
		s.selected = append(s.selected, fmt.Sprintf("%s AS s%d", sql, i))
	}
	return s, nil
}

// derive names an expression over the columns, so that it is computed once a row.
func (r *renderer) derive(expr string) string { return r.deriveAt(0, expr) }

// deriveAt names an expression over what was derived at lower depths; the same expression has one name.
func (r *renderer) deriveAt(depth int, expr string) string {
	at := slices.Index(r.derived, derivation{expr, depth})
	if at < 0 {
		at = len(r.derived)
		r.derived = append(r.derived, derivation{expr, depth})
	}
	return fmt.Sprintf("d%d", at)
}

// column returns a mapped column and its name in SQL.
func (r *renderer) column(name string) (*charter.Column, string, error) {
	for i := range r.columns {
		if r.columns[i].Name == name {
			return &r.columns[i], ref(i), nil
		}
	}
	return nil, "", fmt.Errorf("the table has no column %q", name)
}

// sum renders Σ Π factors, NULL over no rows.
func (r *renderer) sum(s *plan.Sum) (string, error) {
	expr, err := r.summand(s)
	if err != nil {
		return "", err
	}
	rows, err := r.support(s.Filter, s.Present)
	return expr + filtered(rows), err
}

// support renders the condition of rows that pass a filter and have none of the
// columns NULL, "" if all rows do.
func (r *renderer) support(filter *plan.Predicate, present []string) (string, error) {
	var conditions []string
	if filter != nil {
		sql, err := r.predicate(filter)
		if err != nil {
			return "", fmt.Errorf("filter: %w", err)
		}
		conditions = append(conditions, sql)
	}
	for _, name := range present {
		_, x, err := r.column(name)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, x+" IS NOT NULL")
	}
	return strings.Join(conditions, " AND "), nil
}

// filtered renders the clause by which an aggregate takes rows of a condition only.
func filtered(condition string) string {
	if condition == "" {
		return ""
	}
	return " FILTER (WHERE " + condition + ")"
}

func (r *renderer) summand(s *plan.Sum) (string, error) {
	if s.Weight != plan.Unweighted {
		return r.weighted(s)
	}
	factors := make([]factor, len(s.Factors))
	for i, name := range s.Factors {
		c, x, err := r.column(name)
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
		if factors[0].scale+factors[1].scale > charter.MaxPrecision {
			return "", errors.New("a product with more than 38 digits after the point")
		}
		return "sum(" + product(factors[0], factors[1]) + ")", nil
	}
	return "", errors.New("more than two factors")
}

// key renders a GROUP BY expression: the raw value of a column, the start of a
// period (a TIMESTAMP, or a DATE as it is), or the number of a slot.
func (r *renderer) key(k *plan.Key) (string, error) {
	if k.Kind == plan.KeyCase {
		return r.caseKey(k)
	}
	c, x, err := r.column(k.Column)
	if err != nil {
		return "", err
	}
	switch k.Kind {
	case plan.KeyColumn:
		return x, nil
	case plan.KeyTrunc:
		return trunc(c, x, k.Grain)
	case plan.KeyBins:
		return r.bins(c, x, k)
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
	if g == plan.Day && kind == charter.KindDate {
		return x, nil
	}
	return fmt.Sprintf("date_trunc('%s', %s)", g, x), nil
}

func (r *renderer) caseKey(k *plan.Key) (string, error) {
	var b strings.Builder
	b.WriteString("CASE")
	for i, arm := range k.Arms {
		when, err := r.predicate(arm.When)
		if err != nil {
			return "", fmt.Errorf("arm %d: %w", i+1, err)
		}
		fmt.Fprintf(&b, " WHEN %s THEN %d", when, arm.Slot)
	}
	fmt.Fprintf(&b, " ELSE %d END", k.Else)
	return b.String(), nil
}
