package policy

import (
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/plan"
)

// Foresee says what the charter alone has against a job, before anybody signs it: nil, or the first rule that it breaks,
// as [Check] at an owner without rules of its own would. If the job names no analyst, it is the least that
// any analyst of the space would be told. The plan must be the compilation of a question under this charter, and the
// job have its charter, space, plan and leakage.
func Foresee(ch *charter.Charter, job plan.Job, now time.Time) error {
	asking := ch.WithRole(charter.Analyst)
	if m := ch.Member(job.Analyst); m != nil {
		asking = []charter.Member{*m}
	}
	err := error(NotAnAnalyst.New("the space has no analyst"))
	for _, m := range asking {
		job.Analyst = m.ID
		r, failed := expected(ch, job)
		if failed != nil {
			return failed
		}
		if err = Check(ch, r.Roster[0].ID, r, config.Accept{}, now); err == nil {
			return nil
		}
	}
	return err
}

// expected is the request that a client makes of a job.
func expected(ch *charter.Charter, job plan.Job) (*Request, error) {
	p := &job.Plan
	owners := ch.OwnersOf(p.Table)
	shape, err := plan.GuardShape(p, ch)
	if err != nil {
		return nil, err
	}
	corruptions := ch.Rules.ToleratedCorruption
	threshold := charter.Threshold(len(owners), corruptions)
	r := &Request{
		Job: job, Analyst: Member{job.Analyst, ch.Member(job.Analyst).Key},
		Corruptions: corruptions, Threshold: threshold,
		MinContributors: max(ch.Rules.MinContributors, threshold, corruptions+2),
		Length:          p.Length(), Width: int(p.Width), Guard: shape, Expiry: job.Expiry,
	}
	for _, m := range owners {
		r.Roster = append(r.Roster, Member{m.ID, m.Key})
	}
	return r, nil
}
