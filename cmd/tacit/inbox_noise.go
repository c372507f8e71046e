package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/store"
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

// account is what a question is charged to if it is approved; nil if it has no noise.
func (b *inbox) account(q *question) (*budget.State, error) {
	charge := budget.ChargeOf(q.plan(), q.space, q.Analyst, b.cfg.Accept.Budget)
	if charge == nil {
		return nil, nil
	}
	books, err := store.ReadBudget(string(b.cfg.Store))
	if err != nil {
		return nil, err
	}
	s := charge.Accounts[0].At(time.Now(), books.Lines)
	return &s, nil
}

// afterwards says what the question leaves of its account.
func (q *question) afterwards() string {
	rho, _ := plan.Price(q.plan(), q.space)
	left := q.account.Left()
	if rho > left {
		return fmt.Sprintf("rho %s is left of %s, and the question costs %s: approved now, it would be refused", left, q.account.Limit, rho)
	}
	return fmt.Sprintf("rho %s is left of %s, %s after the question", left, q.account.Limit, left-rho)
}
