package session

import (
	"errors"
	"fmt"
)

// Errors a caller may branch on with [errors.Is].
var (
	// ErrLate refuses a message of a round that is over.
	ErrLate = errors.New("session: the round is over")
	// ErrEarly refuses a message of a round that has not begun.
	ErrEarly = errors.New("session: the round has not begun")
	// ErrUnknownSender refuses a message of a party that has no part in the round.
	ErrUnknownSender = errors.New("session: sender has no part in this round")
	// ErrEnded refuses everything after [Done] or [Abort].
	ErrEnded = errors.New("session: the attempt has ended")
	// ErrEvent refuses an event that this machine does not know or cannot take now.
	ErrEvent = errors.New("session: unexpected event")
	// ErrState refuses stored state that is damaged or belongs to another attempt.
	ErrState = errors.New("session: stored state does not fit")
	// ErrTooFew ends an attempt in which not enough workers are left.
	ErrTooFew = errors.New("session: too few workers")
	// ErrBarred refuses to begin an attempt with a worker that must not take part.
	ErrBarred = errors.New("session: a worker is barred")
	// ErrGone ends a worker's attempt whose coordinator is gone, or whose time is over.
	ErrGone = errors.New("session: the coordinator has given up the attempt")
	// ErrCheck refuses a result that does not fit its check: the coordinator, or a
	// worker, did not follow the protocol; or the ring overflowed.
	ErrCheck = errors.New("session: the result does not pass its check")
	// ErrInput refuses an input of another shape than the manifest says, or out of range.
	ErrInput = errors.New("session: input does not fit the manifest")
)

// BlameError says which party did not follow the protocol. Err says how; it
// holds no secret and no data value.
//
// As the error of Step it refuses one message, and the attempt goes on. The
// blame is provable to third parties only where Err speaks of a signed message;
// for the receiver itself the channel's authentication is proof enough.
type BlameError struct {
	Party Party
	Err   error
}

// Error names the party by its position.
func (e *BlameError) Error() string {
	return fmt.Sprintf("%s did not follow the protocol: %v", name(e.Party), e.Err)
}

// Unwrap returns Err.
func (e *BlameError) Unwrap() error { return e.Err }

// Blame returns a [BlameError] of p whose Err is fmt.Errorf(format, args...).
func Blame(p Party, format string, args ...any) error {
	return &BlameError{Party: p, Err: fmt.Errorf(format, args...)}
}

func name(p Party) string {
	switch p {
	case Coordinator:
		return "the coordinator"
	case Analyst:
		return "the analyst"
	}
	return fmt.Sprintf("worker %d", p)
}

// End returns the effects of an end without success, blaming those whom err
// blames.
func End(err error) []Effect {
	var blamed []Party
	var b *BlameError
	if errors.As(err, &b) {
		blamed = []Party{b.Party}
	}
	return []Effect{Abort{Blame: blamed, Err: err}}
}
