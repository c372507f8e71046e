package worker

import (
	"errors"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/inquiry"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
)

// charge is what the question costs this owner, by its own derivation; nil if it has no noise.
func (j *job) charge() *budget.Charge {
	return budget.ChargeOf(&j.request.Job.Plan, j.w.space, j.manifest.Analyst.ID, j.w.Accept.Budget)
}

// price is the amount of it, 0 if the question has no noise.
func (j *job) price() dp.Rho {
	c := j.charge()
	if c == nil {
		return 0
	}
	return c.Rho
}

// afford says whether budget and quotas allow a question that is not accepted yet. It reserves nothing: that is done
// with the acceptance, which looks again.
func (w *worker) afford(j *job) error {
	if err := w.store.Room(j.counting()); err != nil {
		return quotaFault(err)
	}
	return w.budgetFault(w.store.Allows(j.charge()))
}

// unpaid reports whether a question was not accepted because of what it costs, or as one too many.
func unpaid(err error) bool {
	var over *budget.Overdraft
	var spent *store.Spent
	return errors.As(err, &over) || errors.As(err, &spent) || budget.PaidBefore.Is(err) || errors.Is(err, store.ErrRound)
}

// budgetFault is what everybody is told of such an error.
func (w *worker) budgetFault(err error) error {
	var over *budget.Overdraft
	if errors.As(err, &over) {
		return policy.ByRule(over.State.Rule, over.Fault(w.discloses()))
	}
	return quotaFault(studyFault(err))
}

// left is what an inquiry is told of the account, if the owner discloses it.
func (j *job) left() *inquiry.Budget {
	c := j.charge()
	if c == nil || !j.w.discloses() {
		return nil
	}
	states, err := j.w.store.Budget(c.Accounts)
	if err != nil || len(states) == 0 || states[0].Limit == 0 {
		return nil
	}
	s := &states[0]
	return &inquiry.Budget{Limit: s.Limit, Left: s.Left(), Period: s.Period}
}

func (w *worker) discloses() bool { return w.Accept.DiscloseBudget != "no" }
