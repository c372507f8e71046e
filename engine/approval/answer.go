package approval

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/sign"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Decision of a person.
type Decision uint8

// Decisions.
const (
	Approve Decision = iota + 1
	Refuse
)

// String returns the decision as a verb.
func (d Decision) String() string {
	switch d {
	case Approve:
		return "approve"
	case Refuse:
		return "refuse"
	}
	return "?"
}

// Answer is what one person says to one question.
type Answer struct {
	Space, Owner string   // ids
	Job          [16]byte //
	Manifest     [32]byte // hash
	Shown        [32]byte // hash of what the person was shown; see [Case]
	Decision     Decision
	Reason       string // of a refusal, for the owner's records: one line, at most [MaxReason] bytes
	Tell         bool   // of a refusal: the analyst is told the reason too
	Key          string // fingerprint of the person's key
	Time         int64  // unix seconds, by the person's clock
}

// When returns the time of the answer.
func (a *Answer) When() time.Time { return time.Unix(a.Time, 0).UTC() }

// Limits in bytes.
const (
	MaxReason = 500
	maxID     = 64
	keySize   = len("tk1") + 52

	version   = 1
	maxBody   = 1 + 3*(4+maxID) + 16 + 2*32 + 2 + 4 + MaxReason + 8
	MaxAnswer = 4 + maxBody + identity.PublicSize + sign.HybridSignatureSize
)

const label = "tacit/approval/v1"

var errAnswer = errors.New("approval: malformed answer")

// shape refuses what has no meaning.
func (a *Answer) shape() error {
	switch {
	case a.Space == "" || a.Owner == "" || len(a.Space) > maxID || len(a.Owner) > maxID:
		return errAnswer
	case len(a.Key) != keySize || a.Time < 0:
		return errAnswer
	case a.Decision != Approve && a.Decision != Refuse:
		return errAnswer
	case a.Decision == Approve && (a.Reason != "" || a.Tell):
		return errAnswer
	case len(a.Reason) > MaxReason || strings.ContainsFunc(a.Reason, unicode.IsControl):
		return errAnswer
	}
	return nil
}

func (a *Answer) encode() []byte {
	w := wire.NewWriter()
	w.U8(version)
	w.String(a.Space)
	w.String(a.Owner)
	w.Fixed(a.Job[:])
	w.Fixed(a.Manifest[:])
	w.Fixed(a.Shown[:])
	w.U8(uint8(a.Decision))
	w.String(a.Reason)
	w.Bool(a.Tell)
	w.String(a.Key)
	w.U64(uint64(a.Time))
	return w.Data()
}

func decode(b []byte) (*Answer, error) {
	r := wire.NewReader(b)
	if r.U8() != version {
		r.Fail(errAnswer)
	}
	a := &Answer{
		Space: r.String(maxID), Owner: r.String(maxID),
		Job: [16]byte(r.Fixed(16)), Manifest: [32]byte(r.Fixed(32)), Shown: [32]byte(r.Fixed(32)),
		Decision: Decision(r.U8()), Reason: r.String(MaxReason), Tell: r.Bool(), Key: r.String(keySize), Time: int64(r.U64()),
	}
	if err := errors.Join(r.Close(), a.shape()); err != nil {
		return nil, err
	}
	return a, nil
}

// Sign returns the encoded answer of a person. It sets the key. It fails with [Malformed] if the answer
// says something impossible, for example a reason of two lines.
func Sign(a Answer, who *identity.Identity) ([]byte, error) {
	a.Key = who.Public().Fingerprint()
	if err := a.shape(); err != nil {
		return nil, Malformed.New("%w", err)
	}
	body := a.encode()
	w := wire.NewWriter()
	w.Bytes(body)
	w.Fixed(who.Public().Marshal())
	w.Fixed(who.SignHybrid(label, body))
	return w.Data(), nil
}

// Open decodes an answer and verifies that the holder of the key that it names signed it; who that is,
// and what the answer is worth, is for [Panel.Judge]. It accepts exactly what [Sign] returns.
func Open(b []byte) (*Answer, error) {
	if len(b) > MaxAnswer {
		return nil, Malformed.New("an answer of %d bytes, at most %d", len(b), MaxAnswer)
	}
	r := wire.NewReader(b)
	body := r.Bytes(maxBody)
	key, signature := r.Fixed(identity.PublicSize), r.Fixed(sign.HybridSignatureSize)
	if err := r.Close(); err != nil {
		return nil, Malformed.New("%w", err)
	}
	a, err := decode(body)
	if err != nil {
		return nil, Malformed.New("%w", err)
	}
	public, err := identity.ParsePublic(key)
	if err != nil {
		return nil, Malformed.New("%w", err)
	}
	if public.Fingerprint() != a.Key || !public.VerifyHybrid(label, body, signature) {
		return nil, Malformed.New("the signature is not of the key that the answer names")
	}
	return a, nil
}
