package inference

import (
	"math"
	"math/big"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// RankSum is the Mann–Whitney test whether values of one group tend to be above those of another.
type RankSum struct {
	U           float64 // pairs in which the first group's value is larger, ties as a half: R's W
	Superiority float64 // U over the number of pairs, in [0, 1]; a half where groups do not differ
	Z, P        float64 // normal approximation with correction for ties and continuity, two-sided
	N1, N2      int64
}

// MannWhitney compares two groups that are counted on the same bins, from the lowest to the highest. Values of one bin are tied: with
// bins as fine as the values it is the test of the rows. (H. B. Mann, D. R. Whitney, Annals of Mathematical
// Statistics 18 (1947) 50–60; E. L. Lehmann, Nonparametrics, 1975, section 1.4 for ties.)
func MannWhitney(a, b []int64) (*RankSum, *fault.Fault) {
	if len(a) != len(b) {
		return nil, BadCounts.New("%d and %d bins", len(a), len(b))
	}
	r := &RankSum{}
	twice, ties := new(big.Int), new(big.Int) // 2 U, and Σ t³ − t
	product := func(x, y int64) *big.Int { return new(big.Int).Mul(big.NewInt(x), big.NewInt(y)) }
	for i := range a {
		if a[i] < 0 || b[i] < 0 {
			return nil, BadCounts.New("a count below 0")
		}
		twice.Add(twice, product(a[i], 2*r.N2+b[i]))
		t := a[i] + b[i]
		cube := product(t, t)
		ties.Add(ties, cube.Mul(cube.Sub(cube, big.NewInt(1)), big.NewInt(t)))
		r.N1, r.N2 = r.N1+a[i], r.N2+b[i]
	}
	if r.N1 < 1 || r.N2 < 1 || r.N1+r.N2 < 3 {
		return nil, TooFew.New("groups of %d and %d values", r.N1, r.N2)
	}
	n, pairs := r.N1+r.N2, product(r.N1, r.N2)
	// n1 n2 / 12 · ((N + 1) − Σ(t³ − t) / (N (N − 1)))
	variance := new(big.Rat).Sub(new(big.Rat).SetInt64(n+1), new(big.Rat).SetFrac(ties, product(n, n-1)))
	variance.Mul(variance, new(big.Rat).SetFrac(pairs, big.NewInt(12)))
	if variance.Sign() <= 0 {
		return nil, NoSpread.New("all values are tied")
	}
	r.U = float(new(big.Rat).SetFrac(twice, big.NewInt(2)))
	r.Superiority = float(new(big.Rat).SetFrac(twice, new(big.Int).Lsh(pairs, 1)))
	excess := float(new(big.Rat).SetFrac(new(big.Int).Sub(twice, pairs), big.NewInt(2)))
	if excess != 0 {
		excess = math.Copysign(math.Abs(excess)-0.5, excess)
	}
	r.Z = excess / math.Sqrt(float(variance))
	r.P = min(1, 2*distuv.UnitNormal.Survival(math.Abs(r.Z)))
	return r, nil
}
