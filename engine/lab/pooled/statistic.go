package pooled

import (
	"context"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/statistic"
)

// Statistic is the report that the analyst of a space gets to see. With whole nothing is
// suppressed.
func (s *Space) Statistic(ctx context.Context, sql string, whole bool) (*statistic.Report, error) {
	c, err := statistic.Compile(sql, s.charter)
	if err != nil {
		return nil, err
	}
	var guards []plan.Guard
	if !whole {
		guards = plan.Guards(&c.Query.Plan, s.charter)
	}
	all, err := s.sums(ctx, c.Query, guards)
	if err != nil {
		return nil, err
	}
	r, f := c.Finish(all)
	if f != nil {
		return nil, f
	}
	return r, nil
}
