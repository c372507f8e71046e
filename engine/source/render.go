package source

import (
	"errors"
	"fmt"
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
	r := renderer{columns: t.columns}
	items, err := r.items(p)
	if err != nil {
		return "", ErrPlan.New("%w", err)
	}
	for i, expr := range r.derived {
		items.from = append(items.from, fmt.Sprintf("%s AS d%d", expr, i))
	}
	sql := fmt.Sprintf("SELECT %s FROM (SELECT %s FROM (%s))", strings.Join(items.selected, ", "), strings.Join(items.from, ", "), relation)
	if items.where != "" {
		sql += " WHERE " + items.where
	}
	if len(items.keys) > 0 {
		sql += " GROUP BY " + strings.Join(items.keys, ", ")
	}
	return sql, nil
}

// renderer turns the parts of a plan into SQL over columns c0, c1, … and what was
// derived from them, d0, d1, …
type renderer struct {
	columns []charter.Column
	derived []string
}

// statement is a SELECT in parts.
type statement struct {
	selected, from, keys []string
	where                string
}

func (r *renderer) items(p *plan.Plan) (s statement, err error) {
	for i := range p.Keys {
		sql, err := r.key(&p.Keys[i])
		if err != nil {
			return s, fmt.Errorf("key %d: %w", i+1, err)
		}
		s.selected = append(s.selected, fmt.Sprintf("%s AS k%d", sql, i))
		s.keys = append(s.keys, fmt.Sprint(i+1))
	}
	for i := range p.Sums {
		sql, err := r.sum(&p.Sums[i])
		if err != nil {
			return s, fmt.Errorf("sum %d: %w", i+1, err)
		}
		s.selected = append(s.selected, fmt.Sprintf("%s AS s%d", sql, i))
	}
	s.from = []string{"*"}
	if p.Where != nil {
		if s.where, err = r.predicate(p.Where); err != nil {
			return s, fmt.Errorf("where: %w", err)
		}
	}
	return s, nil
}

// derive names an expression over the columns, so that it is computed once a row.
func (r *renderer) derive(expr string) string {
	r.derived = append(r.derived, expr)
	return fmt.Sprintf("d%d", len(r.derived)-1)
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
	var conditions []string
	if s.Filter != nil {
		filter, err := r.predicate(s.Filter)
		if err != nil {
			return "", fmt.Errorf("filter: %w", err)
		}
		conditions = append(conditions, filter)
	}
	for _, name := range s.Present {
		_, x, err := r.column(name)
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

func (r *renderer) summand(s *plan.Sum) (string, error) {
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
