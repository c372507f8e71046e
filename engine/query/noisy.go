package query

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// Noise is what is added to the sums of the plan, nil for a question without.
func (q *Query) Noise() *plan.Noise { return q.noise }

// divided are released sums in the units of the plan: noised ones were made finer by a factor before
// they were added up.
type divided struct {
	Sums
	noise *plan.Noise
}

// At returns element i; a noised one is rounded, which takes no privacy away.
func (d divided) At(i int) *big.Int {
	v := d.Sums.At(i)
	if s := d.noise.Sums[i%len(d.noise.Sums)]; s != nil {
		return s.Divide(v)
	}
	return v
}

var errContributors = errors.New("query: a question with noise, and nobody whose noise is in it")

// prepare finds out which noised sums the intervals of a column rest on, and how wide these are.
func (r *reporter) prepare(q *Query, x *cell, contributors int, confidence float64) error {
	if q.noise == nil {
		return nil
	}
	r.noising = &noising{noise: q.noise}
	if r.node.span == nil {
		return nil
	}
	reads := map[int]bool{}
	probe := *x
	probe.noising = &noising{noise: q.noise, reads: reads}
	probe.number, probe.memos = 1, make([]memo, q.memos)
	r.node.span(&probe)
	if len(reads) == 0 {
		return nil
	}
	r.noising.widths = map[int]*big.Int{}
	for i := range reads {
		w, err := q.noise.Sums[i].HalfWidth(contributors, 1-(1-confidence)/float64(len(reads)))
		if err != nil {
			return fmt.Errorf("query: %w", err)
		}
		r.noising.widths[i] = w
	}
	r.noised(q.noise, contributors, confidence)
	return nil
}

// noised says of the column what its noise is like.
func (r *reporter) noised(n *plan.Noise, contributors int, confidence float64) {
	r.Noise = &result.Noise{Epsilon: n.Epsilon.String(), Delta: n.Delta.String(), Unit: n.Unit, Level: confidence}
	if r.node.linear == nil {
		return
	}
	variance, half := 0.0, new(big.Rat)
	for _, c := range r.node.linear {
		if s := n.Sums[c.sum]; s != nil {
			by := toFloat(c.by)
			variance += math.Pow(by*s.Sigma(contributors), 2)
			half.Add(half, new(big.Rat).Mul(new(big.Rat).Abs(c.by), rat(r.noising.widths[c.sum])))
		}
	}
	r.Noise.Sigma, r.Noise.HalfWidth = math.Sqrt(variance), toFloat(half)
}

// interval of a value that is shown.
func (r *reporter) interval(x *cell, v any) *interval {
	if v == nil || r.noising == nil || r.noising.widths == nil {
		return nil
	}
	outer := x.trace
	x.noising = r.noising
	span := r.node.span(x)
	x.trace = outer
	if span == nil {
		r.bare++
	}
	return span
}

// bareNote says why a noised number stands without an interval; "" if none does.
func (r *reporter) bareNote() string {
	switch {
	case r.noisy && r.node.span == nil:
		return "noised, and no interval: none is known for what is computed by CASE, comparisons or other functions"
	case r.bare > 0:
		return fmt.Sprintf("%d without interval: with so much noise a number that is divided by may be 0", r.bare)
	}
	return ""
}

// privacyNote explains the noise of a table.
func (q *Query) privacyNote(contributors int) string {
	n := q.noise
	unit := "row"
	if n.Unit != "" {
		unit = "value of " + n.Unit
	}
	return fmt.Sprintf("noised: epsilon %s, delta %s for each %s at each owner, in at most %d group%s with %d row%s each; ± and [low, high] hold the number without noise with 95 %% confidence (noise of %d owners)",
		n.Epsilon, n.Delta, unit, n.Groups, plural(n.Groups), n.Rows, plural(n.Rows), contributors)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
