package coordinator

import (
	"time"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// eventOf reads a packet of an owner; the event is for the job's goroutine.
func (j *job) eventOf(id string, p transport.Packet) (func(), error) {
	switch envelope.Kind(p.Kind) {
	case envelope.Accept:
		hash, err := envelope.ParseAccept(p.Body)
		if err == nil && hash != j.Manifest {
			err = envelope.ErrBody
		}
		return func() { j.decide(id, store.Accepted, store.Reason{}) }, err
	case envelope.Parked:
		hash, err := envelope.ParseAccept(p.Body)
		if err == nil && hash != j.Manifest {
			err = envelope.ErrBody
		}
		return func() { j.decide(id, store.Waits, store.Reason{}) }, err
	case envelope.Refuse:
		why, err := envelope.ParseReason(p.Body)
		return func() { j.decide(id, store.Declined, store.Reason(why)) }, err
	case envelope.Withdraw:
		why, err := envelope.ParseReason(p.Body)
		return func() { j.withdraw(id, store.Reason(why)) }, err
	case envelope.Lost:
		return func() { j.leave(id, p.Attempt, "worker lost its state") }, nil
	case envelope.Protocol:
		return func() { j.protocol(id, p.Attempt, p.Body) }, nil
	}
	return nil, envelope.ErrBody
}

// protocol passes a message on to the machine of its attempt.
func (j *job) protocol(id string, number uint32, body []byte) {
	a := j.attempt
	if a == nil || a.number != number {
		return // of an attempt that is over
	}
	_ = a.runner.Post(j.c.life, session.Message{From: j.parties[id], Body: body}) // an attempt that ended has its outcome
}

// connected says again what a fresh session needs.
func (j *job) connected(id string, fresh bool) {
	if t := j.absent[id]; t != nil {
		t.Stop()
		delete(j.absent, id)
	}
	if fresh {
		j.repeat(id)
	}
	j.advance()
}

// disconnected starts the clock after which the worker is out of the attempt,
// unless workers may have released by then: such an attempt is the only one
// there will be, and waits for whoever can still finish it.
func (j *job) disconnected(id string) {
	if j.attempt == nil || j.absent[id] != nil {
		return
	}
	number := j.attempt.number
	j.absent[id] = time.AfterFunc(j.c.Timing.Absence, func() {
		j.post(j.c.life, func() {
			delete(j.absent, id)
			if !j.c.isOnline(id) && !j.isCommitted() {
				j.leave(id, number, "worker was away for too long")
			}
		})
	})
}

// leave takes a worker out of an attempt; it may be in the next.
func (j *job) leave(id string, number uint32, why string) {
	if j.attempt == nil || j.attempt.number != number {
		return
	}
	j.log.Warn(why, "member", id, "attempt", number)
	j.left[id]++
	j.attempt.gone(j.parties[id])
}

// unreachable takes a worker out of the attempt of a packet that the network
// refused.
func (j *job) unreachable(id string, number uint32, why error) {
	j.log.Warn("worker cannot be reached", "member", id, obs.Err(why))
	j.leave(id, number, "worker cannot be reached")
}
