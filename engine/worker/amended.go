package worker

import (
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
)

// checkVersion demands that a job names the version of the charter that this worker has pinned.
func (w *worker) checkVersion(j *job) error {
	named := j.request.Job.Charter
	if named == w.Bundle.Hash() {
		return nil
	}
	return policy.OtherCharter.New("this worker has %s of the charter, the job names %s",
		w.Bundle.NameOf(w.Bundle.Hash()), w.Bundle.NameOf(named))
}

// superseded withdraws for good from a stored job that was accepted under an earlier version of the
// charter. Nothing of it is opened: it may be sealed to a key that this member has no more. The
// coordinator, which has the version in force too, has ended the job.
func (w *worker) superseded(record store.Offered, offer *cryptojob.Offer) (bool, error) {
	why, err := w.outdated(record.ID, offer)
	if err != nil || why == nil {
		return false, err
	}
	return true, w.abandon(record.ID, why)
}

// supersededParked refuses a job that waits for a person since before the charter was amended.
func (w *worker) supersededParked(p *store.Parked) error {
	offer, err := cryptojob.ParseOffer(p.Offer)
	if err != nil {
		return store.Corrupt.New("the offer of job %s: %w", p.ID, err)
	}
	why, err := w.outdated(p.ID, offer)
	if err != nil || why == nil {
		return err
	}
	return w.dismiss(p, why, "")
}

// outdated returns the fault of a stored job that names an earlier version of the charter, or nil.
func (w *worker) outdated(id store.JobID, offer *cryptojob.Offer) (*fault.Fault, error) {
	job, err := plan.ParseJob(offer.Manifest.Context)
	if err != nil {
		return nil, store.Corrupt.New("the offer of job %s: %w", id, err)
	}
	return w.Bundle.Superseded(job.Charter), nil
}

// abandon ends a stored job that does not run.
func (w *worker) abandon(id store.JobID, why *fault.Fault) error {
	w.Log.Warn("job withdrawn", "job", id.String(), obs.Err(why))
	w.Metrics.Ended(store.WithdrawnEnding, why.Code)
	crashpoint.Here(crashpoint.WorkerAmendBefore)
	if _, err := w.store.End(id, store.Ending{How: store.WithdrawnEnding, Reason: store.Reason(envelope.ReasonOf(why))}); err != nil {
		return err
	}
	crashpoint.Here(crashpoint.WorkerAmendAfter)
	return nil
}
