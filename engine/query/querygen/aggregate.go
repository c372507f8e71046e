package querygen

import (
	"fmt"

	"github.com/tacit-space/tacit/engine/charter"
)

// measure is an entry of the select list; exact if both sides compute it without
// rounding, so that it may be compared and sorted by.
type measure struct {
	text
	exact bool
}

func (g *Generator) measures() []measure {
	out := make([]measure, 1+g.rng.IntN(4))
	for i := range out {
		out[i] = g.measure()
	}
	return out
}

// measure is an aggregate or arithmetic of two.
func (g *Generator) measure() measure {
	a := g.aggregate()
	switch g.rng.IntN(8) {
	case 0:
		b := g.aggregate()
		op := pick(g, []string{"+", "-", "/"})
		return measure{format("%s "+op+" %s", a.text, b.text), a.exact && b.exact && op != "/"}
	case 1:
		return measure{format("COALESCE(%s, 0)", a.text), a.exact}
	case 2:
		return measure{format("CASE WHEN COUNT(*) > 5 THEN %s ELSE -1 END", a.text), a.exact}
	case 3:
		if a.exact {
			return measure{format("ABS(ROUND(%s, 1))", a.text), true}
		}
	}
	return a
}

// aggregate draws until the table has columns for it.
func (g *Generator) aggregate() measure {
	for {
		a, ok := g.draw()
		if !ok {
			continue
		}
		if g.chance(4) {
			a.text = format("%s FILTER (WHERE %s)", a.text, g.predicate(2))
		}
		return a
	}
}

func (g *Generator) draw() (measure, bool) {
	switch g.rng.IntN(9) {
	case 0:
		return measure{same("COUNT(*)"), true}, true
	case 1:
		return g.countColumn()
	case 2, 3:
		return g.sum()
	case 4:
		return g.single("AVG", "avg")
	case 5:
		return g.single(pick(g, []string{"VAR_SAMP", "VAR_POP", "VARIANCE"}), "variance")
	case 6:
		return g.single(pick(g, []string{"STDDEV", "STDDEV_SAMP", "STDDEV_POP"}), "variance")
	case 7:
		return g.pair()
	default:
		return measure{format("SUM(CASE WHEN %s THEN 1 ELSE 0 END)", g.predicate(2)), true}, true
	}
}

func (g *Generator) countColumn() (measure, bool) {
	var cols []*charter.Column
	cols = append(cols, g.columns(charter.Category, nil)...)
	cols = append(cols, g.columns(charter.Time, nil)...)
	cols = append(cols, g.columns(charter.Measure, func(c *charter.Column) bool { return c.Allows("count") })...)
	if len(cols) == 0 {
		return measure{}, false
	}
	return measure{g.conditional("COUNT(%s)", quote(pick(g, cols).Name), false), true}, true
}

// conditional puts a column into an aggregate, by itself or inside CASE.
func (g *Generator) conditional(layout, column string, zero bool) text {
	inner := same(column)
	switch g.rng.IntN(4) {
	case 0:
		inner = format("CASE WHEN %s THEN %s END", g.predicate(2), inner)
	case 1:
		if zero {
			inner = format("CASE WHEN %s THEN %s ELSE 0 END", g.predicate(2), inner)
		}
	}
	return format(layout, inner)
}

// small reports whether DuckDB can square and multiply the column in 64 bits, and
// has a variance of it without losing all digits.
func small(c *charter.Column) bool {
	lo, hi, ok := c.RangeRat()
	if !ok {
		return false
	}
	a, _ := lo.Float64()
	b, _ := hi.Float64()
	return a > -1e9 && b < 1e9
}

func (g *Generator) sum() (measure, bool) {
	cols := g.columns(charter.Measure, func(c *charter.Column) bool { return c.Allows("sum") })
	if len(cols) == 0 {
		return measure{}, false
	}
	c := pick(g, cols)
	exact := c.Kind() != charter.KindDouble
	if c.Kind() == charter.KindBoolean {
		return measure{same("SUM(" + quote(c.Name) + ")"), true}, true
	}
	if !small(c) {
		return measure{g.conditional("SUM(%s)", quote(c.Name), true), exact}, true
	}
	switch g.rng.IntN(5) {
	case 0:
		return measure{g.conditional("SUM(%s)", fmt.Sprintf("%s * %d", quote(c.Name), g.rng.IntN(7)-3), true), exact}, true
	case 1:
		return g.product(c)
	}
	return measure{g.conditional("SUM(%s)", quote(c.Name), true), exact}, true
}

// factors are the measures that may be multiplied with another.
func (g *Generator) factors() []*charter.Column {
	return g.columns(charter.Measure, func(c *charter.Column) bool {
		return isNumber(c) && c.Allows("covariance") && c.Allows("sum") && small(c)
	})
}

func (g *Generator) product(c *charter.Column) (measure, bool) {
	cols := g.factors()
	if len(cols) == 0 || !c.Allows("covariance") {
		return measure{}, false
	}
	d := pick(g, cols)
	exact := c.Kind() != charter.KindDouble && d.Kind() != charter.KindDouble
	return measure{g.conditional("SUM(%s)", quote(c.Name)+" * "+quote(d.Name), true), exact}, true
}

// single is an aggregate of one column that is not exact in DuckDB.
func (g *Generator) single(function, need string) (measure, bool) {
	cols := g.columns(charter.Measure, func(c *charter.Column) bool { return isNumber(c) && c.Allows(need) && small(c) })
	if len(cols) == 0 {
		return measure{}, false
	}
	return measure{text: g.conditional(function+"(%s)", quote(pick(g, cols).Name), true)}, true
}

func (g *Generator) pair() (measure, bool) {
	cols := g.factors()
	if len(cols) == 0 {
		return measure{}, false
	}
	f := pick(g, []string{"COVAR_SAMP", "COVAR_POP", "CORR"})
	x, y := pick(g, cols), pick(g, cols)
	return measure{text: same(fmt.Sprintf("%s(%s, %s)", f, quote(x.Name), quote(y.Name)))}, true
}
