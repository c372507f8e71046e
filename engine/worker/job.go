package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

const inboxSize = 32 // events of one job; a full inbox holds back the coordinator

// job is a job that is being decided or was accepted, and is not over. Its
// goroutine, run, alone uses the fields below the line.
type job struct {
	w        *worker
	log      *slog.Logger
	id       store.JobID
	offer    []byte
	manifest *cryptojob.Manifest
	hash     [32]byte
	request  *policy.Request
	alpha    cryptojob.Alpha
	self     session.Party
	sizes    protocol.Sizes
	layout   *plan.Layout // of a guarded release, else nil
	noise    *plan.Noise  // of a question with noise, else nil
	inbox    chan func()
	done     chan struct{} // closed when the goroutine ends

	sent     atomic.Int64 // bytes of messages, since the start of the role
	computed atomic.Int64 // nanoseconds in the owner's engine, since the start of the role

	// ---
	accepted  bool
	objection error // why a job that was accepted is not allowed any more
	attempt   *attempt
	input     *input // of the local query, once it was begun
	drawing   *drawing
	over      bool
	consent   *consent  // of people, nil: nobody was asked; set before run
	compared  *compared // what the question was compared with last; of the validation, then of the local query

	cancelValidation context.CancelFunc // of a new job
}

func makeJob(w *worker, raw []byte, m *cryptojob.Manifest, r *policy.Request, alpha cryptojob.Alpha, self session.Party) *job {
	id := store.JobID(m.Job)
	return &job{
		w: w, log: w.Log.With("job", id.String()), id: id, offer: raw, manifest: m, hash: m.Hash(),
		request: r, alpha: alpha, self: self,
		inbox: make(chan func(), inboxSize), done: make(chan struct{}),
	}
}

// memory is what the job is counted with, in bytes.
func (j *job) memory() int64 {
	if j.noise == nil {
		return j.sizes.Worker
	}
	return j.sizes.Worker + 8*int64(j.manifest.Length) // and noise
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
	defer j.w.forget(j)
	defer j.stopDrawing()
	defer j.stopInput()
	defer j.stopAttempt()
	defer j.stopValidation()
	expiry := time.NewTimer(time.Unix(j.manifest.Expiry, 0).Sub(j.w.Now()))
	defer expiry.Stop()
	j.begin()
	for !j.over {
		select {
		case event := <-j.inbox:
			event()
		case out := <-j.outcome():
			j.attemptEnded(out)
		case <-j.input.ready():
			j.inputReady()
		case <-expiry.C:
			j.end("expired")
		case <-j.w.life.Done():
			return
		}
	}
}

// begin decides a new job, or takes up a stored one.
func (j *job) begin() {
	switch {
	case !j.accepted:
		j.validate()
	case j.objection != nil:
		j.withdraw(fault.From(j.objection))
	default:
		j.restore()
	}
}

// validate checks the owner's table on a goroutine of its own, so that the job
// can be ended meanwhile.
func (j *job) validate() {
	ctx, cancel := context.WithCancel(j.w.life)
	j.cancelValidation = cancel
	j.w.wg.Go(func() {
		defer cancel()
		defer j.takeTurn(ctx)()
		begun := time.Now()
		var findings []approval.Finding
		_, err := j.w.Source.Validate(ctx, j.request.Job.Plan.Table)
		if err == nil {
			findings, err = j.compare(ctx)
		}
		j.computed.Add(int64(time.Since(begun)))
		if ctx.Err() != nil {
			return // no decision
		}
		decided := make(chan struct{})
		j.post(ctx, func() { defer close(decided); j.validated(findings, err) })
		select {
		case <-decided:
		case <-ctx.Done():
		}
	})
}

// validated stores and tells the decision, or that a person has to decide.
func (j *job) validated(findings []approval.Finding, err error) {
	switch {
	case j.over: // everything was stopped meanwhile
		return
	case err != nil:
		j.over = true
		j.leavesInbox()
		j.w.decline(j, publicRefusal(err))
		return
	}
	if g := j.grounds(findings); g != nil {
		j.park(g)
		return
	}
	switch err := j.w.decide(j, nil); {
	case errors.Is(err, store.ErrStopped):
		j.halt()
		return
	case unpaid(err):
		j.over = true
		j.leavesInbox()
		j.w.decline(j, j.w.budgetFault(err))
		return
	case err != nil:
		j.w.fail(err)
		return
	}
	j.leavesInbox()
	j.accepted = true
	j.drawAhead()
	j.log.Info("job accepted", "analyst", j.manifest.Analyst.ID, "table", j.request.Job.Plan.Table,
		"elements", j.manifest.Length, "owners", len(j.manifest.Roster))
	j.w.Metrics.Job("", string(store.Accepted))
	j.sayAccept()
}

// leavesInbox counts a job that was approved, and is decided now.
func (j *job) leavesInbox() {
	if j.consent != nil {
		j.w.Metrics.Job(string(store.Waits), "")
	}
}

// stopValidation ends it; its goroutine sees that the job is over.
func (j *job) stopValidation() {
	if j.cancelValidation != nil {
		j.cancelValidation()
	}
}

func (j *job) sayAccept() { j.tell(0, envelope.Accept, j.hash[:]) }

func (j *job) tell(attempt uint32, kind envelope.Kind, body []byte) {
	j.w.tell(j.packet(attempt, kind, body))
}

func (j *job) packet(attempt uint32, kind envelope.Kind, body []byte) transport.Packet {
	return transport.Packet{Job: j.id, Attempt: attempt, Kind: uint8(kind), Body: body}
}

// eventOf reads a packet of the coordinator; the event is for the job's
// goroutine.
func (j *job) eventOf(p transport.Packet) (func(), error) {
	switch envelope.Kind(p.Kind) {
	case envelope.Begin:
		start, err := envelope.ParseStart(p.Body)
		return func() { j.beginAttempt(p.Attempt, start.Keys) }, err
	case envelope.Protocol:
		return func() { j.protocol(p.Attempt, p.Body) }, nil
	case envelope.End:
		over, err := envelope.ParseOver(p.Body)
		return func() { j.end(over.State) }, err
	}
	return nil, envelope.ErrBody
}

// offeredAgain repeats the acceptance; another manifest is refused.
func (j *job) offeredAgain(raw []byte) {
	again, err := cryptojob.ParseOffer(raw)
	switch {
	case err != nil:
		j.w.refuse(j.id, Malformed.New("%w", err))
	case again.Manifest.Hash() != j.hash:
		j.w.refuse(j.id, Replayed.New("another manifest has this job id"))
	case j.accepted:
		j.sayAccept()
	}
}

// repeat says to a fresh session what the coordinator needs of this job; if the
// job is over there, it answers that.
func (j *job) repeat() {
	if !j.accepted {
		return // it is offered again
	}
	j.sayAccept()
	if j.attempt != nil {
		j.attempt.repeat()
	}
}

// withdraw leaves the job for good, with a reason that everybody may see.
func (j *job) withdraw(why *fault.Fault) {
	if j.over {
		return
	}
	j.log.Warn("job withdrawn", obs.Err(why))
	j.tell(0, envelope.Withdraw, envelope.ReasonOf(why).Marshal())
	j.finish(store.WithdrawnEnding, store.Reason(envelope.ReasonOf(why)))
}

// end ends the job for this worker, for example because the coordinator said so.
func (j *job) end(how string) { j.finish(how, store.Reason{}) }

// finish erases what the job left, except the decision and the release.
func (j *job) finish(how string, why store.Reason) {
	if j.over {
		return
	}
	j.over = true
	j.stopAttempt()
	j.stopInput()
	usage := ledger.Usage{Sent: uint64(j.sent.Load()), Compute: uint64(time.Duration(j.computed.Load()).Milliseconds())}
	crashpoint.Here(crashpoint.WorkerEndBefore)
	refunded, err := j.w.store.End(j.id, store.Ending{How: how, Reason: why, Usage: usage, Sole: j.layout != nil})
	if err != nil {
		j.w.fail(err)
		return
	}
	crashpoint.Here(crashpoint.WorkerEndAfter)
	if refunded > 0 {
		j.log.Info("privacy budget refunded", "rho", refunded.String())
		j.w.Metrics.Refunded(uint64(refunded))
	}
	j.log.Info("job is over", "how", how)
	if j.accepted {
		j.w.Metrics.Job(string(store.Accepted), "")
	} else {
		j.leavesInbox()
	}
	j.w.Metrics.Ended(stateOf(how), why.Code)
}

// stateOf keeps the label of a metric on a closed list: how comes from the
// coordinator.
func stateOf(how string) string {
	if store.State(how).Final() || how == "expired" || how == "withdrawn" {
		return how
	}
	return envelope.Unknown
}

// restore takes up the attempt that ran when the last process ended.
func (j *job) restore() {
	j.w.Metrics.Job("", string(store.Accepted))
	number, state, err := j.w.store.Attempt(j.id)
	switch {
	case errors.Is(err, store.ErrMissing) || err == nil && state == nil:
		// Its secrets were in memory only: they are lost, and when the coordinator
		// begins it again it is told so.
		j.drawAhead()
	case err != nil:
		j.w.fail(err)
	default:
		j.resume(number, state)
	}
}
