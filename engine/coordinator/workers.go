package coordinator

import (
	"context"
	"errors"

	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Connected implements [transport.Handler]. To a fresh session every job says
// again what the worker needs of it.
func (c *coordinator) Connected(ctx context.Context, id string, fresh bool) {
	m := c.members[id]
	if m == nil {
		return
	}
	if fresh {
		m.box.Clear()
	}
	for _, j := range c.setOnline(m, true) {
		j.post(ctx, func() { j.connected(id, fresh) })
	}
	if fresh {
		c.lostWhilePreparing(id)
	}
	c.Metrics.Workers(1)
	c.Log.Info("worker connected", "member", id, "fresh", fresh)
}

// Disconnected implements [transport.Handler].
func (c *coordinator) Disconnected(id string) {
	m := c.members[id]
	if m == nil {
		return
	}
	for _, j := range c.setOnline(m, false) {
		j.post(c.life, func() { j.disconnected(id) })
	}
	c.lostWhilePreparing(id)
	c.inquiries.left(id)
	c.Metrics.Workers(-1)
	c.Log.Info("worker disconnected", "member", id)
}

// setOnline notes whether an owner is connected and returns the jobs that it is
// an owner in.
func (c *coordinator) setOnline(m *member, online bool) []*job {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.online = online
	var concerned []*job
	for _, j := range c.jobs {
		if _, in := j.parties[m.id]; in {
			concerned = append(concerned, j)
		}
	}
	return concerned
}

// Receive implements [transport.Handler]. What it acknowledges need not be
// stored: if this process dies, the worker's next session is fresh, and it says
// everything again.
func (c *coordinator) Receive(ctx context.Context, id string, p transport.Packet) error {
	c.Metrics.Bytes(obs.In, len(p.Body))
	if m := c.members[id]; m == nil || m.box.Len() > maxUnread {
		return BadPacket.New("this member speaks, and does not read")
	}
	if envelope.Kind(p.Kind) == envelope.Reply {
		return c.replied(id, p)
	}
	if c.preparing(ctx, id, p) {
		return nil
	}
	j := c.job(p.Job)
	if j == nil {
		return c.sayOver(id, p.Job)
	}
	if _, in := j.parties[id]; !in {
		return BadPacket.New("this member is no owner in the job")
	}
	event, err := j.eventOf(id, p)
	if err != nil {
		return BadPacket.New("a packet of kind %s is malformed", envelope.Kind(p.Kind))
	}
	j.post(ctx, event)
	return nil
}

// sayOver tells a worker that speaks about a job that is over, so that it can
// forget it.
func (c *coordinator) sayOver(id string, job store.JobID) error {
	over := envelope.Over{State: envelope.Unknown}
	record, err := c.store.Job(job)
	switch {
	case errors.Is(err, store.ErrMissing):
	case err != nil:
		return err
	case !record.State.Final():
		return nil // just ending; its end is told to all
	default:
		over = overOf(record.State, record.Reason)
	}
	c.tell(id, transport.Packet{Job: job, Kind: uint8(envelope.End), Body: over.Marshal()})
	return nil
}

func overOf(state store.State, why store.Reason) envelope.Over {
	return envelope.Over{State: string(state), Reason: envelope.Reason(why)}
}
