package he

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/he/heint"
	"github.com/tuneinsight/lattigo/v5/ring"

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

// secret returns S in the NTT and Montgomery domain, modulo QP.
func (w *world) secret() Poly {
	s := w.QP.Zero()
	for _, one := range w.secrets {
		w.QP.Add(s, one.get())
	}
	return s
}

// phase returns t·(c0 + S·c1) of a ciphertext as centred integers: the scaled message plus t
// times the noise.
func (w *world) phase(c *Ciphertext) []*big.Int {
	r := w.ringQ(c.level())
	x := ring.NewPoly(w.Slots(), c.level())
	r.MulCoeffsMontgomery(poly(c.c[1]), poly(w.secret()[:c.level()+1]), x)
	r.Add(x, poly(c.c[0]), x)
	r.INTT(x, x)
	r.MulScalar(x, w.T(), x)
	return centredIntegers(Poly(x.Coeffs), w.lit.Q[:c.level()+1])
}

// centredIntegers returns the coefficients of a polynomial modulo the product of the
// primes, nearest to 0.
func centredIntegers(x Poly, primes []uint64) []*big.Int {
	product := big.NewInt(1)
	for _, q := range primes {
		product.Mul(product, new(big.Int).SetUint64(q))
	}
	terms := make([]*big.Int, len(primes)) // 1 modulo one prime, 0 modulo the others
	for l, q := range primes {
		prime := new(big.Int).SetUint64(q)
		rest := new(big.Int).Div(product, prime)
		terms[l] = rest.Mul(rest, new(big.Int).ModInverse(new(big.Int).Mod(rest, prime), prime))
	}
	half := new(big.Int).Rsh(product, 1)
	out := make([]*big.Int, len(x[0]))
	for i := range out {
		v, term := new(big.Int), new(big.Int)
		for l := range primes {
			v.Add(v, term.Mul(terms[l], term.SetUint64(x[l][i])))
		}
		if v.Mod(v, product); v.Cmp(half) > 0 {
			v.Sub(v, product)
		}
		out[i] = v
	}
	return out
}

// decrypt returns the slots of a ciphertext and the noise of every coefficient, by the key:
// no flooding, no rounding.
func (w *world) decrypt(c *Ciphertext) (slots []uint64, noise []float64) {
	m := ring.NewPoly(w.Slots(), 0)
	noise = make([]float64, w.Slots())
	t, half := new(big.Int).SetUint64(w.T()), new(big.Int).SetUint64(w.T()/2)
	for i, x := range w.phase(c) {
		message := new(big.Int).Mod(x, t)
		m.Coeffs[0][i] = message.Uint64()
		if message.Cmp(half) > 0 {
			message.Sub(message, t)
		}
		noise[i], _ = x.Sub(x, message).Div(x, t).Float64()
	}
	slots = make([]uint64, w.Slots())
	if err := w.enc.inner.DecodeRingT(m, rlwe.NewScaleModT(c.scale, w.T()), slots); err != nil {
		panic(err)
	}
	return slots, noise
}

// deviation returns the root of the mean square, and largest the largest, in bits.
func deviation(noise []float64) (bits, largest float64) {
	sum := 0.0
	for _, e := range noise {
		sum += e * e
		largest = max(largest, math.Abs(e))
	}
	return math.Log2(sum/float64(len(noise))) / 2, math.Log2(largest)
}

// seededKey is seeded as a key.
func seededKey(format string, args ...any) prg.Key { return seeded(format, args...) }

// seededRand is a source that follows from a text.
func seededRand(format string, args ...any) *rand.Rand {
	return rand.New(rand.NewChaCha8(seeded(format, args...)))
}

// heintPlaintext returns a plaintext as the library has it.
func heintPlaintext(w *world, level int) *rlwe.Plaintext { return heint.NewPlaintext(w.inner, level) }
