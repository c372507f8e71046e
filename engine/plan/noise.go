package plan

import (
	"math/big"
	"sync"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Noise is what is added to the sums of a plan. It follows from plan and charter, so that the
// analyst, every worker and whoever explains the question mean the same.
//
// # What is promised
//
// Two sets of rows of one owner are neighbours if one has a privacy unit more, with
// all its rows: the rows with one value of the table's unit column, or one row of a table
// without one. A unit is in at most Groups cells, and adds at most [Noisy.Largest] to a
// sum of each, in absolute value; the owner's local query enforces both
// (engine/source). So each sum, as a vector over the cells, changes by at most √Groups·Largest in the
// L2 norm, and the discrete Gaussian noise of Honest workers makes it ρ_s-zCDP (crypto/dp). The sums are
// composed: together they are ρ-zCDP, ρ = Σ ρ_s <= ρ(Epsilon, Delta), hence
// (Epsilon, Delta)-differentially private. A person with rows at w owners is a unit at each: its protection
// over all of them is that of a group, w²·ρ.
//
// The loss is split evenly over the sums. They have units of their own, so nothing says which
// of them would gain from more; and an AVG, of which both sums err, errs least
// near an even split if its values spread over the declared range.
//
// # Limbs
//
// A masked sum opens nothing but the sum of the owners' elements. A guarded release opens the sums of their
// limbs, one by one: where an element has several, what is opened tells, besides their sum, how many
// carries there were between the limbs of single owners. That is no function of the sum, and so the noise
// of the others hides nothing in it. A sum of which an element may take more than one limb is
// therefore noised by each owner as if it were alone ([Noisy.Honest] is 1): then whatever is opened is
// computed from shares each of which keeps the promise by itself.
type Noise struct {
	Privacy
	Rho    dp.Rho   // what the release costs in all
	Unit   string   // column of the privacy unit; "": every row is one
	Groups int      // cells that one unit is in, at most; no more than the plan has
	Rows   int      // rows that one unit counts as in a cell, at most
	Honest int      // n_min − T: workers whose noise alone is enough
	Sums   []*Noisy // per sum of the plan; nil: exact
}

// Noisy is the noise of one sum.
type Noisy struct {
	Honest    int // owners whose noise is enough: those of the question, or 1, see above
	Mechanism *dp.Mechanism
	// Factor makes the unit of the sum finer, so that noise in whole numbers is fine enough: what is
	// added up are Factor times the sums, and noise.
	Factor uint64
	// Largest is what one privacy unit adds to a cell at most, in absolute value, in the
	// sum's unit: Rows × Π max|units of the factor|.
	Largest uint64
}

// Honest is n_min − T of the charter: of the workers whose data is in a result so many are not
// corrupt.
func Honest(ch *charter.Charter) int { return ch.Rules.MinContributors - ch.Rules.ToleratedCorruption }

// Price is what a question costs each owner's account, in zCDP; false if it has no noise.
// The plan must have passed [Check].
func Price(p *Plan, ch *charter.Charter) (dp.Rho, bool) {
	n, f := NewNoise(p, ch)
	if f != nil || n == nil {
		return 0, false
	}
	return n.Rho, true
}

// NewNoise derives the noise of a plan, nil if it has none. The columns of the plan must be the
// charter's and its factors pass [FactorRule], as [Check] makes sure. The fault is
// [CannotNoise].
func NewNoise(p *Plan, ch *charter.Charter) (*Noise, *fault.Fault) {
	if p.Privacy == nil {
		return nil, nil
	}
	t := ch.Table(p.Table)
	n := &Noise{
		Privacy: *p.Privacy, Unit: t.Unit, Groups: min(t.GroupBound(), p.Cells()), Rows: t.RowBound(), Honest: Honest(ch),
		Sums: make([]*Noisy, len(p.Sums)),
	}
	count := 0
	noised := Noised(p, ch)
	for _, yes := range noised {
		if yes {
			count++
		}
	}
	if count == 0 {
		return n, nil
	}
	share, bounds, limb := lossOf(p.Privacy)/dp.Rho(count), Bounds(p, ch), limbOf(p, ch)
	for i, yes := range noised {
		if !yes {
			continue
		}
		s, f := n.noisy(&p.Sums[i], t, share, n.Honest)
		if f == nil && limb > 0 && s.widen(bounds[i]).BitLen() > limb {
			s, f = n.noisy(&p.Sums[i], t, share, 1)
		}
		if f != nil {
			return nil, f
		}
		n.Sums[i] = s
		n.Rho += s.Mechanism.Charge()
	}
	return n, nil
}

// limbOf is how many bits a number may have that is one limb in whatever parameter set the guarded
// release can use; 0 for a masked sum, which has no limbs.
func limbOf(p *Plan, ch *charter.Charter) int {
	guards, owners, least := Guards(p, ch), len(ch.OwnersOf(p.Table)), 64
	if len(guards) == 0 {
		return 0
	}
	for _, name := range he.Sets() {
		params, err := he.Set(name)
		if err == nil && (&Layout{Guards: guards}).evaluable(params, owners) == nil {
			least = min(least, limbBits(params, owners))
		}
	}
	return max(least, 1)
}

// noisy makes the noise of a sum that may cost so much, for so many honest owners.
func (n *Noise) noisy(s *Sum, t *charter.Table, rho dp.Rho, honest int) (*Noisy, *fault.Fault) {
	largest, scale := big.NewInt(int64(n.Rows)), 0
	for _, name := range s.Factors {
		c := t.Column(name)
		largest.Mul(largest, unitBound(c))
		scale += c.Scale()
	}
	if largest.Sign() == 0 {
		largest.SetInt64(1)
	}
	if largest.Cmp(big.NewInt(dp.MaxRange)) > 0 || scale > maxNoisyScale {
		return nil, CannotNoise.New("one unit may add a number of %d bits with %d digits after the point to %s, at most are %d and %d",
			largest.BitLen(), scale, s.SQL(), big.NewInt(dp.MaxRange).BitLen(), maxNoisyScale)
	}
	out := &Noisy{Honest: honest, Largest: largest.Uint64()}
	l := dp.Literal{Range: out.Largest, Groups: uint32(n.Groups), Honest: honest, Rho: rho}
	factor, err := l.Refine()
	if err == nil {
		out.Factor = factor
		l.Range *= factor
		out.Mechanism, err = dp.NewMechanism(l)
	}
	if err != nil {
		return nil, CannotNoise.New("%s: %w", s.SQL(), err)
	}
	return out, nil
}

// maxNoisyScale is the number of digits after the point that a noised sum may have: the owner's
// query computes with its units as integers.
const maxNoisyScale = 18

// widen returns what an element is below in absolute value that is a local sum of at most
// bound, made finer, and noise, whatever is drawn.
func (s *Noisy) widen(bound *big.Int) *big.Int {
	b := new(big.Int).Mul(bound, new(big.Int).SetUint64(s.Factor))
	return b.Add(b, new(big.Int).SetUint64(s.Mechanism.Share().Bound()))
}

// lossOf is the ρ of a question. A conversion takes a millisecond, and a plan is looked at
// many times, so the last ones are kept.
func lossOf(v *Privacy) dp.Rho {
	key := Privacy{Epsilon: v.Epsilon, Delta: v.Delta}
	losses.Lock()
	defer losses.Unlock()
	if rho, ok := losses.of[key]; ok {
		return rho
	}
	rho, err := v.Epsilon.Rho(v.Delta)
	if err != nil {
		return 0 // no mechanism costs as little
	}
	if losses.of == nil || len(losses.of) == maxLosses {
		losses.of = map[Privacy]dp.Rho{}
	}
	losses.of[key] = rho
	return rho
}

const maxLosses = 64

var losses struct {
	sync.Mutex
	of map[Privacy]dp.Rho
}

// Sigma returns the standard deviation of the noise in a sum with the shares of so many workers, in
// the sum's unit, rounded.
func (s *Noisy) Sigma(workers int) float64 {
	return s.Mechanism.Sigma(workers) / float64(s.Factor)
}

// HalfWidth returns how far a noised sum with the shares of so many workers, divided by Factor
// and rounded to the sum's unit ([Noisy.Divide]), may be from the sum without noise, with a
// probability of at least level: a whole number of units, as both are. The error is [dp.ErrRange].
func (s *Noisy) HalfWidth(workers int, level float64) (*big.Int, error) {
	h, err := s.Mechanism.HalfWidth(workers, level)
	if err != nil {
		return nil, err
	}
	// |z| <= h implies |round(z/f)| <= round(h/f).
	return s.Divide(new(big.Int).SetUint64(h)), nil
}

// Divide returns a released element in the sum's unit, rounded half away from zero.
func (s *Noisy) Divide(element *big.Int) *big.Int {
	f := new(big.Int).SetUint64(s.Factor)
	twice := new(big.Int).Lsh(new(big.Int).Abs(element), 1)
	twice.Add(twice, f).Quo(twice, f.Lsh(f, 1))
	if element.Sign() < 0 {
		twice.Neg(twice)
	}
	return twice
}
