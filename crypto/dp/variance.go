package dp

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
)

// The range of a [Variance]: 2^−20 … 2^100.
const (
	minLogVariance = -20
	maxLogVariance = 100
)

// maxVarianceText is the longest text of a [Variance] in bytes.
const maxVarianceText = 64

// Variance is the parameter σ² of a discrete Gaussian, a rational number in
// [2^−20, 2^100] in units squared. It is m·2^e/d, where m and d are odd and have
// no common divisor, so that equal variances are ==. The zero value is not valid.
type Variance struct {
	m, d uint64
	e    int
}

// NewVariance returns num/den. The error is [ErrRange]: outside the range, or with more digits than
// arithmetic on 128 bits takes. Numbers below 2^32 are always fine, with a denominator of 1 those
// below 2^50; so is, where [ParseVariance] reads it, a number below 2^50 times a power of two.
func NewVariance(num, den uint64) (Variance, error) {
	if den == 0 {
		return Variance{}, fmt.Errorf("%w: variance with denominator 0", ErrRange)
	}
	return newVariance(new(big.Rat).SetFrac(new(big.Int).SetUint64(num), new(big.Int).SetUint64(den)))
}

func newVariance(r *big.Rat) (Variance, error) {
	low := new(big.Rat).SetFrac64(1, 1<<-minLogVariance)
	high := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), maxLogVariance))
	if r.Cmp(low) < 0 || r.Cmp(high) > 0 {
		return Variance{}, fmt.Errorf("%w: variance, wants 2^%d to 2^%d", ErrRange, minLogVariance, maxLogVariance)
	}
	up, down := r.Num().TrailingZeroBits(), r.Denom().TrailingZeroBits()
	m := new(big.Int).Rsh(r.Num(), up)
	d := new(big.Int).Rsh(r.Denom(), down)
	if !m.IsUint64() || !d.IsUint64() {
		return Variance{}, fmt.Errorf("%w: variance has too many digits", ErrRange)
	}
	v := Variance{m: m.Uint64(), d: d.Uint64(), e: int(up) - int(down)}
	_, err := v.layout()
	if err != nil {
		return Variance{}, err
	}
	return v, nil
}

// ParseVariance reads what [Variance.String] writes: a decimal number, or two in lowest
// terms with "/" between. Errors: [ErrSyntax], [ErrRange].
func ParseVariance(text string) (Variance, error) {
	num, den, isFraction := strings.Cut(text, "/")
	if !isFraction {
		den = "1"
	}
	if len(text) > maxVarianceText || !isDigits(num) || !isDigits(den) || den == "0" {
		return Variance{}, fmt.Errorf("%w: variance, such as 81 or 81/4", ErrSyntax)
	}
	r, _ := new(big.Rat).SetString(num + "/" + den)
	v, err := newVariance(r)
	if err == nil && v.String() != text {
		err = fmt.Errorf("%w: variance not in lowest terms", ErrSyntax)
	}
	if err != nil {
		return Variance{}, err
	}
	return v, nil
}

// Rat returns σ².
func (v Variance) Rat() *big.Rat {
	num, den := new(big.Int).SetUint64(v.m), new(big.Int).SetUint64(v.d)
	if v.m == 0 {
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(num.Lsh(num, uint(max(v.e, 0))), den.Lsh(den, uint(max(-v.e, 0))))
}

// String returns numerator and denominator in lowest terms.
func (v Variance) String() string {
	r := v.Rat()
	if r.IsInt() {
		return r.Num().String()
	}
	return r.String()
}

// Sigma returns σ, rounded: for reports.
func (v Variance) Sigma() float64 {
	x, _ := v.Rat().Float64()
	return math.Sqrt(x)
}

// Bound returns what the absolute value of a draw is below, whatever the randomness: at
// least 181σ.
func (v Variance) Bound() uint64 { return reach << v.logScale() }

// logScale returns the j >= 0 with 4^j/2 <= σ² < 2·4^j, or 0 if σ² < 1/2.
func (v Variance) logScale() uint {
	// log is ⌊log2 σ²⌋: m/d is in (2^(n−1), 2^(n+1)), where n is the difference of lengths.
	n := bits.Len64(v.m) - bits.Len64(v.d)
	m, d := new(big.Int).SetUint64(v.m), new(big.Int).SetUint64(v.d)
	if m.Lsh(m, uint(max(-n, 0))).Cmp(d.Lsh(d, uint(max(n, 0)))) < 0 {
		n--
	}
	log := n + v.e
	return uint(max(log+1, 0)) / 2
}

// gridBits is the length of the numbers that a variance is rounded up to.
const gridBits = 24

// roundUp returns the least number that is at least r and has gridBits significant bits: at most
// r·(1+2^−23).
func roundUp(r *big.Rat) (Variance, error) {
	e := r.Num().BitLen() - r.Denom().BitLen() - gridBits
	for {
		m := ceil(scale2(r, -e))
		if m.BitLen() <= gridBits {
			return newVariance(scale2(new(big.Rat).SetInt(m), e))
		}
		if m.BitLen() == gridBits+1 && m.TrailingZeroBits() == gridBits {
			return newVariance(scale2(new(big.Rat).SetInt(m), e))
		}
		e++
	}
}

// scale2 returns r·2^e.
func scale2(r *big.Rat, e int) *big.Rat {
	num, den := new(big.Int).Set(r.Num()), new(big.Int).Set(r.Denom())
	return new(big.Rat).SetFrac(num.Lsh(num, uint(max(e, 0))), den.Lsh(den, uint(max(-e, 0))))
}

// ceil returns the least integer that is at least r.
func ceil(r *big.Rat) *big.Int {
	q, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}
