package plan

import (
	"math/big"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// rowBound is the largest absolute value of a weighted summand of one row, rounded up.
func (s *Sum) rowBound(t *charter.Table) *big.Int {
	bound := new(big.Rat).SetInt64(largest[s.Weight])
	for _, name := range s.Factors {
		lo, hi, _ := t.Column(name).RangeRat()
		bound.Mul(bound, farthest(lo, hi))
	}
	up := new(big.Int).Quo(bound.Num(), bound.Denom())
	return up.Add(up, big.NewInt(1)) // also where |y ln y| is largest below 1
}

// FitFractions sets the fraction of every weighted sum: as large as lets the sum over all owners stay below 2^126, at
// most 48; where a summand then fits 62 bits it is made so much smaller, down to 40, as a sum of
// 64-bit numbers is faster. It depends on the declared ranges only and not on coefficients.
func (p *Plan) FitFractions(ch *charter.Charter) *fault.Fault {
	for i := range p.Sums {
		if p.Sums[i].Weight == Unweighted {
			continue
		}
		f := p.fraction(i, ch)
		if f < leastFraction {
			return overflow(p, i, ch)
		}
		p.Sums[i].Fraction = uint8(f)
	}
	return nil
}

func (p *Plan) fraction(sum int, ch *charter.Charter) int {
	t := ch.Table(p.Table)
	row := p.Sums[sum].rowBound(t).BitLen()
	all := new(big.Int).Mul(big.NewInt(t.MaxRows), big.NewInt(int64(len(ch.OwnersOf(p.Table))))).BitLen()
	s := min(48, 125-row-all)
	if small := 61 - row; small >= 40 {
		s = min(s, small)
	}
	return s
}

// Narrow reports whether a rounded summand fits 62 bits.
func (s *Sum) Narrow(t *charter.Table) bool {
	return s.rowBound(t).BitLen()+int(s.Fraction) <= 61
}

// Weighted returns what an element of a weighted sum stands for.
func (s *Sum) Weighted(n *big.Int) *big.Rat {
	return new(big.Rat).SetFrac(n, new(big.Int).Lsh(big.NewInt(1), uint(s.Fraction)))
}

// weightedBound is the largest absolute value that one owner's weighted sum of a cell may have.
func (s *Sum) weightedBound(t *charter.Table) *big.Int {
	b := s.rowBound(t)
	b.Lsh(b, uint(s.Fraction))
	b.Add(b, big.NewInt(1)) // rounding
	return b.Mul(b, big.NewInt(t.MaxRows))
}

func checkFractions(p *Plan, ch *charter.Charter) *fault.Fault {
	for i := range p.Sums {
		if s := &p.Sums[i]; s.Weight != Unweighted && (p.fraction(i, ch) != int(s.Fraction) || s.Fraction < leastFraction) {
			return NotDerived.New("sum %d is rounded in another way than the charter's ranges yield", i+1)
		}
	}
	return nil
}

// Parameters is how many coefficients the model has, 0 without one.
func (p *Plan) Parameters() int {
	if p.Model == nil {
		return 0
	}
	return len(p.Model.Terms)
}

// LeastRows is how many rows an owner needs, so that those that an answer needs have three for each
// coefficient together; 0 where the guard sees to it.
func (p *Plan) LeastRows(ch *charter.Charter) int64 {
	n := 3 * p.Parameters()
	if n == 0 || n <= charter.MaxCohort && ch.Table(p.Table).K() > 1 {
		return 0
	}
	least := ch.Rules.MinContributors
	return int64((n + least - 1) / least)
}

// modelCohort is the least number of units behind a number of a model in a table whose cohort is k: three
// for each coefficient, as far as guards count.
func (p *Plan) modelCohort(k int) int {
	if p.Model == nil || k < 2 {
		return k
	}
	return max(k, min(3*p.Parameters(), charter.MaxCohort))
}
