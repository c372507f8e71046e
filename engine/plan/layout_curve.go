package plan

import (
	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/engine/fault"
)

// guardSlots are the slots that a guard of a packed ciphertext takes besides its limbs.
const guardSlots = 2

// curves places the guarded sets of a plan with a curve, all those of one k together, in one of three ways: whichever takes
// the fewest multiplications.
//
//   - Packed: a ciphertext has a guard once and the limbs of all its points behind it, of several curves and guards; the
//     polynomial is evaluated once for each ciphertext.
//   - Spread: the same without the two slots that a guard takes for itself, by three outputs instead of one. Where
//     limbs fill ciphertexts to the last slot, that is a ciphertext less.
//   - In columns: each point has its guard in one ciphertext, and its limbs in one each; the polynomial is evaluated once for all of these.
func (b *builder) curves() *fault.Fault {
	if b.l.points == 1 {
		return nil
	}
	byK := map[int][]*columnSet{}
	var ks []int // in the order of the guards
	for i := range b.l.columns {
		c := &b.l.columns[i]
		if c.guard < 0 {
			continue
		}
		k := b.l.Guards[c.guard].K
		if byK[k] == nil {
			ks = append(ks, k)
		}
		byK[k] = append(byK[k], c)
	}
	for _, k := range ks {
		if f := b.placeCurves(k, byK[k]); f != nil {
			return f
		}
	}
	return nil
}

func (b *builder) placeCurves(k int, sets []*columnSet) *fault.Fault {
	circuit, err := he.NewCircuit(k)
	if err != nil {
		return NoParameters.New("%w", err)
	}
	slots := b.params.Slots()
	ciphertexts := func(n int) int { return (n + slots - 1) / slots }
	limbs, guards, columns := 0, 0, 0
	for _, c := range sets {
		limbs += b.cells * c.limbs()
		guards += b.cells / b.l.points * guardSlots
		columns += ciphertexts(b.cells) * circuit.Products(c.limbs(), true)
	}
	packed, spread := ciphertexts(limbs+guards)*circuit.Products(1, false), ciphertexts(limbs)*circuit.Products(1, true)
	switch {
	case ciphertexts(limbs) > guard.MaxCiphertexts:
		return TooLarge.New("%d limbs in all", limbs)
	case columns < min(packed, spread):
		for _, c := range sets {
			b.inColumns(c, k)
		}
	case spread < packed:
		b.spread(sets, k)
	default:
		for _, c := range sets {
			b.packCurves(c, k)
		}
	}
	return b.within()
}

// packCurves packs whole curves, each behind one guard, as long as they fit, and cuts the others: a curve that does not fit into
// the rest of one ciphertext goes on in the next, behind the same guard.
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
		c.segments = append(c.segments, b.run(at, guard.Run{Guards: n, Limbs: each * limbs}, segment{first: first, cells: n * each, each: each}))
		first += n * each
	}
}

// spread gives every limb of every cell a slot, with the guard of its curve beside it: limb i of cell j of a set is number
// i·cells + j, and sets follow each other.
func (b *builder) spread(sets []*columnSet, k int) {
	shape := b.l.Shape
	left := 0
	for _, c := range sets {
		for first, all := 0, b.cells*c.limbs(); first < all; {
			if left == 0 {
				shape.Groups = append(shape.Groups, guard.Group{K: k, Runs: []guard.Run{{Limbs: 1}}})
				left = b.params.Slots()
			}
			group := len(shape.Groups) - 1
			run := &shape.Groups[group].Runs[0]
			n := min(left, all-first)
			c.segments = append(c.segments, segment{first: first, cells: n, each: 1, group: group, spread: true, offset: run.Guards})
			run.Guards += n
			left -= n
			first += n
		}
	}
}
