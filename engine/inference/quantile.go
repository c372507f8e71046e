package inference

import (
	"math/big"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of quantiles.
var (
	NoValues = fault.Declare("TACIT-T070", "no values",
		"There are no values of which a quantile or a distribution could be said.",
		"Ask about rows that have values of the column.")
	BadGrid = fault.Declare("TACIT-T071", "values do not fit the grid",
		"The bins have no width, or a count is negative. This is a fault of the program.",
		"Report it with the question.")
	BadProbability = fault.Declare("TACIT-T072", "probability outside 0 to 1",
		"A quantile was asked for at a probability that is none.",
		"Give probabilities from 0 to 1, such as 0.25, 0.5, 0.75.")
)

// Binned is how many values lie in each bin of a grid: bin i has those in
// [Low + i·Width, Low + (i+1)·Width). Values are multiples of Unit, so the largest of a bin is its upper edge less
// Unit. Where Width is Unit each bin is one value, and everything said of them is exact.
type Binned struct {
	Low, Width *big.Rat
	Unit       *big.Rat // 0: values lie anywhere
	Counts     []int64

	// Values below and above the grid, which lie from Least and up to Most.
	Below, Above int64
	Least, Most  *big.Rat
}

// Bounds is a number that is known to lie in [Lower, Upper]; exactly if they are equal.
type Bounds struct{ Lower, Upper *big.Rat }

// Exact reports whether the number is known.
func (b Bounds) Exact() bool { return b.Lower.Cmp(b.Upper) == 0 }

// Middle is the middle of the bounds as a double, and the number itself where it is exact.
func (b Bounds) Middle() float64 {
	m := new(big.Rat).Add(b.Lower, b.Upper)
	x, _ := m.Quo(m, big.NewRat(2, 1)).Float64()
	return x
}

// Ends are the bounds as doubles.
func (b Bounds) Ends() (lower, upper float64) {
	lower, _ = b.Lower.Float64()
	upper, _ = b.Upper.Float64()
	return lower, upper
}

// Check refuses counts that are none.
func (b *Binned) Check() *fault.Fault {
	bad := b.Width.Sign() <= 0 || b.Unit.Sign() < 0 || b.Below < 0 || b.Above < 0
	for _, n := range b.Counts {
		bad = bad || n < 0
	}
	if bad {
		return BadGrid.New("%d bins", len(b.Counts))
	}
	return nil
}

// N is the number of values.
func (b *Binned) N() int64 {
	n := b.Below + b.Above
	for _, c := range b.Counts {
		n += c
	}
	return n
}

// Edge is the lower edge of bin i, and the upper one of bin i−1.
func (b *Binned) Edge(i int) *big.Rat {
	e := new(big.Rat).Mul(b.Width, big.NewRat(int64(i), 1))
	return e.Add(e, b.Low)
}

// within is where a value of bin i lies; bin −1 is below the grid, bin len(Counts) above.
func (b *Binned) within(i int) Bounds {
	switch {
	case i < 0:
		return Bounds{b.Least, new(big.Rat).Sub(b.Low, b.Unit)}
	case i >= len(b.Counts):
		return Bounds{b.Edge(len(b.Counts)), b.Most}
	}
	return Bounds{b.Edge(i), new(big.Rat).Sub(b.Edge(i+1), b.Unit)}
}

// ordered finds values by their place.
type ordered struct {
	*Binned
	upTo []int64 // values up to the end of bins −1, 0, 1, …
}

func (b *Binned) order() ordered {
	o := ordered{Binned: b, upTo: make([]int64, len(b.Counts)+2)}
	o.upTo[0] = b.Below
	for i, n := range b.Counts {
		o.upTo[i+1] = o.upTo[i] + n
	}
	o.upTo[len(b.Counts)+1] = o.upTo[len(b.Counts)] + b.Above
	return o
}

func (o *ordered) n() int64 { return o.upTo[len(o.upTo)-1] }

// at is where value number i, from 0, lies when they are sorted.
func (o *ordered) at(i int64) Bounds {
	return o.within(sort.Search(len(o.upTo), func(j int) bool { return o.upTo[j] > i }) - 1)
}

// Quantiles are those of R's type 7, its default, at each probability: with h = (n−1)p and values sorted
// from number 0, x[⌊h⌋] + (h − ⌊h⌋)(x[⌊h⌋+1] − x[⌊h⌋]), exactly.
func (b *Binned) Quantiles(probabilities ...*big.Rat) ([]Bounds, *fault.Fault) {
	if f := b.Check(); f != nil {
		return nil, f
	}
	o := b.order()
	if o.n() == 0 {
		return nil, NoValues.New("no values")
	}
	out := make([]Bounds, len(probabilities))
	for i, p := range probabilities {
		if p.Sign() < 0 || p.Cmp(big.NewRat(1, 1)) > 0 {
			return nil, BadProbability.New("%s", p.RatString())
		}
		out[i] = o.quantile(p)
	}
	return out, nil
}

func (o *ordered) quantile(p *big.Rat) Bounds {
	h := new(big.Rat).Mul(p, big.NewRat(o.n()-1, 1))
	j := new(big.Int).Quo(h.Num(), h.Denom())
	part := h.Sub(h, new(big.Rat).SetInt(j))
	low := o.at(j.Int64())
	if part.Sign() == 0 {
		return low
	}
	high := o.at(j.Int64() + 1)
	between := func(x, y *big.Rat) *big.Rat {
		d := new(big.Rat).Sub(y, x)
		return d.Mul(d, part).Add(d, x)
	}
	return Bounds{between(low.Lower, high.Lower), between(low.Upper, high.Upper)}
}

// Interval is a confidence interval of a quantile that assumes nothing of the distribution: two of the sorted
// values, between whose places a binomial number of n trials lies with a probability of at least
// level. ok is false if there are too few values for one. (Conover, Practical Nonparametric Statistics, 3.2.)
func (b *Binned) Interval(p *big.Rat, level float64) (lower, upper Bounds, ok bool) {
	o := b.order()
	n := o.n()
	probability, _ := p.Float64()
	if n == 0 || probability <= 0 || probability >= 1 {
		return lower, upper, false
	}
	count := distuv.Binomial{N: float64(n), P: probability}
	tail := (1 - level) / 2
	// At least place values lie below the quantile, with all but tail: value place−1 from 0.
	first := int64(sort.Search(int(n)+1, func(k int) bool { return count.CDF(float64(k)) > tail })) - 1
	last := int64(sort.Search(int(n)+1, func(k int) bool { return count.CDF(float64(k)) >= 1-tail }))
	if first < 0 || last >= n {
		return lower, upper, false
	}
	return o.at(first), o.at(last), true
}

// Step is a point of a cumulative distribution: a part Share of the values, which are Upto, lie up to Value.
type Step struct {
	Value Bounds // of the largest of these values
	Upto  int64
	Share *big.Rat
}

// Distribution is the empirical cumulative distribution: a step for each bin that has values.
func (b *Binned) Distribution() ([]Step, *fault.Fault) {
	if f := b.Check(); f != nil {
		return nil, f
	}
	o := b.order()
	if o.n() == 0 {
		return nil, NoValues.New("no values")
	}
	var steps []Step
	before := int64(0)
	for i, n := range o.upTo {
		if n == before {
			continue
		}
		before = n
		steps = append(steps, Step{o.within(i - 1), n, big.NewRat(n, o.n())})
	}
	return steps, nil
}
