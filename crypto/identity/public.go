package identity

import (
	"crypto/ed25519"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/sign"
)

// PublicSize is the size of an encoded public identity in bytes: Ed25519,
// ML-DSA-65 and X-Wing keys.
const PublicSize = sign.PublicKeySize + kem.PublicKeySize

// ErrPublic says that bytes are not a public identity.
var ErrPublic = errors.New("identity: not a public identity")

const (
	fingerprintPrefix = "tk1"
	labelFingerprint  = "tacit/identity/v1/fingerprint"
)

// Public is the public side of a member. It is immutable. The zero value is nobody:
// it verifies nothing, nothing can be sealed to it, and it equals nobody.
type Public struct {
	_           [0]func() // == would compare addresses: use Equal
	sign        sign.PublicKey
	box         kem.PublicKey
	fingerprint string
}

func newPublic(s sign.PublicKey, b kem.PublicKey) Public {
	p := Public{sign: s, box: b}
	sum := session.Hash(labelFingerprint, p.Marshal())
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
	p.fingerprint = fingerprintPrefix + strings.ToLower(text)
	return p
}

// ParsePublic reads exactly [PublicSize] canonical bytes; everything else, weak keys
// too, is [ErrPublic].
func ParsePublic(b []byte) (Public, error) {
	if len(b) != PublicSize {
		return Public{}, fmt.Errorf("%w: %d bytes, wants %d", ErrPublic, len(b), PublicSize)
	}
	s, err := sign.ParsePublicKey(b[:sign.PublicKeySize])
	if err != nil {
		return Public{}, fmt.Errorf("%w: %w", ErrPublic, err)
	}
	k, err := kem.ParsePublicKey(b[sign.PublicKeySize:])
	if err != nil {
		return Public{}, fmt.Errorf("%w: %w", ErrPublic, err)
	}
	return newPublic(s, k), nil
}

// Marshal returns the one encoding.
func (p Public) Marshal() []byte {
	s, k := p.sign.Bytes(), p.box.Bytes()
	return append(s[:], k[:]...)
}

// Fingerprint returns "tk1" and 52 characters of lower-case base32 (RFC 4648, no
// padding), or "" for nobody. Compare it in full.
func (p Public) Fingerprint() string { return p.fingerprint }

// Equal reports whether the two are the same identity, and one.
func (p Public) Equal(q Public) bool {
	return p.fingerprint != "" && p.fingerprint == q.fingerprint
}

// Verify reports whether sig is the member's Ed25519 signature.
func (p Public) Verify(label string, msg, sig []byte) bool { return p.sign.Verify(label, msg, sig) }

// VerifyHybrid reports whether sig is the member's hybrid signature.
func (p Public) VerifyHybrid(label string, msg, sig []byte) bool {
	return p.sign.VerifyHybrid(label, msg, sig)
}

// Seal encrypts to the member: [kem.BoxOverhead] bytes more than content. It returns
// [kem.ErrKey] for nobody.
func (p Public) Seal(info, aad, content []byte, rand io.Reader) ([]byte, error) {
	return kem.Seal(p.box, info, aad, content, rand)
}

// Ed25519 returns the key of the member's TLS certificate.
func (p Public) Ed25519() ed25519.PublicKey { return p.sign.Ed25519() }

// Format prints the fingerprint.
func (p Public) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.fingerprint) }
