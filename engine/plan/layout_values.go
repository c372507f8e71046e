package plan

import (
	"math/big"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/fault"
)

// ErrLayout says that numbers do not fit the layout of their plan.
var ErrLayout = fault.Declare("TACIT-P128", "numbers do not fit the guarded release",
	"A contribution or a released result has another shape than the plan. This is a fault of the program.",
	"Report it with the worker's log.")

// Input writes one owner's sums, and its privacy units per guard and cell of [Plan.Across], as the input
// of a guarded release. Both come from the owner's local query and have been checked
// against their bounds.
func (l *Layout) Input(sums ring.Vector, units [][]uint64) (guard.Input, error) {
	if len(units) != len(l.Guards) {
		return guard.Input{}, ErrLayout.New("units for %d guards, wanted %d", len(units), len(l.Guards))
	}
	in := guard.Input{Groups: make([][]guard.RunInput, len(l.Shape.Groups))}
	for i, g := range l.Shape.Groups {
		in.Groups[i] = make([]guard.RunInput, len(g.Runs))
	}
	for i := range l.columns {
		c := &l.columns[i]
		for _, s := range c.segments {
			run := guard.RunInput{Limbs: make([][]int64, c.limbs()*s.each)}
			if c.guard >= 0 {
				of := units[c.guard]
				if len(of)*l.points < s.first+s.cells {
					return guard.Input{}, ErrLayout.New("units of %d cells", len(of))
				}
				run.Guards = l.guards(of, s)
			}
			if (s.first+s.cells)*l.sums > sums.Len() {
				return guard.Input{}, ErrLayout.New("%d sums", sums.Len())
			}
			l.limbs(run.Limbs, c, s, sums)
			in.Groups[s.group][s.run] = run
		}
	}
	return in, nil
}

// guards returns the units of the guards of a segment: of each the cells that it stands before.
func (l *Layout) guards(of []uint64, s segment) []uint64 {
	if l.points == 1 {
		return of[s.first : s.first+s.cells]
	}
	out := make([]uint64, s.cells/s.each)
	for i := range out {
		out[i] = of[(s.first+i*s.each)/l.points]
	}
	return out
}

// limbs cuts the values of a segment: a number x is Σ limb_i 2^(i·limbBits), all limbs but
// the highest in [0, 2^limbBits), the highest with the sign. Limb i of cell j of a guard is number
// i·each + j of its limbs.
func (l *Layout) limbs(out [][]int64, c *columnSet, s segment, sums ring.Vector) {
	for i := range out {
		out[i] = make([]int64, s.cells/s.each)
	}
	at := 0
	for _, v := range c.values {
		for cell := range s.cells {
			of, j := cell/s.each, cell%s.each
			lo, hi := element(sums, (s.first+cell)*l.sums+v.sum)
			for i := range v.limbs {
				limb := &out[(at+i)*s.each+j][of]
				if i == v.limbs-1 {
					*limb = int64(lo)
					break
				}
				*limb = int64(lo & (1<<l.limbBits - 1))
				lo = lo>>l.limbBits | uint64(hi)<<(64-l.limbBits)
				hi >>= l.limbBits
			}
		}
		at += v.limbs
	}
}

// element returns an element as 128 bits in two's complement.
func element(v ring.Vector, i int) (lo uint64, hi int64) {
	if v.Width == ring.Width64 {
		return v.Words[i], int64(v.Words[i]) >> 63
	}
	return v.Words[2*i], int64(v.Words[2*i+1])
}

// Released is the sums of a plan as far as they were released.
type Released struct {
	sums   []*big.Int
	hidden []uint8 // k of an element that was not released, else 0
}

// At returns element i; it is nil if the element is suppressed.
func (r *Released) At(i int) *big.Int { return r.sums[i] }

// Suppressed returns 0 for an element that was released, else the k below which the
// number of its privacy units lies.
func (r *Released) Suppressed(i int) int { return int(r.hidden[i]) }

// Read puts what a guarded release opened back in the order of the plan.
func (l *Layout) Read(opened [][]guard.RunOpened) (*Released, error) {
	cells := 0
	for _, s := range l.columns[0].segments {
		cells += s.cells
	}
	r := &Released{sums: make([]*big.Int, cells*l.sums), hidden: make([]uint8, cells*l.sums)}
	for i := range l.columns {
		c := &l.columns[i]
		for _, s := range c.segments {
			if s.group >= len(opened) || s.run >= len(opened[s.group]) || len(opened[s.group][s.run].Released) != s.cells/s.each {
				return nil, ErrLayout.New("a result of another shape")
			}
			l.read(r, c, s, &opened[s.group][s.run])
		}
		if c.guard >= 0 && !l.whole(c, opened) {
			return nil, ErrLayout.New("a curve of which only a part was released: an owner did not count its units alike for all of it")
		}
	}
	return r, nil
}

func (l *Layout) read(r *Released, c *columnSet, s segment, run *guard.RunOpened) {
	at := 0
	for _, v := range c.values {
		for cell := range s.cells {
			i, of := (s.first+cell)*l.sums+v.sum, cell/s.each
			switch {
			case !run.Released[of]:
				r.hidden[i] = uint8(l.Guards[c.guard].K)
			case v.limbs == 0:
				r.sums[i] = new(big.Int).SetUint64(run.Guards[of])
			default:
				r.sums[i] = l.join(run.Limbs, at*s.each+cell%s.each, v.limbs, s.each, of)
			}
		}
		at += v.limbs
	}
}

// join puts n limbs, every each from the first, of a guard together, each summed over the owners.
func (l *Layout) join(limbs [][]int64, first, n, each, of int) *big.Int {
	x := new(big.Int)
	for i := n - 1; i >= 0; i-- {
		x.Lsh(x, uint(l.limbBits))
		x.Add(x, big.NewInt(limbs[first+i*each][of]))
	}
	return x
}

// whole reports whether all cells of each curve have the same units behind them, however they were
// cut into segments: every owner counts a curve's units once.
func (l *Layout) whole(c *columnSet, opened [][]guard.RunOpened) bool {
	if l.points == 1 {
		return true
	}
	units := map[int]uint64{} // 0: not released
	for _, s := range c.segments {
		run := &opened[s.group][s.run]
		for i, n := range run.Guards {
			curve := (s.first + i*s.each) / l.points
			if before, seen := units[curve]; seen && before != n {
				return false
			}
			units[curve] = n
		}
	}
	return true
}
