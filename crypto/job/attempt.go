package job

import (
	"encoding/binary"

	"github.com/tacit-space/tacit/crypto/session"
)

// Attempt is what every key, hash and signature of a run is bound to: the manifest
// by its hash h, and the number a of the attempt. Workers that were shown different
// manifests, or take part in different attempts, derive secrets that do not fit.
type Attempt struct {
	*Manifest
	hash   [32]byte
	Number uint32 // a
}

// NewAttempt binds a manifest and the number of an attempt. The manifest does not
// change afterwards.
func NewAttempt(m *Manifest, number uint32) Attempt {
	return Attempt{Manifest: m, hash: m.Hash(), Number: number}
}

// N returns n, the number of workers of the roster.
func (a Attempt) N() int { return len(a.Roster) }

// ManifestHash returns h, computed once.
func (a Attempt) ManifestHash() [32]byte { return a.hash }

// bind puts h and a in front of parts.
func (a Attempt) bind(parts [][]byte) [][]byte {
	number := binary.LittleEndian.AppendUint32(nil, a.Number)
	return append([][]byte{a.hash[:], number}, parts...)
}

// Key derives KDF(secret, label, h, a, parts).
func (a Attempt) Key(secret []byte, label string, parts ...[]byte) [32]byte {
	return session.KDF(secret, label, a.bind(parts)...)
}

// Digest returns H(label, h, a, parts): a commitment if a part is secret, a
// statement if it is signed.
func (a Attempt) Digest(label string, parts ...[]byte) [32]byte {
	return session.Hash(label, a.bind(parts)...)
}

// Verify reports whether p, a worker or the analyst, signed the statement under
// the label with its identity key.
func (a Attempt) Verify(p session.Party, label string, statement [32]byte, sig []byte) bool {
	member, ok := a.Member(p)
	return ok && member.Key.Verify(label, statement[:], sig)
}
