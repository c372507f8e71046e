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
	commitment      bool // shares are those that were committed to before any was shown
	sameView        bool // all workers saw the same commitments and sums
	fingerprint     bool // the sums are the sums of the shares
	audit           bool // a claim is that of its share
	evaluation      bool // the outputs are those of the circuit
	oneAnswer       bool // one answer per round
	releaseOnce     bool // one release per job
	resultCheck     bool // the analyst's checks

	// Replacements, nil for the real thing.
	crs   func(real [32]byte) [32]byte
	masks func(prg.Key) prg.Key // of pairs and the analyst
	input func(s he.Secret) he.Secret
}
