package secagg

import (
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
)

// defences names what an attack test takes out, to show that the attack succeeds
// without it. The zero value takes out nothing. No exported name leads here, and
// a test keeps code outside the tests from setting any of it.
type defences struct {
	parameterCheck  bool // the worker's own check of t, T and n_min
	minContributors bool // the worker's and the analyst's own check of n_min in every round
	oneAnswer       bool // one answer per round: a worker signs one U3 only
	certificate     bool // t signatures over one U3 before anything is opened
	releaseOnce     bool // one release per job
	lateRefusal     bool // no input after U3 is fixed
	sumCheck        bool // the tag
	selfMask        bool // the second mask

	// Replacements, nil for the real thing.
	maskKey     func(prg.Key) prg.Key
	analystMask func(a attempt, shared, ct []byte, u session.Party) prg.Key
	commit      func(secret []byte) [32]byte
}

func (d *defences) keyOf(k prg.Key) prg.Key {
	if d.maskKey != nil {
		return d.maskKey(k)
	}
	return k
}

func (d *defences) analystKeyOf(a attempt, shared, ct []byte, u session.Party) prg.Key {
	if d.analystMask != nil {
		return d.analystMask(a, shared, ct, u)
	}
	return d.keyOf(a.analystMask(shared, ct, u))
}

// tooFew reports whether a set is smaller than n_min.
func (d *defences) tooFew(a attempt, p session.Parties) bool {
	return len(p) < a.MinContributors && !d.minContributors
}

func (d *defences) commitment(a attempt, label string, scalar []byte, u session.Party) [32]byte {
	if d.commit != nil {
		return d.commit(scalar)
	}
	return a.commitment(label, scalar, u)
}
