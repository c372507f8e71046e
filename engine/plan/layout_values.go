package plan

import (
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/fault"
)

// ErrLayout says that numbers do not fit the layout of their plan.
var ErrLayout = fault.Declare("TACIT-P128", "numbers do not fit the guarded release",
	"A contribution or a released result has another shape than the plan. This is a fault of the program.",
	"Report it with the worker's log.")

// Input writes an owner's sums, and its privacy units per guard and cell of [Plan.Across], as the input
// of a guarded release; locked sums get pads from fresh randomness, so that it is made for one attempt. Both come from the owner's local query and have been checked
// against their bounds.
func (l *Layout) Input(owner string, sums ring.Vector, units [][]uint64) (guard.Input, error) {
	if len(units) != len(l.Guards) {
		return guard.Input{}, ErrLayout.New("units for %d guards, wanted %d", len(units), len(l.Guards))
	}
	in := guard.Input{Groups: make([][]guard.RunInput, len(l.Shape.Groups))}
	for i, g := range l.Shape.Groups {
		in.Groups[i] = make([]guard.RunInput, len(g.Runs))
	}
	if sums.Len() < l.cells*l.sums {
		return guard.Input{}, ErrLayout.New("%d sums", sums.Len())
	}
	for i, of := range units {
		if len(of)*l.points < l.cells {
			return guard.Input{}, ErrLayout.New("units of %d cells behind guard %d", len(of), i)
		}
	}
	pads, err := l.draw(&in, owner, units)
	if err != nil {
		return guard.Input{}, err
	}
	for i := range l.columns {
		c := &l.columns[i]
		for _, s := range c.segments {
			if s.spread {
				l.spread(&in.Groups[s.group][s.run], c, s, sums, units[c.guard], pads)
				continue
			}
			run := guard.RunInput{Limbs: make([][]int64, c.limbs()*s.each)}
			if c.guard >= 0 {
				run.Guards = l.guards(units[c.guard], s)
			}
			l.limbs(run.Limbs, c, s, sums, pads)
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
func (l *Layout) limbs(out [][]int64, c *columnSet, s segment, sums ring.Vector, pads *pads) {
	for i := range out {
		out[i] = make([]int64, s.cells/s.each)
	}
	at := 0
	for _, v := range c.values {
		for cell := range s.cells {
			of, j := cell/s.each, cell%s.each
			rest := elementOf(sums, (s.first+cell)*l.sums+v.sum)
			for i := range v.limbs {
				out[(at+i)*s.each+j][of] = pads.add(&v, i, s.first+cell, rest.cut(l.limbBits, i == v.limbs-1))
			}
		}
		at += v.limbs
	}
}

// spread writes a segment of limbs by their numbers.
func (l *Layout) spread(run *guard.RunInput, c *columnSet, s segment, sums ring.Vector, units []uint64, pads *pads) {
	if run.Guards == nil {
		n := l.Shape.Groups[s.group].Runs[s.run].Guards
		run.Guards, run.Limbs = make([]uint64, n), [][]int64{make([]int64, n)}
	}
	for j := range s.cells {
		v, limb, cell := l.limb(c, s.first+j)
		rest := elementOf(sums, cell*l.sums+v.sum)
		for range limb {
			rest.cut(l.limbBits, false)
		}
		run.Guards[s.offset+j] = units[cell/l.points]
		run.Limbs[0][s.offset+j] = pads.add(&v, limb, cell, rest.cut(l.limbBits, limb == v.limbs-1))
	}
}

// limb finds a limb by its number, see [builder.spread].
func (l *Layout) limb(c *columnSet, number int) (v value, limb, cell int) {
	limb, cell = number/l.cells, number%l.cells
	for _, v = range c.values {
		if limb < v.limbs {
			break
		}
		limb -= v.limbs
	}
	return v, limb, cell
}

// element is one as 128 bits in two's complement.
type element struct {
	lo uint64
	hi int64
}

func elementOf(v ring.Vector, i int) element {
	if v.Width == ring.Width64 {
		return element{v.Words[i], int64(v.Words[i]) >> 63}
	}
	return element{v.Words[2*i], int64(v.Words[2*i+1])}
}

// cut takes the lowest limb off, or all that is left as the last.
func (e *element) cut(bits int, last bool) int64 {
	if last {
		return int64(e.lo)
	}
	limb := int64(e.lo & (1<<bits - 1))
	e.lo = e.lo>>bits | uint64(e.hi)<<(64-bits)
	e.hi >>= bits
	return limb
}

// Released is the sums of a plan as far as they were released.
type Released struct {
	sums   []*big.Int
	hidden []uint8 // k of an element that was not released, else 0
	lock   []int   // by element, where there are locks: guard of the lock that holds it back, else -1
}

// At returns element i; it is nil if the element is suppressed.
func (r *Released) At(i int) *big.Int { return r.sums[i] }

// Suppressed returns 0 for an element that was released, else the k below which the
// number of its privacy units lies.
func (r *Released) Suppressed(i int) int { return int(r.hidden[i]) }

// Lock returns which of [Guards] holds element i back beside the guard of its own, -1 if none does.
func (r *Released) Lock(i int) int {
	if r.lock == nil {
		return -1
	}
	return r.lock[i]
}

// withhold hides element i.
func (l *Layout) withhold(r *Released, i, guard, lock int) {
	r.hidden[i], r.sums[i] = uint8(l.Guards[guard].K), nil
	if lock >= 0 {
		r.lock[i] = lock
	}
}

// Read puts what a guarded release opened back in the order of the plan.
func (l *Layout) Read(opened [][]guard.RunOpened) (*Released, error) {
	r := &Released{sums: make([]*big.Int, l.cells*l.sums), hidden: make([]uint8, l.cells*l.sums)}
	pads, closed, err := l.unlock(opened)
	if err != nil {
		return nil, err
	}
	if closed != nil {
		r.lock = slices.Repeat([]int{-1}, len(r.sums))
	}
	for i := range l.columns {
		c := &l.columns[i]
		for _, s := range c.segments {
			run, err := l.opened(opened, s)
			if err != nil {
				return nil, err
			}
			x := reader{l, r, c, pads, closed}
			if s.spread {
				x.gather(s, run)
			} else {
				x.read(s, run)
			}
		}
		if c.guard >= 0 && !l.whole(c, opened) {
			return nil, ErrLayout.New("a curve of which only a part was released: an owner did not count its units alike for all of it")
		}
	}
	return r, nil
}

// reader reads the segments of one set.
type reader struct {
	*Layout
	to     *Released
	set    *columnSet
	pads   *pads
	closed []int
}

// lockOf returns the guard of the lock that holds a value of a cell back, -1 if none does.
func (x *reader) lockOf(v *value, cell int) int {
	if !v.locked {
		return -1
	}
	return x.closed[cell/x.points]
}

func (x *reader) read(s segment, run *guard.RunOpened) {
	at := 0
	for _, v := range x.set.values {
		for j := range s.cells {
			cell, of := s.first+j, j/s.each
			i, lock := cell*x.sums+v.sum, x.lockOf(&v, cell)
			switch {
			case !run.Released[of]:
				x.withhold(x.to, i, x.set.guard, -1)
			case v.limbs == 0:
				x.to.sums[i] = new(big.Int).SetUint64(run.Guards[of])
			case lock >= 0:
				x.withhold(x.to, i, lock, lock)
			default:
				n := new(big.Int)
				for limb := v.limbs - 1; limb >= 0; limb-- {
					n.Lsh(n, uint(x.limbBits))
					n.Add(n, big.NewInt(x.pads.remove(&v, limb, cell, run.Limbs[(at+limb)*s.each+j%s.each][of])))
				}
				x.to.sums[i] = n
			}
		}
		at += v.limbs
	}
}

// gather reads a segment of limbs by their numbers.
func (x *reader) gather(s segment, run *guard.RunOpened) {
	for j := range s.cells {
		v, limb, cell := x.limb(x.set, s.first+j)
		i, lock := cell*x.sums+v.sum, x.lockOf(&v, cell)
		switch {
		case !run.Released[s.offset+j]:
			x.withhold(x.to, i, x.set.guard, -1)
			continue
		case lock >= 0:
			x.withhold(x.to, i, lock, lock)
			continue
		}
		n := big.NewInt(x.pads.remove(&v, limb, cell, run.Limbs[0][s.offset+j]))
		n.Lsh(n, uint(limb*x.limbBits))
		if x.to.sums[i] != nil {
			n.Add(n, x.to.sums[i])
		}
		x.to.sums[i] = n
	}
}

// whole reports whether all cells of each curve have the same units behind them, however they were
// cut into segments: every owner counts a curve's units once.
func (l *Layout) whole(c *columnSet, opened [][]guard.RunOpened) bool {
	if l.points == 1 {
		return true
	}
	behind := map[int]uint64{} // 0: not released
	for _, s := range c.segments {
		units := opened[s.group][s.run].Guards
		if s.spread {
			units = units[s.offset : s.offset+s.cells]
		}
		for i, n := range units {
			curve := (s.first + i*s.each) % l.cells / l.points
			if before, seen := behind[curve]; seen && before != n {
				return false
			}
			behind[curve] = n
		}
	}
	return true
}
