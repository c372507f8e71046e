package he

import (
	"slices"
	"testing"
)

// TestMasksCancel: what one party adds the other subtracts, exactly; an index, a key and
// the direction each matter.
func TestMasksCancel(t *testing.T) {
	for name, full := range bases(t) {
		b := newBasis(64, full.primes)
		p := b.random(seededRand("%s", name))
		before := b.Append(nil, p)
		key, other := seededKey("pair"), seededKey("other pair")
		b.Mask(p, &key, 3, false)
		checkReduced(t, b, p)
		if string(b.Append(nil, p)) == string(before) {
			t.Fatal("nothing is masked")
		}
		masked := b.Append(nil, p)
		b.Mask(p, &key, 4, true)
		b.Mask(p, &other, 3, true)
		b.Mask(p, &key, 3, true)
		checkReduced(t, b, p)
		b.Mask(p, &key, 4, false)
		b.Mask(p, &other, 3, false)
		if string(b.Append(nil, p)) != string(before) {
			t.Errorf("%s: masks do not cancel", name)
		}
		if b.Mask(p, &key, 4, false); string(b.Append(nil, p)) == string(masked) {
			t.Errorf("%s: two polynomials have one mask", name)
		}
	}
}

// TestMaskSlots: the same of slots modulo t.
func TestMaskSlots(t *testing.T) {
	p, _ := Set("G15")
	slots := []uint64{0, 1, p.T() - 1, 5}
	key := seededKey("slots")
	masked := slices.Clone(slots)
	p.MaskSlots(masked, &key, 1, false)
	if slices.Max(masked) >= p.T() || slices.Equal(masked, slots) {
		t.Errorf("%v", masked)
	}
	other := slices.Clone(slots)
	if p.MaskSlots(other, &key, 2, false); slices.Equal(other, masked) {
		t.Error("two inputs have one mask")
	}
	if p.MaskSlots(masked, &key, 1, true); !slices.Equal(masked, slots) {
		t.Errorf("masks do not cancel: %v", masked)
	}
}

// TestMaskedSharesAreUniform: every limb of a masked share of an input and of a key, in
// low and high bits, in the NTT domain and as coefficients, is uniform even for the input 0
// under the common polynomial 0, where the share itself is an error in clear.
func TestMaskedSharesAreUniform(t *testing.T) {
	for _, set := range []string{"F7", "G15", "H15"} {
		w := newWorld(t, set, 2, 1)
		b := w.Inputs(w.circuit)
		key := seededKey("pair")
		share, err := w.enc.InputShare(b, w.secrets[0], b.Zero(), nil, seeded("share"))
		if err != nil {
			t.Fatal(err)
		}
		if z := worstOf(t, b, share, w); z < rejectAt {
			t.Error("the test does not see what is not masked")
		}
		b.Mask(share, &key, 0, false)
		if z := worstOf(t, b, share, w); z > rejectAt {
			t.Errorf("%s: a masked input deviates by %.1f", set, z)
		}
		for j, x := range w.KeyShare(w.secrets[0], seededKey("crs"), seeded("key"), nil)[:3] {
			w.QP.Mask(x, &key, j, true)
			if z := worstOf(t, w.QP, x, w); z > rejectAt {
				t.Errorf("%s: masked polynomial %d of a key deviates by %.1f", set, j, z)
			}
		}
	}
}

// worstOf returns the largest deviation of a polynomial from uniform residues.
func worstOf(t *testing.T, b *Basis, x Poly, w *world) (worst float64) {
	t.Helper()
	coefficients := b.Zero()
	for l := range x {
		copy(coefficients[l], x[l])
	}
	if b == w.QP {
		v := w.polyQP(coefficients)
		w.inner.RingQP().INTT(v, v)
	} else {
		w.ringQ(b.Limbs()-1).INTT(poly(coefficients), poly(coefficients))
	}
	for l, q := range b.primes {
		for _, limb := range [][]uint64{x[l], coefficients[l]} {
			low, high := bytesOf(limb, q)
			worst = max(worst, deviates(low, nil), deviates(high, nil))
		}
	}
	return worst
}

// TestCommonPolynomialsAreUniform, differ with index and key, and have as their first
// limbs those of a shorter basis.
func TestCommonPolynomialsAreUniform(t *testing.T) {
	w := newWorld(t, "G31", 2, 1)
	key, other := seededKey("common"), seededKey("other")
	a := w.QP.Uniform(&key, 0)
	checkReduced(t, w.QP, a)
	if z := worstOf(t, w.QP, a, w); z > rejectAt {
		t.Errorf("deviates by %.1f", z)
	}
	if short := w.Out.Uniform(&key, 0); !slices.Equal(short[1], a[1]) {
		t.Error("a shorter basis has other limbs")
	}
	for _, b := range []Poly{w.QP.Uniform(&key, 1), w.QP.Uniform(&other, 0), w.QP.Uniform(&key, 1<<24-1)} {
		for l := range a {
			if slices.Equal(a[l], b[l]) {
				t.Errorf("limb %d repeats", l)
			}
		}
	}
	// Streams of different polynomials and limbs are different.
	seen := map[uint32]bool{}
	for _, index := range []int{0, 1, 2, 31, 32, 1<<24 - 1} {
		for limb := range 24 {
			if s := stream(index, limb); seen[s] {
				t.Errorf("stream of polynomial %d, limb %d repeats", index, limb)
			} else {
				seen[s] = true
			}
		}
	}
}
