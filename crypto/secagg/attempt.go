package secagg

import (
	"crypto/subtle"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
)

// Labels of derived keys, commitments and signed statements. All are bound to h
// and a by [job.Attempt.Key] and [job.Attempt.Digest].
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

// attempt is the run of one job, to which every key, hash and signature is bound.
type attempt struct{ job.Attempt }

func newAttempt(m *job.Manifest, number uint32) attempt {
	return attempt{job.NewAttempt(m, number)}
}

// blame blames p for what this protocol forbids.
func blame(p session.Party, format string, args ...any) error {
	return session.Blame(p, "secagg: "+format, args...)
}

// pairMask returns K_uv, the same for both orders of u and v.
func (a attempt) pairMask(shared []byte, u, v session.Party) prg.Key {
	return prg.Key(a.Key(shared, labelPair, session.PartyBytes(min(u, v)), session.PartyBytes(max(u, v))))
}

// confirmation returns what u shows v to prove that it knows s_uv.
func (a attempt) confirmation(shared []byte, u, v session.Party) [32]byte {
	return a.Key(shared, labelConfirm, session.PartyBytes(u), session.PartyBytes(v))
}

// selfMask returns K_u.
func (a attempt) selfMask(self []byte, u session.Party) prg.Key {
	return prg.Key(a.Key(self, labelSelf, session.PartyBytes(u)))
}

// analystMask returns KA_u, bound to u and H(ctA_u): a worker that replays
// another's ciphertext does not get the other's mask.
func (a attempt) analystMask(shared, ct []byte, u session.Party) prg.Key {
	h := session.Hash(labelAnalyst, ct)
	return prg.Key(a.Key(shared, labelAnalyst, session.PartyBytes(u), h[:]))
}

// equal compares in a time that depends on the lengths only.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
