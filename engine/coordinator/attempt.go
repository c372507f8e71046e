package coordinator

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// attempt is one run of the job's protocol. It is the host of its machine.
type attempt struct {
	j            *job
	number       uint32
	participants []session.Party
	beginBody    []byte // names the key set, if there is one
	runner       *runner.Runner
	cancel       context.CancelFunc
	out          chan runner.Outcome // holds the outcome when it ended
	committed    atomic.Bool         // a state is stored: workers may have released
	silent       []session.Party     // when a phase ended by its clock; read once the runner ended

	mu       sync.Mutex
	sent     map[session.Party][][]byte // to each worker, in order, for a fresh session
	answered map[session.Party]int      // so many of them are not needed once the phase is over
}

// gather waits for workers and begins an attempt, or resumes the one that the
// store says may have been released.
func (j *job) gather() {
	stored, err := j.c.store.Attempt(j.ID)
	switch {
	case err == nil && stored.State != nil:
		j.resume(stored)
	case err == nil || errors.Is(err, store.ErrMissing):
		j.begun = time.Now()
		j.tryBegin()
	default:
		j.c.fail(err)
	}
}

// tryBegin begins the next attempt if its workers are there. It waits for all
// of them for a while, then for enough.
func (j *job) tryBegin() {
	if wait := time.Until(j.notBefore); wait > 0 {
		j.alarm.Reset(wait)
		return
	}
	willing := j.willing()
	if len(willing) < j.manifest.MinContributors {
		j.end(store.Failed, j.tooFew())
		return
	}
	willing = j.steady(willing)
	here := slices.DeleteFunc(slices.Clone(willing), func(id string) bool { return !j.c.isOnline(id) })
	timing := j.c.Timing
	switch {
	case len(here) == len(willing), j.waited(timing.Regroup) && len(here) >= j.manifest.MinContributors:
		j.begin(here)
	case j.waited(timing.Patience):
		j.end(store.Failed, TooFewConnected.New("%d workers are connected, %d are needed", len(here), j.manifest.MinContributors))
	case j.waited(timing.Regroup):
		j.wakeAfter(timing.Patience)
	default:
		j.wakeAfter(timing.Regroup)
	}
}

// strikes is how often a worker may leave an attempt before the next ones do without it;
// silence until the end of a phase counts as often.
const strikes = 2

// steady leaves out the workers that cost earlier attempts, if enough are left: where all
// have to stay, one that hangs would take every attempt along.
func (j *job) steady(ids []string) []string {
	left := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return j.left[id] >= strikes })
	if len(left) < j.manifest.MinContributors {
		return ids
	}
	return left
}

// begin starts the next attempt with these workers.
func (j *job) begin(ids []string) {
	number := j.Attempt + 1
	if int(number) > j.c.Limits.MaxAttempts {
		j.end(store.Failed, AttemptsUsed.New("%d attempts ended too early%s", j.Attempt, j.because()))
		return
	}
	parties := make([]session.Party, len(ids))
	for i, id := range ids {
		parties[i] = j.parties[id]
	}
	crashpoint.Here(crashpoint.CoordinatorJobBefore)
	stored, err := j.c.store.BeginAttempt(j.ID, number, parties, protocol.JobKeyUse(j.c.Bundle, j.manifest, len(parties)))
	if err != nil {
		j.c.fail(err)
		return
	}
	crashpoint.Here(crashpoint.CoordinatorJobAfter)
	j.Attempt = number
	j.moved(store.Running, store.Reason{})
	a := j.newAttempt(number, parties)
	cfg := a.config()
	if err := a.useKeys(&cfg, stored); err != nil {
		j.c.fail(err)
		return
	}
	machine, err := protocol.NewServer(cfg)
	if err != nil {
		j.end(store.Failed, Malformed.New("the attempt cannot begin: %w", err))
		return
	}
	a.start(machine)
}

// useKeys takes a key set that was made ahead, and is out of the store now.
func (a *attempt) useKeys(cfg *protocol.Server, stored []byte) error {
	if stored == nil {
		return nil
	}
	keys, err := guard.ParsePublicKeys(stored)
	if err != nil {
		return store.Corrupt.New("a key set: %w", err)
	}
	id := envelope.KeyID(keys.ID)
	cfg.Keys, a.beginBody = keys, envelope.Start{Keys: &id}.Marshal()
	return nil
}

// because says why the last attempt ended; errors of protocols hold no data.
func (j *job) because() string {
	if j.why == nil {
		return ""
	}
	return "; the last: " + j.why.Error()
}

// resume goes on with an attempt whose machine had persisted its state.
func (j *job) resume(stored store.Attempt) {
	a := j.newAttempt(stored.Number, stored.Participants)
	a.committed.Store(true)
	machine, err := protocol.RestoreServer(a.config(), stored.State)
	if err != nil {
		j.c.fail(store.Corrupt.New("the attempt of job %s: %w", j.ID, err))
		return
	}
	j.log.Info("attempt resumed", "attempt", a.number)
	a.start(machine)
}

func (j *job) newAttempt(number uint32, participants []session.Party) *attempt {
	return &attempt{
		j: j, number: number, participants: participants,
		sent: map[session.Party][][]byte{}, answered: map[session.Party]int{}, out: make(chan runner.Outcome, 1),
	}
}

func (a *attempt) config() protocol.Server {
	return protocol.Server{Submission: a.j.submission, Attempt: a.number, Participants: a.participants}
}

// start tells the participants and lets the machine run.
func (a *attempt) start(machine session.Machine) {
	j := a.j
	j.attempt = a
	watch := &phases{a: a, expected: len(a.participants)}
	a.runner = runner.New(runner.Config{
		Machine: machine, Host: a, Timeout: a.timeout, Entered: watch.entered, Observe: watch.observe,
		Log: j.log.With("attempt", a.number),
	})
	ctx, cancel := context.WithCancel(j.c.life)
	a.cancel = cancel
	for _, p := range a.participants {
		a.repeat(p)
		if id := j.nameOf(p); !j.c.isOnline(id) {
			j.disconnected(id)
		}
	}
	j.c.wg.Go(func() { a.out <- a.runner.Run(ctx, session.Start{}) })
}

// timeout is the longest time of a phase.
func (a *attempt) timeout(p session.Phase) time.Duration {
	if protocol.IsInput(p) {
		return a.j.c.Timing.Input
	}
	return a.j.c.Timing.Round
}

// repeat says Begin, and everything that the machine said to the worker and that it may not have received.
func (a *attempt) repeat(p session.Party) {
	if !slices.Contains(a.participants, p) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	packets := []transport.Packet{a.j.packet(a.number, envelope.Begin, a.beginBody)}
	for _, body := range a.sent[p] {
		packets = append(packets, a.j.packet(a.number, envelope.Protocol, body))
	}
	a.j.c.tell(a.j.nameOf(p), packets...)
}

// entered forgets what was said before the phase that ended: all who are still in have spoken
// in it, and so had received that. Shares that are relayed to auditors would add up otherwise.
func (a *attempt) entered() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for p, bodies := range a.sent {
		a.sent[p] = slices.Delete(bodies, 0, a.answered[p])
		a.answered[p] = len(a.sent[p])
	}
}

// gone tells the machine that a worker is out of this attempt.
func (a *attempt) gone(p session.Party) {
	_ = a.runner.Post(a.j.c.life, session.Gone{Party: p}) // an attempt that ended has its outcome
}

// Persist implements [runner.Host].
func (a *attempt) Persist(state []byte) error {
	crashpoint.Here(crashpoint.CoordinatorPersistBefore)
	if err := a.j.c.store.PersistAttempt(a.j.ID, a.number, state); err != nil {
		return err
	}
	a.committed.Store(true)
	crashpoint.Here(crashpoint.CoordinatorPersistAfter)
	return nil
}

// Release implements [runner.Host]; only workers release.
func (a *attempt) Release([32]byte) error {
	return errors.New("coordinator: the server's machine asked for a release")
}

// Send implements [runner.Host]. What goes to the analyst is the result.
func (a *attempt) Send(to session.Party, body []byte) error {
	if to == session.Analyst {
		return a.keepResult(body)
	}
	a.mu.Lock()
	if !slices.ContainsFunc(a.sent[to], func(old []byte) bool { return bytes.Equal(old, body) }) {
		a.sent[to] = append(a.sent[to], body)
	}
	a.j.c.tell(a.j.nameOf(to), a.j.packet(a.number, envelope.Protocol, body))
	a.mu.Unlock()
	crashpoint.Here(crashpoint.CoordinatorSendAfter)
	return nil
}

func (a *attempt) keepResult(body []byte) error {
	crashpoint.Here(crashpoint.CoordinatorResultBefore)
	err := a.j.c.store.Release(a.j.ID, body)
	if err == nil {
		crashpoint.Here(crashpoint.CoordinatorResultAfter)
	}
	return err
}

// isCommitted reports whether the running attempt is the last one of its job.
func (j *job) isCommitted() bool { return j.attempt != nil && j.attempt.committed.Load() }

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

// attemptEnded decides what follows the end of an attempt.
func (j *job) attemptEnded(out runner.Outcome) {
	a := j.attempt
	a.cancel()
	j.attempt = nil
	switch {
	case out.Done:
		j.end(store.Failed, Stuck.New("the protocol ended without a result")) // unless it is stored
	case out.Abort != nil:
		j.log.Warn("attempt failed", "attempt", a.number, "committed", a.committed.Load(), obs.Err(out.Abort.Err))
		j.why = out.Abort.Err
		j.exclude(out.Abort.Blame)
		for _, p := range a.silent {
			j.left[j.nameOf(p)] += strikes
		}
		j.again(a)
	case runner.Panicked.Is(out.Err):
		j.again(a)
	case j.c.life.Err() != nil:
		// The role stops; the store has what the next start needs.
	default:
		j.c.fail(out.Err)
	}
}

// exclude keeps workers that provably misbehaved out of later attempts.
func (j *job) exclude(parties []session.Party) {
	for _, p := range parties {
		if p == session.Coordinator || int(p) > len(j.manifest.Roster) {
			continue
		}
		id := j.nameOf(p)
		j.excluded[id] = true
		j.log.Warn("worker excluded", "member", id)
		j.tell(func(p *transport.Progress) { p.Event, p.Member = "excluded", id })
	}
}

// again begins a new attempt, or, if workers may have released, resumes the
// failed one from its stored state.
func (j *job) again(a *attempt) {
	j.notBefore = time.Now().Add(j.c.Timing.Retry)
	if !a.committed.Load() {
		j.begun = j.notBefore
		j.tryBegin()
		return
	}
	if j.resumed++; j.resumed > maxResumptions {
		j.end(store.Failed, Stuck.New("the attempt ended %d times after its participants were fixed", j.resumed))
		return
	}
	j.gather()
}
