package querygen

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/plan"
)

// predicate is a condition on rows, nested at most depth deep.
func (g *Generator) predicate(depth int) text {
	if depth > 1 && g.chance(2) {
		a, b := g.predicate(depth-1), g.predicate(depth-1)
		switch g.rng.IntN(4) {
		case 0:
			return format("NOT (%s)", a)
		case 1:
			return format("(%s OR %s)", a, b)
		default:
			return format("(%s AND %s)", a, b)
		}
	}
	for {
		if p := g.leaf(); p != "" {
			return same(p)
		}
	}
}

func (g *Generator) leaf() string {
	c := &g.table.Columns[g.rng.IntN(len(g.table.Columns))]
	if c.Role == charter.Identifier || c.Role == charter.Hidden {
		return ""
	}
	name := quote(c.Name)
	if g.chance(8) {
		return name + pick(g, []string{" IS NULL", " IS NOT NULL"})
	}
	switch {
	case c.Kind() == charter.KindBoolean:
		return pick(g, []string{name, "NOT " + name, name + " = true", name + " <> true", name + " IN (false)"})
	case c.Role == charter.Category:
		return g.category(c, name)
	case c.Role == charter.Time:
		return g.time(c, name)
	default:
		return g.measured(c, name)
	}
}

func (g *Generator) category(c *charter.Column, name string) string {
	domain := plan.Domain(c)
	values := make([]string, 1+g.rng.IntN(3))
	for i := range values {
		values[i] = pick(g, domain).SQL()
	}
	switch g.rng.IntN(4) {
	case 0:
		return name + " = " + values[0]
	case 1:
		return values[0] + " <> " + name
	case 2:
		return name + " IN (" + strings.Join(values, ", ") + ")"
	default:
		return name + " NOT IN (" + strings.Join(values, ", ") + ")"
	}
}

func (g *Generator) measured(c *charter.Column, name string) string {
	a, b := g.point(c), g.point(c)
	switch g.rng.IntN(5) {
	case 0:
		return fmt.Sprintf("%s BETWEEN %s AND %s", name, a, b)
	case 1:
		return fmt.Sprintf("%s NOT BETWEEN %s AND %s", name, a, b)
	case 2:
		return fmt.Sprintf("%s %s %s", a, pick(g, []string{"<", "<=", ">", ">="}), name)
	default:
		return fmt.Sprintf("%s %s %s", name, pick(g, []string{"<", "<=", ">", ">=", "=", "<>"}), a)
	}
}

// point is a value of a measure on its grid and in its range.
func (g *Generator) point(c *charter.Column) string {
	lo, hi, _ := c.RangeRat()
	text, _ := decimal.Format(g.step(lo, hi, c.ResolutionRat()))
	return text
}

// step is a random lo + n·res <= hi.
func (g *Generator) step(lo, hi, res *big.Rat) *big.Rat {
	steps := new(big.Rat).Sub(hi, lo)
	steps.Quo(steps, res)
	n := new(big.Int).Quo(steps.Num(), steps.Denom())
	n.Mul(n, big.NewInt(g.rng.Int64N(1001))).Quo(n, big.NewInt(1000))
	v := new(big.Rat).Mul(new(big.Rat).SetInt(n), res)
	return v.Add(v, lo)
}

func (g *Generator) time(c *charter.Column, name string) string {
	a, b := g.instant(c), g.instant(c)
	switch g.rng.IntN(3) {
	case 0:
		return fmt.Sprintf("(%s >= %s AND %s < %s)", name, a, name, b)
	case 1:
		return name + " >= " + a
	default:
		return name + " < " + a
	}
}

// instant is the start of a period of the column's grain.
func (g *Generator) instant(c *charter.Column) string {
	from, to, ok := c.RangeTime()
	if !ok {
		from = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(1, 0, 0)
	}
	grain, _ := plan.ParseGrain(c.Grain)
	t := grain.Trunc(from.Add(time.Duration(g.rng.Int64N(int64(to.Sub(from)) + 1))))
	kind := plan.Date
	if c.Kind() == charter.KindTimestamp {
		kind = plan.Timestamp
	}
	return plan.InstantValue(kind, t).SQL()
}
