package plan

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"math/bits"
	"slices"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/engine/fault"
)

// lockSet is a guard that has to hold beside a sum's own one. A guard of the release opens what stands behind
// it, and nothing else does, so a conjunction of guards is made of keys: each owner adds a pad to every limb of a locked value,
// modulo t, and puts a seed behind each lock, in slots where all others have 0. The pads are derived from all seeds of the owner
// for the group of cells that is released together. Who has the sums and all seeds takes the pads off; while one
// seed of one owner that keeps it to itself is closed, the sums are uniform.
//
// Nothing is multiplied for it: the depth of the circuit stays that of one guard.
type lockSet struct {
	guard    int
	segments []segment // of groups of cells that are released together
}

// seedSize is the length of a seed in bytes.
const seedSize = 16

// chunkBits is how many bits of a seed a slot has: all of them make no negative number.
func (l *Layout) chunkBits(t uint64) int { return bits.Len64(t/2) - 1 }

// chunks is how many slots a seed has.
func (l *Layout) chunks(t uint64) int { return (8*seedSize + l.chunkBits(t) - 1) / l.chunkBits(t) }

// locks places the seeds, packed.
func (b *builder) locks() *fault.Fault {
	for i, g := range b.l.Guards {
		if !g.Lock {
			continue
		}
		set := lockSet{guard: i}
		limbs := len(b.l.owners) * b.l.chunks(b.params.T())
		groups := b.cells / b.l.points
		for first := 0; first < groups; {
			if limbs+guardSlots > b.params.Slots() {
				return TooLarge.New("the seeds of %d owners", len(b.l.owners))
			}
			at := b.room(g.K, limbs+guardSlots)
			n := min(groups-first, at.left/(limbs+guardSlots))
			set.segments = append(set.segments, b.run(at, guard.Run{Guards: n, Limbs: limbs}, segment{first: first, cells: n, each: 1}))
			first += n
		}
		b.l.locks = append(b.l.locks, set)
	}
	if len(b.l.locks) == 0 {
		return nil
	}
	return b.within()
}

// numberPads gives each limb of a locked value a pad: limb i of a value at point j has number pad + i·points + j.
func (l *Layout) numberPads() {
	l.pads = 0
	for i := range l.columns {
		for j := range l.columns[i].values {
			if v := &l.columns[i].values[j]; v.locked {
				v.pad = l.pads
				l.pads += v.limbs * l.points
			}
		}
	}
}

// pads are those of one owner, or of all owners together, of each group of cells that are released together: residues
// modulo t. They are secret as long as the sums are.
type pads struct {
	t      uint64
	points int
	of     [][]uint64 // nil: of a group that stays locked
}

// add puts the pad of a limb on, if it has one.
func (p *pads) add(v *value, limb, cell int, x int64) int64 {
	if !v.locked {
		return x
	}
	return p.centred(int64(p.at(v, limb, cell)) + x)
}

// remove takes the pad of a limb off, if it has one.
func (p *pads) remove(v *value, limb, cell int, x int64) int64 {
	if !v.locked {
		return x
	}
	return p.centred(x - int64(p.at(v, limb, cell)))
}

func (p *pads) at(v *value, limb, cell int) uint64 {
	return p.of[cell/p.points][v.pad+limb*p.points+cell%p.points]
}

// centred returns the residue of x in (-t/2, t/2), for |x| < 2t.
func (p *pads) centred(x int64) int64 {
	t := int64(p.t)
	x %= t
	switch {
	case x > t/2:
		return x - t
	case x < -(t / 2):
		return x + t
	}
	return x
}

// padKey derives the key of an owner's pads of a group from its seeds, one for each lock.
func padKey(owner, group int, seeds []byte) prg.Key {
	h := sha256.New()
	h.Write([]byte("tacit/plan/lock/v1\x00"))
	h.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(owner)), uint32(group)))
	h.Write(seeds)
	return prg.Key(h.Sum(nil))
}

// addOwner adds the pads of an owner of a group.
func (p *pads) addOwner(pads, owner, group int, seeds []byte) {
	if p.of[group] == nil {
		p.of[group] = make([]uint64, pads)
	}
	key := padKey(owner, group, seeds)
	prg.AddResidues(p.of[group], p.t, &key, 0, false)
	clear(key[:])
}

// newPads returns pads of no group.
func (l *Layout) newPads(t uint64) *pads {
	return &pads{t: t, points: l.points, of: make([][]uint64, l.cells/l.points)}
}

// draw draws an owner's seeds, puts them behind the locks, and returns its pads. With no locks there are none.
func (l *Layout) draw(in *guard.Input, owner string, units [][]uint64) (*pads, error) {
	if len(l.locks) == 0 {
		return nil, nil
	}
	params, err := he.Set(l.Shape.Set)
	if err != nil {
		return nil, err
	}
	self := slices.Index(l.owners, owner)
	if self < 0 {
		return nil, ErrLayout.New("%q is no owner of the table", owner)
	}
	p := l.newPads(params.T())
	seeds := make([]byte, len(p.of)*len(l.locks)*seedSize) // of a group one after the other
	_, _ = rand.Read(seeds)                                // never fails
	of := func(group, lock int) []byte {
		return seeds[(group*len(l.locks)+lock)*seedSize:][:seedSize]
	}
	n, width := l.chunks(p.t), l.chunkBits(p.t)
	for i, lock := range l.locks {
		for _, s := range lock.segments {
			run := guard.RunInput{Guards: units[lock.guard][s.first : s.first+s.cells], Limbs: make([][]int64, n*len(l.owners))}
			for j := range run.Limbs {
				run.Limbs[j] = make([]int64, s.cells)
			}
			for cell := range s.cells {
				for j, x := range split(of(s.first+cell, i), n, width) {
					run.Limbs[self*n+j][cell] = x
				}
			}
			in.Groups[s.group][s.run] = run
		}
	}
	for group := range p.of {
		p.addOwner(l.pads, self, group, seeds[group*len(l.locks)*seedSize:][:len(l.locks)*seedSize])
	}
	clear(seeds)
	return p, nil
}

// split cuts a seed into n chunks, the lowest bits first.
func split(seed []byte, n, width int) []int64 {
	x := new(big.Int).SetBytes(seed)
	out := make([]int64, n)
	mask := big.NewInt(1<<width - 1)
	for i := range out {
		out[i] = new(big.Int).And(x, mask).Int64()
		x.Rsh(x, uint(width))
	}
	return out
}

// joinSeed puts chunks together; false if they are those of no seed.
func joinSeed(chunks []int64, width int) ([]byte, bool) {
	x := new(big.Int)
	for i := len(chunks) - 1; i >= 0; i-- {
		if chunks[i] < 0 || chunks[i]>>width != 0 {
			return nil, false
		}
		x.Lsh(x, uint(width))
		x.Or(x, big.NewInt(chunks[i]))
	}
	if x.BitLen() > 8*seedSize {
		return nil, false
	}
	return x.FillBytes(make([]byte, seedSize)), true
}

// unlock reads the seeds that were opened, and returns the pads of all owners, and for each group the guard of
// the first lock that holds it closed, -1 if none does.
func (l *Layout) unlock(opened [][]guard.RunOpened) (*pads, []int, error) {
	if len(l.locks) == 0 {
		return nil, nil, nil
	}
	params, err := he.Set(l.Shape.Set)
	if err != nil {
		return nil, nil, err
	}
	p := l.newPads(params.T())
	closed := slices.Repeat([]int{-1}, len(p.of))
	seeds := make([][]byte, len(p.of)*len(l.owners))
	for _, lock := range l.locks {
		for _, s := range lock.segments {
			run, f := l.opened(opened, s)
			if f != nil {
				return nil, nil, f
			}
			if err := l.seeds(seeds, closed, run, s, lock.guard, p.t); err != nil {
				return nil, nil, err
			}
		}
	}
	for group := range p.of {
		if closed[group] >= 0 {
			continue
		}
		p.of[group] = make([]uint64, l.pads)
		for owner := range l.owners {
			if of := seeds[group*len(l.owners)+owner]; slices.ContainsFunc(of, func(b byte) bool { return b != 0 }) { // else it took no part
				p.addOwner(l.pads, owner, group, of)
			}
		}
	}
	return p, closed, nil
}

// seeds appends the seeds of a segment of a lock to those of each group and owner.
func (l *Layout) seeds(to [][]byte, closed []int, run *guard.RunOpened, s segment, lock int, t uint64) error {
	n, width := l.chunks(t), l.chunkBits(t)
	chunks := make([]int64, n)
	for cell, released := range run.Released {
		group := s.first + cell
		if !released {
			if closed[group] < 0 {
				closed[group] = lock
			}
			continue
		}
		for owner := range l.owners {
			for j := range chunks {
				chunks[j] = run.Limbs[owner*n+j][cell]
			}
			seed, ok := joinSeed(chunks, width)
			if !ok {
				return ErrLayout.New("an owner put no seed behind a lock")
			}
			at := group*len(l.owners) + owner
			to[at] = append(to[at], seed...)
		}
	}
	return nil
}

// opened is the run of a segment in what was opened.
func (l *Layout) opened(all [][]guard.RunOpened, s segment) (*guard.RunOpened, error) {
	if s.group >= len(all) || s.run >= len(all[s.group]) || len(all[s.group][s.run].Released) != l.Shape.Groups[s.group].Runs[s.run].Guards {
		return nil, ErrLayout.New("a result of another shape")
	}
	return &all[s.group][s.run], nil
}
