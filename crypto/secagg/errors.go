package secagg

import (
	"errors"
	"fmt"

	"github.com/tacit-space/tacit/crypto/session"
)

// Errors a caller may branch on with [errors.Is].
var (
	// ErrLate refuses a message of a round that is over.
	ErrLate = errors.New("secagg: the round is over")
	// ErrEarly refuses a message of a round that has not begun.
	ErrEarly = errors.New("secagg: the round has not begun")
	// ErrUnknownSender refuses a message of a party that has no part in the round.
	ErrUnknownSender = errors.New("secagg: sender has no part in this round")
	// ErrEnded refuses everything after [session.Done] or [session.Abort].
	ErrEnded = errors.New("secagg: the attempt has ended")
	// ErrEvent refuses an event that this machine does not know or cannot take now.
	ErrEvent = errors.New("secagg: unexpected event")
	// ErrState refuses stored state that is damaged or belongs to another attempt.
	ErrState = errors.New("secagg: stored state does not fit")
	// ErrTooFew ends an attempt in which not enough workers are left.
	ErrTooFew = errors.New("secagg: too few workers")
	// ErrGone ends a worker's attempt whose coordinator is gone, or whose time is over.
	ErrGone = errors.New("secagg: the coordinator has given up the attempt")
	// ErrCheck refuses a sum that does not fit its check: the coordinator, or a
	// worker, did not follow the protocol; or the ring overflowed.
	ErrCheck = errors.New("secagg: the sum does not pass its check")
	// ErrInput refuses an input vector of another shape or outside the ring's range.
	ErrInput = errors.New("secagg: input does not fit the manifest")
)

// BlameError says which party did not follow the protocol. Err says how; it
// holds no secret and no data value.
//
// As the error of Step it refuses one message, and the attempt goes on. The
// blame is provable to third parties only where Err speaks of a signed message;
// for the receiver itself the channel's authentication is proof enough.
type BlameError struct {
	Party session.Party
	Err   error
}

// Error names the party by its position.
func (e *BlameError) Error() string {
	return fmt.Sprintf("%s did not follow the protocol: %v", name(e.Party), e.Err)
}

// Unwrap returns Err.
func (e *BlameError) Unwrap() error { return e.Err }

func blame(p session.Party, format string, args ...any) error {
	return &BlameError{Party: p, Err: fmt.Errorf("secagg: "+format, args...)}
}

func name(p session.Party) string {
	switch p {
	case session.Coordinator:
		return "the coordinator"
	case session.Analyst:
		return "the analyst"
	}
	return fmt.Sprintf("worker %d", p)
}

// end returns the effects of an end without success, blaming those whom err
// blames.
func end(err error) []session.Effect {
	var blamed []session.Party
	var b *BlameError
	if errors.As(err, &b) {
		blamed = []session.Party{b.Party}
	}
	return []session.Effect{session.Abort{Blame: blamed, Err: err}}
}
