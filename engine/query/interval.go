package query

import (
	"math"
	"math/big"

	"github.com/tacit-space/tacit/engine/plan"
)

// level is the confidence of intervals.
const level = 0.95

// interval holds a number with the confidence of [level]; nil: none is known. What it holds is the
// number over the rows as the owners bounded them, before noise.
type interval struct{ lo, hi *big.Rat }

func point(v *big.Rat) *interval { return &interval{v, v} }

// noising is what is known of the noise in sums while one column is evaluated.
type noising struct {
	noise *plan.Noise
	// reads collects the noised sums that the interval of a column rests on, while it is prepared.
	reads map[int]bool
	// widths has, of each of these, how far it may be off: with a probability of 0.05 divided by
	// their number it is farther, so that with one of 0.95 all of them hold (Bonferroni).
	widths map[int]*big.Int
}

// noised reports whether sum i has noise.
func (n *noising) noised(i int) bool { return n != nil && n.noise.Sums[i] != nil }

// span is where sum i is before noise.
func (x *cell) span(i int) *interval {
	v := rat(x.sum(i))
	if !x.noising.noised(i) {
		return point(v)
	}
	if x.noising.reads != nil {
		x.noising.reads[i] = true
	}
	width := x.noising.widths[i]
	if width == nil {
		return point(v)
	}
	w := rat(width)
	return &interval{new(big.Rat).Sub(v, w), new(big.Rat).Add(v, w)}
}

// spanOf is where the value of a node is: by its own rule, or exactly there if no noise is in it.
func (x *cell) spanOf(n *node) *interval {
	if n.span != nil {
		return n.span(x)
	}
	v, met := x.apart(n)
	if r, ok := v.(*big.Rat); ok && !met.noisy {
		return point(r)
	}
	return nil
}

// coefficient is a sum of the plan times a number.
type coefficient struct {
	sum int
	by  *big.Rat
}

// linear is where Σ by·sum is.
func linear(parts []coefficient) func(*cell) *interval {
	return func(x *cell) *interval {
		total := point(new(big.Rat))
		for _, p := range parts {
			total = add(total, times(x.span(p.sum), point(p.by)))
		}
		return total
	}
}

func add(a, b *interval) *interval {
	if a == nil || b == nil {
		return nil
	}
	return &interval{new(big.Rat).Add(a.lo, b.lo), new(big.Rat).Add(a.hi, b.hi)}
}

func minus(a *interval) *interval {
	if a == nil {
		return nil
	}
	return &interval{new(big.Rat).Neg(a.hi), new(big.Rat).Neg(a.lo)}
}

func times(a, b *interval) *interval {
	if a == nil || b == nil {
		return nil
	}
	var out *interval
	for _, x := range []*big.Rat{a.lo, a.hi} {
		for _, y := range []*big.Rat{b.lo, b.hi} {
			p := new(big.Rat).Mul(x, y)
			if out == nil {
				out = point(p)
			}
			out = &interval{least(out.lo, p), most(out.hi, p)}
		}
	}
	return out
}

// square is narrower than a times a: both factors are the same number.
func square(a *interval) *interval {
	if a == nil {
		return nil
	}
	p := times(a, a)
	if a.lo.Sign()*a.hi.Sign() > 0 {
		return &interval{least(new(big.Rat).Mul(a.lo, a.lo), p.hi), p.hi}
	}
	return &interval{new(big.Rat), p.hi}
}

// over divides; nil if b may be 0.
func over(a, b *interval) *interval {
	if a == nil || b == nil || b.lo.Sign()*b.hi.Sign() <= 0 {
		return nil
	}
	return times(a, &interval{new(big.Rat).Inv(b.hi), new(big.Rat).Inv(b.lo)})
}

// atLeast narrows an interval by a number that the true value does not fall below; nil if nothing
// is left.
func atLeast(a *interval, floor int64) *interval {
	f := big.NewRat(floor, 1)
	if a == nil || a.hi.Cmp(f) < 0 {
		return nil
	}
	return &interval{most(a.lo, f), a.hi}
}

func least(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func most(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// monotone is where f of a number is, for an f that does not fall.
func monotone(arg *node, f func(any) any) func(*cell) *interval {
	if arg.span == nil {
		return nil
	}
	return func(x *cell) *interval {
		a := arg.span(x)
		if a == nil {
			return nil
		}
		lo, ok1 := known(f(a.lo))
		hi, ok2 := known(f(a.hi))
		if !ok1 || !ok2 {
			return nil
		}
		return &interval{lo, hi}
	}
}

// known returns a value as an exact number.
func known(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case *big.Rat:
		return v, true
	case float64:
		return exact(v)
	default:
		return nil, false
	}
}

// meanSpan is where Σx/n is, if there is a row. It is within the range of x, if that is known: a unit that is
// weighted down has the mean of its values.
func meanSpan(n counter, sum int, unit *big.Rat, within *interval) func(*cell) *interval {
	return func(x *cell) *interval {
		rows, total := n.span(x), x.span(sum)
		return both(times(over(total, atLeast(rows, 1)), point(unit)), within)
	}
}

// both is what lies in two intervals; a nil b holds everything.
func both(a, b *interval) *interval {
	if a == nil || b == nil {
		return a
	}
	lo, hi := most(a.lo, b.lo), least(a.hi, b.hi)
	if lo.Cmp(hi) > 0 {
		return nil
	}
	return &interval{lo, hi}
}

// ranged is where the values of a term are by the charter; nil if nobody says.
func (t *term) ranged() *interval {
	if len(t.factors) != 1 || t.elseZero {
		return nil
	}
	lo, hi, ok := t.factors[0].RangeRat()
	if !ok {
		return nil
	}
	return times(&interval{lo, hi}, point(t.coef))
}

// momentSpan is where (Σxy − Σx·Σy/n)/(n − less) is, if there are so many rows.
func momentSpan(n counter, xy, sumX, sumY int, less int64, unit *big.Rat) func(*cell) *interval {
	return func(c *cell) *interval {
		rows, product, x, y := n.span(c), c.span(xy), c.span(sumX), c.span(sumY)
		rows = atLeast(rows, less+1)
		mixed := times(x, y)
		if sumX == sumY {
			mixed = square(x)
		}
		spread := add(product, minus(over(mixed, rows)))
		return times(over(spread, add(rows, point(big.NewRat(-less, 1)))), point(unit))
	}
}

// correlationSpan is where the correlation is, if both sides vary: the covariance over the root of the product of
// the variances, each where its sums are. It is nil if a variance may be 0.
func (m *moments) correlationSpan(x *cell) *interval {
	one := big.NewRat(1, 1)
	n := counted(m.n)
	product := func(x *cell) *interval {
		a, b := momentSpan(n, m.xx, m.x, m.x, 0, one)(x), momentSpan(n, m.yy, m.y, m.y, 0, one)(x)
		if a == nil || b == nil {
			return nil
		}
		return times(atLeast(a, 0), atLeast(b, 0))
	}
	r := over(momentSpan(n, m.xy, m.x, m.y, 0, one)(x), rootSpan(product)(x))
	if m.unit.Sign() < 0 {
		r = minus(r)
	}
	if r == nil || m.unit.Sign() == 0 {
		return nil
	}
	return both(r, &interval{big.NewRat(-1, 1), one})
}

// binarySpan is where l op r is; nil for what is no arithmetic.
func binarySpan(op string, l, r *node) func(*cell) *interval {
	if l.span == nil && r.span == nil {
		return nil
	}
	return func(x *cell) *interval {
		a, b := x.spanOf(l), x.spanOf(r)
		switch op {
		case "+":
			return add(a, b)
		case "-":
			return add(a, minus(b))
		case "*":
			return times(a, b)
		case "/":
			return over(a, b)
		}
		return nil
	}
}

// rootSpan is where the root of a number is that is not negative, outwards by what a double is rounded.
func rootSpan(square func(*cell) *interval) func(*cell) *interval {
	return func(x *cell) *interval {
		s := atLeast(square(x), 0)
		if s == nil {
			return nil
		}
		lo, ok1 := exact(math.Nextafter(squareRoot(s.lo), 0))
		hi, ok2 := exact(math.Nextafter(squareRoot(s.hi), math.Inf(1)))
		if !ok1 || !ok2 {
			return nil
		}
		return &interval{lo, hi}
	}
}
