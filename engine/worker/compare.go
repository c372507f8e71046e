package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/store"
)

// compared is what a question was compared with: earlier questions, over the data of a
// validation.
type compared struct {
	earlier []store.JobID
	data    *source.Report
}

// turnsOf makes a token for each table.
func turnsOf(ch *charter.Charter) map[string]chan struct{} {
	turns := map[string]chan struct{}{}
	for i := range ch.Tables {
		turns[ch.Tables[i].Name] = make(chan struct{}, 1)
	}
	return turns
}

// takeTurn waits until no other question about the table is between its comparison and the
// record of its acceptance, so that of two that must not both be answered the second is
// compared with the first. The caller calls what it returns.
func (j *job) takeTurn(ctx context.Context) (end func()) {
	turn := j.w.turns[j.request.Job.Plan.Table]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }
	case <-ctx.Done():
		return func() {}
	}
}

// differencingRule is the stricter one of the charter's rule and the owner's.
func differencingRule(ch *charter.Charter, own config.Accept) string {
	order := []string{charter.DifferencingOff, charter.DifferencingNote, charter.DifferencingAsk, charter.DifferencingRefuse}
	rule := ch.Rules.Differencing.Rule()
	if slices.Index(order, own.Differencing) > slices.Index(order, rule) {
		return own.Differencing
	}
	return rule
}

// differencingOrigin names the rule that is in force.
func differencingOrigin(ch *charter.Charter, rule string) string {
	if ch.Rules.Differencing.Rule() == rule {
		return policy.OfCharter + "rules.differencing"
	}
	return policy.OfOwner + "accept.differencing"
}

// compare applies the rule about differences to the question, by itself and with every other one that
// was accepted within the window. If nothing was accepted since the last time and the data
// are the same, there is nothing to do. It returns what a person has to decide about.
func (j *job) compare(ctx context.Context) ([]approval.Finding, error) {
	rule := differencingRule(j.w.space, j.w.Accept)
	if rule == charter.DifferencingOff || j.request.Job.Later() { // the first round was compared, for all
		return nil, nil
	}
	p := &j.request.Job.Plan
	data, err := j.w.Source.Validate(ctx, p.Table)
	if err != nil {
		return nil, err
	}
	ids, plans, organisations, err := j.earlier(p.Table)
	if err != nil {
		j.w.fail(err)
		return nil, err
	}
	if c := j.compared; c != nil && c.data == data && slices.Equal(c.earlier, ids) {
		return nil, nil
	}
	if rule != charter.DifferencingNote {
		of := ""
		if m := j.w.space.Member(j.manifest.Analyst.ID); m != nil {
			of = m.Organisation
		}
		if err := differencing.Share(p, of, plans, organisations, j.w.space); err != nil {
			return nil, err
		}
	}
	found, err := j.find(ctx, p, plans)
	if differencing.TooMany.Is(err) && rule == charter.DifferencingNote {
		j.log.Warn("question not compared with earlier ones", obs.Err(err))
		found, err = j.find(ctx, p, nil)
	}
	if err != nil {
		return nil, err
	}
	var ask []approval.Finding
	for i := range found {
		f := &found[i]
		j.note(f, ids, rule)
		j.w.Metrics.Difference(rule, f.Question == 0)
		switch rule {
		case charter.DifferencingRefuse:
			return nil, policy.ByRule(differencingOrigin(j.w.space, rule), f.Fault())
		case charter.DifferencingAsk:
			ask = append(ask, j.findingOf(f, ids))
		}
	}
	j.compared = &compared{ids, data}
	return ask, nil
}

// findingOf names the question, for people.
func (j *job) findingOf(f *differencing.Finding, ids []store.JobID) approval.Finding {
	out := approval.Finding{How: string(f.How)}
	if f.Question > 0 {
		out.Job = ids[f.Question-1]
	}
	return out
}

// compareAgain compares once more before the input leaves. What people did not approve is refused now, as
// nobody can be asked any more.
func (j *job) compareAgain(ctx context.Context) error {
	found, err := j.compare(ctx)
	if err != nil || len(found) == 0 || j.consent.covers(found) {
		return err
	}
	for _, f := range found {
		if f.Job != (store.JobID{}) {
			return differencing.Earlier.New("a number of the question differs from one of an earlier question in a few units of this owner")
		}
	}
	return differencing.Within.New("two numbers of the question differ in a few units of this owner")
}

// earlier returns the other questions about a table that count, and who asked them.
func (j *job) earlier(table string) (ids []store.JobID, plans []*plan.Plan, organisations []string, err error) {
	all, err := j.w.store.Asked(table, j.w.space.Rules.Differencing.Span())
	if err != nil {
		return nil, nil, nil, err
	}
	for _, a := range all {
		if a.Job == j.id {
			continue
		}
		p, err := plan.Parse(a.Plan)
		if err != nil {
			return nil, nil, nil, store.Corrupt.New("an earlier question, of job %s: %w", a.Job, err)
		}
		ids, plans, organisations = append(ids, a.Job), append(plans, p), append(organisations, a.Organisation)
	}
	return ids, plans, organisations, nil
}

func (j *job) find(ctx context.Context, p *plan.Plan, earlier []*plan.Plan) ([]differencing.Finding, error) {
	c, err := differencing.New(p, earlier, j.w.space)
	if err != nil {
		return nil, err
	}
	if len(c.Left) > 0 {
		j.log.Warn("earlier questions do not fit the table any more", "questions", len(c.Left))
	}
	start := time.Now()
	if err := j.w.Source.Compare(ctx, p.Table, c); err != nil {
		return nil, err
	}
	j.log.Debug("question compared", "earlier", len(earlier), "series", len(c.Series), "took", time.Since(start))
	return c.All(), nil
}

// note tells the owner, and nobody else, which question it was.
func (j *job) note(f *differencing.Finding, ids []store.JobID, rule string) {
	with := "itself"
	if f.Question > 0 {
		with = ids[f.Question-1].String()
	}
	j.log.Warn("question differs in a few units", "from", with, "how", string(f.How), "rule", rule, "analyst", j.manifest.Analyst.ID)
}

// asked is the record by which later questions are compared with this one, whatever the rule is
// now.
func (j *job) asked() *store.Asked {
	if j.request.Job.Later() {
		return nil // later questions are compared with the first round, which has the same cells
	}
	p := &j.request.Job.Plan
	encoded, err := p.Marshal()
	if err != nil {
		return nil // a plan that was decoded encodes
	}
	a := &store.Asked{Table: p.Table, Plan: encoded}
	if m := j.w.space.Member(j.manifest.Analyst.ID); m != nil {
		a.Organisation = m.Organisation
	}
	return a
}

// inputLeaves records that the question counts for good, before its input leaves.
func (j *job) inputLeaves() bool {
	crashpoint.Here(crashpoint.WorkerInputBefore)
	debited, err := j.w.store.InputLeaves(j.id, j.attempt.number, j.price())
	switch {
	case errors.Is(err, store.ErrStopped):
		j.halt()
		return false
	case errors.Is(err, store.ErrExpired):
		j.end("expired")
		return false
	case budget.Mispriced.Is(err): // of this job alone
		j.withdraw(fault.From(err))
		return false
	case err != nil:
		j.w.fail(err)
		return false
	}
	crashpoint.Here(crashpoint.WorkerInputAfter)
	if debited > 0 {
		j.log.Info("privacy budget debited", "rho", debited.String())
		j.w.Metrics.Debited(uint64(debited))
	}
	j.log.Debug("input leaves", "attempt", j.attempt.number)
	return true
}
