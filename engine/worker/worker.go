package worker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// worker is the running role. Its exported methods are a
// [transport.LinkHandler].
type worker struct {
	Config
	space   *charter.Charter
	store   *store.Worker
	link    *transport.Link
	box     *runner.Mailbox[transport.Packet] // towards the coordinator
	queries chan struct{}                     // one token per local query that runs
	panel   *approval.Panel                   // who decides about jobs that wait
	look    chan struct{}                     // holds a token when a job began to wait
	notices chan struct{}                     // likewise, for the notices
	stopped atomic.Bool                       // everything, by a person
	revoked atomic.Pointer[[]charter.Revocation]
	asked   *inquiries
	turns   map[string]chan struct{} // by table: one token for the job that is being compared and decided

	life context.Context         // of the role
	stop context.CancelCauseFunc // ends it
	wg   sync.WaitGroup          // every goroutine

	mu     sync.Mutex
	keys   *preparation         // that runs, or the last one
	jobs   map[store.JobID]*job // that are not over
	memory int64                // bytes set aside for them
}

// StoreLabel derives the key of a worker's store from its identity.
const StoreLabel = "worker store"

// Run runs a worker until ctx ends (it returns nil) or something fails that it
// cannot go on without. Errors: those of [charter.Bundle.Active], of the store,
// of [transport.Dial], and [transport.Replaced].
func Run(ctx context.Context, cfg Config) error {
	cfg.setDefaults()
	if err := cfg.Bundle.Active(); err != nil {
		return err
	}
	if err := cfg.Bundle.Charter().Serves(cfg.Self, cfg.Bundle.Revoked()); err != nil {
		return err
	}
	state, err := store.OpenWorker(cfg.Store, cfg.Identity.StoreKey(StoreLabel), ledger.KeeperOf(cfg.Bundle, cfg.Identity))
	if err != nil {
		return err
	}
	w, err := start(ctx, cfg, state)
	if err != nil {
		return errors.Join(err, state.Close())
	}
	err = w.serve()
	w.stop(err)
	w.wg.Wait()
	return errors.Join(err, state.Close())
}

func start(ctx context.Context, cfg Config, state *store.Worker) (*worker, error) {
	cfg.Link.Identity = cfg.Identity
	cfg.Link.Directory = transport.FromBundle(cfg.Bundle)
	cfg.Link.Log = cfg.Log
	link, err := transport.Dial(cfg.Link)
	if err != nil {
		return nil, err
	}
	w := &worker{
		Config: cfg, space: cfg.Bundle.Charter(), store: state, link: link,
		box:     runner.NewMailbox[transport.Packet](),
		queries: make(chan struct{}, cfg.Limits.MaxQueries),
		turns:   turnsOf(cfg.Bundle.Charter()),
		panel:   PanelOf(cfg.Approval, cfg.Self, cfg.Identity.Public().Fingerprint()),
		look:    make(chan struct{}, 1), notices: make(chan struct{}, 1),
		asked: newInquiries(),
		jobs:  map[store.JobID]*job{},
	}
	revoked := cfg.Bundle.Revoked()
	w.revoked.Store(&revoked)
	w.life, w.stop = context.WithCancelCause(ctx)
	if err := w.resume(); err != nil {
		w.stop(err)
		return nil, err
	}
	return w, nil
}

// resume takes up every job that was accepted and is not over.
func (w *worker) resume() error {
	stopped, err := w.store.Stopped()
	if err != nil {
		return err
	}
	w.stopped.Store(stopped)
	waiting, err := w.store.Waiting()
	if err != nil {
		return err
	}
	for i := range waiting {
		w.Metrics.Job("", string(store.Waits))
		if err := w.supersededParked(&waiting[i]); err != nil {
			return err
		}
	}
	live, err := w.store.Live()
	if err != nil {
		return err
	}
	for _, record := range live {
		if err := w.takeUp(record); err != nil {
			return err
		}
	}
	return nil
}

// serve runs everything and returns why the role ended: nil if its context
// ended.
func (w *worker) serve() error {
	w.wg.Go(func() { w.box.Run(w.life, w.deliver) })
	for _, j := range w.live() {
		w.wg.Go(j.run)
	}
	w.wg.Go(w.prune)
	w.wg.Go(w.obey)
	w.wg.Go(w.attend)
	if w.Approval.Notify.URL != "" {
		w.wg.Go(w.notify)
	}
	w.Log.Info("worker starts", "member", w.Self, "space", w.space.Space, "live_jobs", len(w.live()))
	err := w.link.Run(w.life, w)
	var stopped *stoppedError
	if cause := context.Cause(w.life); errors.As(cause, &stopped) {
		return errors.Join(stopped.err, err)
	}
	return err
}

// stoppedError is the cause of a life that ended by itself.
type stoppedError struct{ err error }

func (e *stoppedError) Error() string { return e.err.Error() }

// fail ends the role: its store cannot be relied on.
func (w *worker) fail(err error) {
	w.Log.Error("worker stops", obs.Err(err))
	w.stop(&stoppedError{err})
}

// prune forgets what is over and expired from time to time.
func (w *worker) prune() {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		gone, err := w.store.Prune(w.Keep)
		if err != nil {
			w.Log.Warn("store not pruned", obs.Err(err))
		} else if gone > 0 {
			w.Log.Info("store pruned", "records", gone)
		}
		select {
		case <-tick.C:
		case <-w.life.Done():
			return
		}
	}
}

// deliver hands a packet to the network.
func (w *worker) deliver(ctx context.Context, p transport.Packet) {
	if w.holdsBack(p) {
		return
	}
	err := w.link.Send(ctx, p)
	switch {
	case err == nil:
		w.Metrics.Bytes(obs.Out, len(p.Body))
		if j := w.job(p.Job); j != nil {
			j.sent.Add(int64(len(p.Body)))
		}
	case transport.Away.Is(err) || ctx.Err() != nil:
		// The next connection is fresh, and everything is said again.
	default:
		w.Log.Warn("packet not sent", "job", store.JobID(p.Job).String(), "kind", envelope.Kind(p.Kind).String(), obs.Err(err))
		if j := w.job(p.Job); j != nil {
			j.post(ctx, func() { j.withdraw(fault.From(err)) })
		}
	}
}

// tell queues packets for the coordinator.
func (w *worker) tell(packets ...transport.Packet) { w.box.Put(packets...) }

// Connected implements [transport.LinkHandler]. In a fresh session every job
// says again what the coordinator needs of it.
func (w *worker) Connected(ctx context.Context, fresh bool) {
	w.Log.Info("connected to the coordinator", "fresh", fresh)
	if !fresh {
		return
	}
	w.box.Clear()
	w.stopPreparing() // the coordinator has given it up
	for _, j := range w.live() {
		j.post(ctx, j.repeat)
	}
	w.repeatParked()
	w.repeatWithdrawn()
}

// Disconnected implements [transport.LinkHandler].
func (w *worker) Disconnected(why *fault.Fault, retry time.Duration) {
	w.Log.Warn("not connected to the coordinator", "code", why.Code, "why", why.Message, "retry", retry.Round(time.Millisecond))
}

// Receive implements [transport.LinkHandler].
func (w *worker) Receive(ctx context.Context, p transport.Packet) error {
	w.Metrics.Bytes(obs.In, len(p.Body))
	if w.box.Len() > maxUnread {
		return Malformed.New("the coordinator speaks, and does not read")
	}
	switch envelope.Kind(p.Kind) {
	case envelope.Offer:
		return w.offered(ctx, p)
	case envelope.Prepare:
		return w.prepare(p)
	case envelope.Inquire:
		w.inquired(p)
		return nil
	}
	if w.preparing(ctx, p) {
		return nil
	}
	j := w.job(p.Job)
	if j == nil {
		return w.unknown(p)
	}
	event, err := j.eventOf(p)
	if err != nil {
		return Malformed.New("a packet of kind %s is malformed", envelope.Kind(p.Kind))
	}
	j.post(ctx, event)
	return nil
}

// unknown answers about a job that is not live here.
func (w *worker) unknown(p transport.Packet) error {
	switch envelope.Kind(p.Kind) {
	case envelope.Begin:
	case envelope.End:
		over, err := envelope.ParseOver(p.Body)
		if err != nil {
			return Malformed.New("a packet of kind %s is malformed", envelope.Kind(p.Kind))
		}
		return w.endParked(p.Job, over.State)
	default:
		return nil
	}
	why := envelope.ReasonOf(Over.New("this worker takes no part in the job"))
	if known, err := w.store.Job(p.Job); err == nil && known.Accepted && known.Reason.Code != "" {
		why = envelope.Reason(known.Reason)
	}
	w.tell(transport.Packet{Job: p.Job, Kind: uint8(envelope.Withdraw), Body: why.Marshal()})
	return nil
}

// repeatWithdrawn says to a fresh session which jobs this worker has left: it may not have heard.
func (w *worker) repeatWithdrawn() {
	left, err := w.store.Withdrawn()
	if err != nil {
		w.fail(err)
		return
	}
	for _, o := range left {
		if o.Reason.Code != "" {
			w.tell(transport.Packet{Job: o.ID, Kind: uint8(envelope.Withdraw), Body: envelope.Reason(o.Reason).Marshal()})
		}
	}
}

// job returns a job that is not over, or nil.
func (w *worker) job(id store.JobID) *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.jobs[id]
}

func (w *worker) live() []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]*job, 0, len(w.jobs))
	for _, j := range w.jobs {
		all = append(all, j)
	}
	return all
}

// admit sets memory aside for a job and makes it live.
func (w *worker) admit(j *job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.room(j); err != nil {
		return err
	}
	w.memory += j.memory()
	w.jobs[j.id] = j
	return nil
}

// room reports whether a job fits within the limits. The caller holds mu.
func (w *worker) room(j *job) error {
	switch {
	case len(w.jobs) >= w.Limits.MaxLive:
		return Busy.New("%d jobs are not over here", len(w.jobs))
	case w.memory+j.memory() > w.Limits.Memory:
		return Busy.New("the job needs %d bytes, %d are free", j.memory(), w.Limits.Memory-w.memory)
	}
	return nil
}

// forget drops a job that is over.
func (w *worker) forget(j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.jobs[j.id] == j { // one that began to wait may have been taken up again
		delete(w.jobs, j.id)
	}
	w.memory -= j.memory()
}
