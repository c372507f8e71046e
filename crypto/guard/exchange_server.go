package guard

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// collector is the coordinator's side of an exchange.
type collector struct {
	exchange
	par session.Parallel

	commitments map[session.Party]*commitment
	committed   []byte // all of them, encoded
	shares      map[session.Party]bool
	sum         []he.Poly
	last        []he.Poly // memory for the share that is being added
	aggregate   []byte    // the sums, encoded
	challenge   [32]byte
	claims      map[session.Party]*claim
}

func newCollector(x exchange, par session.Parallel) *collector {
	return &collector{
		exchange: x, par: par,
		commitments: map[session.Party]*commitment{},
		shares:      map[session.Party]bool{},
		claims:      map[session.Party]*claim{},
	}
}

func (x *collector) takeCommitment(from session.Party, body []byte) error {
	c, err := decode(from, body, x.base+offCommitment, func(r *wire.Reader) (*commitment, error) {
		return x.decodeCommitment(r), nil
	})
	if err != nil {
		return err
	}
	if err := x.checkCommitment(from, c); err != nil {
		return err
	}
	x.commitments[from] = c
	return nil
}

// closeCommitments returns the message to all.
func (x *collector) closeCommitments() []byte {
	w := begin(x.base + offCommitments)
	for _, u := range x.parties {
		x.commitments[u].encode(w)
	}
	x.committed = w.Data()[1:]
	x.sum, x.last = x.zero(), x.zero()
	return w.Data()
}

// takeShare adds a share up, and returns the message for the worker that audits it.
func (x *collector) takeShare(from session.Party, body []byte) ([]byte, error) {
	share, err := decode(from, body, x.base+offShare, func(r *wire.Reader) ([]byte, error) {
		return r.Fixed(x.shareSize()), nil
	})
	if err != nil {
		return nil, err
	}
	if x.shareDigest(from, share) != x.commitments[from].digest {
		return nil, blame(from, "%w", errShare)
	}
	if err := x.decodePolys(x.last, share, x.par); err != nil {
		return nil, blame(from, "%w", err)
	}
	x.par.Run(x.count, func(j int) { x.basis.Add(x.sum[j], x.last[j]) })
	x.shares[from] = true
	w := begin(x.base + offAudit)
	w.Fixed(share)
	return w.Data(), nil
}

// closeShares fixes the sums and the challenge.
func (x *collector) closeShares() {
	x.last = nil
	x.aggregate = x.encodePolys(make([]byte, 0, x.shareSize()), x.sum)
	x.challenge = x.exchange.challenge(x.committed, x.aggregate)
}

// aggregated returns the message with the sums and what follows them.
func (x *collector) aggregated(more []byte) []byte {
	w := begin(x.base + offAggregate)
	w.Fixed(x.aggregate)
	w.Fixed(more)
	return w.Data()
}

func (x *collector) takeClaim(from session.Party, body []byte) error {
	c, err := decode(from, body, x.base+offClaim, func(r *wire.Reader) (*claim, error) {
		return x.decodeClaim(r), nil
	})
	if err != nil {
		return err
	}
	if err := x.checkClaim(x.challenge, from, c); err != nil {
		return err
	}
	x.claims[from] = c
	return nil
}

// agree reports whether the claims add up to the sums. If not, a worker lies, and its
// auditor can tell which from the claims.
func (x *collector) agree() bool {
	sum := x.basis.ZeroFingerprint()
	for _, c := range x.claims {
		x.basis.AddFingerprint(sum, c.fingerprint)
	}
	return same(sum, x.basis.Fingerprint(x.sum, x.challenge, x.par))
}

// errClaims ends the coordinator's attempt; workers get the claims before.
var errClaims = fmt.Errorf("guard: %w: the claims do not add up to the sums, so a worker lies, and its auditor knows which", session.ErrCheck)

// closeClaims returns the message to all, and the transcript.
func (x *collector) closeClaims() ([]byte, [32]byte) {
	w := begin(x.base + offClaims)
	for _, u := range x.parties {
		x.claims[u].encode(w)
	}
	return w.Data(), x.transcript(x.challenge, w.Data()[1:])
}
