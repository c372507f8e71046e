package dp

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"math/big"
	"testing"

	"github.com/tacit-space/tacit/crypto/prg"
)

// seeded returns a source with a fixed seed.
func seeded(seed uint64) *source { return over(stream(seed)) }

func stream(seed uint64) io.Reader {
	var key prg.Key
	binary.LittleEndian.PutUint64(key[:], seed)
	return prg.Reader(&key, 7)
}

// seedReader is a reader of exactly one seed.
func seedReader(seed uint64) io.Reader {
	var key [SeedSize]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return bytes.NewReader(key[:])
}

// oracle is a second implementation of CKS, Algorithms 1–3, over rational numbers of any
// size, with no shortcut. (The module github.com/google/differential-privacy/go cannot be had
// from the module proxy; besides, its integer noise is a rounded Gaussian over floats and not the
// distribution of CKS.)
//
// It reads words in the same order as the product, so that with t = 2^j both
// draw the same numbers from the same stream.
type oracle struct{ s *source }

// bernoulli is true with probability p in [0, 1]: the digits of a uniform U are compared with those of p.
func (o oracle) bernoulli(p *big.Rat) bool {
	if p.Cmp(big.NewRat(1, 1)) == 0 {
		return true
	}
	rest := new(big.Rat).Set(p)
	base := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 64))
	for rest.Sign() > 0 {
		rest.Mul(rest, base)
		digit := new(big.Int).Quo(rest.Num(), rest.Denom())
		rest.Sub(rest, new(big.Rat).SetInt(digit))
		u := new(big.Int).SetUint64(o.s.word())
		if c := u.Cmp(digit); c != 0 {
			return c < 0
		}
		if rest.Sign() == 0 {
			return false
		}
	}
	o.s.word() // p = 0: the product looks at a word
	return false
}

// unitExp is Algorithm 1 for γ in [0, 1].
func (o oracle) unitExp(gamma *big.Rat) bool {
	k := int64(1)
	for o.bernoulli(new(big.Rat).Quo(gamma, big.NewRat(k, 1))) {
		k++
	}
	return k%2 == 1
}

// bernoulliExp is Algorithm 1 for γ > 1, and of the same distribution for others.
func (o oracle) bernoulliExp(gamma *big.Rat) bool {
	unit := big.NewRat(1, 1)
	rest := new(big.Rat).Set(gamma)
	for ; rest.Cmp(unit) >= 0; rest.Sub(rest, unit) {
		if !o.unitExp(unit) {
			return false
		}
	}
	return o.unitExp(rest)
}

// laplace is Algorithm 2.
func (o oracle) laplace(t, s int64) *big.Int {
	for {
		length := uint(big.NewInt(t - 1).BitLen())
		w := o.s.word()
		u := w >> (64 - length)
		if u >= uint64(t) {
			continue
		}
		if !o.unitExp(new(big.Rat).SetFrac(new(big.Int).SetUint64(u), big.NewInt(t))) {
			continue
		}
		v := int64(0)
		for o.unitExp(big.NewRat(1, 1)) {
			v++
		}
		x := new(big.Int).Mul(big.NewInt(t), big.NewInt(v))
		x.Add(x, new(big.Int).SetUint64(u))
		y := x.Quo(x, big.NewInt(s))
		if w&1 == 1 {
			if y.Sign() == 0 {
				continue
			}
			y.Neg(y)
		}
		return y
	}
}

// gaussian is Algorithm 3, with any t.
func (o oracle) gaussian(variance *big.Rat, t int64) *big.Int {
	for {
		y := o.laplace(t, 1)
		x := new(big.Rat).SetInt(new(big.Int).Abs(y))
		x.Sub(x, new(big.Rat).Quo(variance, big.NewRat(t, 1)))
		x.Mul(x, x)
		x.Quo(x, new(big.Rat).Mul(variance, big.NewRat(2, 1)))
		if o.bernoulliExp(x) {
			return y
		}
	}
}

// gaussianTable returns P[N_Z(0, σ²) = x] for |x| <= reach, by summation.
func gaussianTable(variance float64, reach int) map[int64]float64 {
	return table(reach, func(x float64) float64 { return math.Exp(-x * x / (2 * variance)) })
}

func laplaceTable(t, s, reach int) map[int64]float64 {
	return table(reach, func(x float64) float64 { return math.Exp(-math.Abs(x) * float64(s) / float64(t)) })
}

func table(reach int, weight func(float64) float64) map[int64]float64 {
	sum := 0.0
	for x := reach; x >= 1; x-- { // small ones first
		sum += 2 * weight(float64(x))
	}
	sum += weight(0)
	p := map[int64]float64{}
	for x := -reach; x <= reach; x++ {
		p[int64(x)] = weight(float64(x)) / sum
	}
	return p
}

// falseReject is the probability with which each statistical test would refuse a right sampler for a
// random seed. The seeds are fixed, so that a test that passes always does.
const falseReject = 1e-5

// chiSquare returns the probability of a χ² as large as that of n draws against a table. Cells with fewer
// than 10 expected are put together, those below with those below and those above with those above.
func chiSquare(p map[int64]float64, counts map[int64]int, n int) float64 {
	chi, cells := 0.0, 0
	low, high := math.Inf(1), math.Inf(-1)
	for x, px := range p {
		if px*float64(n) >= 10 {
			low, high = min(low, float64(x)), max(high, float64(x))
		}
	}
	var tails [2]struct{ expected, seen float64 }
	side := func(x int64) int {
		switch {
		case float64(x) < low:
			return 0
		case float64(x) > high:
			return 1
		}
		return -1
	}
	for x, px := range p {
		e := px * float64(n)
		if i := side(x); i >= 0 {
			tails[i].expected += e
			continue
		}
		chi += (float64(counts[x]) - e) * (float64(counts[x]) - e) / e
		cells++
	}
	for x, c := range counts {
		if i := side(x); i >= 0 {
			tails[i].seen += float64(c)
		}
	}
	for _, tail := range tails {
		if tail.expected >= 1 {
			chi += (tail.seen - tail.expected) * (tail.seen - tail.expected) / tail.expected
			cells++
		}
	}
	return upperGamma(float64(cells-1)/2, chi/2)
}

// upperGamma is the regularised upper incomplete gamma function Q(a, x) (Numerical Recipes,
// section 6.2): the power series below a+1, the continued fraction above.
func upperGamma(a, x float64) float64 {
	lg, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - lg)
	if x < a+1 {
		term := 1 / a
		sum := term
		for n := 1.0; term > sum*1e-16; n++ {
			term *= x / (a + n)
			sum += term
		}
		return 1 - front*sum
	}
	b := x + 1 - a
	c, d := 1e300, 1/b
	h := d
	for i := 1.0; i < 1e5; i++ {
		an := -i * (i - a)
		b += 2
		d = 1 / (an*d + b)
		c = b + an/c
		h *= d * c
		if math.Abs(d*c-1) < 1e-15 {
			break
		}
	}
	return front * h
}

// The test of the tests: known quantiles of χ².
func TestChiSquareQuantiles(t *testing.T) {
	for _, c := range []struct{ freedom, chi, p float64 }{
		{1, 3.841458820694124, 0.05}, {10, 18.30703805327515, 0.05}, {100, 149.4492527790388, 0.001}, {20, 19.33742922942826, 0.5},
	} {
		if got := upperGamma(c.freedom/2, c.chi/2); math.Abs(got-c.p) > 1e-9 {
			t.Errorf("%v degrees, %v: %v, want %v", c.freedom, c.chi, got, c.p)
		}
	}
	// A sampler with the wrong variance is refused.
	g, _ := NewGaussian(mustVariance("10"))
	counts, s := map[int64]int{}, seeded(3)
	for range 200_000 {
		counts[g.one(s)]++
	}
	if p := chiSquare(gaussianTable(9.7, 60), counts, 200_000); p > falseReject {
		t.Errorf("a variance that is 3 %% off passes with p = %v", p)
	}
}

func mustVariance(text string) Variance {
	v, err := ParseVariance(text)
	if err != nil {
		panic(err)
	}
	return v
}
