package dp

import (
	"fmt"
	"io"
	"math/bits"
)

// reach bounds what is drawn, in units of the scale of the Laplace distribution that is
// drawn first: beyond it a draw begins again.
const reach = 256

// MaxScale bounds numerator and denominator of the scale of a [Laplace].
const MaxScale = 1 << 48

// Laplace is the discrete Laplace distribution: x has probability proportional to
// exp(−|x|·s/t). The zero value is not valid.
type Laplace struct{ t, s uint64 }

// NewLaplace returns the distribution with scale t/s, both in [1, [MaxScale]]. Noise of
// scale Δ1/ε makes what one unit changes by at most Δ1 (in the L1 norm) ε-differentially
// private, and so ε²/2-concentrated. The error is [ErrRange].
func NewLaplace(t, s uint64) (Laplace, error) {
	if t < 1 || t > MaxScale || s < 1 || s > MaxScale {
		return Laplace{}, fmt.Errorf("%w: scale %d/%d, wants both in [1, %d]", ErrRange, t, s, uint64(MaxScale))
	}
	return Laplace{t: t, s: s}, nil
}

// Draw draws n numbers, n in [0, [MaxDraws]]. It reads [SeedSize] bytes of rand.
func (l Laplace) Draw(n int, rand io.Reader) (*Noise, error) {
	if l.t == 0 {
		return nil, fmt.Errorf("%w: no scale", ErrRange)
	}
	return draw(n, rand, l.one)
}

// one is CKS, Algorithm 2.
func (l Laplace) one(s *source) int64 {
	for {
		u, negative := l.uniform(s)
		first, _ := bits.Div64(u, 0, l.t)
		if !s.expFraction(&fraction{word: first, lo: u, m: l.t}) {
			continue
		}
		v, ok := s.geometric()
		if !ok {
			continue
		}
		y := int64((u + l.t*v) / l.s)
		switch {
		case !negative:
			return y
		case y != 0:
			return -y
		}
	}
}

// uniform returns a number below t and a sign: bits from the two ends of a word.
func (l Laplace) uniform(s *source) (u uint64, negative bool) {
	unused := uint(bits.LeadingZeros64(l.t - 1))
	for {
		w := s.word()
		if u = w >> unused; u < l.t {
			return u, w&1 == 1
		}
	}
}
