package guard

import (
	"errors"
	"fmt"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// An exchange adds up the workers' lists of polynomials so that everybody knows that the
// sums are the sums:
//
//	W→C  commitment   H(share), signed
//	C→W  commitments  of all
//	W→C  share
//	C→W  audit        the share of the next worker in the circle
//	C→W  aggregate    the sums
//	W→C  claim        fingerprint of the own share under a challenge that depends on all
//	                  commitments and the sums, signed
//	C→W  claims       of all
//
// A worker goes on if all claims are signed under the challenge that it computed (so all
// saw the same commitments and sums), if the fingerprints add up to that of the sums, and if
// the claim of the worker that it audits is that of its share, which is the one that was
// committed to.
//
// What that guarantees, each worker having one auditor: if a sum is not the sum of the
// committed shares, or a share was chosen after others were seen, then the coordinator
// lies, and so do two workers (all this up to probability 2^-96 for every sum that the
// coordinator tries). The coordinator with one worker is caught, by that worker's auditor; the
// others go on, but open nothing that can be read without the mask of the auditor.
//
// With two workers it is not caught if one of them audits the other. Nor is it, in the
// exchange of inputs, if it shows each worker the claims that fit what that one audits: nothing but the
// transcript of keys, in the id of the key set, says that all saw the same claims.
type exchange struct {
	circle
	name  string // of the exchange, in labels
	base  kind
	basis *he.Basis
	count int // polynomials in a list
	extra int // bytes that a commitment has beside the digest
	tail  int // bytes that a claim has beside the fingerprint
}

// shareSize is the size of an encoded list of polynomials.
func (x *exchange) shareSize() int { return x.count * x.basis.Size() }

func (x *exchange) label(of string) string { return "tacit/guard/v1/" + x.name + " " + of }

// commitment is what a worker fixes before it sees others' shares.
type commitment struct {
	digest [32]byte
	extra  []byte
	sig    signature
}

func (c *commitment) encode(w *wire.Writer) {
	w.Fixed(c.digest[:])
	w.Fixed(c.extra)
	w.Fixed(c.sig[:])
}

func (x *exchange) decodeCommitment(r *wire.Reader) *commitment {
	return &commitment{digest: fixed32(r), extra: r.Fixed(x.extra), sig: readSignature(r)}
}

// statement is what worker u signs.
func (x *exchange) committed(u session.Party, c *commitment) [32]byte {
	return x.digest(x.label("commitment"), session.PartyBytes(u), c.digest[:], c.extra)
}

func (x *exchange) checkCommitment(u session.Party, c *commitment) error {
	if !x.verify(u, x.label("sign commitment"), x.committed(u, c), c.sig) {
		return blame(u, "signature of the commitment is not valid")
	}
	return nil
}

// shareDigest is what a commitment commits to.
func (x *exchange) shareDigest(u session.Party, share []byte) [32]byte {
	return x.digest(x.label("share"), session.PartyBytes(u), share)
}

// claim is a worker's word about its share.
type claim struct {
	fingerprint he.Fingerprint
	tail        []byte
	sig         signature
}

func (c *claim) encode(w *wire.Writer) {
	c.fingerprint.Encode(w)
	w.Fixed(c.tail)
	w.Fixed(c.sig[:])
}

func (x *exchange) decodeClaim(r *wire.Reader) *claim {
	return &claim{fingerprint: x.basis.DecodeFingerprint(r), tail: r.Fixed(x.tail), sig: readSignature(r)}
}

func (x *exchange) claimed(challenge [32]byte, u session.Party, c *claim) [32]byte {
	w := wire.NewWriter()
	c.fingerprint.Encode(w)
	return x.digest(x.label("claim"), challenge[:], session.PartyBytes(u), w.Data(), c.tail)
}

func (x *exchange) checkClaim(challenge [32]byte, u session.Party, c *claim) error {
	if !x.verify(u, x.label("sign claim"), x.claimed(challenge, u, c), c.sig) {
		return blame(u, "signature of the claim is not valid for these commitments and sums")
	}
	return nil
}

// challenge follows from everything that was fixed before.
func (x *exchange) challenge(commitments, aggregate []byte) [32]byte {
	return x.digest(x.label("challenge"), x.parties.Bytes(), commitments, aggregate)
}

// transcript stands for the whole exchange.
func (x *exchange) transcript(challenge [32]byte, claims []byte) [32]byte {
	return x.digest(x.label("transcript"), challenge[:], claims)
}

// zero returns a list of zeros.
func (x *exchange) zero() []he.Poly {
	list := make([]he.Poly, x.count)
	for j := range list {
		list[j] = x.basis.Zero()
	}
	return list
}

// decodePolys reads a list of polynomials into list, which on an error holds anything.
func (x *exchange) decodePolys(list []he.Poly, data []byte, par session.Parallel) error {
	if len(data) != x.shareSize() {
		return fmt.Errorf("%w: %d bytes of %d polynomials, wanted %d", he.ErrPoly, len(data), x.count, x.shareSize())
	}
	size := x.basis.Size()
	return par.Each(x.count, func(j int) error { return x.basis.DecodeTo(list[j], data[j*size:(j+1)*size]) })
}

func (x *exchange) encodePolys(to []byte, list []he.Poly) []byte {
	for _, p := range list {
		to = x.basis.Append(to, p)
	}
	return to
}

// readList reads one item of every party.
func readList[T any](r *wire.Reader, parties session.Parties, read func(*wire.Reader) *T) map[session.Party]*T {
	all := make(map[session.Party]*T, len(parties))
	for _, u := range parties {
		all[u] = read(r)
		if r.Err() != nil {
			return nil
		}
	}
	return all
}

var errShare = errors.New("share is not the one that was committed to")
