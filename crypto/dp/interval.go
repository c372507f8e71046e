package dp

import (
	"fmt"
	"math"
)

// The range of confidence levels.
const (
	minLevel = 0.5
	maxLevel = 1 - 1e-9
)

// HalfWidth returns an h, in units, such that the noise of shares independent draws of
// N_Z(0, share) is in [−h, h] with probability at least level, in [0.5, 1−10^−9]; shares is in [1,
// [MaxHonest]]. So [s−h, s+h] around a noised sum s holds the sum before noise with that
// confidence.
//
// It is a bound and no approximation. With S² = shares·σ²,
//
//	P[|Z| > h] <= e^τ·P[|N_Z(0, S²)| >= h+1] <= e^τ·P[|N(0, S²)| >= h] = e^τ·erfc(h/(S·√2)).
//
// The first step is KLS, section 3: the probability of each value is that under N_Z(0, S²) but for a
// factor of at most e^τ; for one share they are the same. The second compares Σ_{k>h} exp(−k²/2S²), which is at most
// the integral from h, and Σ_k exp(−k²/2S²) over all integers, which is at least S·√(2π) by
// Poisson's summation. For shares of 2 units or more h is at most 2 larger than it would have to be.
// The error is [ErrRange].
func HalfWidth(share Variance, shares int, level float64) (uint64, error) {
	switch {
	case share.m == 0:
		return 0, fmt.Errorf("%w: no variance", ErrRange)
	case shares < 1 || shares > MaxHonest:
		return 0, fmt.Errorf("%w: %d shares, wants 1 to %d", ErrRange, shares, MaxHonest)
	case !(level >= minLevel && level <= maxLevel):
		return 0, fmt.Errorf("%w: level %v, wants %v to %v", ErrRange, level, minLevel, maxLevel)
	}
	tau := 10 * float64(shares-1) * math.Exp(-math.Pi*math.Pi*share.Sigma()*share.Sigma())
	s := share.Sigma() * math.Sqrt(2*float64(shares))
	const rounding = 1e-6 // more than the errors of erfc, its inverse and the root
	outside := (1 - level) * math.Exp(-tau) * (1 - rounding)
	return uint64(math.Ceil(math.Erfcinv(outside) * s * (1 + rounding))), nil
}
