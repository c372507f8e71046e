package he

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestTernary: secrets are uniform in {−1, 0, 1}; 16384 samples a secret.
func TestTernary(t *testing.T) {
	p, _ := Set("G15")
	for i := range 10 {
		counts := make([]int, 3)
		for _, x := range p.ternary(seeded("ternary %d", i), "label") {
			if x < -1 || x > 1 {
				t.Fatal(x)
			}
			counts[x+1]++
		}
		if z := deviates(counts, nil); z > rejectAt {
			t.Errorf("%v", counts)
		}
	}
}

// TestGaussian: errors are a normal number of standard deviation 3.2, rounded, at most 19.
func TestGaussian(t *testing.T) {
	p, _ := Set("G15")
	const bins = 25 // −12 … 12, the ends with what is beyond
	want := make([]float64, bins)
	cdf := func(x float64) float64 { return (1 + math.Erf(x/sigma/math.Sqrt2)) / 2 }
	for i := range want {
		lower, upper := cdf(float64(i)-12.5), cdf(float64(i)-11.5)
		if i == 0 {
			lower = 0
		}
		if i == bins-1 {
			upper = 1
		}
		want[i] = upper - lower
	}
	counts, sum, n := make([]int, bins), 0.0, 0.0
	for i := range 10 {
		for _, x := range p.gaussian(seeded("gaussian %d", i), "label") {
			if x < -errorBound || x > errorBound {
				t.Fatal(x)
			}
			counts[min(max(x+12, 0), bins-1)]++
			sum, n = sum+float64(x*x), n+1
		}
	}
	if z := deviates(counts, want); z > rejectAt {
		t.Errorf("%v deviate by %.1f", counts, z)
	}
	// With rounding the variance is 3.2² + 1/12; its estimate has a relative deviation of
	// √(2/163840), 0.35 %.
	if v := sum / n; math.Abs(v/(sigma*sigma+1.0/12)-1) > rejectAt*0.0035 {
		t.Errorf("variance %.3f", v)
	}
}

// small takes a polynomial of a basis from the NTT domain and returns its coefficients,
// which are the same small integer in every limb.
func (w *world) small(t *testing.T, b *Basis, x Poly) []int64 {
	t.Helper()
	if b == w.QP {
		v := w.polyQP(x)
		w.inner.RingQP().INTT(v, v)
	} else {
		w.ringQ(b.Limbs()-1).INTT(poly(x), poly(x))
	}
	out := make([]int64, b.n)
	for i := range out {
		for l, q := range b.primes {
			v := int64(x[l][i])
			if v > int64(q/2) {
				v -= int64(q)
			}
			if l > 0 && v != out[i] {
				t.Fatalf("coefficient %d is %d in limb %d, %d in limb 0", i, v, l, out[i])
			}
			out[i] = v
		}
	}
	return out
}

// isError checks that coefficients are errors as ring LWE needs them.
func isError(t *testing.T, name string, e []int64) {
	t.Helper()
	sum := 0.0
	for _, x := range e {
		if x < -errorBound || x > errorBound {
			t.Fatalf("%s has an error of %d", name, x)
		}
		sum += float64(x * x)
	}
	// The variance of 8192 or more, within 5.6·√(2/8192), 9 %.
	if v := sum / float64(len(e)); math.Abs(v/(sigma*sigma+1.0/12)-1) > 0.09 {
		t.Errorf("%s has errors of variance %.2f", name, v)
	}
}

// TestKeyShareIsRingLWE: with the secrets the three polynomials of every row are the
// formulas of [Params.KeyShare], each with an error of its own; and reduced.
func TestKeyShareIsRingLWE(t *testing.T) {
	for _, set := range []string{"F7", "G15", "H15"} {
		w := newWorld(t, set, 2, 1)
		p, s, seed, crs := w.Params, w.secrets[0].get(), seeded("share"), seededKey("crs")
		r := p.QP.lift(p.ternary(seed, "tacit/he/v1/ephemeral"))
		p.nttMont(r)
		shares := p.KeyShare(w.secrets[0], crs, seed, nil)
		if len(shares) != p.KeyPolys() {
			t.Fatalf("%d polynomials", len(shares))
		}
		checkReduced(t, p.QP, shares...)
		var errors [][]int64
		for i := range p.Rows() {
			a, d := p.QP.Uniform(&crs, 2*i), p.QP.Uniform(&crs, 2*i+1)
			b, d0, d2 := shares[3*i], shares[3*i+1], shares[3*i+2]
			p.mulAdd(s, a, b) // B + s·a
			p.mulAdd(s, d, d0)
			p.subGadget(d0, r, i) // D0 + s·d − g·r
			p.mulSub(r, a, d2)
			p.subGadget(d2, s, i) // D2 − r·a − g·s
			for j, x := range []Poly{b, d0, d2} {
				e := w.small(t, p.QP, x)
				isError(t, fmt.Sprintf("%s: polynomial %d of row %d", set, j, i), e)
				errors = append(errors, e)
			}
		}
		for i := range errors {
			for j := range i {
				if slices.Equal(errors[i], errors[j]) {
					t.Errorf("%s: polynomials %d and %d have the same errors", set, i, j)
				}
			}
		}
	}
}

// subGadget subtracts what addGadget adds.
func (p *Params) subGadget(dst, x Poly, row int) {
	g := p.QP.Zero()
	p.addGadget(g, x, row)
	for l, q := range p.QP.primes {
		for i, v := range g[l] {
			dst[l][i] = subMod(dst[l][i], v, q)
		}
	}
}

func checkReduced(t *testing.T, b *Basis, list ...Poly) {
	t.Helper()
	for j, x := range list {
		if len(x) != b.Limbs() {
			t.Errorf("polynomial %d has %d limbs, wants %d", j, len(x), b.Limbs())
		}
		for l, q := range b.primes {
			if slices.Max(x[l]) >= q {
				t.Errorf("polynomial %d has a residue in limb %d that is not reduced", j, l)
			}
		}
	}
}

// TestInputShareIsRingLWE: an input share less −a·s and the encoding is an error, another
// for another seed, and reduced, at every depth.
func TestInputShareIsRingLWE(t *testing.T) {
	for _, k := range []int{2, 10} {
		w := newWorld(t, "G15", k, 1)
		b := w.Inputs(w.circuit)
		if b.Limbs() != w.lit.Kept+w.circuit.Depth() {
			t.Fatalf("inputs have %d limbs", b.Limbs())
		}
		crs := seededKey("inputs")
		a, rng := b.Uniform(&crs, 0), seededRand("slots")
		slots, _ := w.totals(rng)
		var errors [2][]int64
		for i := range errors {
			share, err := w.enc.InputShare(b, w.secrets[0], a, slots, seeded("error %d", i))
			if err != nil {
				t.Fatal(err)
			}
			again, _ := w.enc.InputShare(b, w.secrets[0], a, slots, seeded("error %d", i))
			if !slices.EqualFunc(share, again, slices.Equal[[]uint64]) {
				t.Error("a seed gives two shares")
			}
			checkReduced(t, b, share)
			r := w.ringQ(b.Limbs() - 1)
			r.MulCoeffsMontgomeryThenAdd(poly(a), poly(w.secrets[0].get()[:b.Limbs()]), poly(share))
			m := w.inner.RingT().NewPoly()
			if err := w.enc.inner.EncodeRingT(slots, w.inner.DefaultScale(), m); err != nil {
				t.Fatal(err)
			}
			plain := poly(w.centred(b, m.Coeffs[0]))
			r.MulRNSScalarMontgomery(plain, w.tInvMont()[:b.Limbs()], plain)
			r.NTT(plain, plain)
			r.Sub(poly(share), plain, poly(share))
			errors[i] = w.small(t, b, share)
			isError(t, "an input share", errors[i])
		}
		if slices.Equal(errors[0], errors[1]) {
			t.Error("two seeds give the same errors")
		}
	}
}

// TestCentred: the lift of an encoding is in [−t/2, t/2), congruent, for every limb.
func TestCentred(t *testing.T) {
	for _, set := range Sets() {
		p, _ := Set(set)
		mod := p.T()
		m := []uint64{0, 1, mod/2 - 1, mod / 2, mod/2 + 1, mod - 1}
		want := []int64{0, 1, int64(mod/2) - 1, int64(mod / 2), -int64(mod / 2), -1}
		x := p.centred(newBasis(len(m), p.lit.Q), m)
		for l, q := range p.lit.Q {
			for i, v := range want {
				if x[l][i] != uint64((v+int64(q))%int64(q)) {
					t.Errorf("%s: %d lifts to %d modulo %d", set, m[i], x[l][i], q)
				}
			}
		}
	}
}

// TestInputShareRefuses more slots than there are.
func TestInputShareRefuses(t *testing.T) {
	w := newWorld(t, "F7", 2, 1)
	b := w.Inputs(w.circuit)
	if share, err := w.enc.InputShare(b, w.secrets[0], b.Zero(), make([]uint64, w.Slots()+1), seeded("")); err == nil || share != nil {
		t.Error("a share of too many slots")
	}
}
