package worker

import (
	"context"
	"errors"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// offered answers an offer: at once if it was decided before or the manifest is
// refused, and else when the table is validated.
func (w *worker) offered(ctx context.Context, p transport.Packet) error {
	if j := w.job(p.Job); j != nil {
		j.post(ctx, func() { j.offeredAgain(p.Body) })
		return nil
	}
	j, err := w.read(p)
	if err != nil {
		w.refuse(p.Job, err)
		return nil
	}
	known, err := w.store.Job(p.Job)
	if err == nil {
		w.repeatDecision(j, known)
		return nil
	}
	if !errors.Is(err, store.ErrMissing) {
		w.fail(err)
		return err
	}
	if err := w.checkNew(j); err != nil {
		w.decline(j, err)
		return nil
	}
	if err := w.admit(j); err != nil {
		w.decline(j, err)
		return nil
	}
	w.wg.Go(j.run)
	return nil
}

// read parses an offer, verifies the analyst's signature under the key that the
// manifest names, and opens what is sealed to this worker.
func (w *worker) read(p transport.Packet) (*job, error) {
	offer, err := cryptojob.ParseOffer(p.Body)
	if err != nil {
		return nil, Malformed.New("%w", err)
	}
	j, err := w.newJob(offer, p.Body)
	if err != nil {
		return nil, err
	}
	if j.id != p.Job {
		return nil, Malformed.New("the offer is for another job than its envelope")
	}
	return j, nil
}

// check applies the charter and the owner's own rules. Whose key signed is
// checked there.
func (w *worker) check(j *job) error {
	if w.stopped.Load() {
		return stopped()
	}
	if err := w.checkVersion(j); err != nil {
		return err
	}
	if err := w.checkRevoked(j); err != nil {
		return err
	}
	if err := policy.Check(w.space, w.Self, j.request, w.Accept, w.Now()); err != nil {
		return err
	}
	if v := policy.Approve(w.Approval, j.request); v.Refusal() != nil {
		return policy.ByRule(policy.OfOwner+v.Rule, v.Refusal())
	}
	return w.lay(j)
}

// checkNew is check of a job that was not accepted before: these rules are about the acceptance.
func (w *worker) checkNew(j *job) error {
	if err := w.check(j); err != nil {
		return err
	}
	if j.request.Job.Later() {
		return studyFault(w.store.Continues(j.round()))
	}
	if err := policy.CheckHours(w.Accept, w.Now()); err != nil {
		return err
	}
	return w.afford(j)
}

// decline stores a refusal and tells it.
func (w *worker) decline(j *job, why error) {
	if err := w.decide(j, why); err != nil {
		w.fail(err)
		return
	}
	w.refuse(j.id, why)
}

// decide stores the decision on a job: accepted if why is nil.
func (w *worker) decide(j *job, why error) error {
	o := j.offered()
	o.Accepted = why == nil
	if o.Accepted {
		o.Charge, o.Counting, o.Rule = j.charge(), j.counting(), j.acceptedBy()
		o.Round = j.round()
	}
	if why != nil {
		o.Reason, o.Rule = store.Reason(envelope.ReasonOf(why)), policy.RuleOf(why)
	}
	crashpoint.Here(crashpoint.WorkerDecisionBefore)
	err := w.store.Decide(o)
	if err == nil {
		crashpoint.Here(crashpoint.WorkerDecisionAfter)
	}
	return err
}

// refuse tells the coordinator and the log.
func (w *worker) refuse(id store.JobID, why error) {
	w.Log.Info("job refused", "job", id.String(), "rule", policy.RuleOf(why), obs.Err(why))
	reason := envelope.ReasonOf(why)
	w.Metrics.Ended(string(store.Refused), reason.Code)
	w.tell(transport.Packet{Job: id, Kind: uint8(envelope.Refuse), Body: reason.Marshal()})
}

// repeatDecision answers an offer of a job that was decided before and does not
// run.
func (w *worker) repeatDecision(j *job, known store.Offered) {
	switch {
	case known.Manifest != j.hash:
		w.refuse(j.id, Replayed.New("another manifest had this job id"))
	case known.Waits:
		w.sayParked(j.id, j.hash)
	case known.Accepted:
		w.refuse(j.id, Over.New("the job is %s here", known.Ending))
	default:
		w.refuse(j.id, envelope.Reason(known.Reason).Fault())
	}
}

// newJob makes a job of an offer; what it needs of the offer is opened once.
func (w *worker) newJob(offer *cryptojob.Offer, raw []byte) (*job, error) {
	self, alpha, err := offer.Open(w.Identity)
	if err != nil {
		return nil, Malformed.New("%w", err)
	}
	request, err := policy.NewRequest(offer.Manifest)
	if err != nil {
		return nil, err
	}
	sizes, err := protocol.SizesOf(offer.Manifest)
	if err != nil {
		return nil, Malformed.New("%w", err)
	}
	j := makeJob(w, raw, offer.Manifest, request, alpha, self)
	j.sizes = sizes
	return j, nil
}

// lay computes the layout and the noise of a job that the rules allow.
func (w *worker) lay(j *job) error {
	layout, f := plan.NewLayout(&j.request.Job.Plan, w.space)
	if f != nil {
		return f
	}
	j.layout = layout
	if j.noise, f = plan.NewNoise(&j.request.Job.Plan, w.space); f != nil {
		return f
	}
	return nil
}

// takeUp makes a stored job live again. The rules may have changed since: a job
// that they do not allow any more is withdrawn from.
func (w *worker) takeUp(record store.Offered) error {
	offer, err := cryptojob.ParseOffer(record.Offer)
	if err != nil {
		return store.Corrupt.New("the offer of job %s: %w", record.ID, err)
	}
	if over, err := w.superseded(record, offer); over || err != nil {
		return err
	}
	j, err := w.newJob(offer, record.Offer)
	if err != nil {
		return store.Corrupt.New("the offer of job %s: %w", record.ID, err)
	}
	if j.consent, err = w.consentOf(record.ID); err != nil {
		return err
	}
	j.accepted = true
	j.objection = w.check(j)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jobs[j.id] = j
	w.memory += j.memory()
	return nil
}
