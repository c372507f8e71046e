package coordinator

import (
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/store"
)

// superseded ends a stored job that was submitted under an earlier version of the charter, and
// reports whether it was. Its analyst is told when it asks.
func (c *coordinator) superseded(record store.Job) (bool, error) {
	submission, err := cryptojob.ParseSubmission(record.Submission)
	if err != nil {
		return false, store.Corrupt.New("the submission of job %s: %w", record.ID, err)
	}
	job, err := plan.ParseJob(submission.Manifest.Context)
	if err != nil {
		return false, store.Corrupt.New("the submission of job %s: %w", record.ID, err)
	}
	why := c.Bundle.Superseded(job.Charter)
	if why == nil {
		return false, nil
	}
	return true, c.abandon(record.ID, why)
}

// abandon fails a stored job that does not run.
func (c *coordinator) abandon(id store.JobID, why *fault.Fault) error {
	c.Log.Warn("job ended", "job", id.String(), obs.Err(why))
	crashpoint.Here(crashpoint.CoordinatorJobBefore)
	if err := c.store.SetState(id, store.Failed, store.Reason(envelope.ReasonOf(why))); err != nil {
		return err
	}
	crashpoint.Here(crashpoint.CoordinatorJobAfter)
	c.Metrics.Ended(string(store.Failed), why.Code)
	return nil
}
