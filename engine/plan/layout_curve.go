package plan

import "github.com/tacit-space/tacit/crypto/guard"

// guardSlots are the slots that a guard of a packed ciphertext takes besides its limbs.
const guardSlots = 2

// curveSlots is how many slots the curves of a set take in packed ciphertexts, about: a curve that
// does not fit into the rest of one ciphertext goes on in the next, under the same guard.
func (b *builder) curveSlots(c *columnSet) int {
	return b.cells*c.limbs() + b.cells/b.l.points*guardSlots
}

// packCurves packs whole curves, each behind one guard, as long as they fit, and cuts the others.
// One polynomial is evaluated for all that a ciphertext holds, be it points of one curve or several.
func (b *builder) packCurves(c *columnSet, k int) {
	limbs, points := c.limbs(), b.l.points
	whole := points*limbs + guardSlots
	for first := 0; first < b.cells; {
		at := b.room(k, limbs+guardSlots)
		each, n := points-first%points, 1
		switch {
		case each == points && at.left >= whole:
			n = min((b.cells-first)/points, at.left/whole)
		default:
			each = min(each, (at.left-guardSlots)/limbs)
		}
		b.run(c, at, guard.Run{Guards: n, Limbs: each * limbs}, segment{first: first, cells: n * each, each: each})
		first += n * each
	}
}
