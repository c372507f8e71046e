package query

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// WithModel adds weighted sums to a question: the result has for sums[i] a column that [ModelColumn] names. The plan has
// passed [plan.Check].
func (q *Query) WithModel(m *plan.Model, sums []plan.Sum, ch *charter.Charter) (*Query, error) {
	out := *q
	out.Plan.Model = m
	out.Plan.Sums = slices.Clone(q.Plan.Sums)
	out.headers = slices.Clone(q.headers)
	at := make([]int, len(sums))
	for i := range sums {
		at[i] = slices.IndexFunc(out.Plan.Sums, func(s plan.Sum) bool { return s.Equal(&sums[i]) })
		if at[i] < 0 {
			at[i] = len(out.Plan.Sums)
			out.Plan.Sums = append(out.Plan.Sums, sums[i])
		}
	}
	if f := fitted(&out.Plan, ch); f != nil {
		return nil, f
	}
	for i, sum := range at {
		out.headers = append(out.headers, header{ModelColumn(i), &node{typ: doubleType, eval: weighted(&out.Plan.Sums[sum], sum)}})
	}
	return &out, nil
}

// ModelColumn names the column of weighted sum i.
func ModelColumn(i int) string { return fmt.Sprintf("weighted %d", i+1) }

// fitted derives what follows from charter and sums, and checks the plan.
func fitted(p *plan.Plan, ch *charter.Charter) *fault.Fault {
	if len(p.Sums) > plan.MaxSums {
		return plan.Malformed.New("a model that needs %d sums, at most %d", len(p.Sums), plan.MaxSums).With("Ask for a model with fewer terms.")
	}
	if f := plan.CheckColumns(p, ch.Table(p.Table)); f != nil {
		return f
	}
	if f := p.FitFractions(ch); f != nil {
		return f
	}
	w, _, f := plan.FitWidth(p, ch)
	if f != nil {
		return f
	}
	p.Width = w
	if err := plan.Check(p, ch); err != nil {
		return fault.From(err)
	}
	return nil
}

func weighted(s *plan.Sum, at int) func(*cell) any {
	one := plan.Sum{Weight: s.Weight, Fraction: s.Fraction}
	return func(x *cell) any {
		n := x.sum(at)
		if x.below > 0 {
			return new(big.Rat)
		}
		return one.Weighted(n)
	}
}

// At is the question with other coefficients of its model.
func (q *Query) At(coefficients []plan.Value) *Query {
	out := *q
	out.Plan = *q.Plan.At(coefficients)
	return &out
}
