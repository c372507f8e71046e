package he

import (
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/he/heint"
	"github.com/tuneinsight/lattigo/v5/ring"
	"github.com/tuneinsight/lattigo/v5/utils/sampling"
)

// The tests of this file pin faults of the library (v5.0.7) that this package works
// around. One that fails says that a fault is gone: the work-around may go too. The
// sampler that cannot flood is in flood_test.go, the encoding that is not centred in
// noise_test.go.

// TestLibraryAddNewLosesTheScale: after a rescaling AddNew with a scalar gives wrong
// slots without an error; ours gives the right ones.
func TestLibraryAddNewLosesTheScale(t *testing.T) {
	w := newWorld(t, "F7", 7, 2)
	rng := seededRand("scale")
	g, _ := w.totals(rng)
	gc := w.encrypt(t, 0, split(rng, g, 2, w.T()))
	alg := encrypted{w.NewEvaluator(w.key), w.circuit, nil}
	square := alg.mul(gc, gc, 1) // its scale is not 1
	if square.scale == 1 {
		t.Fatal("the scale is 1")
	}
	eval := heint.NewEvaluator(w.inner, nil)
	theirs := w.library(square)
	sum, err := eval.AddNew(theirs, uint64(5))
	if err != nil {
		t.Fatal(err)
	}
	ours, _ := w.decrypt(alg.plus(square, 5))
	lost, _ := w.decrypt(w.ours(sum))
	wrong := 0
	for i, x := range g {
		want := (mulMod(x, x, w.T()) + 5) % w.T()
		if ours[i] != want {
			t.Fatalf("slot %d: %d² + 5 = %d", i, x, ours[i])
		}
		if lost[i] != want {
			wrong++
		}
	}
	if wrong < len(g)*9/10 {
		t.Errorf("the library is wrong in %d of %d slots only", wrong, len(g))
	}
	// In place it is right, and the same as ours bit for bit.
	if err := eval.Add(theirs, uint64(5), theirs); err != nil {
		t.Fatal(err)
	}
	if !same(w.ours(theirs), alg.plus(square, 5)) {
		t.Error("ours is not the library's in place")
	}
}

// library copies a ciphertext for the library.
func (w *world) library(c *Ciphertext) *rlwe.Ciphertext {
	out := heint.NewCiphertext(w.inner, 1, c.level())
	for i := range 2 {
		for l := range c.c[i] {
			copy(out.Value[i].Coeffs[l], c.c[i][l])
		}
	}
	out.IsNTT, out.Scale = true, rlwe.NewScaleModT(c.scale, w.T())
	return out
}

// ours is the inverse of library.
func (w *world) ours(c *rlwe.Ciphertext) *Ciphertext {
	return &Ciphertext{c: [2]Poly{Poly(c.Value[0].Coeffs), Poly(c.Value[1].Coeffs)}, scale: c.Scale.Uint64()}
}

// TestProductIsTheLibrarys: our multiplication and rescaling give the scale that the
// library computes, and its slots, which are relinearised under a key of another form.
func TestProductIsTheLibrarys(t *testing.T) {
	w := newWorld(t, "G15", 10, 2)
	rng := seededRand("product")
	g, v := w.totals(rng)
	gc, vc := w.encrypt(t, 0, split(rng, g, 2, w.T())), w.encrypt(t, 1, split(rng, v, 2, w.T()))
	alg := encrypted{w.NewEvaluator(w.key), w.circuit, nil}
	ours := alg.mul(alg.mul(gc, vc, 1), alg.mul(vc, vc, 1), 2)
	eval := heint.NewEvaluator(w.inner, nil)
	product := func(a, b *Ciphertext) *rlwe.Ciphertext {
		c, err := eval.MulNew(w.library(a), w.library(b)) // of degree 2
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	// Decrypted without a relinearisation: c0 + c1·S + c2·S².
	c := product(alg.mul(gc, vc, 1), alg.mul(vc, vc, 1))
	r := w.ringQ(c.Level())
	s := poly(w.secret()[:c.Level()+1])
	r.MulCoeffsMontgomery(c.Value[2], s, c.Value[2])
	r.Add(c.Value[1], c.Value[2], c.Value[1])
	c.Resize(1, c.Level())
	theirs, _ := w.decrypt(w.ours(c))
	slots, _ := w.decrypt(ours)
	for i := range g {
		vv := mulMod(v[i], v[i], w.T())
		if want := mulMod(mulMod(g[i], v[i], w.T()), vv, w.T()); slots[i] != want || theirs[i] != want {
			t.Fatalf("slot %d: %d, the library has %d, wants %d", i, slots[i], theirs[i], want)
		}
	}
	if err := eval.Rescale(c, c); err != nil {
		t.Fatal(err)
	}
	if c.Scale.Uint64() != ours.scale {
		t.Errorf("scale %d, the library has %d", ours.scale, c.Scale.Uint64())
	}
}

// TestLibraryTakesALargeT: the library compares t with its first prime only, and lifts
// slots to smaller ones without a reduction. We refuse such a t.
func TestLibraryTakesALargeT(t *testing.T) {
	l := weakened(t, "H15", func(l *Literal) { l.T, l.Round = 0x1ffffffffa70001, 54 })
	if _, err := heint.NewParametersFromLiteral(l.lattigo()); err != nil {
		t.Error(err)
	}
	if _, err := NewParams(l); !errors.Is(err, ErrParameters) {
		t.Error(err)
	}
}

// TestLibraryBigIntsAreOverwritten: an argument of the library is not ours any more.
func TestLibraryBigIntsAreOverwritten(t *testing.T) {
	w := newWorld(t, "F7", 2, 1)
	c := w.library(w.encrypt(t, 0, [][]uint64{{1}}))
	five := big.NewInt(5)
	if err := heint.NewEvaluator(w.inner, nil).Add(c, five, c); err != nil {
		t.Fatal(err)
	}
	if five.Cmp(big.NewInt(5)) == 0 {
		t.Error("the argument is unchanged")
	}
}

// TestLibraryGaussianIsNotReduced: the library's sampler writes −0 as the modulus itself,
// a residue that our encoding refuses; ours is 0.
func TestLibraryGaussianIsNotReduced(t *testing.T) {
	p, _ := Set("G15")
	seed := seeded("not reduced")
	x := ring.NewPoly(p.Slots(), 0)
	ring.NewGaussianSampler(p.stream(seed, "x"), p.ringQ(0), ring.DiscreteGaussian{Sigma: sigma, Bound: errorBound}, false).Read(x)
	q := p.lit.Q[0]
	if !slices.Contains(x.Coeffs[0], q) {
		t.Error("all residues are reduced")
	}
	for i, e := range p.gaussian(seed, "x") {
		if uint64(e+int64(q))%q != x.Coeffs[0][i]%q {
			t.Fatalf("coefficient %d is %d, the library has %d", i, e, x.Coeffs[0][i])
		}
	}
	checkReduced(t, p.QP, p.QP.lift(p.gaussian(seed, "x")))
}

// TestLibraryLeavesResiduesUnreduced: its lazy product, of which it makes shares, has
// residues of q and more, which a strict codec refuses and masks do not expect. We do not
// use it (checkReduced is called on every kind of share).
func TestLibraryLeavesResiduesUnreduced(t *testing.T) {
	p, _ := Set("H15")
	prng, err := sampling.NewKeyedPRNG([]byte("unreduced"))
	if err != nil {
		t.Fatal(err)
	}
	u := ring.NewUniformSampler(prng, p.inner.RingQ())
	lazy, exact := p.inner.RingQ().NewPoly(), p.inner.RingQ().NewPoly()
	a, b := u.ReadNew(), u.ReadNew()
	p.inner.RingQ().MulCoeffsMontgomeryLazy(a, b, lazy)
	p.inner.RingQ().MulCoeffsMontgomery(a, b, exact)
	above := 0
	for l, q := range p.lit.Q {
		for _, x := range lazy.Coeffs[l] {
			if x >= q {
				above++
			}
		}
	}
	if above == 0 {
		t.Error("the lazy product is reduced")
	}
	checkReduced(t, p.Q, Poly(exact.Coeffs))
}

// TestLibraryWrapsSlots: a slot of t and more becomes another value without an error;
// callers of InputShare reduce.
func TestLibraryWrapsSlots(t *testing.T) {
	w := newWorld(t, "F7", 2, 1)
	slots, _ := w.decrypt(w.encrypt(t, 0, [][]uint64{{w.T() + 7}}))
	if slots[0] != 7 {
		t.Errorf("t + 7 becomes %d", slots[0])
	}
}
