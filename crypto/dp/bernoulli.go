package dp

import (
	"math/big"
	"math/bits"
)

// fraction is the part of num/(m·2^q) after the point, with num = hi·2^64 + lo.
type fraction struct {
	word   uint64 // the first 64 bits of it
	hi, lo uint64
	m      uint64
	q      uint
}

// over returns numerator and denominator of the fraction divided by k.
func (p *fraction) over(k uint64) (num, den *big.Int) {
	num = new(big.Int).SetUint64(p.hi)
	num.Lsh(num, 64).Or(num, new(big.Int).SetUint64(p.lo))
	den = new(big.Int).SetUint64(p.m)
	den.Lsh(den, p.q)
	num.Mod(num, den)
	return num, den.Mul(den, new(big.Int).SetUint64(k))
}

// expFraction is true with probability exp(−p): CKS, Algorithm 1, for γ in [0, 1). Each
// Bernoulli(γ/K) compares a uniform word with the first word of γ/K, which is
// ⌊word/K⌋ because ⌊⌊a⌋/K⌋ = ⌊a/K⌋, and only if they are equal looks further.
func (s *source) expFraction(p *fraction) bool {
	for k := uint64(1); ; k++ {
		u, w := s.word(), p.word/k
		if u < w {
			continue
		}
		if u > w || !s.tie(p.over(k)) {
			return k%2 == 1
		}
	}
}

// inverse holds the first word of 1/k.
var inverse = [...]uint64{
	2: 1 << 64 / 2, 3: 1 << 64 / 3, 4: 1 << 64 / 4, 5: 1 << 64 / 5, 6: 1 << 64 / 6, 7: 1 << 64 / 7,
	8: 1 << 64 / 8, 9: 1 << 64 / 9, 10: 1 << 64 / 10, 11: 1 << 64 / 11, 12: 1 << 64 / 12,
}

// expOne is true with probability exp(−1): CKS, Algorithm 1, for γ = 1, where the
// Bernoulli(γ/K) of K = 1 is always 1 and takes no word.
func (s *source) expOne() bool {
	for k := uint64(2); ; k++ {
		var w uint64
		if k < uint64(len(inverse)) {
			w = inverse[k]
		} else {
			w, _ = bits.Div64(1, 0, k)
		}
		u := s.word()
		if u < w {
			continue
		}
		if u > w || !s.tie(big.NewInt(1), new(big.Int).SetUint64(k)) {
			return k%2 == 1
		}
	}
}

// expWhole is true with probability exp(−n): CKS, Algorithm 1, for γ > 1.
func (s *source) expWhole(n uint64) bool {
	for ; n > 0; n-- {
		if !s.expOne() {
			return false
		}
	}
	return true
}

// geometric returns how often in a row Bernoulli(exp(−1)) is true, and false if that is
// [reach] times or more.
func (s *source) geometric() (uint64, bool) {
	for v := uint64(0); v < reach; v++ {
		if !s.expOne() {
			return v, true
		}
	}
	return 0, false
}
