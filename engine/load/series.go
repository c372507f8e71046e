package load

import (
	"math/big"
	"sort"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of load figures.
var (
	NoLoad = fault.Declare("TACIT-T080", "no load",
		"There is no interval with a load, or the peak is not above 0, so that nothing can be divided by it.",
		"Ask about a time and a group with readings.")
	Gaps = fault.Declare("TACIT-T081", "intervals are missing",
		"Groups have loads at different intervals, so that their sum at an interval is that of some only.",
		"Ask about a time in which all groups have readings.")
	BadFigure = fault.Declare("TACIT-T082", "number out of its range",
		"Customers, rated power, hours or a share are not above 0, or a share is above 1.",
		"Give numbers in their ranges.")
)

// Series is what was used in intervals that follow each other in time, one number each. Intervals without a reading are left
// out.
type Series struct {
	At     []time.Time // beginnings, ascending
	Values []*big.Rat
}

// Len is the number of intervals.
func (s *Series) Len() int { return len(s.Values) }

// Sum of all intervals.
func (s *Series) Sum() *big.Rat {
	sum := new(big.Rat)
	for _, v := range s.Values {
		sum.Add(sum, v)
	}
	return sum
}

// Mean over the intervals; nil without any.
func (s *Series) Mean() *big.Rat {
	if s.Len() == 0 {
		return nil
	}
	sum := s.Sum()
	return sum.Quo(sum, big.NewRat(int64(s.Len()), 1))
}

// Peak returns the largest value and the first interval that has it.
func (s *Series) Peak() (peak *big.Rat, at int, f *fault.Fault) {
	if s.Len() == 0 {
		return nil, 0, NoLoad.New("no intervals")
	}
	for i, v := range s.Values {
		if v.Cmp(s.Values[at]) > 0 {
			at = i
		}
	}
	return s.Values[at], at, nil
}

// Factor is the load factor: mean over peak, at most 1.
func (s *Series) Factor() (*big.Rat, *fault.Fault) {
	peak, _, f := s.Peak()
	if f != nil {
		return nil, f
	}
	if peak.Sign() <= 0 {
		return nil, NoLoad.New("a peak of %s", peak.RatString())
	}
	return new(big.Rat).Quo(s.Mean(), peak), nil
}

// CapacityFactor is energy over what the rated power would give in so many hours. The energy is in the unit of
// power times hours.
func CapacityFactor(energy, rated, hours *big.Rat) (*big.Rat, *fault.Fault) {
	if rated.Sign() <= 0 || hours.Sign() <= 0 {
		return nil, BadFigure.New("rated power and hours are above 0")
	}
	return new(big.Rat).Quo(energy, new(big.Rat).Mul(rated, hours)), nil
}

// FullLoadHours is how long the rated power takes for the energy.
func FullLoadHours(energy, rated *big.Rat) (*big.Rat, *fault.Fault) {
	if rated.Sign() <= 0 {
		return nil, BadFigure.New("the rated power is above 0")
	}
	return new(big.Rat).Quo(energy, rated), nil
}

// Duration is the load duration curve: the values from the largest to the smallest.
func (s *Series) Duration() []*big.Rat {
	sorted := append([]*big.Rat(nil), s.Values...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Cmp(sorted[j]) > 0 })
	return sorted
}

// Exceeded returns the load that is reached or exceeded in a share of the intervals, such as 0.9 for P90: the smallest of the
// ⌈share·n⌉ largest values.
func (s *Series) Exceeded(share *big.Rat) (*big.Rat, *fault.Fault) {
	if share.Sign() <= 0 || share.Cmp(big.NewRat(1, 1)) > 0 {
		return nil, BadFigure.New("a share above 0 and up to 1")
	}
	if s.Len() == 0 {
		return nil, NoLoad.New("no intervals")
	}
	n := new(big.Rat).Mul(share, big.NewRat(int64(s.Len()), 1))
	place := new(big.Int).Add(n.Num(), n.Denom())
	place.Sub(place, big.NewInt(1)).Quo(place, n.Denom())
	return s.Duration()[place.Int64()-1], nil
}

// Ramps returns the largest rise and the largest fall, as positive numbers, from one interval to the next, and where they
// begin; ok is false with fewer than two intervals.
func (s *Series) Ramps() (rise, fall *big.Rat, riseAt, fallAt int, ok bool) {
	rise, fall = new(big.Rat), new(big.Rat)
	for i := 1; i < s.Len(); i++ {
		d := new(big.Rat).Sub(s.Values[i], s.Values[i-1])
		if d.Cmp(rise) > 0 {
			rise, riseAt = d, i-1
		}
		if n := new(big.Rat).Neg(d); n.Cmp(fall) > 0 {
			fall, fallAt = n, i-1
		}
	}
	return rise, fall, riseAt, fallAt, s.Len() > 1
}
