package worker

import (
	"time"

	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/store"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
)

// PanelOf returns who decides for an owner: the approvers of its configuration, or else whoever has its
// own key.
func PanelOf(own config.Approval, member, key string) *approval.Panel {
	p := &approval.Panel{Needed: max(1, own.Needed)}
	for _, a := range own.Approvers {
		p.Approvers = append(p.Approvers, approval.Approver{Name: a.Name, Key: a.Key})
	}
	if len(p.Approvers) == 0 {
		p.Approvers = []approval.Approver{{Name: member, Key: key}}
	}
	return p
}

// attend looks after what people do beside this process: it notices what they wrote, and when the
// time of a job that waits is over.
func (w *worker) attend() {
	tick := time.NewTicker(w.Poll)
	defer tick.Stop()
	seen, next := int64(-1), time.Time{}
	for {
		version, err := w.store.Version()
		if err != nil {
			w.fail(err)
			return
		}
		if version != seen || !w.Now().Before(next) {
			if next, err = w.review(); err != nil {
				w.fail(err)
				return
			}
			seen = version
		}
		select {
		case <-tick.C:
		case <-w.look:
			seen = -1
		case <-w.life.Done():
			return
		}
	}
}

// lookAgain makes attend and notify look at once.
func (w *worker) lookAgain() {
	for _, c := range []chan struct{}{w.look, w.notices} {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// review obeys a stop, judges every job that waits, and returns when the next deadline is.
func (w *worker) review() (next time.Time, err error) {
	next = w.Now().Add(time.Hour)
	if err := w.obeyStop(); err != nil {
		return next, err
	}
	busy := w.busy() // before the store is read: what is in neither was decided
	waiting, err := w.store.Waiting()
	if err != nil {
		return next, err
	}
	for i := range waiting {
		p := &waiting[i]
		if p.Deadline.Before(next) {
			next = p.Deadline
		}
		if busy[p.ID] {
			continue // approved, and checked again
		}
		if err := w.judge(p); Busy.Is(err) {
			next = w.Now()
		} else if err != nil {
			return next, err
		}
	}
	return next, nil
}

// busy lists the jobs that have a goroutine.
func (w *worker) busy() map[store.JobID]bool {
	ids := map[store.JobID]bool{}
	for _, j := range w.live() {
		ids[j.id] = true
	}
	return ids
}

// judge does what the answers to a job say. Errors: [Busy], and those of the store.
func (w *worker) judge(p *store.Parked) error {
	grounds, err := approval.ParseGrounds(p.Grounds)
	if err != nil {
		return store.Corrupt.New("the grounds of job %s: %w", p.ID, err)
	}
	now := w.Now()
	j := w.panel.Judge(&approval.Case{
		Space: w.space.Space, Owner: w.Self, Job: p.ID, Manifest: p.Manifest, Shown: grounds.Hash(), Deadline: p.Deadline,
	}, p.Answers, now)
	for _, err := range j.Invalid {
		w.Log.Warn("answer does not count", "job", p.ID.String(), obs.Err(err))
	}
	switch {
	case w.stopped.Load():
		return w.dismiss(p, stopped(), "")
	case w.barred(p.Analyst) != nil:
		return w.dismiss(p, w.barred(p.Analyst), "")
	case !now.Before(p.Deadline):
		return w.dismiss(p, Unanswered.New("nobody decided in time"), "")
	case j.State == approval.Refused:
		return w.dismiss(p, denial(j.Refusal), j.Refused)
	case j.State == approval.Approved:
		return w.approve(p, &consent{grounds, j.Approved})
	}
	return nil
}

// denial is what everybody is told of a refusal.
func denial(a *approval.Answer) error {
	if a.Tell && a.Reason != "" {
		return Denied.New("a person refused: %s", a.Reason)
	}
	return Denied.New("a person refused")
}

// dismiss refuses a job that waits; by is who refused it, if a person did.
func (w *worker) dismiss(p *store.Parked, why error, by string) error {
	reason := store.Reason(envelope.ReasonOf(why))
	crashpoint.Here(crashpoint.WorkerDismissBefore)
	err := w.store.Decide(store.Offered{ID: p.ID, Manifest: p.Manifest, Analyst: p.Analyst, Reason: reason, Expires: p.Expires, Denied: by})
	if err != nil {
		return err
	}
	crashpoint.Here(crashpoint.WorkerDismissAfter)
	w.Metrics.Job(string(store.Waits), "")
	w.refuse(p.ID, why)
	return nil
}

// approve takes up a job that people approved: everything is checked again before it is accepted. While
// there is no room for it ([Busy]), it waits on.
func (w *worker) approve(p *store.Parked, by *consent) error {
	offer, err := cryptojob.ParseOffer(p.Offer)
	if err != nil {
		return store.Corrupt.New("the offer of job %s: %w", p.ID, err)
	}
	j, err := w.newJob(offer, p.Offer)
	if err != nil {
		return store.Corrupt.New("the offer of job %s: %w", p.ID, err)
	}
	j.consent = by
	j.log.Info("job approved", "by", by.names)
	crashpoint.Here(crashpoint.WorkerApprovalBefore)
	if err := w.checkNew(j); err != nil {
		w.Metrics.Job(string(store.Waits), "")
		w.decline(j, err)
		return nil
	}
	if err := w.admit(j); err != nil {
		return err
	}
	w.wg.Go(j.run)
	return nil
}

// consentOf returns what people approved of an accepted job; nil if nobody was asked.
func (w *worker) consentOf(id store.JobID) (*consent, error) {
	raw, err := w.store.Grounds(id)
	if err != nil || raw == nil {
		return nil, err
	}
	grounds, err := approval.ParseGrounds(raw)
	if err != nil {
		return nil, store.Corrupt.New("the grounds of job %s: %w", id, err)
	}
	return &consent{grounds: grounds}, nil
}
