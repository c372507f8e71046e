package policy

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/plan"
)

// checkPrivacy checks of a question with noise what [plan.Check] cannot see: that so many honest
// owners stay as the noise is made for, and what this owner wants besides.
func checkPrivacy(ch *charter.Charter, r *Request, own config.Accept) error {
	p := &r.Job.Plan
	if p.Privacy == nil || slices.Contains(plan.Noised(p, ch), false) {
		if own.Privacy == charter.Required {
			return ByRule(OfOwner+"accept.privacy", OwnRule.New("this owner lets only noised numbers leave"))
		}
	}
	if p.Privacy == nil {
		return nil
	}
	if honest := r.MinContributors - r.Corruptions; honest < plan.Honest(ch) {
		return TooFewContributors.New("%d contributors of whom %d may be corrupt; the noise is made for %d honest ones", r.MinContributors, r.Corruptions, plan.Honest(ch))
	}
	if most, err := dp.ParseEpsilon(own.MaxEpsilon); err == nil && p.Privacy.Epsilon > most {
		return ByRule(OfOwner+"accept.max_epsilon", OwnRule.New("the question has epsilon %s, this owner allows %s", p.Privacy.Epsilon, most))
	}
	return nil
}
