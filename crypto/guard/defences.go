package guard

import (
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/prg"
)

// defences names what an attack test takes out, to show that the attack succeeds
// without it. The zero value takes out nothing. No exported name leads here, and
// a test keeps code outside the tests from setting any of it.
type defences struct {
	minContributors bool // the worker's own check of how many take part
	pairing         bool // ciphertexts of pairwise secrets are signed
	commitment      bool // shares are those that were committed to before any was shown
	sameView        bool // all workers saw the same commitments, sums and outputs
	fingerprint     bool // the sums are the sums of the shares
	audit           bool // a claim is that of its share
	evaluation      bool // the outputs are those of the circuit
	oneAnswer       bool // one answer per round, and secrets are gone after the claim
	releaseOnce     bool // one release per job
	resultCheck     bool // the analyst's checks

	// Replacements, nil for the real thing.
	common func(he.Poly) he.Poly // common random polynomials of inputs
	masks  func(prg.Key) prg.Key // of pairs
}

func (d *defences) commonOf(a he.Poly) he.Poly {
	if d.common != nil {
		return d.common(a)
	}
	return a
}

func (d *defences) maskOf(k prg.Key) prg.Key {
	if d.masks != nil {
		return d.masks(k)
	}
	return k
}
