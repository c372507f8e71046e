package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// attempt is this worker's part in one run of the protocol. It is the host of
// its machine. An attempt that has ended stays, with what it sent, until the
// job is over or a later one begins.
type attempt struct {
	j      *job
	number uint32
	runner *runner.Runner
	cancel context.CancelFunc
	out    chan runner.Outcome // holds the outcome when it ended
	failed bool                // ended without success; owned by the job's goroutine

	mu   sync.Mutex
	sent [][]byte // in order, for a fresh session
}

// beginAttempt starts a machine for the attempt, unless it had one. An attempt
// has one machine for ever: if the coordinator begins one again whose machine is
// gone, the worker says so.
//
// A key set that the attempt uses up is deleted in the step that begins the attempt; if it
// is not here the attempt is lost.
func (j *job) beginAttempt(number uint32, id *envelope.KeyID) {
	running := j.attempt
	switch {
	case !j.accepted || number == 0:
		return
	case running != nil && number == running.number:
		if running.failed {
			j.sayLost(number)
		}
		return
	case running != nil && number < running.number:
		return
	case int64(number) > int64(j.w.Limits.MaxAttempts):
		j.withdraw(Busy.New("attempt %d of one job; this worker takes part in %d", number, j.w.Limits.MaxAttempts))
		return
	}
	keys, err := j.claim(number, id)
	switch {
	case errors.Is(err, store.ErrExists):
		j.cannotBegin(number)
	case errors.Is(err, store.ErrStopped):
		j.halt()
	case errors.Is(err, store.ErrMissing):
		j.log.Warn("key set is not here", "attempt", number)
		j.sayLost(number)
	case err != nil:
		j.w.fail(err)
	default:
		j.stopAttempt()
		j.start(number, keys)
	}
}

// claim begins the attempt in the store, and takes the key set out of it.
func (j *job) claim(number uint32, id *envelope.KeyID) (*guard.KeySet, error) {
	crashpoint.Here(crashpoint.WorkerClaimBefore)
	defer crashpoint.Here(crashpoint.WorkerClaimAfter)
	if id == nil {
		return nil, j.w.store.BeginAttempt(j.id, number)
	}
	record, err := j.w.store.BeginAttemptWithKeys(j.id, number, store.KeyID(*id))
	if err != nil {
		return nil, err
	}
	defer clear(record)
	keys, err := guard.ParseKeySet(record)
	if err != nil {
		return nil, store.Corrupt.New("a key set: %w", err)
	}
	return keys, nil
}

// sayLost tells the coordinator not to wait for this worker in an attempt.
func (j *job) sayLost(number uint32) { j.tell(number, envelope.Lost, nil) }

// cannotBegin says why the store refused an attempt.
func (j *job) cannotBegin(number uint32) {
	_, released, err := j.w.store.Released(j.id)
	switch {
	case err != nil:
		j.w.fail(err)
	case released:
		j.withdraw(ReleasedBefore.New("attempt %d comes after the release", number))
	default:
		j.log.Warn("state of the attempt is lost", "attempt", number)
		j.sayLost(number)
	}
}

func (j *job) start(number uint32, keys *guard.KeySet) {
	cfg := j.machineConfig(number)
	cfg.Keys = keys
	machine, err := protocol.NewWorker(cfg)
	if errors.Is(err, session.ErrBarred) {
		j.log.Warn("attempt does not begin", "attempt", number, obs.Err(err))
		j.sayLost(number)
		return
	}
	if err != nil {
		j.withdraw(Malformed.New("the attempt cannot begin: %w", err))
		return
	}
	j.log.Info("attempt begins", "attempt", number)
	j.drive(number, machine)
	j.provideInput()
}

// resume goes on with the stored state of an attempt. A machine stores its state
// when it agrees on the participants, so it has had its input.
func (j *job) resume(number uint32, state []byte) {
	machine, err := protocol.RestoreWorker(j.machineConfig(number), state)
	if err != nil {
		j.w.fail(store.Corrupt.New("the attempt of job %s: %w", j.id, err))
		return
	}
	j.log.Info("attempt resumed", "attempt", number)
	j.drive(number, machine)
}

func (j *job) machineConfig(number uint32) protocol.Worker {
	return protocol.Worker{Manifest: j.manifest, Alpha: j.alpha, Self: j.self, Identity: j.w.Identity, Attempt: number, Barred: j.barredParties()}
}

// drive runs a machine on a goroutine of its own. A worker's machine has no
// clock but the job's expiry: the coordinator's deadlines end an attempt.
func (j *job) drive(number uint32, machine session.Machine) {
	a := &attempt{j: j, number: number, out: make(chan runner.Outcome, 1)}
	a.runner = runner.New(runner.Config{Machine: machine, Host: a, Log: j.log.With("attempt", number)})
	ctx, cancel := context.WithCancel(j.w.life)
	a.cancel = cancel
	j.attempt = a
	j.w.wg.Go(func() { a.out <- a.runner.Run(ctx, session.Start{}) })
}

// repeat says everything that the machine sent so far.
func (a *attempt) repeat() {
	a.mu.Lock()
	defer a.mu.Unlock()
	packets := make([]transport.Packet, 0, len(a.sent))
	for _, body := range a.sent {
		packets = append(packets, a.j.packet(a.number, envelope.Protocol, body))
	}
	a.j.w.tell(packets...)
}

// protocol passes a message of the coordinator on to the machine.
func (j *job) protocol(number uint32, body []byte) {
	if j.attempt == nil || j.attempt.number != number {
		return // of an attempt that is over, or that Begin has not come for yet
	}
	j.attempt.post(session.Message{From: session.Coordinator, Body: body})
}

// post hands an event to the machine; one that ended takes no more.
func (a *attempt) post(ev session.Event) { _ = a.runner.Post(a.j.w.life, ev) }

// Persist implements [runner.Host].
func (a *attempt) Persist(state []byte) error {
	crashpoint.Here(crashpoint.WorkerPersistBefore)
	err := a.j.w.store.Persist(a.j.id, a.number, state)
	if err == nil {
		crashpoint.Here(crashpoint.WorkerPersistAfter)
	}
	return err
}

// Release implements [runner.Host].
func (a *attempt) Release(digest [32]byte) error {
	crashpoint.Here(crashpoint.WorkerReleaseBefore)
	err := a.j.w.store.Release(a.j.id, a.number, digest)
	if err == nil {
		crashpoint.Here(crashpoint.WorkerReleaseAfter)
		a.j.log.Info("job released", "attempt", a.number)
	}
	return err
}

// Send implements [runner.Host]. A worker speaks to the coordinator only.
func (a *attempt) Send(to session.Party, body []byte) error {
	if to != session.Coordinator {
		return fmt.Errorf("worker: a message for party %d", to)
	}
	a.mu.Lock()
	if !slices.ContainsFunc(a.sent, func(old []byte) bool { return bytes.Equal(old, body) }) {
		a.sent = append(a.sent, body)
	}
	a.j.tell(a.number, envelope.Protocol, body)
	a.mu.Unlock()
	crashpoint.Here(crashpoint.WorkerSendAfter)
	return nil
}

// outcome is where the running attempt reports its end.
func (j *job) outcome() <-chan runner.Outcome {
	if j.attempt == nil {
		return nil
	}
	return j.attempt.out
}

// stopAttempt ends the running attempt, if any, and waits for its goroutine.
func (j *job) stopAttempt() {
	if j.attempt == nil {
		return
	}
	j.attempt.cancel()
	<-j.attempt.runner.Ended()
	j.attempt = nil
}

// attemptEnded decides what follows the end of an attempt. After its success
// the worker waits to be told that the job is over, ready to repeat what it
// sent; after a failure it waits for another attempt.
func (j *job) attemptEnded(out runner.Outcome) {
	j.attempt.cancel()
	switch {
	case out.Done:
		j.log.Info("attempt done", "attempt", j.attempt.number)
	case out.Abort != nil:
		j.log.Warn("attempt failed", "attempt", j.attempt.number, "blamed", out.Abort.Blame, obs.Err(out.Abort.Err))
		j.attempt.failed = true
		j.sayLost(j.attempt.number)
	case runner.Panicked.Is(out.Err):
		j.withdraw(fault.From(out.Err))
	case errors.Is(out.Err, store.ErrStopped):
		j.halt()
	case errors.Is(out.Err, store.ErrExpired):
		j.end("expired")
	case errors.Is(out.Err, store.ErrExists):
		j.withdraw(ReleasedBefore.New("another release is recorded for this job"))
	case j.w.life.Err() != nil:
		// The role stops; the store has what the next start needs.
	default:
		j.w.fail(out.Err)
	}
}
