package store

import (
	"encoding/hex"
	"time"
)

// JobID names a job; the analyst draws it at random.
type JobID [16]byte

// String returns the id as 32 hexadecimal digits.
func (id JobID) String() string { return hex.EncodeToString(id[:]) }

// ParseJobID reads what [JobID.String] returns.
func ParseJobID(text string) (JobID, bool) {
	var id JobID
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) || hex.EncodeToString(raw) != text {
		return JobID{}, false
	}
	return JobID(raw), true
}

// State of a job at the coordinator.
type State string

// States. The last four are final: no write leaves them.
const (
	Submitted State = "submitted" // stored, offered to the owners
	Admitted  State = "admitted"  // enough owners accepted
	Running   State = "running"   // an attempt runs, or the next one waits for workers
	Released  State = "released"  // the result is here for the analyst
	Refused   State = "refused"   // too few owners accepted
	Failed    State = "failed"
	Cancelled State = "cancelled" // by the analyst
)

// Final reports whether a job in this state is over.
func (s State) Final() bool {
	switch s {
	case Released, Refused, Failed, Cancelled:
		return true
	}
	return false
}

// Reason is why something ended: a code with its message and remedy, all empty
// if there is nothing to say.
type Reason struct{ Code, Message, Remedy string }

// Verdict is what an owner said to a job.
type Verdict string

// Verdicts. A job that waits may become accepted, refused or withdrawn, an accepted one withdrawn;
// nothing else changes.
const (
	Waits     Verdict = "parked" // for a person
	Accepted  Verdict = "accepted"
	Declined  Verdict = "refused"
	Withdrawn Verdict = "withdrawn"
)

func millis(t time.Time) int64       { return t.UnixMilli() }
func instant(millis int64) time.Time { return time.UnixMilli(millis).UTC() }
