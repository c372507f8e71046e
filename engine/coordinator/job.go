package coordinator

import (
	"context"
	"errors"
	"log/slog"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

const inboxSize = 32 // events of one job; a full inbox holds back those who post

// job is a job that is not over. Its goroutine, run, alone uses the fields
// below the line.
type job struct {
	store.Job  // as stored
	c          *coordinator
	log        *slog.Logger
	submission *cryptojob.Submission
	manifest   *cryptojob.Manifest
	parties    map[string]session.Party // by member id
	feed       *feed
	inbox      chan func()
	done       chan struct{} // closed when the goroutine ends

	// ---
	decisions map[string]store.Decision
	excluded  map[string]bool        // misbehaved provably in an earlier attempt
	left      map[string]int         // how often an earlier attempt was lost by the worker
	absent    map[string]*time.Timer // of participants that are not connected
	attempt   *attempt               // that runs, or nil
	why       error                  // the last attempt failed
	resumed   int                    // times that a committed attempt was resumed after it gave up
	hasSlot   bool
	over      bool
	begun     time.Time // of the admission, or of the wait for workers to connect
	notBefore time.Time // of the next attempt
	alarm     *time.Timer
}

// newJob makes a stored job live. Its submission was checked when it was
// accepted; one that does not parse any more is a damaged store.
func (c *coordinator) newJob(record store.Job) (*job, error) {
	submission, err := cryptojob.ParseSubmission(record.Submission)
	if err != nil {
		return nil, store.Corrupt.New("the submission of job %s: %w", record.ID, err)
	}
	decisions, err := c.store.Decisions(record.ID)
	if err != nil {
		return nil, err
	}
	j := &job{
		Job: record, c: c, submission: submission, manifest: submission.Manifest,
		log:       c.Log.With("job", record.ID.String()),
		parties:   map[string]session.Party{},
		inbox:     make(chan func(), inboxSize),
		done:      make(chan struct{}),
		decisions: decisions,
		excluded:  map[string]bool{},
		left:      map[string]int{},
		absent:    map[string]*time.Timer{},
		alarm:     time.NewTimer(time.Hour), // set when there is something to wait for
	}
	for i, m := range j.manifest.Roster {
		j.parties[m.ID] = session.Party(i + 1)
	}
	j.feed = newFeed(transport.Progress{
		Job: record.ID, State: transport.State(record.State), Attempt: record.Attempt, Time: record.Updated,
	})
	for _, d := range decisions {
		j.feed.decide(d)
	}
	return j, nil
}

// post hands an event to the job's goroutine. It waits while the job is busy,
// and does nothing once the job is over.
func (j *job) post(ctx context.Context, event func()) {
	select {
	case j.inbox <- event:
	case <-j.done:
	case <-ctx.Done():
	}
}

// run owns the job until it is over or the role ends.
func (j *job) run() {
	defer close(j.done)
	defer j.c.forget(j)
	defer j.giveSlotBack()
	defer j.stopAttempt()
	defer j.stopClocks()
	expiry := time.NewTimer(j.Expires.Sub(j.c.Now()))
	defer expiry.Stop()
	j.takeUp()
	for !j.over {
		select {
		case event := <-j.inbox:
			event()
		case <-j.alarm.C:
			j.advance()
		case j.wantSlot() <- struct{}{}:
			j.hasSlot = true
			j.gather()
		case out := <-j.outcome():
			j.attemptEnded(out)
		case <-expiry.C:
			j.end(store.Failed, j.expired())
		case <-j.c.life.Done():
			return
		}
	}
}

// takeUp begins, or goes on after a restart, where the store says.
func (j *job) takeUp() {
	j.begun = time.Now()
	j.obeyRevocations()
	if j.over {
		return
	}
	for id := range j.parties {
		j.repeat(id)
	}
	switch {
	case j.State == store.Submitted:
		j.admit()
	case j.hasSlot:
		j.gather()
	}
}

// advance does what the time, or a worker that came, allows.
func (j *job) advance() {
	switch {
	case j.over || j.attempt != nil:
	case j.State == store.Submitted:
		j.admit()
	case j.hasSlot:
		j.tryBegin()
	}
}

// wakeAfter sets the alarm to d after begun.
func (j *job) wakeAfter(d time.Duration) { j.alarm.Reset(max(0, d-time.Since(j.begun))) }

func (j *job) waited(d time.Duration) bool { return time.Since(j.begun) >= d }

func (j *job) stopClocks() {
	j.alarm.Stop()
	for _, t := range j.absent {
		t.Stop()
	}
}

// wantSlot is where to get a running slot, or nil while none is wanted.
func (j *job) wantSlot() chan<- struct{} {
	if j.hasSlot || j.State == store.Submitted {
		return nil
	}
	return j.c.slots
}

// takeFreeSlot gives a job that ran before a restart its slot again, before any
// other job can ask.
func (j *job) takeFreeSlot() {
	select {
	case j.c.slots <- struct{}{}:
		j.hasSlot = true
	default:
	}
}

func (j *job) giveSlotBack() {
	if j.hasSlot {
		<-j.c.slots
	}
}

// repeat tells a worker whose session is fresh what it needs of this job.
func (j *job) repeat(id string) {
	p := j.parties[id]
	if d, said := j.decisions[id]; !said || d.Verdict == store.Waits {
		j.c.tell(id, j.packet(0, envelope.Offer, j.submission.Offer(p)))
	}
	if j.attempt != nil {
		j.attempt.repeat(p)
	}
}

// nameOf returns the member id of a worker.
func (j *job) nameOf(p session.Party) string { return j.manifest.Roster[p-1].ID }

func (j *job) packet(attempt uint32, kind envelope.Kind, body []byte) transport.Packet {
	return transport.Packet{Job: j.ID, Attempt: attempt, Kind: uint8(kind), Body: body}
}

// move stores another state that is not final, then tells it.
func (j *job) move(state store.State) bool {
	crashpoint.Here(crashpoint.CoordinatorJobBefore)
	if err := j.c.store.SetState(j.ID, state, store.Reason{}); err != nil {
		j.c.fail(err)
		return false
	}
	crashpoint.Here(crashpoint.CoordinatorJobAfter)
	j.moved(state, store.Reason{})
	return true
}

// end stores the final state and tells everybody. A job that was released
// meanwhile stays released.
func (j *job) end(state store.State, why *fault.Fault) {
	j.stopAttempt()
	var reason store.Reason
	if why != nil {
		reason = store.Reason(envelope.ReasonOf(why))
	}
	crashpoint.Here(crashpoint.CoordinatorJobBefore)
	err := j.c.store.SetState(j.ID, state, reason)
	if errors.Is(err, store.ErrExists) {
		j.endAsStored()
		return
	}
	if err != nil {
		j.c.fail(err)
		return
	}
	crashpoint.Here(crashpoint.CoordinatorJobAfter)
	j.ended(state, reason)
}

// endAsStored ends a job whose final state is in the store already.
func (j *job) endAsStored() {
	record, err := j.c.store.Job(j.ID)
	if err == nil && !record.State.Final() {
		err = store.Corrupt.New("job %s left no final state", j.ID)
	}
	if err != nil {
		j.c.fail(err)
		return
	}
	j.ended(record.State, record.Reason)
}

func (j *job) ended(state store.State, why store.Reason) {
	j.over = true
	j.moved(state, why)
	j.c.Metrics.Ended(string(state), why.Code)
	j.c.Metrics.Job(string(state), "")
	body := overOf(state, why).Marshal()
	for id := range j.parties {
		if j.decisions[id].Verdict != store.Declined {
			j.c.tell(id, j.packet(0, envelope.End, body))
		}
	}
}

// moved tells a state that is stored.
func (j *job) moved(state store.State, why store.Reason) {
	j.c.Metrics.Job(string(j.State), string(state))
	j.State = state
	j.log.Info("job moves", "state", string(state), "attempt", j.Attempt, "code", why.Code)
	j.tell(func(p *transport.Progress) {
		p.State, p.Attempt, p.Fault = transport.State(state), j.Attempt, envelope.Reason(why).Fault()
	})
}

func (j *job) tell(change func(*transport.Progress)) {
	j.feed.tell(func(p *transport.Progress) {
		p.Time = j.c.Now()
		change(p)
	})
}

// cancel ends the job for its analyst.
func (j *job) cancel() { j.end(store.Cancelled, nil) }
