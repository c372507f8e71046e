package statistic

import (
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// shift returns the name of Σ y offset. It is a plain sum, and of the logarithm of a column a weighted one: that of rows with the
// event, or of the outcome.
func (g *glm) shift(c *Call, y response, offset *charter.Column, plain func(term) (string, *fault.Fault)) (string, *fault.Fault) {
	if !g.offset.Log {
		return plain(term{name: "the offset", measures: []string{offset.Name}})
	}
	what, only := term{}, (*plan.Predicate)(nil)
	if y.event == "" {
		what.measures = []string{y.column.Name}
	} else {
		var f *fault.Fault
		if only, f = c.predicate(y.event); f != nil {
			return "", f
		}
	}
	return g.weighted.add(plan.Shift, term{}, what, only)
}

// predicate is a condition as the plan has it.
func (c *Call) predicate(condition string) (*plan.Predicate, *fault.Fault) {
	inner := "SELECT COUNT(*) FROM " + plan.QuoteName(c.Table.Name) + " WHERE (" + condition + ")"
	q, err := query.Compile(inner, c.Charter)
	if err != nil {
		return nil, outer(fault.From(err), inner, c.sql)
	}
	return q.Plan.Where, nil
}
