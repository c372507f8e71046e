package he

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/ring"
)

// TestNoise: the standard deviation of the outputs' noise, decrypted exactly, is within a
// bit of the simulated one, and no coefficient is above the bound of [Params.Budget].
func TestNoise(t *testing.T) {
	eachCase(t, func(t *testing.T, r *release) {
		simulated := math.Log2(r.simulate(r.circuit, len(r.secrets)))
		worst := 0.0
		for i, out := range r.outs {
			_, noise := r.decrypt(out)
			std, largest := deviation(noise)
			t.Logf("output %d: %.2f bits, largest %.2f; simulated %.2f", i, std, largest, simulated)
			worst = max(worst, std)
			if largest > r.budget(t).Noise {
				t.Errorf("output %d has a coefficient of %.1f bits, the bound is %.1f", i, largest, r.budget(t).Noise)
			}
		}
		if math.Abs(worst-simulated) > 1 {
			t.Errorf("noise has %.2f bits, simulated are %.2f", worst, simulated)
		}
	})
}

// TestRelinearisationNoise: it is below the noise of products and cannot be seen in outputs;
// what a relinearisation adds, at the highest level and at the lowest, is as simulated.
func TestRelinearisationNoise(t *testing.T) {
	for _, c := range []struct {
		set  string
		k, n int
	}{{"F7", 7, 3}, {"G7", 7, 3}, {"G15", 15, 3}, {"G31", 20, 2}, {"H15", 15, 2}, {"H31", 20, 2}} {
		w := newWorld(t, c.set, c.k, c.n)
		slots := make([][]uint64, c.n)
		ct := w.encrypt(t, 0, slots)
		e, mem := encrypted{w.NewEvaluator(w.key), w.circuit, nil}, w.scratch()
		m := w.simulation(w.circuit, c.n)
		simulated := math.Log2(m.deviation(m.relin()) * m.t)
		for _, level := range []int{len(w.lit.Q) - 1, w.lit.Kept} {
			x := w.drop(ct, level)
			r := w.ringQ(level)
			c0, c1, want := ring.NewPoly(w.Slots(), level), ring.NewPoly(w.Slots(), level), ring.NewPoly(w.Slots(), level)
			e.tensor(mem, level, x, x, c0, c1)
			s := poly(w.secret()[:level+1])
			r.MulCoeffsMontgomery(mem.c2, s, want) // (c0 + S c1) + S² c2
			r.Add(want, c1, want)
			r.MulCoeffsMontgomery(want, s, want)
			r.Add(want, c0, want)
			e.relinearise(mem, level, c0, c1)
			r.MulCoeffsMontgomery(c1, s, c1)
			r.Add(c0, c1, c0)
			r.Sub(c0, want, c0)
			r.INTT(c0, c0)
			noise := make([]float64, w.Slots())
			for i, v := range centredIntegers(Poly(c0.Coeffs), w.lit.Q[:level+1]) {
				noise[i], _ = v.Float64()
			}
			std, _ := deviation(noise)
			t.Logf("%s, level %d: %.1f bits, simulated %.1f", w.name, level, std, simulated)
			if std > simulated+0.5 || level == len(w.lit.Q)-1 && std < simulated-1.5 {
				t.Errorf("%s, level %d: %.1f bits, simulated %.1f", w.name, level, std, simulated)
			}
		}
	}
}

// TestUncentredEncoding: with the library's lift of an encoding to [0, t) in the place of
// ours, sums of shares have an offset of n/2 in every coefficient of their error. The
// result is right and no error is reported; the noise breaks the bound, and the promise of
// the flooding.
func TestUncentredEncoding(t *testing.T) {
	if testing.Short() {
		t.Skip("many parties")
	}
	const n = 30
	w := newWorld(t, "G15", 10, n)
	rng := seededRand("uncentred")
	g, v := w.totals(rng)
	encode := func(index int, slots [][]uint64) *Ciphertext {
		c := w.encrypt(t, index, slots)
		sum := w.Inputs(w.circuit).Zero()
		for l := range sum {
			copy(sum[l], c.c[0][l])
		}
		for _, s := range slots {
			w.Inputs(w.circuit).Add(sum, w.uncentring(t, s))
		}
		return NewCiphertext(sum, c.c[1])
	}
	gc, vc := encode(0, split(rng, g, n, w.T())), encode(1, split(rng, v, n, w.T()))
	r := &release{w, g, v, w.NewEvaluator(w.key).Eval(w.circuit, gc, []*Ciphertext{vc}, true, nil)}
	worst := 0.0
	for _, out := range r.outs {
		_, noise := r.decrypt(out)
		_, largest := deviation(noise)
		worst = max(worst, largest)
	}
	t.Logf("largest noise: %.1f bits, the bound is %.1f", worst, w.budget(t).Noise)
	if worst < w.budget(t).Noise+20 {
		t.Errorf("an encoding that is not centred has noise of %.1f bits only", worst)
	}
}

// uncentring returns what the library's encoding has more than ours, in the NTT domain.
func (w *world) uncentring(t *testing.T, slots []uint64) Poly {
	t.Helper()
	level := w.Inputs(w.circuit).Limbs() - 1
	plain := heintPlaintext(w, level)
	if err := w.enc.inner.Encode(slots, plain); err != nil {
		t.Fatal(err)
	}
	m := ring.NewPoly(w.Slots(), 0)
	if err := w.enc.inner.EncodeRingT(slots, rlwe.NewScale(1), m); err != nil {
		t.Fatal(err)
	}
	r := w.ringQ(level)
	ours := poly(w.centred(w.Inputs(w.circuit), m.Coeffs[0]))
	r.MulRNSScalarMontgomery(ours, w.tInvMont()[:level+1], ours)
	r.NTT(ours, ours)
	r.Sub(plain.Value, ours, plain.Value)
	return Poly(plain.Value.Coeffs)
}

// TestMargins: what was measured of the sets, for the largest k of each and 32 parties.
func TestMargins(t *testing.T) {
	for _, c := range []struct {
		set           string
		k             int
		margin, spare float64
	}{
		{"F7", 7, 40.2, 1}, {"G7", 7, 57.5, 2}, {"G15", 15, 57.5, 2}, {"G31", 20, 57.5, 2}, {"H15", 15, 56.5, 1}, {"H31", 20, 56.5, 1},
	} {
		p, err := Set(c.set)
		if err != nil {
			t.Fatal(err)
		}
		circuit, _ := NewCircuit(c.k)
		b, err := p.Budget(circuit, 32)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v", c.set, b)
		if math.Abs(b.Margin-c.margin) > 1.5 || math.Abs(b.Spare-c.spare) > 0.5 {
			t.Errorf("%s has %+v, wants a margin of %.1f and %.1f bits to spare", c.set, b, c.margin, c.spare)
		}
	}
}

// TestMarginsOfAllK: every k that a set is deep enough for has budget for as many parties
// as its documentation says: 32.
func TestMarginsOfAllK(t *testing.T) {
	for _, name := range Sets() {
		p, err := Set(name)
		if err != nil {
			t.Fatal(err)
		}
		for k := MinK; k <= min(MaxK, 1<<p.Depth()-1); k++ {
			c, _ := NewCircuit(k)
			for _, n := range []int{1, 2, 32} {
				if _, err := p.Budget(c, n); err != nil {
					t.Errorf("%s, k = %d, %d parties: %v", name, k, n, err)
				}
			}
		}
	}
}

func TestBudgetRefuses(t *testing.T) {
	keep := func(*Literal) {}
	for _, c := range []struct {
		name, set string
		k, n      int
		change    func(l *Literal)
	}{
		{"too deep", "F7", 8, 3, keep},
		{"too deep by two", "G7", 16, 3, keep},
		{"nobody", "G15", 10, 0, keep},
		{"too many to simulate", "G15", 10, 1<<10 + 1, keep},
		{"flooding of many", "G15", 10, 200, keep},
		{"flooding of many", "F7", 7, 100, keep},
		{"flooding that hides too little", "G15", 10, 3, func(l *Literal) { l.Flood = 48 }},
		{"no flooding", "G15", 10, 3, func(l *Literal) { l.Flood = 1 }},
		{"flooding above the modulus", "G15", 10, 3, func(l *Literal) { l.Flood = 76 }},
		{"coarse rounding", "G15", 10, 30, func(l *Literal) { l.Round = 33 }},
		{"coarse rounding of few", "G15", 10, 3, func(l *Literal) { l.Round = 32 }},
		// Noise grows above the flooding where a rescaling prime is too small for the slots.
		{"small primes", "F7", 7, 3, func(l *Literal) {
			l.Q = []uint64{l.Q[0], l.Q[1], 0xfff88001, 0xfff00001, 0x7ffe0001}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := NewParams(weakened(t, c.set, c.change))
			if err != nil {
				t.Fatal(err)
			}
			circuit, _ := NewCircuit(c.k)
			b, err := p.Budget(circuit, c.n)
			if !errors.Is(err, ErrParameters) {
				t.Fatalf("accepted: %+v, %v", b, err)
			}
			t.Log(err)
		})
	}
}

// TestBudgetIsMonotone: parties add noise, take from margin and spare.
func TestBudgetIsMonotone(t *testing.T) {
	p, _ := Set("G15")
	c, _ := NewCircuit(10)
	var last Budget
	for i, n := range []int{1, 2, 4, 8, 16, 32, 64, 100} {
		b, err := p.Budget(c, n)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := p.Budget(c, n); again != b {
			t.Error("two simulations differ")
		}
		if i > 0 && (b.Noise <= last.Noise || b.Margin >= last.Margin || b.Spare >= last.Spare) {
			t.Errorf("%d parties: %+v after %+v", n, b, last)
		}
		last = b
	}
}

// TestSpare: at the edge that Budget draws, floods and roundings that are all at their
// largest still open right, and beyond it they do not.
func TestSpare(t *testing.T) {
	for _, name := range Sets() {
		p, err := Set(name)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := NewCircuit(min(MaxK, 1<<p.Depth()-1))
		n := 1
		for step := 64; step > 0; step /= 2 {
			if b, _ := p.Budget(c, n+step); b.Spare >= 0 { // the margin may have gone before
				n += step
			}
		}
		within, beyond := opensAtWorst(p, c, n), opensAtWorst(p, c, n+n/4)
		t.Logf("%s: at most %d parties can be decrypted", name, n)
		if n < 32 || !within || beyond {
			t.Errorf("%s: at most %d parties; largest floods open right: %v, with a fourth more: %v", name, n, within, beyond)
		}
	}
}

// opensAtWorst adds to the phase of the message 1 the largest noise and floods, rounds
// every share down by half a unit, and opens.
func opensAtWorst(p *Params, c *Circuit, n int) bool {
	product := big.NewInt(1)
	for _, q := range p.lit.Q[:p.lit.Kept] {
		product.Mul(product, new(big.Int).SetUint64(q))
	}
	phase := new(big.Int).ModInverse(new(big.Int).SetUint64(p.lit.T), product)
	flood := new(big.Int).Lsh(big.NewInt(int64(n)), uint(p.lit.Flood))
	noise := int64(noiseDeviations * p.simulate(c, n))
	phase.Sub(phase, flood).Sub(phase, big.NewInt(noise)).Mod(phase, product)
	// In units of a hundredth.
	y := new(big.Int).Lsh(big.NewInt(100), uint(p.lit.Round))
	y.Mul(y, phase).Div(y, product).Sub(y, big.NewInt(50*int64(n+1)))
	y.Div(y.Add(y, big.NewInt(50)), big.NewInt(100))
	total := make([]uint64, p.Slots())
	total[0] = new(big.Int).And(y, big.NewInt(1<<p.lit.Round-1)).Uint64()
	for _, x := range p.NewEncoder().Open(total, 1) {
		if x != 1 {
			return false
		}
	}
	return true
}

func ExampleParams_Budget() {
	p, _ := Set("G15")
	c, _ := NewCircuit(10)
	b, err := p.Budget(c, 30)
	fmt.Printf("margin %.0f bits, %.0f to spare, %v\n", b.Margin, b.Spare, err)
	// Output: margin 58 bits, 2 to spare, <nil>
}
