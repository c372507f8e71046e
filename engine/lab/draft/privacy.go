package draft

import (
	"fmt"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
)

// What a draft proposes for questions with noise.
const (
	delta     = "1e-6"
	questions = 10 // that a budget is enough for, about, each with the largest epsilon
	period    = 30 * 24 * time.Hour
)

// allowNoise adds rules for questions with noise.
func (d *Draft) allowNoise() error {
	e, err := dp.ParseEpsilon(d.opts.Epsilon)
	if err != nil || e == 0 || e > charter.MaxQuestionEpsilon*1e9 {
		return ErrOption.New("the largest epsilon wants a number above 0 and at most %d, such as 0.5", charter.MaxQuestionEpsilon)
	}
	d.Charter.Rules.Privacy = charter.Privacy{
		MaxEpsilon: e.String(), MaxDelta: delta,
		Budget: charter.Budget{Epsilon: (questions * e).String(), Delta: delta, Period: charter.Duration(period)},
	}
	return nil
}

// noise writes the rules.
func noise(p *charter.Privacy) string {
	if !p.Allowed() {
		return ""
	}
	return fmt.Sprintf(`  privacy: # of questions with noise: what one may cost, and all of a period together, at each owner
    max_epsilon: %s
    max_delta: %s
    budget: {epsilon: %s, delta: %s, period: %s}
`, p.MaxEpsilon, p.MaxDelta, p.Budget.Epsilon, p.Budget.Delta, p.Budget.Period)
}
