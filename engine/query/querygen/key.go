package querygen

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/plan"
)

func (g *Generator) keys() []text {
	var out []text
	for range g.rng.IntN(3) {
		if k, ok := g.key(); ok {
			out = append(out, k)
		}
	}
	return out
}

func (g *Generator) key() (text, bool) {
	switch g.rng.IntN(6) {
	case 0, 1:
		cols := g.columns(charter.Category, nil)
		if len(cols) == 0 {
			return text{}, false
		}
		return same(quote(pick(g, cols).Name)), true
	case 2:
		return g.trunc()
	case 3:
		return g.bins()
	case 4:
		return format("%s", g.predicate(2)), true
	default:
		return g.cases(), true
	}
}

func (g *Generator) trunc() (text, bool) {
	cols := g.columns(charter.Time, func(c *charter.Column) bool { return len(c.Range) == 2 })
	if len(cols) == 0 {
		return text{}, false
	}
	c := pick(g, cols)
	finest, _ := plan.ParseGrain(c.Grain)
	grain := finest + plan.Grain(g.rng.IntN(int(plan.Year-finest)+1))
	if finest == plan.Week {
		grain = plan.Week
	}
	return same(fmt.Sprintf("date_trunc('%s', %s)", grain, quote(c.Name))), true
}

// bins is width_bucket, which DuckDB does not have, of whole steps.
func (g *Generator) bins() (text, bool) {
	cols := g.columns(charter.Measure, func(c *charter.Column) bool { return isNumber(c) && small(c) })
	if len(cols) == 0 {
		return text{}, false
	}
	c := pick(g, cols)
	lo, hi, _ := c.RangeRat()
	res := c.ResolutionRat()
	low := g.step(lo, hi, res)
	n := 1 + g.rng.IntN(5)
	width := g.step(res, new(big.Rat).Quo(new(big.Rat).Sub(hi, lo), big.NewRat(4, 1)), res)
	if width.Sign() <= 0 {
		width = res
	}
	edges := make([]string, n+1)
	for i := range edges {
		e := new(big.Rat).Mul(width, big.NewRat(int64(i), 1))
		edges[i], _ = decimal.Format(e.Add(e, low))
	}
	name := quote(c.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "CASE WHEN %s < %s THEN 0", name, edges[0])
	for i, e := range edges[1:] {
		fmt.Fprintf(&b, " WHEN %s < %s THEN %d", name, e, i+1)
	}
	fmt.Fprintf(&b, " WHEN %s >= %s THEN %d END", name, edges[n], n+1)
	return text{fmt.Sprintf("width_bucket(%s, %s, %s, %d)", name, edges[0], edges[n], n), b.String()}, true
}

func (g *Generator) cases() text {
	out := format("CASE WHEN %s THEN 'a'", g.predicate(2))
	for i := range g.rng.IntN(3) {
		result := pick(g, []string{"'a'", "'b'", "NULL", fmt.Sprintf("'c%d'", i)})
		out = format("%s WHEN %s THEN %s", out, g.predicate(2), same(result))
	}
	return format("%s%s END", out, same(pick(g, []string{"", " ELSE 'z'", " ELSE 'a'"})))
}
