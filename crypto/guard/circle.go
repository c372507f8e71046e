package guard

import (
	"crypto/subtle"
	"fmt"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// circle is the workers that do something together, and what everything that they
// hash, derive and sign is bound to.
type circle struct {
	context [32]byte
	parties session.Parties
	roster  []job.Member // position i is for session.Party(i+1)
}

// digest returns H(label, context, parts).
func (c *circle) digest(label string, parts ...[]byte) [32]byte {
	return session.Hash(label, append([][]byte{c.context[:]}, parts...)...)
}

// key derives KDF(secret, label, context, parts).
func (c *circle) key(secret []byte, label string, parts ...[]byte) [32]byte {
	return session.KDF(secret, label, append([][]byte{c.context[:]}, parts...)...)
}

// member returns the identity key at a position of the roster.
func (c *circle) member(p session.Party) identity.Public {
	if p < 1 || int(p) > len(c.roster) {
		return identity.Public{} // verifies nothing
	}
	return c.roster[p-1].Key
}

func (c *circle) verify(p session.Party, label string, statement [32]byte, sig signature) bool {
	return c.member(p).Verify(label, statement[:], sig[:])
}

// audited returns the worker whose shares u recomputes the fingerprint of: the next in
// the circle.
func (c *circle) audited(u session.Party) session.Party { return c.neighbour(u, 1) }

// auditor returns who does so with u's.
func (c *circle) auditor(u session.Party) session.Party { return c.neighbour(u, len(c.parties)-1) }

func (c *circle) neighbour(u session.Party, step int) session.Party {
	for i, p := range c.parties {
		if p == u {
			return c.parties[(i+step)%len(c.parties)]
		}
	}
	return 0
}

// signatureSize is the size of a session signature (Ed25519) in bytes.
const signatureSize = 64

type signature [signatureSize]byte

func sign(id *identity.Identity, label string, statement [32]byte) signature {
	return signature(id.Sign(label, statement[:]))
}

func fixed32(r *wire.Reader) [32]byte        { return [32]byte(r.Fixed(32)) }
func readSignature(r *wire.Reader) signature { return signature(r.Fixed(signatureSize)) }

// equal compares in a time that depends on the lengths only.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

func blame(p session.Party, format string, args ...any) error {
	return session.Blame(p, "guard: "+format, args...)
}

// decode reads a whole body of a known kind; a fault is blamed on its sender.
func decode[M any](from session.Party, body []byte, k kind, read func(*wire.Reader) (M, error)) (M, error) {
	r := wire.NewReader(body)
	if got := kind(r.U8()); r.Err() == nil && got != k {
		r.Fail(fmt.Errorf("kind %#x, wanted %#x", uint8(got), uint8(k)))
	}
	m, refused := read(r)
	if err := r.Close(); err != nil {
		var none M
		return none, &session.BlameError{Party: from, Err: fmt.Errorf("guard: message of kind %#x: %w", uint8(k), err)}
	}
	return m, refused
}

// kindOf peeks at the kind of a body; an empty body has kind 0, which is none.
func kindOf(body []byte) kind {
	if len(body) == 0 {
		return 0
	}
	return kind(body[0])
}

// begin starts a message.
func begin(k kind) *wire.Writer {
	w := wire.NewWriter()
	w.U8(uint8(k))
	return w
}
