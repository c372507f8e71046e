package query

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// note says how far the values of a column can be from those over unrounded data. It
// sees every cell that is shown and yields its text at the end; nil: exact.
type note interface {
	see(x *cell, shown any)
	String() string
}

// bound is a note with a largest error over the cells.
type bound struct {
	worst   *big.Rat
	of      func(x *cell, shown any) *big.Rat
	rounded string
}

func (b *bound) see(x *cell, shown any) {
	if shown == nil {
		return
	}
	if e := b.of(x, shown); e != nil && e.Cmp(b.worst) > 0 {
		b.worst = e
	}
}

func (b *bound) String() string {
	if b.worst.Sign() == 0 {
		return ""
	}
	return "within " + plan.Approximate(b.worst) + ", since " + b.rounded
}

// rough is a note without a number.
type rough string

func (rough) see(*cell, any) {}

func (r rough) String() string { return "computed after " + string(r) }

// doubles returns the double columns among the factors of terms, each once.
func doubles(terms ...*term) []*charter.Column {
	var out []*charter.Column
	for _, t := range terms {
		for _, col := range t.factors {
			if col.Kind() == charter.KindDouble && !slices.Contains(out, col) {
				out = append(out, col)
			}
		}
	}
	return out
}

func rounding(columns []*charter.Column) string {
	parts := make([]string, len(columns))
	for i, col := range columns {
		parts[i] = fmt.Sprintf("each %s is rounded to a multiple of %s", col.Name, col.Resolution)
	}
	return strings.Join(parts, " and ")
}

func (c *compiler) perRow(t *term) *big.Rat {
	e := plan.ErrorPerRow(t.names(), c.table)
	return e.Mul(e, new(big.Rat).Abs(t.coef))
}

// sumNote: each row is off by at most perRow.
func (c *compiler) sumNote(t *term, n counter) note {
	cols := doubles(t)
	if len(cols) == 0 {
		return nil
	}
	e := c.perRow(t)
	return &bound{worst: new(big.Rat), rounded: rounding(cols), of: func(x *cell, _ any) *big.Rat {
		return new(big.Rat).Mul(e, rat(n.rows(x)))
	}}
}

// meanNote: the mean of errors is at most the largest.
func (c *compiler) meanNote(t *term) note {
	cols := doubles(t)
	if len(cols) == 0 {
		return nil
	}
	e := c.perRow(t)
	return &bound{worst: new(big.Rat), rounded: rounding(cols), of: func(*cell, any) *big.Rat { return e }}
}

// spreadNote: the standard deviation is a seminorm, so it moves by at most that of the
// errors: δ = perRow for the population, perRow·√(n/(n−1)) <= perRow·√2 for a sample.
// The variance moves by at most δ(2s + δ).
func (c *compiler) spreadNote(t *term, sample, root bool) note {
	cols := doubles(t)
	if len(cols) == 0 {
		return nil
	}
	delta := c.perRow(t)
	if sample {
		delta.Mul(delta, big.NewRat(14143, 10000))
	}
	return &bound{worst: new(big.Rat), rounded: rounding(cols), of: func(_ *cell, shown any) *big.Rat {
		if root {
			return delta
		}
		s, ok := exact(math.Sqrt(math.Max(0, toFloat(shown))) * (1 + 1e-9))
		if !ok {
			return nil
		}
		s.Mul(s, big.NewRat(2, 1)).Add(s, delta)
		return s.Mul(s, delta)
	}}
}

func (c *compiler) roughNote(terms ...*term) note {
	if cols := doubles(terms...); len(cols) > 0 {
		return rough(rounding(cols))
	}
	return nil
}

// combined is the note of an expression over others: they are no longer bounds.
func combined(parts ...*node) note {
	var texts []string
	for _, p := range parts {
		text := ""
		switch n := p.note.(type) {
		case *bound:
			text = n.rounded
		case rough:
			text = string(n)
		}
		if text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return rough(strings.Join(texts, " and "))
}
