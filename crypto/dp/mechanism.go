package dp

import (
	"fmt"
	"math"
	"math/big"
)

// Limits of a [Literal].
const (
	MaxRange  = 1 << 48
	MaxGroups = 1 << 20
	MaxHonest = 1 << 10
)

// minShare is the least variance of a noise share: σ_u >= 3 units.
const minShare = 9

// Literal says what is protected and what it may cost. It may be wrong; a [Mechanism] is
// not.
type Literal struct {
	// Range is the most by which one privacy unit changes one of the sums, in units of the sum, after
	// clamping and with the unit added, removed or replaced as the definition of privacy
	// says. In [1, MaxRange].
	Range uint64

	// Groups is the most sums that one privacy unit contributes to. In [1, MaxGroups].
	Groups uint32

	// Honest is n_min − T: so many honest workers are among those whose shares are in every
	// sum that is released. In [1, MaxHonest].
	Honest int

	// Rho is what the release of all these sums may cost. In (0, MaxRho].
	Rho Rho
}

func (l Literal) check() error {
	switch {
	case l.Range < 1 || l.Range > MaxRange:
		return fmt.Errorf("%w: range %d, wants 1 to %d", ErrRange, l.Range, uint64(MaxRange))
	case l.Groups < 1 || l.Groups > MaxGroups:
		return fmt.Errorf("%w: %d groups, wants 1 to %d", ErrRange, l.Groups, MaxGroups)
	case l.Honest < 1 || l.Honest > MaxHonest:
		return fmt.Errorf("%w: %d honest workers, wants 1 to %d", ErrRange, l.Honest, MaxHonest)
	case l.Rho < 1 || l.Rho > MaxRho:
		return fmt.Errorf("%w: rho %v, wants more than 0 and at most %v", ErrRange, l.Rho, MaxRho)
	}
	return nil
}

// sensitivity2 is the square of the sensitivity in the L2 norm, Groups·Range².
func (l Literal) sensitivity2() *big.Int {
	x := new(big.Int).SetUint64(l.Range)
	return x.Mul(x, x).Mul(x, big.NewInt(int64(l.Groups)))
}

// wanted is the variance of a share before rounding: Δ²/(2ρ·Honest).
func (l Literal) wanted() *big.Rat {
	num := l.sensitivity2()
	den := new(big.Int).SetUint64(uint64(l.Rho))
	den.Mul(den, big.NewInt(2*int64(l.Honest)))
	return new(big.Rat).SetFrac(num.Mul(num, big.NewInt(nano)), den)
}

// Refine returns the least factor by which the unit has to be made finer, and so Range and all
// values larger, for a share of at least 3 units: 1 if it is fine enough. The error is [ErrRange].
func (l Literal) Refine() (uint64, error) {
	if err := l.check(); err != nil {
		return 0, err
	}
	// The least f with f²·wanted >= 9.
	square := ceil(new(big.Rat).Quo(new(big.Rat).SetInt64(minShare), l.wanted()))
	f := new(big.Int).Sqrt(square)
	if new(big.Int).Mul(f, f).Cmp(square) < 0 {
		f.Add(f, big.NewInt(1))
	}
	return f.Uint64(), nil // at most 3·√(2·10^6·2^10)
}

// Mechanism is the distributed discrete Gaussian mechanism of KLS with checked parameters:
// every worker adds N_Z(0, σ_u²) to its part of every sum.
type Mechanism struct {
	lit    Literal
	share  Variance
	charge Rho
}

// NewMechanism finds the least share on the grid with which the release costs at most
// l.Rho. Errors: [ErrRange]; [ErrScale] if a share would be below 3 units, see
// [Literal.Refine].
func NewMechanism(l Literal) (*Mechanism, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	wanted := l.wanted()
	if wanted.Cmp(new(big.Rat).SetInt64(minShare)) < 0 {
		f, _ := l.Refine()
		return nil, fmt.Errorf("%w: by a factor of %d", ErrScale, f)
	}
	for {
		share, err := roundUp(wanted)
		if err != nil {
			return nil, err
		}
		if charge := l.cost(share); charge <= l.Rho {
			return &Mechanism{lit: l, share: share, charge: charge}, nil
		}
		// τ costs a nanounit more: the next share of the grid.
		wanted.Mul(share.Rat(), new(big.Rat).SetFrac64(1<<gridBits+1, 1<<gridBits))
	}
}

// cost is what the release costs with a share, rounded up: by KLS, Proposition 14, second
// bound, with n = Honest, d = Groups (a sum that the unit does not change costs nothing) and
// Δ1 = Groups·Range,
//
//	ρ = ρ0 + Δ1·τ/(√n·σ_u) + d·τ²/2   where   ρ0 = Δ2²/(2n·σ_u²).
//
// Here Δ1/(√n·σ_u) = √(2d·ρ0) <= d·(1 + 2ρ0)/2.
func (l Literal) cost(share Variance) Rho {
	rho := new(big.Rat).SetInt(l.sensitivity2())
	rho.Quo(rho, new(big.Rat).Mul(share.Rat(), new(big.Rat).SetInt64(2*int64(l.Honest))))
	half := new(big.Rat).SetFrac64(int64(l.Groups), 2)
	tau := inflation(share, l.Honest)
	extra := new(big.Rat).Add(rho, rho)
	extra.Add(extra, new(big.Rat).SetInt64(1)).Add(extra, tau).Mul(extra, tau).Mul(extra, half)
	return ceilRho(rho.Add(rho, extra))
}

// inflation is at least τ = 10·Σ_{k=1..n−1} exp(−2π²σ²·k/(k+1)) of KLS, Proposition 14. No term
// is more than the first, exp(−π²σ²), which is below 2^(−14⌊σ²⌋) because π²/ln 2 > 14.
func inflation(share Variance, n int) *big.Rat {
	r := share.Rat()
	exponent := new(big.Int).Quo(r.Num(), r.Denom())
	bits := 1 << 12
	if exponent.BitLen() <= 8 {
		bits = min(bits, 14*int(exponent.Int64()))
	}
	return scale2(new(big.Rat).SetInt64(10*int64(n-1)), -bits)
}

// Literal returns what the mechanism was made from.
func (m *Mechanism) Literal() Literal { return m.lit }

// Share returns σ_u², what one worker adds to one sum.
func (m *Mechanism) Share() Variance { return m.share }

// Charge returns what the release costs, τ included. It is at most the Rho of the literal.
func (m *Mechanism) Charge() Rho { return m.charge }

// Promised returns the variance, in units squared, that protects a sum even from all workers but
// the honest ones: Honest·σ_u².
func (m *Mechanism) Promised() *big.Rat { return sum(m.share, m.lit.Honest) }

// Sigma returns the standard deviation of the noise in a sum with the shares of so many
// workers, in units, rounded: for reports.
func (m *Mechanism) Sigma(workers int) float64 { return math.Sqrt(float64(workers)) * m.share.Sigma() }

// HalfWidth is [HalfWidth] for a sum with the shares of so many workers.
func (m *Mechanism) HalfWidth(workers int, level float64) (uint64, error) {
	return HalfWidth(m.share, workers, level)
}

func sum(share Variance, n int) *big.Rat {
	return new(big.Rat).Mul(share.Rat(), new(big.Rat).SetInt64(int64(n)))
}
