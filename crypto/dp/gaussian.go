package dp

import (
	"fmt"
	"io"
	"math/bits"
)

// Gaussian is the discrete Gaussian distribution N_Z(0, σ²): x has probability
// proportional to exp(−x²/(2σ²)). The zero value is not valid.
//
// With t = 2^j and σ² = m·2^e/d, the γ of CKS, Algorithm 3, is
//
//	(y − σ²/t)²/(2σ²) = |y·d·2^up − b|²/(m·d·2^q),
//
// where a power of two common to both terms of the difference has been left out.
type Gaussian struct {
	j       uint   // t = 2^j
	d       uint64 // of σ²
	up      uint
	b       uint64 // m times the rest of a power of two
	md      uint64 // m·d
	q       uint
	checked bool
}

// NewGaussian returns N_Z(0, σ²). The error is [ErrRange], for the zero value.
func NewGaussian(variance Variance) (Gaussian, error) {
	if variance.m == 0 {
		return Gaussian{}, fmt.Errorf("%w: no variance", ErrRange)
	}
	return variance.layout()
}

// layout finds t and checks that no product below overflows. t is the power of two that is
// nearest to σ by ratio: any t makes Algorithm 3 exact, that of the paper, ⌊σ⌋+1, is accepted a
// little more often, and a power of two saves divisions.
func (v Variance) layout() (Gaussian, error) {
	above, below := uint(max(v.e, 0)), uint(max(-v.e, 0)) // σ² = m·2^above / (d·2^below)
	j := v.logScale()
	common := min(below+j, above)
	g := Gaussian{
		j: j, d: v.d, up: below + j - common, md: v.m * v.d,
		q: above + below + 2*j + 1 - 2*common, checked: true,
	}
	const most = 63
	high, _ := bits.Mul64(v.m, v.d)
	switch {
	case high != 0,
		uint(bits.Len64(v.m))+above-common > most,
		uint(bits.Len64(v.d))+g.up+j+uint(bits.Len64(reach)) > most:
		return Gaussian{}, fmt.Errorf("%w: variance %v has too many digits", ErrRange, v)
	}
	g.b = v.m << (above - common)
	return g, nil
}

// Draw draws n numbers, n in [0, [MaxDraws]]. It reads [SeedSize] bytes of rand.
func (g Gaussian) Draw(n int, rand io.Reader) (*Noise, error) {
	if !g.checked {
		return nil, fmt.Errorf("%w: no variance", ErrRange)
	}
	return draw(n, rand, g.one)
}

// one is CKS, Algorithm 3: a discrete Laplace number of scale t, accepted with
// probability exp(−γ).
func (g *Gaussian) one(s *source) int64 {
	for {
		y, negative, ok := g.laplace(s)
		if ok && g.accept(s, y) {
			if negative {
				return -int64(y)
			}
			return int64(y)
		}
	}
}

// laplace is one attempt of CKS, Algorithm 2, for s = 1 and t = 2^j.
func (g *Gaussian) laplace(s *source) (y uint64, negative, ok bool) {
	w := s.word()
	u := w >> (64 - g.j)
	if !s.expFraction(&fraction{word: u << (64 - g.j), lo: u, m: 1, q: g.j}) {
		return 0, false, false
	}
	v, ok := s.geometric()
	y, negative = u+v<<g.j, w&1 == 1
	return y, negative, ok && (y != 0 || !negative)
}

// accept is true with probability exp(−γ).
func (g *Gaussian) accept(s *source, y uint64) bool {
	x := y*g.d<<g.up - g.b
	if int64(x) < 0 {
		x = -x
	}
	hi, lo := bits.Mul64(x, x)
	whole, first := g.divide(hi, lo)
	return s.expWhole(whole) && s.expFraction(&fraction{word: first, hi: hi, lo: lo, m: g.md, q: g.q})
}

// divide returns (hi·2^64 + lo)/(m·d·2^q) before the point, which is below 2^64, and
// the first 64 bits behind it.
func (g *Gaussian) divide(hi, lo uint64) (whole, first uint64) {
	w2, r := hi/g.md, hi%g.md
	w1, r := bits.Div64(r, lo, g.md)
	w0, _ := bits.Div64(r, 0, g.md)
	q := g.q
	for ; q >= 64; q -= 64 {
		w2, w1, w0 = 0, w2, w1
	}
	return w1>>q | w2<<(64-q), w0>>q | w1<<(64-q)
}
