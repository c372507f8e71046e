package worker

import (
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/transport"
)

func stopped() *fault.Fault { return Stopped.New("the owner has stopped everything") }

// obeyStop takes note that a person stopped everything, or the end of that. The store refuses every step
// that brings a job forward from the moment of the stop; this makes the jobs end.
func (w *worker) obeyStop() error {
	now, err := w.store.Stopped()
	if err != nil {
		return err
	}
	before := w.stopped.Swap(now)
	switch {
	case now == before:
	case now:
		w.Log.Warn("everything is stopped")
		w.stopPreparing()
		for _, j := range w.live() {
			j.post(w.life, j.halt)
		}
	default:
		w.Log.Warn("serving again")
	}
	return nil
}

// halt ends the job because everything is stopped.
func (j *job) halt() {
	switch {
	case j.over:
	case j.accepted:
		j.stopAttempt()
		crashpoint.Here(crashpoint.WorkerHaltBefore)
		j.withdraw(stopped())
		crashpoint.Here(crashpoint.WorkerHaltAfter)
	default:
		j.over = true
		j.stopValidation()
		j.leavesInbox()
		j.w.decline(j, stopped())
	}
}

// holdsBack reports whether a packet must not leave any more.
func (w *worker) holdsBack(p transport.Packet) bool {
	switch envelope.Kind(p.Kind) {
	case envelope.Accept, envelope.Parked, envelope.Protocol:
		return w.stopped.Load()
	}
	return false
}
