package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/plan"
)

// The privacy units of a curve are counted per group of cells that are released together. A row with their
// numbers has, as its last key, that of any row of the group.

// curveUnits renders the numbers of units by a statement of its own: first one row per group and unit.
func (t *table) curveUnits(p *plan.Plan, guards []plan.Guard, relation string) (string, error) {
	r := renderer{columns: t.columns, model: p.Model}
	s, err := r.groups(p.Across())
	if err != nil {
		return "", err
	}
	_, unit, err := r.column(t.Unit)
	if err != nil {
		return "", err
	}
	point, err := r.key(p.Along())
	if err != nil {
		return "", err
	}
	s.selected, s.keys = append(s.selected, unit+" AS unit", fmt.Sprintf("min(%s) AS k%d", point, s.keys)), s.keys+1
	s.where = append(s.where, unit+" IS NOT NULL") // has no count
	var counts []string
	if err := r.passing(guards, &s, &counts); err != nil {
		return "", err
	}
	return curveCounts(p, counts, "("+r.sql(s, relation)+")"), nil
}

// curveOnce renders sums and numbers of units by one statement that reads the rows once: first one row per
// cell and unit.
func (t *table) curveOnce(p *plan.Plan, guards []plan.Guard, relation string) (string, error) {
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
	sums := keyNames(len(p.Keys))
	if err := r.addUp(p, &s, &sums); err != nil {
		return "", err
	}
	var counts []string
	if err := r.passing(guards, &s, &counts); err != nil {
		return "", err
	}
	for i, c := range counts { // a unit may pass at several points
		counts[i] = strings.Replace(c, "count(unit)", "count(DISTINCT unit)", 1)
	}
	sums = append(sums, slices.Repeat([]string{"NULL"}, len(guards))...)
	return fmt.Sprintf("WITH units AS MATERIALIZED (%s) SELECT %s FROM units%s UNION ALL %s",
		r.sql(s, relation), strings.Join(sums, ", "), groupBy(len(p.Keys)), curveCounts(p, counts, "units")), nil
}

// curveCounts renders the numbers of units per group from rows with its keys.
func curveCounts(p *plan.Plan, counts []string, from string) string {
	last := len(p.Keys) - 1
	group := groupBy(last)
	if last == 0 {
		group = " HAVING count(*) > 0" // an owner without rows has no group
	}
	selected := slices.Concat(keyNames(last), []string{fmt.Sprintf("min(k%d)", last)}, slices.Repeat([]string{"NULL"}, len(p.Sums)), counts)
	return fmt.Sprintf("SELECT %s FROM %s", strings.Join(selected, ", "), from) + group
}

func keyNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("k%d", i)
	}
	return names
}
