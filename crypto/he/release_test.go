package he

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var releases = flag.Int("releases", 6, "random sets, k and numbers of parties of TestRandomReleases")

// release is a world with the outputs of one evaluation: P(g), g·P(g), v·P(g).
type release struct {
	*world
	g, v []uint64 // totals
	outs []*Ciphertext
}

// release evaluates the world's circuit on totals that are shared out among the parties.
func (w *world) release(t testing.TB, g, v []uint64, split func(totals []uint64) [][]uint64) *release {
	t.Helper()
	gc, vc := w.encrypt(t, 0, split(g)), w.encrypt(t, 1, split(v))
	return &release{w, g, v, w.NewEvaluator(w.key).Eval(w.circuit, gc, []*Ciphertext{vc}, true, nil)}
}

// at random shares out over all parties.
func (w *world) atRandom(rng *rand.Rand) func([]uint64) [][]uint64 {
	return func(totals []uint64) [][]uint64 { return split(rng, totals, len(w.secrets), w.T()) }
}

// totals returns guards and values of which every pair of interesting ones occurs.
func (w *world) totals(rng *rand.Rand) (g, v []uint64) {
	k, t := uint64(w.circuit.k), w.T()
	guards := []uint64{0, 1, k - 2, k - 1, k, k + 1, 2 * k, t - 1, t - 2, t - k, t / 2, t/2 + 1}
	values := []uint64{0, 1, 2, t - 1, t / 2, t/2 + 1}
	g, v = make([]uint64, w.Slots()), make([]uint64, w.Slots())
	for i := range g {
		g[i], v[i] = guards[i%len(guards)], values[i/len(guards)%len(values)]
		switch i % 5 {
		case 1:
			v[i] = rng.Uint64N(t)
		case 2:
			g[i] = rng.Uint64N(3 * k)
		case 3:
			g[i], v[i] = rng.Uint64N(t), rng.Uint64N(t)
		}
	}
	return g, v
}

// check compares what opens with the totals: P, g·P and v·P where the guard is k or
// more, and nothing but zeros elsewhere.
func (r *release) check(t *testing.T) {
	t.Helper()
	if _, err := r.Budget(r.circuit, len(r.secrets)); err != nil {
		t.Fatal(err)
	}
	bareScale, scale := r.Scales(r.circuit)
	for i, want := range []uint64{bareScale, scale, scale} {
		if r.outs[i].scale != want || r.outs[i].level() != r.lit.Kept-1 {
			t.Fatalf("output %d has scale %d and level %d, the circuit's is %d", i, r.outs[i].scale, r.outs[i].level(), want)
		}
	}
	p, gp, vp := r.open(r.outs[0]), r.open(r.outs[1]), r.open(r.outs[2])
	for i, g := range r.g {
		want := r.circuit.Eval(g, r.T())
		suppressed := g < uint64(r.circuit.k)
		if suppressed && p[i]|gp[i]|vp[i] != 0 {
			t.Fatalf("%s: slot %d with guard %d is not suppressed: %d %d %d", r.name, i, g, p[i], gp[i], vp[i])
		}
		if !suppressed && (p[i] == 0 || p[i] != want || gp[i] != mulMod(want, g, r.T()) || vp[i] != mulMod(want, r.v[i], r.T())) {
			t.Fatalf("%s: slot %d with guard %d and value %d: %d %d %d", r.name, i, g, r.v[i], p[i], gp[i], vp[i])
		}
	}
	for i, opened := range [][]uint64{p, gp, vp} {
		if exact, _ := r.decrypt(r.outs[i]); !slices.Equal(exact, opened) {
			t.Fatalf("%s: output %d opens to other slots than the key decrypts", r.name, i)
		}
	}
}

// cases are evaluations that several tests look at.
var cases = []struct {
	set  string
	k, n int
}{
	{"F7", 7, 3},
	{"F7", 2, 3},
	{"F7", 7, 30},
	{"G7", 5, 4},
	{"G15", 10, 30},
	{"G15", 15, 3},
	{"G15", 3, 3},
	{"G15", 2, 1},
	{"G31", 20, 3},
	{"G31", 7, 2},
	{"H15", 10, 3},
	{"H31", 20, 3},
}

var released = map[string]*release{}

// eachCase runs a test on the outputs of all cases, which are made once.
func eachCase(t *testing.T, f func(t *testing.T, r *release)) {
	for _, c := range cases {
		name := fmt.Sprintf("%s-%d-%d", c.set, c.k, c.n)
		t.Run(name, func(t *testing.T) {
			if released[name] == nil {
				if testing.Short() && c.n > 3 {
					t.Skip("many parties")
				}
				w := newWorld(t, c.set, c.k, c.n)
				rng := rand.New(rand.NewPCG(1, uint64(c.k)))
				g, v := w.totals(rng)
				released[name] = w.release(t, g, v, w.atRandom(rng))
				w.key = nil
			}
			f(t, released[name])
		})
	}
}

// TestRelease: every slot with a guard of k or more opens to P, g·P and v·P, every
// other to zeros; also where a set offers more depth than k takes.
func TestRelease(t *testing.T) {
	eachCase(t, func(t *testing.T, r *release) { r.check(t) })
}

// TestRandomReleases draws sets, k and numbers of parties.
func TestRandomReleases(t *testing.T) {
	if testing.Short() {
		t.Skip("many evaluations")
	}
	for seed := range uint64(*releases) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			set := Sets()[rng.IntN(len(Sets()))]
			p, err := Set(set)
			if err != nil {
				t.Fatal(err)
			}
			k := MinK + rng.IntN(min(MaxK, 1<<p.Depth()-1)-MinK+1)
			n := 1 + rng.IntN(8)
			t.Logf("seed %d: %s with k = %d and %d parties", seed, set, k, n)
			w := newWorld(t, set, k, n)
			g, v := w.totals(rng)
			w.release(t, g, v, w.atRandom(rng)).check(t)
		})
	}
}

// TestStructuredInputs: inputs that are far from random are as exact, and as quiet, as
// those that are: all slots and parties alike, empty, one slot only, everything with one
// party, and the polynomial whose coefficients are all as large as they can be.
func TestStructuredInputs(t *testing.T) {
	const n = 5
	w := newWorld(t, "F7", 6, n)
	k, mod := uint64(w.circuit.k), w.T()
	fill := func(x uint64) []uint64 { return slices.Repeat([]uint64{x}, w.Slots()) }
	oneHot := func(i int, x uint64) []uint64 {
		slots := make([]uint64, w.Slots())
		slots[i] = x
		return slots
	}
	identical := func(totals []uint64) [][]uint64 { // which are multiples of n
		part := make([]uint64, len(totals))
		for i, x := range totals {
			part[i] = mulMod(x, invMod(n, mod), mod)
		}
		return slices.Repeat([][]uint64{part}, n)
	}
	alone := func(totals []uint64) [][]uint64 {
		return [][]uint64{totals, nil, make([]uint64, 1), nil, nil}
	}
	random := w.atRandom(rand.New(rand.NewPCG(4, 4)))
	for _, c := range []struct {
		name  string
		g, v  []uint64
		split func([]uint64) [][]uint64
	}{
		{"identical", fill(2 * n), fill(mod - 5*n), identical},
		{"identical and suppressed", fill(n), fill(7 * n), identical},
		{"just enough", fill(k), fill(mod / 2), random},
		{"just too few", fill(k - 1), fill(mod / 2), random},
		{"empty", fill(0), fill(0), alone},
		{"values without a guard", fill(0), fill(mod/2 + 1), alone},
		{"one slot", oneHot(0, k), oneHot(0, mod-1), alone},
		{"last slot", oneHot(w.Slots()-1, k+1), oneHot(w.Slots()-1, mod/2), random},
		{"largest", fill(mod - 1), fill(mod - 1), alone},
		{"largest coefficients", w.flat(mod / 2), w.flat(mod/2 + 1), alone},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.release(t, c.g, c.v, c.split)
			r.check(t)
			for i, out := range r.outs {
				_, noise := r.decrypt(out)
				if _, largest := deviation(noise); largest > r.budget(t).Noise {
					t.Errorf("output %d has noise of %.1f bits, the bound is %.1f", i, largest, r.budget(t).Noise)
				}
			}
		})
	}
}

// flat returns the slots of the polynomial whose coefficients are all c.
func (w *world) flat(c uint64) []uint64 {
	slots := make([]uint64, w.Slots())
	r := w.inner.RingT()
	m := r.NewPoly()
	for i := range m.Coeffs[0] {
		m.Coeffs[0][i] = c
	}
	if err := w.enc.inner.DecodeRingT(m, w.inner.DefaultScale(), slots); err != nil {
		panic(err)
	}
	return slots
}

func (w *world) budget(t testing.TB) Budget {
	t.Helper()
	b, err := w.Budget(w.circuit, len(w.secrets))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPacked: without P and g·P, as a packed payload is evaluated, v·P is the same
// ciphertext; inputs are what they were.
func TestPacked(t *testing.T) {
	w := newWorld(t, "F7", 5, 2)
	rng := rand.New(rand.NewPCG(7, 7))
	g, v := w.totals(rng)
	gc, vc := w.encrypt(t, 0, split(rng, g, 2, w.T())), w.encrypt(t, 1, split(rng, v, 2, w.T()))
	e := w.NewEvaluator(w.key)
	in := w.Inputs(w.circuit)
	encode := func() []byte {
		return in.Append(in.Append(in.Append(in.Append(nil, gc.Poly(0)), gc.Poly(1)), vc.Poly(0)), vc.Poly(1))
	}
	before := encode()
	full := e.Eval(w.circuit, gc, []*Ciphertext{vc, gc}, true, nil)
	packed := e.Eval(w.circuit, gc, []*Ciphertext{vc, gc}, false, nil)
	if !bytes.Equal(encode(), before) {
		t.Error("an evaluation changes its inputs")
	}
	if len(full) != 4 || len(packed) != 2 || !same(full[2], packed[0]) || !same(full[3], packed[1]) || !same(full[1], full[3]) {
		t.Fatal("a payload depends on what is evaluated beside it")
	}
}

// same compares ciphertexts bit for bit.
func same(a, b *Ciphertext) bool {
	for j := range 2 {
		if !slices.EqualFunc(a.c[j], b.c[j], slices.Equal[[]uint64]) {
			return false
		}
	}
	return a.scale == b.scale
}

// TestEvaluatorsAgree: another evaluator, which runs tasks in another order, with shares
// summed in another order, gives the same bits.
func TestEvaluatorsAgree(t *testing.T) {
	w := newWorld(t, "G15", 10, 3)
	rng := rand.New(rand.NewPCG(2, 2))
	g, v := w.totals(rng)
	gs, vs := split(rng, g, 3, w.T()), split(rng, v, 3, w.T())
	evaluate := func(par func(int, func(int)), order []int) []*Ciphertext {
		sums := make([]Poly, w.KeyPolys())
		for j := range sums {
			sums[j] = w.QP.Zero()
		}
		b := w.Inputs(w.circuit)
		crs, inputs := seededKey("crs %s", w.name), seededKey("inputs %s", w.name)
		a := []Poly{b.Uniform(&inputs, 0), b.Uniform(&inputs, 1)}
		in := []Poly{b.Zero(), b.Zero()}
		for _, i := range order {
			for j, share := range w.KeyShare(w.secrets[i], crs, seeded("key %d %s", i, w.name), par) {
				w.QP.Add(sums[j], share)
			}
			for j, slots := range [][][]uint64{gs, vs} {
				share, err := w.enc.InputShare(b, w.secrets[i], a[j], slots[i], seeded("input %d %d", i, j))
				if err != nil {
					t.Fatal(err)
				}
				b.Add(in[j], share)
			}
		}
		e := w.NewEvaluator(w.NewKey(sums, crs))
		return e.Eval(w.circuit, NewCiphertext(in[0], a[0]), []*Ciphertext{NewCiphertext(in[1], a[1])}, true, par)
	}
	backwards := func(n int, f func(int)) {
		for i := n - 1; i >= 0; i-- {
			f(i)
		}
	}
	one, two := evaluate(nil, []int{0, 1, 2}), evaluate(backwards, []int{2, 0, 1})
	for i := range one {
		if !same(one[i], two[i]) {
			t.Errorf("output %d differs", i)
		}
		for j := range 2 {
			for l, limb := range one[i].Poly(j) {
				if x := slices.Max(limb); x >= w.lit.Q[l] {
					t.Errorf("output %d has the residue %d modulo %d", i, x, w.lit.Q[l])
				}
			}
		}
	}
}
