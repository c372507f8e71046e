package policy

import (
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// What the charter says beforehand is what an owner without own rules says to the question.
func TestForesee(t *testing.T) {
	ch := hospitals(t)
	now := time.Unix(count(t, ch).Job.Created, 0)
	for name, c := range map[string]struct {
		change func(*plan.Job)
		want   *fault.Kind
	}{
		"fine":              {func(*plan.Job) {}, nil},
		"nobody in special": {func(j *plan.Job) { j.Analyst = "" }, nil},
		"an owner asks":     {func(j *plan.Job) { j.Analyst = ch.WithRole(charter.Coordinator)[0].ID }, NotAnAnalyst},
		"purpose":           {func(j *plan.Job) { j.Purpose = "curiosity" }, WrongPurpose},
		"no analyst, wrong": {func(j *plan.Job) { j.Analyst, j.Purpose = "", "curiosity" }, WrongPurpose},
		"lifetime":          {func(j *plan.Job) { j.Expiry = j.Created + 1<<40 }, TooLong},
		"statement":         {func(j *plan.Job) { j.Leakage[0] ^= 1 }, WrongStatement},
	} {
		job := count(t, ch).Job
		c.change(&job)
		err := Foresee(ch, job, now)
		if c.want == nil && err != nil || c.want != nil && !c.want.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
