package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/plan"
)

// counting says where units are counted.
type counting int

const (
	unitsBeside counting = iota // by an aggregate beside the sums
	unitsApart                  // by a second statement that groups by cell and unit
	unitsWithin                 // by one statement that groups sums too by cell and unit, and adds them up
)

// counting chooses by what was measured on 5 million rows of 1 million units, 6 cells, one
// thread (BenchmarkUnits): a count(DISTINCT) beside the sums costs as much as a second
// statement, and each further one as much again, in time and memory, while a second
// statement hardly grows with the guards. To add the sums per unit costs a fifth more
// than a second statement, and memory for each sum of each unit.
//
// But a second statement reads the rows once more. What an owner's own query returns
// may differ from one run to the next (LIMIT, samples, row_number over ties), and then
// units would be counted over other rows than those that are added: a query runs once.
//
// The units of a curve are those of all its points, which no statement that groups by point counts: they are
// counted apart or within. Where rows are units they add up.
func (t *table) counting(p *plan.Plan, guards []plan.Guard) counting {
	switch {
	case t.Unit == "" || len(guards) == 0 || len(guards) < 2 && p.Along() == nil:
		return unitsBeside
	case t.query == "":
		return unitsApart
	default:
		return unitsWithin
	}
}

// units renders the number of units that a guard counts; unit "" stands for rows.
func (r *renderer) units(g *plan.Guard, unit string) (string, error) {
	rows, err := r.support(g.Filter, g.Present)
	if err != nil {
		return "", err
	}
	if unit == "" {
		return "count(*)" + filtered(rows), nil
	}
	_, x, err := r.column(unit)
	return "count(DISTINCT " + x + ")" + filtered(rows), err // NULL is not counted
}

// byUnit renders the counts of units: first one row per cell and unit that says which
// guards the unit passes, then the number of these rows per cell. The sums are added up
// the same way, or are NULL.
func (t *table) byUnit(p *plan.Plan, guards []plan.Guard, relation string, sums bool) (string, error) {
	switch {
	case p.Along() != nil && sums:
		return t.curveOnce(p, guards, relation)
	case p.Along() != nil:
		return t.curveUnits(p, guards, relation)
	}
	r := renderer{columns: t.columns, model: p.Model}
	s, err := r.groups(p)
	if err != nil {
		return "", err
	}
	_, unit, err := r.column(t.Unit)
	if err != nil {
		return "", err
	}
	s.selected, s.keys = append(s.selected, unit+" AS unit"), s.keys+1
	var outer []string
	for i := range p.Keys {
		outer = append(outer, fmt.Sprintf("k%d", i))
	}
	if sums {
		err = r.addUp(p, &s, &outer)
	} else {
		s.where = append(s.where, unit+" IS NOT NULL") // has no count
		outer = append(outer, slices.Repeat([]string{"NULL"}, len(p.Sums))...)
	}
	if err != nil {
		return "", err
	}
	if err := r.passing(guards, &s, &outer); err != nil {
		return "", err
	}
	return fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(outer, ", "), r.sql(s, relation)) + groupBy(len(p.Keys)), nil
}

// passing renders which guards a unit passes in a cell, and outer counts of the units that do.
func (r *renderer) passing(guards []plan.Guard, s *statement, outer *[]string) error {
	for i := range guards {
		rows, err := r.support(guards[i].Filter, guards[i].Present)
		if err != nil {
			return fmt.Errorf("guard %d: %w", i+1, err)
		}
		passes := ""
		if rows != "" {
			passes = fmt.Sprintf("g%d", i)
			s.selected = append(s.selected, fmt.Sprintf("bool_or(%s) AS %s", rows, passes))
		}
		*outer = append(*outer, "count(unit)"+filtered(passes)) // NULL is not counted
	}
	return nil
}

// addUp renders sums per cell and unit, and outer sums of these in the same types.
func (r *renderer) addUp(p *plan.Plan, s *statement, outer *[]string) error {
	for i := range p.Sums {
		sql, err := r.sum(&p.Sums[i])
		if err != nil {
			return fmt.Errorf("sum %d: %w", i+1, err)
		}
		s.selected = append(s.selected, fmt.Sprintf("%s AS s%d", sql, i))
		*outer = append(*outer, total(&p.Sums[i], i, ""))
	}
	return nil
}

// total renders the sum of the column of sum i over the rows of a condition.
func total(s *plan.Sum, i int, condition string) string {
	sql := fmt.Sprintf("sum(s%d)", i) + filtered(condition)
	if len(s.Factors) == 0 && s.Weight == plan.Unweighted { // a count: below max_rows, and 0 over no rows
		return "CAST(coalesce(" + sql + ", 0) AS BIGINT)"
	}
	return sql
}
