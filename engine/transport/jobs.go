package transport

import (
	"time"

	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

const (
	maxWord    = 64  // bytes of a state, an event or a member's id on the wire
	maxPurpose = 512 // bytes of a purpose
	maxListed  = 256 // bytes of a fault's message or remedy in a list
)

// jobFromWire reads a job's id.
func jobFromWire(b []byte) (id JobID, err error) {
	if len(b) != len(id) {
		return id, Violation.New("a job's id is not 16 bytes")
	}
	copy(id[:], b)
	return id, nil
}

func timeToWire(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeFromWire(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}

func progressToWire(p Progress) *tacitv1.Progress {
	return &tacitv1.Progress{
		Job:       p.Job[:],
		State:     string(p.State),
		Attempt:   p.Attempt,
		Phase:     uint32(p.Phase),
		Heard:     p.Heard,
		Expected:  p.Expected,
		Event:     printable(p.Event, maxWord),
		Member:    p.Member,
		Fault:     faultToWire(p.Fault),
		UnixNanos: timeToWire(p.Time),
	}
}

func progressFromWire(w *tacitv1.Progress) (Progress, error) {
	job, err := jobFromWire(w.GetJob())
	if err != nil {
		return Progress{}, err
	}
	return Progress{
		Job:      job,
		State:    State(printable(w.State, maxWord)),
		Attempt:  w.Attempt,
		Phase:    uint8(min(w.Phase, 0xff)),
		Heard:    w.Heard,
		Expected: w.Expected,
		Event:    printable(w.Event, maxWord),
		Member:   printable(w.Member, maxWord),
		Fault:    faultFromWire(w.Fault),
		Time:     timeFromWire(w.UnixNanos),
	}, nil
}

func statusToWire(s JobStatus) *tacitv1.JobStatus {
	w := &tacitv1.JobStatus{
		Job:       s.Job[:],
		State:     string(s.State),
		Attempt:   s.Attempt,
		Purpose:   printable(s.Purpose, maxPurpose),
		Submitted: timeToWire(s.Submitted),
		Updated:   timeToWire(s.Updated),
		Expiry:    timeToWire(s.Expiry),
		Fault:     faultToWire(s.Fault),
	}
	for _, m := range s.Members {
		w.Members = append(w.Members, &tacitv1.MemberStatus{Member: m.Member, State: m.State, Fault: shorten(faultToWire(m.Fault))})
	}
	return w
}

func statusFromWire(w *tacitv1.JobStatus) (JobStatus, error) {
	job, err := jobFromWire(w.GetJob())
	if err != nil {
		return JobStatus{}, err
	}
	s := JobStatus{
		Job:       job,
		State:     State(printable(w.State, maxWord)),
		Attempt:   w.Attempt,
		Purpose:   printable(w.Purpose, maxPurpose),
		Submitted: timeFromWire(w.Submitted),
		Updated:   timeFromWire(w.Updated),
		Expiry:    timeFromWire(w.Expiry),
		Fault:     faultFromWire(w.Fault),
	}
	for _, m := range w.Members {
		s.Members = append(s.Members, MemberStatus{
			Member: printable(m.GetMember(), maxWord),
			State:  printable(m.GetState(), maxWord),
			Fault:  faultFromWire(m.GetFault()),
		})
	}
	return s, nil
}

// shorten cuts the texts of a fault in a list, so that the list fits in a frame.
func shorten(f *tacitv1.Fault) *tacitv1.Fault {
	if f != nil {
		f.Message, f.Remedy = lines(f.Message, maxListed), lines(f.Remedy, maxListed)
	}
	return f
}
