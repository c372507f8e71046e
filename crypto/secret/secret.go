package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
)

// Shown is what a secret prints as.
const Shown = "[secret]"

// ErrEncode is returned where a printer would silently lose or store a secret.
var ErrEncode = errors.New("secret: refuses to be encoded")

// Secret is a box around bytes. The zero value holds none. Copies share the
// bytes. It is not comparable with ==; use [Secret.Equal].
type Secret struct{ get func() []byte }

// New boxes a copy of b.
func New(b []byte) Secret {
	held := append(make([]byte, 0, len(b)), b...)
	return Secret{get: func() []byte { return held }}
}

// Bytes returns the held bytes themselves, not a copy: the caller neither
// changes them nor keeps them beyond [Secret.Wipe].
func (s Secret) Bytes() []byte {
	if s.get == nil {
		return nil
	}
	return s.get()
}

// Len returns the number of bytes held.
func (s Secret) Len() int { return len(s.Bytes()) }

// Equal compares in a time that depends on the lengths only.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare(s.Bytes(), other.Bytes()) == 1
}

// Wipe overwrites the bytes, in every copy of the box, with zeros.
func (s Secret) Wipe() { clear(s.Bytes()) }

// String returns [Shown].
func (Secret) String() string { return Shown }

// GoString returns [Shown].
func (Secret) GoString() string { return Shown }

// Format prints [Shown] under every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Shown) }

// MarshalText returns [Shown]: so JSON, XML, YAML and slog show the box shut.
func (Secret) MarshalText() ([]byte, error) { return []byte(Shown), nil }

// UnmarshalText refuses: "[secret]" in a file is not a secret.
func (*Secret) UnmarshalText([]byte) error { return ErrEncode }

// GobEncode refuses.
func (Secret) GobEncode() ([]byte, error) { return nil, ErrEncode }

// GobDecode refuses.
func (*Secret) GobDecode([]byte) error { return ErrEncode }
