package he

import (
	"io"
	"math/big"
	"math/bits"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/ring"

	"github.com/tacit-space/tacit/crypto/prg"
)

// rounding holds the constants of dividing by Q', the product of the kept primes.
type rounding struct {
	bits    int         // w
	scalars []uint64    // (Q'/q_l)^-1 mod q_l, Montgomery
	inverse [][2]uint64 // floor(2^128/q_l): low, high
	negQ    uint64      // −Q' mod t
}

func newRounding(primes []uint64, t uint64, w int) rounding {
	product := big.NewInt(1)
	for _, q := range primes {
		product.Mul(product, new(big.Int).SetUint64(q))
	}
	r := rounding{bits: w, scalars: make([]uint64, len(primes))}
	for l, q := range primes {
		prime := new(big.Int).SetUint64(q)
		rest := new(big.Int).Div(product, prime)
		inv := new(big.Int).ModInverse(rest, prime).Uint64()
		r.scalars[l] = ring.MForm(inv, q, ring.BRedConstant(q))
		full := new(big.Int).Div(new(big.Int).Lsh(big.NewInt(1), 128), prime)
		low := new(big.Int).And(full, new(big.Int).SetUint64(^uint64(0))).Uint64()
		r.inverse = append(r.inverse, [2]uint64{low, new(big.Int).Rsh(full, 64).Uint64()})
	}
	mod := new(big.Int).SetUint64(t)
	r.negQ = new(big.Int).Mod(new(big.Int).Neg(product), mod).Uint64()
	return r
}

// RoundBits returns w: shares of outputs are below 2^w, and so sums of up to 2^9 of them
// below 2^63.
func (p *Params) RoundBits() int { return p.lit.Round }

// round returns round(2^w·x/Q') mod 2^w of every coefficient of x, which is modulo Q' and
// not in the NTT domain. No division or branch depends on a coefficient.
func (p *Params) round(x Poly) []uint64 {
	half := uint64(1) << (63 - p.out.bits)
	f := make([]uint64, p.Slots())
	for i := range f {
		f[i] = half
	}
	for l := range x {
		s := p.inner.RingQ().SubRings[l]
		inv := p.out.inverse[l]
		for i, c := range x[l] {
			a := reduce(ring.MRedLazy(c, p.out.scalars[l], s.Modulus, s.MRedConstant), s.Modulus)
			high, _ := bits.Mul64(a, inv[0])
			f[i] += a*inv[1] + high // floor(2^64·a/q), or one less
		}
	}
	for i := range f {
		f[i] >>= 64 - p.out.bits
	}
	return f
}

// OpenShare returns a party's share of opening an output: round(2^w·(s·c1 + flood)/Q')
// mod 2^w, where flood is uniform in [−2^b, 2^b) from the randomness of seed, drawn in full: the
// library's sampler scales 31 random bits, which hides nothing. Seed is used once.
// A party makes one share per output, once.
func (p *Params) OpenShare(s Secret, out *Ciphertext, seed [32]byte) []uint64 {
	x := p.Out.Zero()
	r := p.ringQ(p.lit.Kept - 1)
	r.MulCoeffsMontgomery(poly(out.c[1]), poly(s.get()[:p.lit.Kept]), poly(x))
	r.INTT(poly(x), poly(x))
	key := prg.Key(seed)
	p.flood(x, prg.Reader(&key, 0))
	share := p.round(x)
	x.wipe()
	return share
}

// flood adds uniform integers in [−2^b, 2^b) to the coefficients of x.
func (p *Params) flood(x Poly, random io.Reader) {
	words := (p.lit.Flood + 1 + 63) / 64
	top := p.lit.Flood + 1 - 64*(words-1)
	buffer := make([]byte, 8*words*p.Slots())
	if _, err := io.ReadFull(random, buffer); err != nil {
		panic("he: " + err.Error()) // a keystream does not end
	}
	for l := range x {
		p.floodLimb(x[l], l, buffer, words, top)
	}
	clear(buffer)
}

// floodLimb adds v − 2^b modulo prime number l, where v has words 64-bit words, top bits
// in the highest.
func (p *Params) floodLimb(limb []uint64, l int, buffer []byte, words, top int) {
	s := p.inner.RingQ().SubRings[l]
	q, brc := s.Modulus, s.BRedConstant
	shift := ring.MForm(1, q, brc) // 2^64 mod q
	offset := new(big.Int).Mod(new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), uint(p.lit.Flood))), new(big.Int).SetUint64(q)).Uint64()
	for i := range limb {
		v := uint64(0)
		for w := range words {
			word := le64(buffer[8*(i*words+w):])
			if w == 0 {
				word &= 1<<top - 1 // top = 64 gives all
			}
			v = addMod(reduce(ring.BRedLazy(v, shift, q, brc), q), reduce(ring.BRedAddLazy(word, q, brc), q), q)
		}
		limb[i] = addMod(limb[i], addMod(v, offset, q), q)
	}
}

func le64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// Base returns what all shares of an output are added to: round(2^w·c0/Q').
func (p *Params) Base(out *Ciphertext) []uint64 {
	x := p.Out.Zero()
	p.ringQ(p.lit.Kept-1).INTT(poly(out.c[0]), poly(x))
	return p.round(x)
}

// Open returns the slots of an output of the given scale: values modulo t. Total is its
// base plus the shares of all parties, modulo 2^w.
func (e *Encoder) Open(total []uint64, scale uint64) []uint64 {
	p := e.p
	w, t := p.out.bits, p.lit.T
	m := ring.NewPoly(p.Slots(), 0)
	for i, y := range total {
		hi, lo := bits.Mul64(y&(1<<w-1), t)
		lo, carry := bits.Add64(lo, 1<<(w-1), 0)
		c := (hi+carry)<<(64-w) | lo>>w // round(y·t/2^w), at most t
		if c >= t {
			c -= t
		}
		m.Coeffs[0][i] = mulMod(c, p.out.negQ, t)
	}
	slots := make([]uint64, p.Slots())
	if err := e.inner.DecodeRingT(m, rlwe.NewScaleModT(scale, t), slots); err != nil {
		panic("he: " + err.Error()) // only for another type of slots
	}
	return slots
}
