package he

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/tuneinsight/lattigo/v5/ring"

	"github.com/tacit-space/tacit/crypto/prg"
)

// flooding returns a set with flooding of b bits.
func flooding(t *testing.T, set string, b int) *Params {
	t.Helper()
	p, err := Set(set)
	if err != nil {
		t.Fatal(err)
	}
	other := *p
	other.lit.Flood = b
	return &other
}

// flooded returns parameters of the set H15, but with flooding of b bits, and the integers
// that flood adds to nothing.
func flooded(t *testing.T, b int, seed string) (*Params, []*big.Int) {
	t.Helper()
	p := flooding(t, "H15", b)
	key := seededKey("flood %s %d", seed, b)
	x := p.Out.Zero()
	p.flood(x, prg.Reader(&key, 0))
	return p, centredIntegers(x, p.lit.Q[:p.lit.Kept])
}

// TestFloodIsUniform: the low and the high eight bits of floods, and the eight around the
// middle, have the distribution of uniform numbers in [−2^b, 2^b); 16384 samples, a false
// reject has probability 1e-8 (see rejectAt).
func TestFloodIsUniform(t *testing.T) {
	for _, b := range []int{41, 51, 63, 64, 67, 68, 100} {
		_, floods := flooded(t, b, "uniform")
		offset := new(big.Int).Lsh(big.NewInt(1), uint(b))
		for _, at := range []int{0, (b + 1 - 8) / 2, b + 1 - 8} {
			counts := make([]int, 256)
			for _, f := range floods {
				v := new(big.Int).Add(f, offset)
				if v.Sign() < 0 || v.BitLen() > b+1 {
					t.Fatalf("b = %d: %v", b, f)
				}
				counts[v.Rsh(v, uint(at)).Uint64()&255]++
			}
			if z := deviates(counts, nil); z > rejectAt {
				t.Errorf("b = %d: bits from %d on deviate by %.1f", b, at, z)
			}
		}
	}
}

// TestFloodCoversItsRange: floods come within 2^-10 of both ends. Of 65536 uniform ones
// none is that near to one end with probability e^-32.
func TestFloodCoversItsRange(t *testing.T) {
	for _, b := range []int{51, 63, 67, 68} {
		least, largest := math.Inf(1), math.Inf(-1)
		for i := range 4 {
			_, floods := flooded(t, b, fmt.Sprint(i))
			for _, f := range floods {
				v, _ := new(big.Float).SetInt(f).Float64()
				least, largest = min(least, v), max(largest, v)
			}
		}
		end := math.Exp2(float64(b))
		if least < -end || largest >= end || least > -end*(1-1.0/1024) || largest < end*(1-1.0/1024) {
			t.Errorf("b = %d: floods are in [%g, %g]·2^b", b, least/end, largest/end)
		}
	}
}

// TestFloodIsExact: every limb is what integers of any length give, for every number of
// words and of bits in the highest.
func TestFloodIsExact(t *testing.T) {
	for _, set := range Sets() {
		for _, b := range []int{1, 51, 62, 63, 64, 67, 68, 100, 120} {
			p := flooding(t, set, b)
			key := seededKey("exact")
			words := (b + 1 + 63) / 64
			random := make([]byte, 8*words*p.Slots())
			_, _ = prg.Reader(&key, 0).Read(random)
			for i := range 8 * words { // extremes: nothing but zeros and ones
				random[i], random[8*words+i] = 0, 255
			}
			x := p.Out.Uniform(&key, 0)
			before := p.Out.Uniform(&key, 0)
			p.flood(x, bytes.NewReader(random))
			for i := range 64 {
				v := new(big.Int)
				for w := range words {
					v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(le64(random[8*(i*words+w):])))
				}
				// The highest word is cut to the bits that are wanted.
				v.And(v, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(b+1)), big.NewInt(1)))
				v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(b)))
				for l, q := range p.lit.Q[:p.lit.Kept] {
					prime := new(big.Int).SetUint64(q)
					want := new(big.Int).Add(v, new(big.Int).SetUint64(before[l][i]))
					if want.Mod(want, prime).Uint64() != x[l][i] {
						t.Fatalf("%s, b = %d: coefficient %d, limb %d is %d, wants %v", set, b, i, l, x[l][i], want)
					}
				}
			}
		}
	}
}

// TestLibrarySamplerCannotFlood: the library's sampler scales 31 random bits. Of 2^20
// numbers with a standard deviation of 2^40 about 2^40/(4·√π·2^40), a seventh of a pair,
// should be equal, and 7 or more pairs with probability below 1e-9. Its numbers collide a
// thousand times as often: the neighbours of a number do not occur, so that a share with
// such flooding shows what it should hide. Ours, as wide, do not collide.
func TestLibrarySamplerCannotFlood(t *testing.T) {
	const rounds = 64
	p := flooding(t, "H15", 41)
	key := seededKey("collisions")
	stream := prg.Reader(&key, 0)
	sampler := ring.NewGaussianSampler(stream, p.ringQ(0), ring.DiscreteGaussian{Sigma: 1 << 40, Bound: 6 << 40}, false)
	var theirs, ours []uint64
	for range rounds {
		x := ring.NewPoly(p.Slots(), 0)
		sampler.Read(x)
		theirs = append(theirs, x.Coeffs[0]...)
		y := p.Out.Zero()
		p.flood(y, stream)
		ours = append(ours, y[0]...)
	}
	pairs := func(list []uint64) (n int) {
		slices.Sort(list)
		for i := range list[1:] {
			if list[i] == list[i+1] {
				n++
			}
		}
		return n
	}
	t.Logf("equal pairs: %d of the library's, %d of ours", pairs(theirs), pairs(ours))
	if pairs(ours) >= 7 || pairs(theirs) < 7 {
		t.Errorf("equal pairs: %d of the library's, %d of ours", pairs(theirs), pairs(ours))
	}
}

// TestOpenShareIsFlooded: what an opening share adds to s·c1 is uniform over the whole
// range, differs from coefficient to coefficient and with the seed, and the share is the
// same if the seed is.
func TestOpenShareIsFlooded(t *testing.T) {
	w := newWorld(t, "F7", 7, 1)
	key := seededKey("output")
	out := NewCiphertext(w.Out.Zero(), w.Out.Uniform(&key, 0))
	exact := w.Out.Zero()
	r := w.ringQ(w.lit.Kept - 1)
	r.MulCoeffsMontgomery(poly(out.c[1]), poly(w.secrets[0].get()[:w.lit.Kept]), poly(exact))
	r.INTT(poly(exact), poly(exact))
	base := w.round(exact)
	// In units of 2^-w·Q' the flooding is in ±2^b·2^w/Q'.
	mask := uint64(1)<<w.RoundBits() - 1
	unit := math.Exp2(float64(w.lit.Flood+w.RoundBits()) - logProduct(w.lit.Q[:w.lit.Kept]))
	difference := func(share []uint64) []int64 {
		d := make([]int64, len(share))
		for i, y := range share {
			if y > mask {
				t.Fatalf("a share of more than %d bits", w.RoundBits())
			}
			d[i] = int64((y-base[i])<<(64-w.RoundBits())) >> (64 - w.RoundBits())
		}
		return d
	}
	one := w.OpenShare(w.secrets[0], out, seeded("one"))
	if !slices.Equal(one, w.OpenShare(w.secrets[0], out, seeded("one"))) {
		t.Error("a seed gives two shares")
	}
	a, b := difference(one), difference(w.OpenShare(w.secrets[0], out, seeded("two")))
	if slices.Equal(a, b) {
		t.Error("two seeds give the same flood")
	}
	counts := make([]int, 8)
	for i, d := range a {
		if x := float64(d) / unit; x < -1.1 || x > 1.1 {
			t.Fatalf("coefficient %d is off by %g·2^b", i, x)
		}
	}
	for _, d := range append(a, b...) {
		counts[min(max(int(4+4*float64(d)/unit), 0), 7)]++
	}
	t.Logf("floods of ±%.1f units in eighths: %v", unit, counts)
	for _, n := range counts { // 2048 expected; a unit more or less at the edges of an eighth is 1/4
		if n < len(a)*2/16 || n > len(a)*2*3/16 {
			t.Errorf("floods in eighths: %v", counts)
		}
	}
}
