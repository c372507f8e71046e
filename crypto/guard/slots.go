package guard

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/session"
)

// Input is a worker's contribution, per group and run of the shape. The machine keeps it
// until its shares are made.
type Input struct{ Groups [][]RunInput }

// RunInput is one owner's part of a run.
type RunInput struct {
	Guards []uint64  // privacy units, one per guard; below t, summed over the owners too; nil for an open run
	Limbs  [][]int64 // [Limbs][Guards], in (−t/2, t/2); summed over the owners modulo t
}

// IsEvent marks the type as a [session.Event].
func (Input) IsEvent() {}

// fill writes the contribution into slots, one list per ciphertext. The first of the
// workers contributes the constants.
func (c *checked) fill(in Input, first bool) ([][]uint64, error) {
	if len(in.Groups) != len(c.Groups) {
		return nil, fmt.Errorf("%w: %d groups, wanted %d", session.ErrInput, len(in.Groups), len(c.Groups))
	}
	var all [][]uint64
	for i := range c.Groups {
		g := &c.Groups[i]
		if len(in.Groups[i]) != len(g.Runs) {
			return nil, fmt.Errorf("%w: group %d has %d runs, wanted %d", session.ErrInput, i, len(in.Groups[i]), len(g.Runs))
		}
		lists := make([][]uint64, g.inputs())
		for j := range lists {
			lists[j] = make([]uint64, c.params.Slots())
		}
		f := filler{c: c, g: g, lists: lists, first: first}
		for j, run := range g.Runs {
			if err := f.run(run, in.Groups[i][j]); err != nil {
				return nil, fmt.Errorf("%w: group %d, run %d: %w", session.ErrInput, i, j, err)
			}
		}
		all = append(all, lists...)
	}
	return all, nil
}

// filler fills the ciphertexts of one group.
type filler struct {
	c     *checked
	g     *Group
	lists [][]uint64 // guards, then payloads
	first bool
	at    int // the next slot, if packed
}

func (f *filler) run(r Run, in RunInput) error {
	if err := f.check(r, in); err != nil {
		return err
	}
	if !f.g.Packed {
		copy(f.lists[0], in.Guards)
		for l, limb := range in.Limbs {
			for i, x := range limb {
				f.lists[1+l][i] = f.residue(x)
			}
		}
		return nil
	}
	if !r.Open {
		f.block(r, in.Guards, func(int) uint64 { return f.constant(1) })
		f.block(r, in.Guards, func(i int) uint64 { return in.Guards[i] })
	}
	for _, limb := range in.Limbs {
		f.block(r, in.Guards, func(i int) uint64 { return f.residue(limb[i]) })
	}
	return nil
}

// block writes one payload per guard, and the guards beside them.
func (f *filler) block(r Run, guards []uint64, payload func(i int) uint64) {
	for i := range r.Guards {
		f.lists[1][f.at] = payload(i)
		if r.Open {
			f.lists[0][f.at] = f.constant(uint64(f.g.K))
		} else {
			f.lists[0][f.at] = guards[i]
		}
		f.at++
	}
}

// constant is a public number, which one worker contributes for all.
func (f *filler) constant(x uint64) uint64 {
	if f.first {
		return x
	}
	return 0
}

func (f *filler) residue(x int64) uint64 {
	if x < 0 {
		return f.c.params.T() - uint64(-x)
	}
	return uint64(x)
}

func (f *filler) check(r Run, in RunInput) error {
	want := r.Guards
	if r.Open {
		want = 0
	}
	if len(in.Guards) != want || len(in.Limbs) != r.Limbs {
		return fmt.Errorf("%d guards and %d limbs, wanted %d and %d", len(in.Guards), len(in.Limbs), want, r.Limbs)
	}
	t := f.c.params.T()
	for _, g := range in.Guards {
		if g >= t {
			return fmt.Errorf("a guard of %d units or more", t)
		}
	}
	half := int64(t / 2)
	for _, limb := range in.Limbs {
		if len(limb) != r.Guards {
			return fmt.Errorf("%d values, wanted %d", len(limb), r.Guards)
		}
		for _, x := range limb {
			if x < -half || x > half {
				return fmt.Errorf("a value outside [-%d, %d]", half, half)
			}
		}
	}
	return nil
}

// RunOpened is the sum over the owners of a run, as far as it is released.
type RunOpened struct {
	Released []bool    // per guard: at least k units stand behind it
	Guards   []uint64  // units; 0 where not released; nil for an open run
	Limbs    [][]int64 // [Limbs][Guards] sums; 0 where not released
}

// read divides the slots of the outputs, one list per output. If it is strict it checks that
// they are what an honest evaluation gives: P(g) recomputed, zeros where P(g) is zero, and
// zeros in slots that nobody filled.
func (c *checked) read(outputs [][]uint64, strict bool) ([][]RunOpened, error) {
	all := make([][]RunOpened, len(c.Groups))
	for i := range c.Groups {
		g := &c.Groups[i]
		d := divider{c: c, g: g, group: i, lists: outputs[:g.outputs()]}
		outputs = outputs[g.outputs():]
		for _, run := range g.Runs {
			opened, err := d.run(run)
			if err != nil && strict {
				return nil, err
			}
			all[i] = append(all[i], opened)
		}
		if err := d.rest(); err != nil && strict {
			return nil, err
		}
	}
	return all, nil
}

// divider reads the outputs of one group.
type divider struct {
	c     *checked
	g     *Group
	group int
	lists [][]uint64
	at    int
}

// column returns the next Guards slots of a packed output, or output number i.
func (d *divider) column(r Run, i int) []uint64 {
	if !d.g.Packed {
		d.at = r.Guards
		return d.lists[i][:r.Guards]
	}
	d.at += r.Guards
	return d.lists[0][d.at-r.Guards : d.at]
}

func (d *divider) run(r Run) (RunOpened, error) {
	f := field(d.c.params.T())
	out := RunOpened{Released: make([]bool, r.Guards), Limbs: make([][]int64, r.Limbs)}
	var inverse []uint64
	next := 0
	if r.Open {
		constant := d.c.circuits[d.group].Eval(uint64(d.g.K), uint64(f))
		inverse = repeat(f.inverse([]uint64{constant})[0], r.Guards)
		fill(out.Released, true)
	} else {
		p, gp := d.column(r, 0), d.column(r, 1)
		next = 2
		inverse = f.inverse(p)
		var err error
		if out.Guards, err = d.guards(p, gp, inverse, out.Released); err != nil {
			return out, err
		}
	}
	for l := range out.Limbs {
		out.Limbs[l] = make([]int64, r.Guards)
		for i, x := range d.column(r, next+l) {
			if !out.Released[i] && x != 0 {
				return out, errNotZero
			}
			out.Limbs[l][i] = f.centred(f.mul(x, inverse[i]))
		}
	}
	return out, nil
}

var (
	errNotZero = fmt.Errorf("guard: %w: a slot that should be zero is not", session.ErrCheck)
	errGuard   = fmt.Errorf("guard: %w: a guard does not fit its polynomial", session.ErrCheck)
)

// guards returns g = gP/P where P is not zero.
func (d *divider) guards(p, gp, inverse []uint64, released []bool) ([]uint64, error) {
	f, circuit := field(d.c.params.T()), d.c.circuits[d.group]
	guards := make([]uint64, len(p))
	for i := range p {
		if p[i] == 0 {
			if gp[i] != 0 {
				return nil, errNotZero
			}
			continue
		}
		guards[i] = f.mul(gp[i], inverse[i])
		if circuit.Eval(guards[i], uint64(f)) != p[i] {
			return nil, errGuard
		}
		released[i] = true
	}
	return guards, nil
}

// rest checks the slots that no run uses.
func (d *divider) rest() error {
	for _, list := range d.lists {
		for _, x := range list[d.at:] {
			if x != 0 {
				return errNotZero
			}
		}
	}
	return nil
}

func repeat(x uint64, n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

func fill(b []bool, v bool) {
	for i := range b {
		b[i] = v
	}
}
