package secagg

import (
	"crypto/subtle"
	"encoding/binary"

	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
)

// Labels of derived keys, commitments and signed statements. All are bound to h
// and a by [attempt.key] and [attempt.digest].
const (
	labelMaskKey     = "tacit/secagg/v1/mask key"     // r_u → seed of pkm_u
	labelEncaps      = "tacit/secagg/v1/enc"          // r_u → coins of ct_uv
	labelPair        = "tacit/secagg/v1/pair"         // s_uv → K_uv
	labelConfirm     = "tacit/secagg/v1/confirm"      // s_uv → key confirmation
	labelSelf        = "tacit/secagg/v1/self"         // b_u → K_u
	labelAnalyst     = "tacit/secagg/v1/analyst"      // ssA_u → KA_u
	labelCommitPair  = "tacit/secagg/v1/commit pair"  // H(r_u)
	labelCommitSelf  = "tacit/secagg/v1/commit self"  // H(b_u)
	labelCommitShare = "tacit/secagg/v1/commit share" // H(share_v(·))
	labelBox         = "tacit/secagg/v1/box"          // info of the sealed shares
	labelU1          = "tacit/secagg/v1/u1"
	labelU2          = "tacit/secagg/v1/u2"
	labelRelease     = "tacit/secagg/v1/release"

	signAdvertise = "tacit/secagg/v1/sign advertisement"
	signShare     = "tacit/secagg/v1/sign share"
	signInput     = "tacit/secagg/v1/sign input"
	signAgree     = "tacit/secagg/v1/sign agreement"
	signOpen      = "tacit/secagg/v1/sign opening"
)

// attempt is what every key, hash and signature is bound to: the manifest by
// its hash h, and the number a of the attempt. Workers that were shown different
// manifests, or take part in different attempts, derive masks that do not
// cancel.
type attempt struct {
	*Manifest
	hash   [32]byte
	number uint32
}

func newAttempt(m *Manifest, number uint32) attempt {
	return attempt{Manifest: m, hash: m.Hash(), number: number}
}

// n returns the number of workers of the roster.
func (a attempt) n() int { return len(a.Roster) }

// bind puts h and a in front of parts.
func (a attempt) bind(parts [][]byte) [][]byte {
	number := binary.LittleEndian.AppendUint32(nil, a.number)
	return append([][]byte{a.hash[:], number}, parts...)
}

// key derives KDF(secret, label, h, a, parts).
func (a attempt) key(secret []byte, label string, parts ...[]byte) [32]byte {
	return session.KDF(secret, label, a.bind(parts)...)
}

// digest returns H(label, h, a, parts): a commitment if a part is secret, a
// statement if it is signed.
func (a attempt) digest(label string, parts ...[]byte) [32]byte {
	return session.Hash(label, a.bind(parts)...)
}

// verify reports whether p signed the statement under the label.
func (a attempt) verify(p session.Party, label string, statement [32]byte, sig []byte) bool {
	member, ok := a.Member(p)
	return ok && member.Key.Verify(label, statement[:], sig)
}

// pairMask returns K_uv, the same for both orders of u and v.
func (a attempt) pairMask(shared []byte, u, v session.Party) prg.Key {
	return prg.Key(a.key(shared, labelPair, partyBytes(min(u, v)), partyBytes(max(u, v))))
}

// confirmation returns what u shows v to prove that it knows s_uv.
func (a attempt) confirmation(shared []byte, u, v session.Party) [32]byte {
	return a.key(shared, labelConfirm, partyBytes(u), partyBytes(v))
}

// selfMask returns K_u.
func (a attempt) selfMask(self []byte, u session.Party) prg.Key {
	return prg.Key(a.key(self, labelSelf, partyBytes(u)))
}

// analystMask returns KA_u, bound to u and H(ctA_u): a worker that replays
// another's ciphertext does not get the other's mask.
func (a attempt) analystMask(shared, ct []byte, u session.Party) prg.Key {
	h := session.Hash(labelAnalyst, ct)
	return prg.Key(a.key(shared, labelAnalyst, partyBytes(u), h[:]))
}

// equal compares in a time that depends on the lengths only.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
