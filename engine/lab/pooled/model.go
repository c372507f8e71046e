package pooled

import (
	"context"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// Rows are the released rows of a question that was compiled already.
func (s *Space) Rows(ctx context.Context, q *query.Query) ([]query.Row, error) {
	all, err := s.sums(ctx, q, plan.Guards(&q.Plan, s.charter))
	if err != nil {
		return nil, err
	}
	return q.Exact(all), nil
}
