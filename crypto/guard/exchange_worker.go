package guard

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// exchanger is a worker's side of an exchange.
type exchanger struct {
	exchange
	self    session.Party
	id      *identity.Identity
	par     session.Parallel
	without *defences

	message     []byte // with the encoded share
	commitment  *commitment
	commitments []byte // of all, as they came
	digests     map[session.Party]*commitment
	audit       []byte // the share of the audited worker
	beliefs     beliefs
	print       he.Fingerprint // of the own share, from the sums on
}

// own returns the encoded share.
func (x *exchanger) own() []byte { return x.message[1:] }

// beliefs is what a worker compares the claims of all with.
type beliefs struct {
	challenge [32]byte
	sum       he.Fingerprint // of the aggregate
	audited   he.Fingerprint // of the audited worker's share
	own       *claim
}

// commit fixes the share, which the exchanger takes over, and returns the commitment.
func (x *exchanger) commit(share []he.Poly, extra []byte) []byte {
	x.message = x.encodePolys(append(make([]byte, 0, 1+x.shareSize()), byte(x.base+offShare)), share)
	x.commitment = &commitment{digest: x.shareDigest(x.self, x.own()), extra: extra}
	x.commitment.sig = sign(x.id, x.label("sign commitment"), x.committed(x.self, x.commitment))
	w := begin(x.base + offCommitment)
	x.commitment.encode(w)
	return w.Data()
}

// takeCommitments returns the share, once everybody is committed.
func (x *exchanger) takeCommitments(body []byte) ([]byte, error) {
	all, err := decode(session.Coordinator, body, x.base+offCommitments, func(r *wire.Reader) (map[session.Party]*commitment, error) {
		return readList(r, x.parties, x.decodeCommitment), nil
	})
	if err != nil {
		return nil, err
	}
	own := all[x.self]
	if own.digest != x.commitment.digest || own.sig != x.commitment.sig || !equal(own.extra, x.commitment.extra) {
		return nil, blame(session.Coordinator, "the own commitment is not among the commitments")
	}
	err = x.par.Each(len(x.parties), func(i int) error {
		u := x.parties[i]
		if err := x.checkCommitment(u, all[u]); err != nil {
			return blame(session.Coordinator, "commitment of worker %d is not valid", u)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	x.commitments, x.digests = body[1:], all
	return x.message, nil
}

// takeAudit keeps the share of the audited worker.
func (x *exchanger) takeAudit(body []byte) error {
	u := x.audited(x.self)
	share, err := decode(session.Coordinator, body, x.base+offAudit, func(r *wire.Reader) ([]byte, error) {
		return r.Fixed(x.shareSize()), nil
	})
	if err != nil {
		return err
	}
	if x.shareDigest(u, share) != x.digests[u].digest && !x.without.commitment {
		return blame(session.Coordinator, "share of worker %d: %w", u, errShare)
	}
	x.audit = share
	return nil
}

// takeAggregate reads the sums, and forms what the claims will be compared with. Rest is
// how many bytes follow the sums; they are returned.
func (x *exchanger) takeAggregate(body []byte, rest int) (sums []he.Poly, more []byte, err error) {
	raw, err := decode(session.Coordinator, body, x.base+offAggregate, func(r *wire.Reader) ([]byte, error) {
		raw := r.Fixed(x.shareSize())
		more = r.Fixed(rest)
		return raw, nil
	})
	if err != nil {
		return nil, nil, err
	}
	sums = x.zero()
	if err := x.decodePolys(sums, raw, x.par); err != nil {
		return nil, nil, blame(session.Coordinator, "sums: %w", err)
	}
	x.beliefs.challenge = x.challenge(x.commitments, raw)
	prints, err := x.basis.Fingerprints([][]byte{raw, x.audit, x.own()}, x.beliefs.challenge, x.par)
	if err != nil { // the sums are decoded, and the own share is sound
		u := x.audited(x.self)
		return nil, nil, blame(u, "share of worker %d: %w", u, err)
	}
	x.beliefs.sum, x.beliefs.audited, x.print = prints[0], prints[1], prints[2]
	return sums, more, nil
}

// claim returns the worker's claim, and lets go of its share.
func (x *exchanger) claim(tail []byte) []byte {
	c := &claim{fingerprint: x.print, tail: tail}
	c.sig = sign(x.id, x.label("sign claim"), x.claimed(x.beliefs.challenge, x.self, c))
	x.beliefs.own = c
	if !x.without.oneAnswer {
		x.message, x.audit, x.print = nil, nil, nil
	}
	return x.beliefs.message(x.base)
}

func (b *beliefs) message(base kind) []byte {
	w := begin(base + offClaim)
	b.own.encode(w)
	return w.Data()
}

// takeClaims compares the claims of all, and returns the transcript of the exchange.
func (x *exchanger) takeClaims(body []byte) ([32]byte, map[session.Party]*claim, error) {
	all, err := decode(session.Coordinator, body, x.base+offClaims, func(r *wire.Reader) (map[session.Party]*claim, error) {
		return readList(r, x.parties, x.decodeClaim), nil
	})
	if err != nil {
		return [32]byte{}, nil, err
	}
	if err := x.compare(all); err != nil {
		return [32]byte{}, nil, err
	}
	return x.transcript(x.beliefs.challenge, body[1:]), all, nil
}

func (x *exchanger) compare(all map[session.Party]*claim) error {
	if all[x.self].sig != x.beliefs.own.sig {
		return blame(session.Coordinator, "the own claim is not among the claims")
	}
	err := x.par.Each(len(x.parties), func(i int) error {
		u := x.parties[i]
		if err := x.checkClaim(x.beliefs.challenge, u, all[u]); err != nil && !x.without.sameView {
			return blame(session.Coordinator, "claim of worker %d is not valid for these commitments and sums", u)
		}
		return nil
	})
	if err != nil {
		return err
	}
	sum := x.basis.ZeroFingerprint()
	for _, u := range x.parties {
		x.basis.AddFingerprint(sum, all[u].fingerprint)
	}
	audited := x.audited(x.self)
	switch {
	case !same(all[audited].fingerprint, x.beliefs.audited) && !x.without.audit:
		return disagreement{blame(audited, "worker %d claims another fingerprint than its share has", audited)}
	case !same(sum, x.beliefs.sum) && !x.without.fingerprint:
		return disagreement{errSums}
	}
	return nil
}

// errSums blames nobody: a worker cannot tell a coordinator with wrong sums from a worker
// with a wrong claim. Of the latter its auditor knows.
var errSums = fmt.Errorf("guard: %w: the sums are not the sums of the shares: "+
	"the coordinator lies, or a worker whom its auditor blames", session.ErrCheck)

func same(a, b he.Fingerprint) bool {
	if len(a) != len(b) {
		return false
	}
	var diff uint64
	for i := range a {
		diff |= a[i] ^ b[i]
	}
	return diff == 0
}
