package worker

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// preparation is this worker's part in making one key set ahead of any question. It is
// the host of its machine. One runs at a time; it depends on no data, and what it
// leaves is sealed in the store until an attempt uses it up.
type preparation struct {
	w      *worker
	id     store.JobID
	runner *runner.Runner
	cancel context.CancelFunc
}

// maxPreparation is how long a key set may take.
const maxPreparation = 10 * time.Minute

// prepare begins to make a key set, in the place of one that is not finished. Whose
// keys it has follows from the charter, not from the coordinator.
func (w *worker) prepare(p transport.Packet) error {
	if w.stopped.Load() {
		return nil
	}
	order, err := envelope.ParseOrder(p.Body)
	if err != nil {
		return Malformed.New("an order to prepare is malformed")
	}
	owners := w.space.OwnersOf(order.Table)
	self := slices.IndexFunc(owners, func(m charter.Member) bool { return m.ID == w.Self })
	if self < 0 {
		w.Log.Warn("no key set for a table of others", "table", order.Table)
		return nil
	}
	terms, err := protocol.KeyTerms(w.Bundle, order.Table, order.Set, p.Job)
	if err != nil {
		return Malformed.New("%w", err)
	}
	machine, err := guard.NewPreparer(guard.PrepareConfig{
		Terms: terms, Parallel: runner.Parallel,
		Self: session.Party(self + 1), Identity: w.Identity, Rand: rand.Reader,
	})
	if err != nil {
		return Malformed.New("%w", err)
	}
	w.stopPreparing()
	w.drivePreparation(p.Job, machine)
	return nil
}

func (w *worker) drivePreparation(id store.JobID, machine session.Machine) {
	log := w.Log.With("key_set", id.String())
	k := &preparation{w: w, id: id}
	k.runner = runner.New(runner.Config{Machine: machine, Host: k, Log: log})
	ctx, cancel := context.WithTimeout(w.life, maxPreparation)
	k.cancel = cancel
	w.mu.Lock()
	w.keys = k
	w.mu.Unlock()
	w.wg.Go(func() {
		defer cancel()
		switch out := k.runner.Run(ctx, session.Start{}); {
		case out.Done:
			log.Info("key set made")
		case out.Abort != nil:
			log.Warn("key set not made", "blamed", out.Abort.Blame, obs.Err(out.Abort.Err))
		default:
			log.Info("key set given up", obs.Err(out.Err))
		}
	})
}

// preparing passes a packet to the preparation that it belongs to.
func (w *worker) preparing(ctx context.Context, p transport.Packet) bool {
	w.mu.Lock()
	k := w.keys
	w.mu.Unlock()
	if k == nil || k.id != p.Job {
		return false
	}
	switch envelope.Kind(p.Kind) {
	case envelope.Protocol:
		_ = k.runner.Post(ctx, session.Message{From: session.Coordinator, Body: p.Body}) // one that ended takes no more
	case envelope.End:
		k.cancel()
	}
	return true
}

// stopPreparing gives up what is not finished.
func (w *worker) stopPreparing() {
	w.mu.Lock()
	k := w.keys
	w.keys = nil
	w.mu.Unlock()
	if k != nil {
		k.cancel()
	}
}

// Persist implements [runner.Host]: the machine has the finished key set.
func (k *preparation) Persist(state []byte) error {
	keys, err := guard.ParseKeySet(state)
	if err != nil {
		return err
	}
	defer keys.Wipe()
	return k.w.store.AddKeySet(store.KeyID(keys.ID), state)
}

// Release implements [runner.Host]; a preparation releases nothing.
func (k *preparation) Release([32]byte) error {
	return fmt.Errorf("worker: a preparation asked for a release")
}

// Send implements [runner.Host].
func (k *preparation) Send(to session.Party, body []byte) error {
	if to != session.Coordinator {
		return fmt.Errorf("worker: a message for party %d", to)
	}
	k.w.tell(transport.Packet{Job: k.id, Attempt: 1, Kind: uint8(envelope.Protocol), Body: body})
	return nil
}
