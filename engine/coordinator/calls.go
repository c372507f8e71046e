package coordinator

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// own returns a job of the analyst. A job of somebody else is answered like one
// that does not exist.
func (c *coordinator) own(analyst string, id store.JobID) (store.Job, error) {
	record, err := c.store.Job(id)
	if errors.Is(err, store.ErrMissing) || err == nil && record.Analyst != analyst {
		return store.Job{}, NoJob.New("no job %s", id)
	}
	return record, err
}

// Jobs implements [transport.Handler].
func (c *coordinator) Jobs(_ context.Context, analyst string) ([]transport.JobStatus, error) {
	records, err := c.store.Jobs(analyst, listLimit)
	if err != nil {
		return nil, err
	}
	list := make([]transport.JobStatus, 0, len(records))
	for _, r := range records {
		members, err := c.memberStatus(r)
		if err != nil {
			return nil, err
		}
		list = append(list, transport.JobStatus{
			Job: r.ID, State: transport.State(r.State), Attempt: r.Attempt, Purpose: r.Purpose,
			Submitted: r.Created, Updated: r.Updated, Expiry: r.Expires,
			Fault: envelope.Reason(r.Reason).Fault(), Members: members,
		})
	}
	return list, nil
}

// memberStatus tells what the owners did with a job, by member id.
func (c *coordinator) memberStatus(r store.Job) ([]transport.MemberStatus, error) {
	decisions, err := c.store.Decisions(r.ID)
	if err != nil {
		return nil, err
	}
	var list []transport.MemberStatus
	for id, d := range decisions {
		list = append(list, transport.MemberStatus{Member: id, State: eventOf(d.Verdict), Fault: envelope.Reason(d.Reason).Fault()})
	}
	if j := c.job(r.ID); j != nil {
		for id := range j.parties {
			if _, said := decisions[id]; !said {
				list = append(list, transport.MemberStatus{Member: id, State: "offered"})
			}
		}
	}
	slices.SortFunc(list, func(a, b transport.MemberStatus) int { return cmp.Compare(a.Member, b.Member) })
	return list, nil
}

// Watch implements [transport.Handler].
func (c *coordinator) Watch(ctx context.Context, analyst string, id transport.JobID, send func(transport.Progress) error) error {
	// Live first: a job that ends in between is found in the store.
	j := c.job(id)
	record, err := c.own(analyst, id)
	if err != nil {
		return err
	}
	if !record.State.Final() {
		if j == nil {
			return transport.Stopping.New("the coordinator stops")
		}
		return j.feed.watch(ctx, c.life.Done(), send)
	}
	return send(transport.Progress{
		Job: id, State: transport.State(record.State), Attempt: record.Attempt,
		Fault: envelope.Reason(record.Reason).Fault(), Time: record.Updated,
	})
}

// Result implements [transport.Handler].
func (c *coordinator) Result(_ context.Context, analyst string, id transport.JobID) ([]byte, error) {
	record, err := c.own(analyst, id)
	if err != nil {
		return nil, err
	}
	body, err := c.store.Result(id)
	if errors.Is(err, store.ErrMissing) {
		return nil, NoResult.New("job %s is %s and has no result here", record.ID, record.State)
	}
	if err != nil {
		return nil, err
	}
	return body, c.store.Fetched(id)
}

// Cancel implements [transport.Handler]. It returns when the job is over.
func (c *coordinator) Cancel(ctx context.Context, analyst string, id transport.JobID) error {
	j := c.job(id)
	record, err := c.own(analyst, id)
	if err != nil || record.State.Final() || j == nil {
		return err
	}
	j.post(ctx, j.cancel)
	select {
	case <-j.done:
		if record, err = c.own(analyst, id); err == nil && !record.State.Final() {
			return transport.Stopping.New("the coordinator stops")
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
