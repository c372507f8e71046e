package main

import (
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/engine/plan"
)

// condition is what has to hold for a number to be shown.
func (q *question) condition() string {
	p := q.plan()
	if noised := plan.Noised(p, q.space); !slices.Contains(noised, false) {
		return q.noise() + ", on every number, whatever stands behind it"
	} else if slices.Contains(noised, true) {
		return fmt.Sprintf("at least %d units are behind a number, over all owners, or it has noise: %s", plan.LeastCohort(p, q.space), q.noise())
	}
	return fmt.Sprintf("at least %d units are behind a number, over all owners", plan.LeastCohort(p, q.space))
}

// noise is what a question with noise costs.
func (q *question) noise() string {
	v := q.plan().Privacy
	rho, _ := plan.Price(q.plan(), q.space)
	return fmt.Sprintf("noise of epsilon %s, delta %s (rho %s)", v.Epsilon, v.Delta, rho)
}
