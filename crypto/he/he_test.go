package he

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/prg"
)

// seeded returns a seed that follows from a text.
func seeded(format string, args ...any) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, format, args...))
}

// world is n parties with the key of their sum.
type world struct {
	*Params
	circuit *Circuit
	secrets []Secret
	key     *Key
	enc     *Encoder
	name    string
}

func newWorld(t testing.TB, set string, k, n int) *world {
	t.Helper()
	p, err := Set(set)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCircuit(k)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Params: p, circuit: c, enc: p.NewEncoder(), name: fmt.Sprintf("%s k=%d n=%d", set, k, n)}
	crs := prg.Key(seeded("crs %s", w.name))
	sums := make([]Poly, p.KeyPolys())
	for i := range n {
		s := p.SecretOf(seeded("secret %d %s", i, w.name))
		w.secrets = append(w.secrets, s)
		for j, share := range p.KeyShare(s, crs, seeded("key %d %s", i, w.name), nil) {
			if i == 0 {
				sums[j] = share
			} else {
				p.QP.Add(sums[j], share)
			}
		}
	}
	w.key = p.NewKey(sums, crs)
	return w
}

// encrypt returns a ciphertext of the sum of the parties' slots.
func (w *world) encrypt(t testing.TB, index int, slots [][]uint64) *Ciphertext {
	t.Helper()
	b := w.Inputs(w.circuit)
	crs := prg.Key(seeded("inputs %s", w.name))
	a := b.Uniform(&crs, index)
	sum := b.Zero()
	for i, s := range w.secrets {
		share, err := w.enc.InputShare(b, s, a, slots[i], seeded("input %d %d", i, index))
		if err != nil {
			t.Fatal(err)
		}
		b.Add(sum, share)
	}
	return NewCiphertext(sum, a)
}

func (w *world) open(out *Ciphertext) []uint64 {
	total := w.Base(out)
	for i, s := range w.secrets {
		for j, y := range w.OpenShare(s, out, seeded("open %d", i)) {
			total[j] += y
		}
	}
	return w.enc.Open(total, out.scale)
}

// split shares out totals over n parties at random, modulo t.
func split(rng *rand.Rand, totals []uint64, n int, t uint64) [][]uint64 {
	out := make([][]uint64, n)
	for i := range out {
		out[i] = make([]uint64, len(totals))
	}
	for j, x := range totals {
		rest := x
		for i := 1; i < n; i++ {
			out[i][j] = rng.Uint64N(t)
			rest = subMod(rest, out[i][j], t)
		}
		out[0][j] = rest
	}
	return out
}

// TestRelease: every slot with a guard of k or more opens to P, g·P and v·P, every
// other to zeros.
func TestRelease(t *testing.T) {
	for _, c := range []struct {
		set  string
		k, n int
	}{{"F7", 7, 3}, {"F7", 2, 3}, {"G7", 5, 4}, {"G15", 10, 10}, {"G15", 15, 3}, {"G15", 3, 3}, {"G31", 20, 3}, {"H15", 10, 3}, {"H31", 20, 3}} {
		t.Run(fmt.Sprintf("%s-%d-%d", c.set, c.k, c.n), func(t *testing.T) {
			w := newWorld(t, c.set, c.k, c.n)
			if _, err := w.Budget(w.circuit, c.n); err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, uint64(c.k)))
			g, v := make([]uint64, w.Slots()), make([]uint64, w.Slots())
			for i := range g {
				g[i] = uint64(i % (3 * c.k))
				if i%7 == 0 {
					g[i] = rng.Uint64N(w.T())
				}
				v[i] = rng.Uint64N(w.T())
			}
			gc := w.encrypt(t, 0, split(rng, g, c.n, w.T()))
			vc := w.encrypt(t, 1, split(rng, v, c.n, w.T()))
			outs := w.NewEvaluator(w.key).Eval(w.circuit, gc, []*Ciphertext{vc}, true, nil)
			bareScale, scale := w.Scales(w.circuit)
			if outs[0].scale != bareScale || outs[1].scale != scale || outs[2].scale != scale {
				t.Fatal("scales do not follow from the circuit")
			}
			p, gp, vp := w.open(outs[0]), w.open(outs[1]), w.open(outs[2])
			for i := range g {
				want := w.circuit.Eval(g[i], w.T())
				if (want == 0) != (g[i] < uint64(c.k)) {
					t.Fatalf("P(%d) = %d", g[i], want)
				}
				if p[i] != want || gp[i] != mulMod(want, g[i], w.T()) || vp[i] != mulMod(want, v[i], w.T()) {
					t.Fatalf("slot %d, guard %d: %d %d %d", i, g[i], p[i], gp[i], vp[i])
				}
			}
		})
	}
}

// TestEvaluatorsAgree: another evaluator, in parallel, gives the same bits.
func TestEvaluatorsAgree(t *testing.T) {
	w := newWorld(t, "G15", 10, 3)
	rng := rand.New(rand.NewPCG(2, 2))
	totals := make([]uint64, w.Slots())
	for i := range totals {
		totals[i] = rng.Uint64N(20)
	}
	g := w.encrypt(t, 0, split(rng, totals, 3, w.T()))
	one := w.NewEvaluator(w.key).Eval(w.circuit, g, []*Ciphertext{g, g}, true, nil)
	backwards := func(n int, f func(int)) {
		for i := n - 1; i >= 0; i-- {
			f(i)
		}
	}
	two := w.NewEvaluator(w.key).Eval(w.circuit, g, []*Ciphertext{g, g}, true, backwards)
	for i := range one {
		for j := range 2 {
			for l := range one[i].c[j] {
				if !slices.Equal(one[i].c[j][l], two[i].c[j][l]) {
					t.Fatalf("output %d differs", i)
				}
			}
		}
	}
}
