package pooled

import (
	"context"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
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
	if c.Rounds() {
		return s.study(ctx, c, guards)
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

// study asks round after round.
func (s *Space) study(ctx context.Context, c *statistic.Computation, guards []plan.Guard) (*statistic.Report, error) {
	var rounds []query.Sums
	q := c.Query
	for {
		all, err := s.sums(ctx, q, guards)
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, all)
		next, r, f := c.Next(rounds)
		if f != nil {
			return nil, f
		}
		if r != nil {
			return r, nil
		}
		if err := plan.Check(&q.At(next).Plan, s.charter); err != nil {
			return nil, err
		}
		q = q.At(next)
	}
}
