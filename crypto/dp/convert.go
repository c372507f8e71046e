package dp

import (
	"fmt"
	"math/big"
)

// Epsilon returns the least epsilon, in nanounits and rounded up, for which rho-zCDP
// implies (epsilon, delta)-differential privacy by CKS, Proposition 12: the infimum over
// α > 1 of
//
//	ε(α) = αρ + (ln(1/δ) + (α−1)·ln(1−1/α) − ln α)/(α−1).
//
// Every α gives a true statement, so that the search over a grid of α can make the result too
// large, by less than 2^−32 of it, but not too small. The error is [ErrRange], for a rho
// above [MaxRho] or an invalid delta.
func (r Rho) Epsilon(d Delta) (Epsilon, error) {
	if r > MaxRho || d.digits == 0 {
		return 0, fmt.Errorf("%w: rho above %v, or no delta", ErrRange, MaxRho)
	}
	if r == 0 {
		return 0, nil
	}
	c := newCurve(d)
	rho := new(big.Int).SetUint64(uint64(r))
	best := lowest(func(i int) *big.Int {
		alpha, rest := c.at(i)
		cost := new(big.Int).Mul(rho, alpha)
		return rest.Add(rest, cost.Quo(cost, big.NewInt(nano)))
	})
	best.Add(best, slack)
	if best.Sign() <= 0 {
		return 0, nil
	}
	best.Mul(best, big.NewInt(nano))
	best.Add(best, new(big.Int).Sub(one, big.NewInt(1)))
	return Epsilon(best.Rsh(best, fixedBits).Uint64()), nil
}

// Rho returns the largest rho, in nanounits and rounded down, that implies (e, d)-differential
// privacy: the maximum over α of (ε − ε(α) + αρ)/α in the terms of [Rho.Epsilon]. It
// always holds that r.Epsilon(d) <= e for what it returns. The error is [ErrRange], for an epsilon above
// [MaxEpsilon] or an invalid delta.
func (e Epsilon) Rho(d Delta) (Rho, error) {
	if e > MaxEpsilon || d.digits == 0 {
		return 0, fmt.Errorf("%w: epsilon above %v, or no delta", ErrRange, MaxEpsilon)
	}
	c := newCurve(d)
	target := new(big.Int).SetUint64(uint64(e))
	target.Lsh(target, fixedBits).Quo(target, big.NewInt(nano))
	best := lowest(func(i int) *big.Int { // of the negative
		alpha, rest := c.at(i)
		rest.Sub(rest, target).Add(rest, slack).Add(rest, slack)
		return rest.Lsh(rest, fixedBits).Quo(rest, alpha)
	})
	if best.Sign() >= 0 {
		return 0, nil
	}
	best.Neg(best).Mul(best, big.NewInt(nano)).Rsh(best, fixedBits)
	if !best.IsUint64() || best.Uint64() > uint64(MaxRho) {
		return MaxRho, nil
	}
	return Rho(best.Uint64()), nil
}

// curve is what ε(α) is, but for rho.
type curve struct {
	logInverse *big.Int // ln(1/δ)
	logTwo     *big.Int
}

func newCurve(d Delta) *curve {
	c := &curve{logTwo: logRatio(2, 1)}
	inverse := new(big.Rat).Inv(d.Rat())
	x := new(big.Int).Lsh(inverse.Num(), fixedBits)
	c.logInverse = c.log(x.Quo(x, inverse.Denom()))
	return c
}

// The grid: β = α − 1 runs over the numbers with mantissaBits+1 significant bits in [2^−24, 2^40),
// where α(ρ) of every rho and delta in range lies.
const (
	mantissaBits = 16
	minLogBeta   = -24
	maxLogBeta   = 40
	gridSize     = (maxLogBeta - minLogBeta) << mantissaBits
)

// at returns point i of the grid: α, and ε(α) − αρ = ln β − ln α + (ln(1/δ) − ln α)/β.
func (c *curve) at(i int) (alpha, rest *big.Int) {
	mantissa := int64(1<<mantissaBits | i&(1<<mantissaBits-1))
	beta := big.NewInt(mantissa)
	beta.Lsh(beta, uint(fixedBits-mantissaBits+minLogBeta+i>>mantissaBits))
	alpha = new(big.Int).Add(beta, one)
	logAlpha := c.log(alpha)
	rest = new(big.Int).Sub(c.logInverse, logAlpha)
	rest.Lsh(rest, fixedBits).Quo(rest, beta)
	return alpha, rest.Add(rest, c.log(beta)).Sub(rest, logAlpha)
}

// lowest returns the least value of f on the grid, where f falls and then rises: by bisection
// for the first point after which it does not fall. ε(α) does: where it is at most
// c is where (α−1)(αρ−c) + (α−1)·ln(1−1/α) − ln α <= ln δ, and the left side is convex, its second
// derivative being 2ρ + 1/(α−1) − 1/α; so these sets are intervals.
func lowest(f func(i int) *big.Int) *big.Int {
	low, high := 0, gridSize-1
	for low < high {
		middle := (low + high) / 2
		if f(middle+1).Cmp(f(middle)) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return f(low)
}
