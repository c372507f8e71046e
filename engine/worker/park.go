package worker

import (
	"errors"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// consent is what people approved of a job.
type consent struct {
	grounds *approval.Grounds // what they were shown
	names   []string          // who they are
}

// covers reports whether people approved the job with these findings.
func (c *consent) covers(findings []approval.Finding) bool {
	return c != nil && c.grounds.Covers(findings)
}

// grounds returns why a person has to decide about a job that passed every check, or nil.
func (j *job) grounds(findings []approval.Finding) *approval.Grounds {
	if j.consent.covers(findings) {
		return nil
	}
	if j.request.Job.Later() {
		return nil // the first round was decided for all
	}
	verdict := policy.Approve(j.w.Approval, j.request)
	g := &approval.Grounds{Findings: findings}
	if verdict.Then == config.ThenAsk {
		g.Rule = verdict.Rule
	} else if rule, asks := policy.AsksNow(j.w.Accept, j.w.Now()); asks {
		g.Rule = rule
	}
	if g.Rule == "" && len(findings) == 0 {
		return nil
	}
	return g
}

// park stores that the job waits for a person, and tells it. It is over as far as this process is
// concerned: [worker.attend] takes it up again.
func (j *job) park(g *approval.Grounds) {
	j.over = true
	notes, err := j.notes()
	if err != nil {
		j.w.fail(err)
		return
	}
	settings := &j.w.Approval
	expiry := time.Unix(j.manifest.Expiry, 0)
	deadline := j.w.Now().Add(settings.Expire.Std())
	if expiry.Before(deadline) {
		deadline = expiry
	}
	crashpoint.Here(crashpoint.WorkerParkBefore)
	err = j.w.store.Park(j.offered(), store.Parking{
		Deadline: deadline, Grounds: g.Marshal(), Notes: notes.Marshal(), Notify: settings.Notify.URL != "",
		Max: settings.MaxParked, MaxOfAnalyst: settings.MaxOfAnalyst,
	})
	switch {
	case errors.Is(err, store.ErrFull):
		j.w.decline(j, tooManyParked())
	case errors.Is(err, store.ErrStopped):
		j.leavesInbox()
		j.w.decline(j, stopped())
	case err != nil:
		j.w.fail(err)
	default:
		crashpoint.Here(crashpoint.WorkerParkAfter)
		j.log.Info("job waits for a person", "analyst", j.manifest.Analyst.ID, "rule", g.Rule, "findings", len(g.Findings), "until", deadline)
		if j.consent == nil {
			j.w.Metrics.Job("", string(store.Waits))
		}
		j.w.sayParked(j.id, j.hash)
		j.w.lookAgain()
	}
}

func tooManyParked() error { return TooManyParked.New("too many questions wait for a person here") }

// offered is the job as the store keeps it.
func (j *job) offered() store.Offered {
	o := store.Offered{
		ID: j.id, Manifest: j.hash, Offer: j.offer, Analyst: j.manifest.Analyst.ID,
		About: ledger.About(&j.request.Job, j.w.space), Beside: ledger.RoundOf(&j.request.Job), Expires: time.Unix(j.manifest.Expiry, 0), Asked: j.asked(),
	}
	if j.consent != nil {
		o.Approved = j.consent.names
	}
	return o
}

// notes describes the earlier questions about the table.
func (j *job) notes() (*approval.Notes, error) {
	p := &j.request.Job.Plan
	all, err := j.w.store.Asked(p.Table, j.w.space.Rules.Differencing.Span())
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a store.Asked) bool { return a.Job == j.id })
	slices.SortStableFunc(all, func(a, b store.Asked) int { return b.At.Compare(a.At) })
	n := &approval.Notes{Earlier: len(all), Nearest: []approval.Earlier{}}
	for _, a := range all[:min(len(all), approval.MaxNearest)] {
		earlier, err := plan.Parse(a.Plan)
		if err != nil {
			return nil, store.Corrupt.New("an earlier question, of job %s: %w", a.Job, err)
		}
		n.Nearest = append(n.Nearest, approval.Earlier{
			Job: a.Job.String(), Organisation: a.Organisation, At: a.At, Differs: approval.Differs(p, earlier),
		})
	}
	return n, nil
}

func (w *worker) sayParked(id store.JobID, manifest [32]byte) {
	w.tell(transport.Packet{Job: id, Kind: uint8(envelope.Parked), Body: manifest[:]})
}

// repeatParked says to a fresh session which jobs wait here; of one that is over there the coordinator
// answers that.
func (w *worker) repeatParked() {
	waiting, err := w.store.Waiting()
	if err != nil {
		w.fail(err)
		return
	}
	for _, p := range waiting {
		w.sayParked(p.ID, p.Manifest)
	}
}

// endParked forgets a job that waits here and is over at the coordinator.
func (w *worker) endParked(id store.JobID, how string) error {
	known, err := w.store.Job(id)
	if errors.Is(err, store.ErrMissing) || err == nil && !known.Waits {
		return nil
	}
	if err == nil {
		_, err = w.store.End(id, store.Ending{How: how})
	}
	if err != nil {
		w.fail(err)
		return err
	}
	w.Log.Info("job is over", "job", id.String(), "how", how)
	w.unparked(stateOf(how), "")
	return nil
}

// unparked counts a job that waits no more.
func (w *worker) unparked(state, code string) {
	w.Metrics.Job(string(store.Waits), "")
	w.Metrics.Ended(state, code)
}
