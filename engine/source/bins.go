package source

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// bins renders width_bucket(x, lo, hi, n): 0 below lo, n+1 at or above hi, else the
// number i of the bin [lo + (i-1)w, lo + i w) with w = (hi-lo)/n. Integers and
// decimals are compared exactly. A double is compared with the double nearest to each
// edge, as in any other comparison with a constant.
func (r *renderer) bins(c *charter.Column, x string, k *plan.Key) (string, error) {
	lo, hi := k.Lo.Rat(), k.Hi.Rat()
	if lo == nil || hi == nil || lo.Cmp(hi) >= 0 || k.Count < 1 {
		return "", errors.New("bounds that are not increasing, or no bins")
	}
	t := c.Parsed()
	below, err := literal(k.Lo, t)
	if err != nil {
		return "", err
	}
	above, err := literal(k.Hi, t)
	if err != nil {
		return "", err
	}
	g := newGrid(lo, hi, t.Scale, k.Count)
	var inside string
	switch t.Kind {
	case charter.KindInteger, charter.KindDecimal:
		if inside, err = g.exact(x, t); err != nil {
			return "", err
		}
	case charter.KindDouble:
		if inside, err = g.double(r, x); err != nil {
			return "", err
		}
	default:
		return "", fmt.Errorf("the column %q cannot be binned", c.Name)
	}
	return fmt.Sprintf("CASE WHEN %[1]s < %[2]s THEN 0 WHEN %[1]s >= %[3]s THEN %[4]d WHEN %[1]s IS NOT NULL THEN %[5]s END",
		x, below, above, k.Count+1, inside), nil
}

// grid is bins in whole numbers: edge i is (lo*n + i*(hi-lo)) / (scale*n).
type grid struct {
	lo, hi *big.Int // times scale
	n      int
	scale  *big.Int // power of ten
}

func newGrid(lo, hi *big.Rat, scale, n int) grid {
	for _, r := range []*big.Rat{lo, hi} {
		d, _ := r.FloatPrec()
		scale = max(scale, d)
	}
	s := pow10(scale)
	whole := func(r *big.Rat) *big.Int { return new(big.Int).Quo(new(big.Int).Mul(r.Num(), s), r.Denom()) }
	return grid{whole(lo), whole(hi), n, s}
}

func (g grid) width() *big.Int { return new(big.Int).Sub(g.hi, g.lo) }

// exact renders the bin of an integer or decimal in [lo, hi): the floor of
// (x*scale - lo) / ((hi - lo) / n), plus 1, in integers.
func (g grid) exact(x string, t charter.Type) (string, error) {
	scaled, err := g.scaled(x, t)
	if err != nil {
		return "", err
	}
	times := big.NewInt(int64(g.n))
	common := new(big.Int).GCD(nil, nil, times, g.width())
	times.Quo(times, common)
	divisor := new(big.Int).Quo(g.width(), common)
	typ := "HUGEINT"
	if within(wide, g.lo, g.hi, new(big.Int).Mul(g.width(), times)) {
		typ = "BIGINT"
	}
	whole := func(n *big.Int) string { return cast(n.String(), typ) }
	sql := fmt.Sprintf("CAST(%s AS %s) - %s", scaled, typ, whole(g.lo))
	if times.Cmp(big.NewInt(1)) > 0 {
		sql = fmt.Sprintf("(%s) * %s", sql, whole(times))
	}
	return fmt.Sprintf("CAST((%s) // %s AS BIGINT) + 1", sql, whole(divisor)), nil
}

// scaled renders x * scale for an x in [lo, hi).
func (g grid) scaled(x string, t charter.Type) (string, error) {
	if g.scale.Cmp(big.NewInt(1)) == 0 {
		return x, nil
	}
	end := new(big.Int).Set(g.lo)
	if g.hi.CmpAbs(end) > 0 {
		end.Set(g.hi)
	}
	a := factor{sql: x, precision: charter.MaxPrecision, scale: t.Scale, max: end}
	b := factor{sql: g.scale.String(), precision: charter.MaxPrecision, max: g.scale}
	if a.width()+b.width() > charter.MaxPrecision {
		return "", errors.New("bins of decimals that are too wide")
	}
	return product(a, b), nil
}

// double renders the bin of a double in [lo, hi). An estimate, wrong by at most one, is
// corrected by comparing with its two edges. Each edge is the quotient of two whole
// numbers that a double holds, so it is the double nearest to the true edge.
func (g grid) double(r *renderer, x string) (string, error) {
	n := big.NewInt(int64(g.n))
	num, den, last := new(big.Int).Mul(g.lo, n), new(big.Int).Mul(g.scale, n), new(big.Int).Mul(g.hi, n)
	if !within(new(big.Int).Lsh(big.NewInt(1), 50), num, last, den) {
		return "", errors.New("bins whose edges doubles cannot tell apart")
	}
	d := func(n *big.Int) string { return cast(n.String(), "DOUBLE") }
	e := r.derive(fmt.Sprintf("floor((%s * %s - %s) / %s)", x, d(den), d(num), d(g.width())))
	edge := func(i string) string { return fmt.Sprintf("(%s + %s * %s) / %s", d(num), i, d(g.width()), d(den)) }
	return fmt.Sprintf("CAST(%[1]s AS BIGINT) + 1 + CAST(%[2]s >= %[3]s AS BIGINT) - CAST(%[2]s < %[4]s AS BIGINT)",
		e, x, edge("("+e+" + 1)"), edge(e)), nil
}

// within reports whether all numbers are below the limit in absolute value.
func within(limit *big.Int, numbers ...*big.Int) bool {
	for _, n := range numbers {
		if n.CmpAbs(limit) >= 0 {
			return false
		}
	}
	return true
}
