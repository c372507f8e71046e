package query

import (
	"slices"

	"github.com/tacit-space/tacit/engine/plan"
)

// mixing returns what in the text mixes a column that is declared for curves with others: the
// condition, the aggregate with the filter, or the group.
func (c *compiler) mixing(s *statement) expr {
	for i := range c.table.Columns {
		if c.table.Columns[i].Curve == "" {
			continue
		}
		name := c.table.Columns[i].Name
		mixes := func(conditions ...*plan.Predicate) bool {
			return slices.ContainsFunc(conditions, func(p *plan.Predicate) bool { return p.Mixes(name) })
		}
		if s.where != nil && mixes(c.plan.Where.Conjuncts()...) {
			return s.where
		}
		for j := range c.plan.Sums {
			if mixes(c.plan.Sums[j].Filter.Conjuncts()...) {
				return c.needed[j]
			}
		}
		for j, k := range c.plan.Keys {
			whole := &plan.Predicate{Op: plan.Or}
			for _, arm := range k.Arms {
				whole.Args = append(whole.Args, arm.When)
			}
			if mixes(whole) && len(s.group) == len(c.plan.Keys) { // none was written twice
				return s.group[j]
			}
		}
	}
	return pos(skipSpace(c.sql, 0))
}
