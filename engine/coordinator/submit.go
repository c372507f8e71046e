package coordinator

import (
	"context"
	"errors"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Submit implements [transport.Handler]. It checks what is cheap to check and
// keeps out what no worker would accept; the workers check everything again.
// The job is stored before Submit returns. The same submission again returns
// the same job. Errors: [Malformed], [Replayed], [TooMany], [TooLarge],
// [Expired].
func (c *coordinator) Submit(_ context.Context, analyst string, raw []byte) (transport.JobID, error) {
	submission, err := cryptojob.ParseSubmission(raw)
	if err != nil {
		return transport.JobID{}, Malformed.New("%w", err)
	}
	// Known first: a client that lost the answer may come back after the expiry.
	id := submission.Manifest.Job
	c.submitting.Lock()
	defer c.submitting.Unlock()
	known, err := c.known(analyst, submission.Manifest)
	if err != nil || known {
		return id, err
	}
	record, err := c.check(analyst, submission.Manifest, submission.Verify)
	if err != nil {
		return transport.JobID{}, err
	}
	record.Submission = raw
	if err := c.room(analyst); err != nil {
		return transport.JobID{}, err
	}
	return id, c.accept(record)
}

// check compares a manifest with the charter; verify checks its signature.
func (c *coordinator) check(analyst string, m *cryptojob.Manifest, verify func() error) (store.Job, error) {
	job, err := plan.ParseJob(m.Context)
	if err != nil {
		return store.Job{}, Malformed.New("the job: %w", err)
	}
	now, expires := c.Now(), time.Unix(m.Expiry, 0)
	switch {
	case m.Analyst.ID != analyst || job.Analyst != analyst || !m.Analyst.Key.Equal(c.Bundle.Identity(analyst)):
		return store.Job{}, Malformed.New("the submission is not of the member who submits it")
	case job.Charter != c.Bundle.Hash() || job.Space != c.space.Space:
		return store.Job{}, transport.OtherCharter.New("the coordinator has %s of the charter, the submission names %s",
			c.Bundle.NameOf(c.Bundle.Hash()), c.Bundle.NameOf(job.Charter))
	case job.Expiry != m.Expiry:
		return store.Job{}, Malformed.New("the job and its manifest expire at different times")
	case !expires.After(now):
		return store.Job{}, Expired.New("the submission has expired")
	case expires.After(now.Add(c.space.Rules.Lifetime() + clockSkew)):
		return store.Job{}, Malformed.New("the job lives longer than the charter allows").With("Ask for a shorter lifetime, and check the clocks.")
	}
	if err := c.checkRoster(m, job.Plan.Table); err != nil {
		return store.Job{}, err
	}
	if err := verify(); err != nil {
		return store.Job{}, Malformed.New("%w", err)
	}
	sizes, err := protocol.SizesOf(m)
	if err != nil {
		return store.Job{}, Malformed.New("%w", err)
	}
	if largest := max(sizes.Message, sizes.Result); largest > c.Limits.MaxVector {
		return store.Job{}, TooLarge.New("messages of %d bytes, at most %d", largest, c.Limits.MaxVector)
	}
	return store.Job{
		ID: m.Job, Analyst: analyst, Purpose: job.Purpose, Manifest: m.Hash(), About: ledger.About(job, c.space), Beside: ledger.RoundOf(job),
		State: store.Submitted, Created: now, Updated: now, Expires: expires,
	}, nil
}

// checkRoster demands exactly the owners of the table, with their keys.
func (c *coordinator) checkRoster(m *cryptojob.Manifest, table string) error {
	if c.space.Table(table) == nil {
		return Malformed.New("the charter has no such table")
	}
	owners := c.space.OwnersOf(table)
	wrong := Malformed.New("the roster is not the owners of the table")
	if len(owners) != len(m.Roster) {
		return wrong
	}
	for i, owner := range owners {
		if m.Roster[i].ID != owner.ID || !m.Roster[i].Key.Equal(c.Bundle.Identity(owner.ID)) {
			return wrong
		}
	}
	if c.space.Rules.MinContributors > m.MinContributors || c.space.Rules.ToleratedCorruption > m.Corruptions {
		return Malformed.New("the job asks for less protection than the charter demands")
	}
	return nil
}

// known reports whether this very submission is stored already.
func (c *coordinator) known(analyst string, m *cryptojob.Manifest) (bool, error) {
	have, err := c.store.Job(m.Job)
	switch {
	case errors.Is(err, store.ErrMissing):
		return false, nil
	case err != nil:
		return false, err
	case have.Analyst != analyst || have.Manifest != m.Hash():
		return false, Replayed.New("job %s was submitted before, with another content", have.ID)
	}
	return true, nil
}

// room checks the limits on jobs.
func (c *coordinator) room(analyst string) error {
	own, stored, err := c.store.CountJobs(analyst)
	if err != nil {
		return err
	}
	c.mu.Lock()
	live := len(c.jobs)
	c.mu.Unlock()
	switch {
	case live >= c.Limits.MaxLive:
		return TooMany.New("%d jobs of all analysts are not over yet", live)
	case own >= c.Limits.MaxPerAnalyst:
		return TooMany.New("%d jobs of this analyst are not over yet", own)
	case stored >= c.Limits.MaxStored:
		return TooMany.New("%d jobs are stored", stored)
	}
	return nil
}

// accept stores the job and sets it going.
func (c *coordinator) accept(record store.Job) error {
	if c.life.Err() != nil {
		return transport.Stopping.New("the coordinator stops")
	}
	j, err := c.newJob(record)
	if err != nil {
		return Malformed.New("%w", err)
	}
	crashpoint.Here(crashpoint.CoordinatorJobBefore)
	if err := c.store.AddJob(record); err != nil {
		return err
	}
	crashpoint.Here(crashpoint.CoordinatorJobAfter)
	c.mu.Lock()
	c.jobs[record.ID] = j
	c.mu.Unlock()
	c.Metrics.Job("", string(record.State))
	j.log.Info("job submitted", "analyst", record.Analyst, "owners", len(j.parties), "elements", j.manifest.Length)
	c.wg.Go(j.run)
	return nil
}

var _ transport.Handler = (*coordinator)(nil)
