package share

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"filippo.io/edwards25519"
)

// ScalarSize is the size of a scalar in bytes.
const ScalarSize = 32

// ErrScalar says that bytes are not the encoding of a scalar.
var ErrScalar = errors.New("share: not a canonical scalar")

// Scalar is an element of the field, in its one encoding: 32 bytes, little-endian,
// below l. Scalars are secrets: they do not print and are compared with
// [Scalar.Equal].
type Scalar [ScalarSize]byte

// Format prints "[scalar]" under every verb.
func (Scalar) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[scalar]") }

// Equal compares in constant time.
func (s Scalar) Equal(other Scalar) bool {
	return subtle.ConstantTimeCompare(s[:], other[:]) == 1
}

// ParseScalar reads exactly 32 canonical bytes.
func ParseScalar(b []byte) (Scalar, error) {
	if _, err := new(edwards25519.Scalar).SetCanonicalBytes(b); err != nil {
		return Scalar{}, ErrScalar
	}
	return Scalar(b), nil
}

// RandomScalar makes a scalar from 64 bytes of rand, at distance below 2^-250 from
// uniform.
func RandomScalar(rand io.Reader) (Scalar, error) {
	s, err := random(rand)
	if err != nil {
		return Scalar{}, err
	}
	return Scalar(s.Bytes()), nil
}

func random(rand io.Reader) (*edwards25519.Scalar, error) {
	var wide [64]byte
	if _, err := io.ReadFull(rand, wide[:]); err != nil {
		return nil, fmt.Errorf("share: randomness: %w", err)
	}
	defer clear(wide[:])
	return new(edwards25519.Scalar).SetUniformBytes(wide[:])
}

// element returns the field element of a scalar, or [ErrScalar].
func (s Scalar) element() (*edwards25519.Scalar, error) {
	e, err := new(edwards25519.Scalar).SetCanonicalBytes(s[:])
	if err != nil {
		return nil, ErrScalar
	}
	return e, nil
}

// fromID returns an id as a field element.
func fromID(id uint16) *edwards25519.Scalar {
	b := Scalar{byte(id), byte(id >> 8)}
	e, err := b.element()
	if err != nil {
		panic("share: an id is always canonical")
	}
	return e
}
