package source

import (
	"fmt"
	"math/big"

	"github.com/tacit-space/tacit/engine/charter"
)

// rounded renders round(x / resolution) of a double, half away from zero, still as a
// double. With the resolution a/b in lowest terms it is round(x * b / a): a single
// rounding of the quotient where a or b is 1, as for 0.01, 0.5 and 10.
func rounded(c *charter.Column, x string) string {
	a, b := ratio(c)
	if b != "" {
		x += " * " + b
	}
	if a != "" {
		x += " / " + a
	}
	return "round(" + x + ")"
}

// onGrid renders the multiple of the resolution that x is rounded to.
func onGrid(c *charter.Column, x string) string {
	a, b := ratio(c)
	x = rounded(c, x)
	if a != "" {
		x += " * " + a
	}
	if b != "" {
		x += " / " + b
	}
	return x
}

// ratio renders the terms of a double's resolution as doubles, "" for 1.
func ratio(c *charter.Column) (a, b string) {
	r := c.ResolutionRat()
	term := func(n *big.Int) string {
		if n.IsInt64() && n.Int64() == 1 {
			return ""
		}
		return cast(n.String(), "DOUBLE")
	}
	return term(r.Num()), term(r.Denom())
}

// steps is the largest absolute value of a column in units of its resolution. A
// column without a declared range has that of its type.
func steps(c *charter.Column) *big.Int {
	t := c.Parsed()
	lo, hi, ok := c.RangeRat()
	if !ok {
		if t.Kind == charter.KindDecimal {
			return pow10(t.Precision)
		}
		return new(big.Int).Lsh(big.NewInt(1), 63)
	}
	r := c.ResolutionRat()
	end := new(big.Rat).Abs(lo)
	if h := new(big.Rat).Abs(hi); h.Cmp(end) > 0 {
		end = h
	}
	end.Quo(end, r)
	n := new(big.Int).Add(end.Num(), end.Denom())
	n.Sub(n, big.NewInt(1))
	return n.Quo(n, end.Denom()) // rounded up
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// integers that BIGINT holds with room for one addition
var wide = new(big.Int).Lsh(big.NewInt(1), 62)

// digits is the number of decimal digits of n.
func digits(n *big.Int) int { return len(new(big.Int).Abs(n).String()) }

// factor is a measure as one of the numbers that are multiplied.
type factor struct {
	sql              string   // of type BIGINT, or DECIMAL of at most the given precision
	precision, scale int      // 0 for BIGINT
	max              *big.Int // of |sql| * 10^scale
}

// factorOf renders a measure as an integer or decimal that is a whole number of
// units of its resolution.
func factorOf(c *charter.Column, x string) (factor, error) {
	f := factor{sql: x, max: steps(c)}
	switch t := c.Parsed(); t.Kind {
	case charter.KindInteger:
	case charter.KindBoolean:
		f.sql = "CAST(" + x + " AS BIGINT)"
	case charter.KindDecimal:
		f.precision, f.scale = t.Precision, t.Scale
	case charter.KindDouble:
		if c.ResolutionRat() == nil {
			return f, fmt.Errorf("the column %q has no resolution", c.Name)
		}
		f.sql = "CAST(" + rounded(c, x) + " AS BIGINT)"
	default:
		return f, fmt.Errorf("the column %q is no number", c.Name)
	}
	return f, nil
}

// product renders a * b without overflow and as fast as the declared ranges allow.
// DuckDB multiplies BIGINTs, and DECIMALs of up to 18 digits, in 64 bits, and raises an
// error where the product needs more; so a product that may is made of wider factors.
func product(a, b factor) string {
	bound := new(big.Int).Mul(a.max, b.max)
	if a.precision == 0 && b.precision == 0 {
		if bound.Cmp(wide) < 0 {
			return a.sql + " * " + b.sql
		}
		return "CAST(" + a.sql + " AS HUGEINT) * CAST(" + b.sql + " AS HUGEINT)"
	}
	small := digits(bound) <= 18
	if small && a.fits() && b.fits() {
		return a.sql + " * " + b.sql
	}
	wa, wb := a.width(), b.width()
	if !small || wa+wb > 18 {
		wa = max(wa, 19)
	}
	return a.narrow(wa) + " * " + b.narrow(wb)
}

// fits reports whether the factor is a decimal of at most 18 digits as it stands.
func (f factor) fits() bool { return f.precision > 0 && f.precision <= 18 }

// width is the number of digits that the factor needs by its declared range.
func (f factor) width() int { return max(digits(f.max), f.scale, 1) }

func (f factor) narrow(width int) string {
	return "CAST(" + f.sql + " AS " + decimalType(width, f.scale) + ")"
}
