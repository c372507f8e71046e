package he

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRound: rounding of residues is that of integers of any length, up to one unit at a
// tie, for edge cases and at random.
func TestRound(t *testing.T) {
	for _, set := range Sets() {
		p, err := Set(set)
		if err != nil {
			t.Fatal(err)
		}
		rng := seededRand("round %s", set)
		primes, w := p.lit.Q[:p.lit.Kept], uint(p.RoundBits())
		product := big.NewInt(1)
		for _, q := range primes {
			product.Mul(product, new(big.Int).SetUint64(q))
		}
		values := edges(product, w, p.lit.Q[0])
		limit := product.BitLen()
		for len(values) < p.Slots() {
			v := new(big.Int)
			for range (limit + 127) / 64 {
				v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(rng.Uint64()))
			}
			values = append(values, v.Mod(v, product))
		}
		x := p.Out.Zero()
		for i, v := range values {
			for l, q := range primes {
				x[l][i] = new(big.Int).Mod(v, new(big.Int).SetUint64(q)).Uint64()
			}
		}
		got, ties := p.round(x), 0
		for i, v := range values {
			// round(2^w·v/Q') = floor((2^(w+1)·v + Q')/2Q')
			want := new(big.Int).Lsh(v, w+1)
			want.Add(want, product).Div(want, new(big.Int).Lsh(product, 1))
			exact := want.Uint64() & (1<<w - 1)
			if got[i]>>w != 0 {
				t.Fatalf("%s: %v rounds to %d", set, v, got[i])
			}
			if d := (got[i] - exact) & (1<<w - 1); d != 0 {
				ties++
				if d != 1 && d != 1<<w-1 {
					t.Fatalf("%s: %v rounds to %d, wants %d", set, v, got[i], exact)
				}
			}
		}
		// Sums of fractions are cut at 2^-63 or so: random numbers do not notice.
		if ties > 12 {
			t.Errorf("%s: %d of %d are off by one", set, ties, len(values))
		}
	}
}

// edges returns the ends, multiples of primes, and the neighbours of ties.
func edges(product *big.Int, w uint, q uint64) []*big.Int {
	one, prime := big.NewInt(1), new(big.Int).SetUint64(q)
	values := []*big.Int{new(big.Int), one, new(big.Int).Sub(product, one), prime, new(big.Int).Sub(product, prime), new(big.Int).Rsh(product, 1)}
	for _, j := range []int64{1, 3, 5, 1<<w - 1, 1<<(w+1) - 1} {
		tie := new(big.Int).Mul(product, big.NewInt(j)) // (j/2)·Q'/2^w
		tie.Rsh(tie, w+1)
		for _, d := range []int64{-1, 0, 1} {
			if v := new(big.Int).Add(tie, big.NewInt(d)); v.Cmp(product) < 0 {
				values = append(values, v)
			}
		}
	}
	return values
}

// TestOpenIsFarFromWrong: the sum of a base and all shares is a multiple of 1/t of its
// modulus, off by less than half as far as would round to another message: by noise,
// floods and roundings together.
func TestOpenIsFarFromWrong(t *testing.T) {
	eachCase(t, func(t *testing.T, r *release) {
		w := r.RoundBits()
		worst := 0.0
		for _, out := range r.outs {
			total := r.Base(out)
			for i, s := range r.secrets {
				for j, y := range r.OpenShare(s, out, seeded("open %d", i)) {
					total[j] += y
				}
			}
			for _, y := range total {
				v := new(big.Int).Mul(new(big.Int).SetUint64(y&(1<<w-1)), new(big.Int).SetUint64(r.T()))
				v.And(v, big.NewInt(1<<w-1))
				d := float64(v.Uint64()) / float64(uint64(1)<<w)
				worst = max(worst, min(d, 1-d))
			}
		}
		t.Logf("worst distance %.3f, half is wrong", worst)
		if worst >= 0.25 {
			t.Errorf("worst distance %.3f", worst)
		}
	})
}

// TestOpenAllMessages: Open inverts what a phase of m·t^-1 rounds to, whatever the word
// holds above w bits.
func TestOpenAllMessages(t *testing.T) {
	for _, set := range []string{"F7", "G15", "H31"} {
		p, _ := Set(set)
		rng := rand.New(rand.NewPCG(3, 3))
		slots := make([]uint64, p.Slots())
		for i := range slots {
			slots[i] = rng.Uint64N(p.T())
		}
		copy(slots, []uint64{0, 1, p.T() - 1, p.T() / 2, p.T()/2 + 1})
		m := p.inner.RingT().NewPoly()
		e := p.NewEncoder()
		if err := e.inner.EncodeRingT(slots, p.inner.DefaultScale(), m); err != nil {
			t.Fatal(err)
		}
		x := poly(p.centred(p.Out, m.Coeffs[0]))
		p.ringQ(p.lit.Kept-1).MulRNSScalarMontgomery(x, p.tInvMont()[:p.lit.Kept], x)
		total := p.round(Poly(x.Coeffs))
		for i := range total {
			total[i] |= rng.Uint64() << p.RoundBits()
		}
		if !slices.Equal(e.Copy().Open(total, 1), slots) {
			t.Errorf("%s opens to other slots", set)
		}
		scaled := e.Open(total, 5)
		for i := range slots {
			if mulMod(scaled[i], 5, p.T()) != slots[i] {
				t.Fatalf("%s: a scale of 5 gives %d of %d", set, scaled[i], slots[i])
			}
		}
	}
}
