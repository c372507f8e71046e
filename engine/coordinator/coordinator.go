package coordinator

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// coordinator is the running role. Its exported methods are a
// [transport.Handler].
type coordinator struct {
	Config
	space *charter.Charter
	hub   *transport.Hub
	store *store.Coordinator
	slots chan struct{} // one token per job that runs

	registry *transport.Registry
	revoked  atomic.Pointer[[]charter.Revocation]

	life context.Context         // of the role
	stop context.CancelCauseFunc // ends it
	wg   sync.WaitGroup          // every goroutine

	inquiries *inquiries

	submitting sync.Mutex // makes the limits on jobs exact

	mu      sync.Mutex
	keys    *preparation         // that runs, or nil
	jobs    map[store.JobID]*job // that are not over
	members map[string]*member   // every owner of the charter
}

// member is an owner as the network shows it.
type member struct {
	id     string
	box    *runner.Mailbox[transport.Packet]
	online bool
}

// Run runs a coordinator until ctx ends (it returns nil) or something fails
// that it cannot go on without. Errors: those of [charter.Bundle.Active], of the
// store and of [transport.Listen].
func Run(ctx context.Context, cfg Config) error {
	cfg.setDefaults()
	if err := cfg.Bundle.Active(); err != nil {
		return err
	}
	if err := cfg.Bundle.Charter().Serves(cfg.Bundle.Charter().TheCoordinator().ID, cfg.Bundle.Revoked()); err != nil {
		return err
	}
	state, err := store.OpenCoordinator(cfg.Store, ledger.KeeperOf(cfg.Bundle, cfg.Identity))
	if err != nil {
		return err
	}
	c, err := start(ctx, cfg, state)
	if err != nil {
		return errors.Join(err, state.Close())
	}
	err = c.serve()
	c.stop(err)
	c.wg.Wait()
	return errors.Join(err, state.Close())
}

func start(ctx context.Context, cfg Config, state *store.Coordinator) (*coordinator, error) {
	cfg.Server.Identity = cfg.Identity
	registry := transport.FromBundle(cfg.Bundle)
	cfg.Server.Directory = registry
	cfg.Server.Log = cfg.Log
	hub, err := transport.Listen(cfg.Server)
	if err != nil {
		return nil, err
	}
	c := &coordinator{
		Config: cfg, space: cfg.Bundle.Charter(), hub: hub, store: state, registry: registry,
		slots:   make(chan struct{}, cfg.Limits.MaxRunning),
		jobs:    map[store.JobID]*job{},
		members: map[string]*member{}, inquiries: newInquiries(),
	}
	revoked := cfg.Bundle.Revoked()
	c.revoked.Store(&revoked)
	c.life, c.stop = context.WithCancelCause(ctx)
	for _, m := range c.space.WithRole(charter.Owner) {
		c.members[m.ID] = &member{id: m.ID, box: runner.NewMailbox[transport.Packet]()}
	}
	if err := c.resume(); err != nil {
		c.stop(err)
		return nil, errors.Join(err, hub.Close())
	}
	return c, nil
}

// resume takes up every job that is not over.
func (c *coordinator) resume() error {
	live, err := c.store.Live()
	if err != nil {
		return err
	}
	for _, record := range live {
		if over, err := c.superseded(record); err != nil {
			return err
		} else if over {
			continue
		}
		j, err := c.newJob(record)
		if err != nil {
			return err
		}
		c.jobs[record.ID] = j
		c.Metrics.Job("", string(record.State))
		if record.State == store.Running {
			j.takeFreeSlot()
		}
	}
	return nil
}

// serve runs everything and returns why the role ended: nil if its context
// ended.
func (c *coordinator) serve() error {
	for _, m := range c.members {
		c.wg.Go(func() { m.box.Run(c.life, c.deliverTo(m)) })
	}
	c.mu.Lock()
	for _, j := range c.jobs {
		c.wg.Go(j.run)
	}
	c.mu.Unlock()
	c.wg.Go(c.prune)
	c.wg.Go(c.obey)
	c.wg.Go(c.stockUp)
	c.Log.Info("coordinator listens", "address", c.hub.Addr().String(), "space", c.space.Space, "live_jobs", len(c.jobs))
	c.Ready(c.hub.Addr())
	err := c.hub.Serve(c.life, c)
	var stopped *stoppedError
	if cause := context.Cause(c.life); errors.As(cause, &stopped) {
		return errors.Join(stopped.err, err)
	}
	return err
}

// stoppedError is the cause of a life that ended by itself.
type stoppedError struct{ err error }

func (e *stoppedError) Error() string { return e.err.Error() }

// fail ends the role: its store cannot be relied on. Whatever was acknowledged
// is stored, and the next start goes on from there.
func (c *coordinator) fail(err error) {
	c.Log.Error("coordinator stops", obs.Err(err))
	c.stop(&stoppedError{err})
}

// prune drops what is over from time to time.
func (c *coordinator) prune() {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		results, records, err := c.store.Prune(c.Keep)
		if err != nil {
			c.Log.Warn("store not pruned", obs.Err(err))
		} else if results+records > 0 {
			c.Log.Info("store pruned", "results", results, "records", records)
		}
		select {
		case <-tick.C:
		case <-c.life.Done():
			return
		}
	}
}

// deliverTo returns how one owner's mailbox hands packets to the network.
func (c *coordinator) deliverTo(m *member) func(context.Context, transport.Packet) {
	return func(ctx context.Context, p transport.Packet) {
		err := c.hub.Send(ctx, m.id, p)
		switch {
		case err == nil:
			c.Metrics.Bytes(obs.Out, len(p.Body))
		case transport.Away.Is(err) || ctx.Err() != nil:
			// Its next connection is fresh, and everything is said again.
		default:
			c.Log.Warn("packet not sent", "job", store.JobID(p.Job), "member", m.id, "kind", envelope.Kind(p.Kind), obs.Err(err))
			c.lost(ctx, m.id, p, err)
		}
	}
}

// lost takes a worker out of the attempt whose packet it cannot be sent.
func (c *coordinator) lost(ctx context.Context, id string, p transport.Packet, why error) {
	if j := c.job(p.Job); j != nil {
		j.post(ctx, func() { j.unreachable(id, p.Attempt, why) })
	}
}

// tell queues packets for an owner.
func (c *coordinator) tell(id string, packets ...transport.Packet) {
	c.members[id].box.Put(packets...)
}

// isOnline reports whether an owner is connected.
func (c *coordinator) isOnline(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.members[id].online
}

// job returns a job that is not over, or nil.
func (c *coordinator) job(id store.JobID) *job {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jobs[id]
}

// forget drops a job that is over.
func (c *coordinator) forget(j *job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.jobs, j.ID)
}
