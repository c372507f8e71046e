package source

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// What one privacy unit adds to noised sums is bounded in the owner's query, before anything is
// noised. In a table with a unit, rows are first added up per unit and cell. Of such a pair
//
//   - a count is at most Rows;
//   - a sum S over c rows counts as S·Rows/c, rounded half away from zero, if c is above Rows: the unit
//     counts as so many rows, each with the mean of its values, in every sum alike, so that an
//     AVG stays one;
//   - whatever that is, it is cut off at ±Largest. No value can exceed it that is in its declared range;
//     the bound does not rest on that.
//
// Then a unit keeps the Groups of its cells that come first by a hash under a secret key: the same
// cells for all sums, and a choice that nobody can foresee or steer. What a unit adds depends on its own
// rows only, so that without it nothing else changes. Rows without a unit would be nobody's: they
// are left out.
//
// In a table without a unit each row is one, in one cell, and only the cut at ±Largest is left.
//
// Per unit, sums take about twice the time of counting units for one guard, and where cells have to be chosen
// five times, for the hashes: 4.3 and 1.5 million rows a second of one thread (BenchmarkBounded, 40 000 units
// of 5 rows, 6 cells).

// renderBounded is [table.render] with bounds on the sums that n noises.
func (t *table) renderBounded(p *plan.Plan, guards []plan.Guard, n *plan.Noise, key [32]byte, relation string) (string, error) {
	if n == nil {
		return t.render(p, guards, relation)
	}
	if len(n.Sums) != len(p.Sums) || n.Unit != t.Unit || n.Groups < 1 || n.Rows < 1 {
		return "", ErrPlan.New("noise of another plan")
	}
	b := bounder{renderer: renderer{columns: t.columns}, plan: p, noise: n}
	sql, err := b.rows(guards, relation)
	if t.Unit != "" {
		sql, err = b.units(t.Unit, guards, key, relation)
	}
	if err != nil {
		return "", ErrPlan.New("%w", err)
	}
	return sql, nil
}

// bounder renders a plan with noise.
type bounder struct {
	renderer
	plan  *plan.Plan
	noise *plan.Noise
}

// rows renders one statement over rows, each a unit.
func (b *bounder) rows(guards []plan.Guard, relation string) (string, error) {
	s, err := b.groups(b.plan)
	if err != nil {
		return "", err
	}
	for i := range b.plan.Sums {
		sum := &b.plan.Sums[i]
		sql, err := b.sum(sum)
		if n := b.noise.Sums[i]; err == nil && n != nil && len(sum.Factors) > 0 {
			sql, err = b.rowSum(sum, n)
		}
		if err != nil {
			return "", fmt.Errorf("sum %d: %w", i+1, err)
		}
		s.selected = append(s.selected, fmt.Sprintf("%s AS s%d", sql, i))
	}
	for i := range guards {
		units, err := b.renderer.units(&guards[i], "")
		if err != nil {
			return "", fmt.Errorf("guard %d: %w", i+1, err)
		}
		s.selected = append(s.selected, units)
	}
	return b.sql(s, relation), nil
}

func (b *bounder) rowSum(s *plan.Sum, n *plan.Noisy) (string, error) {
	x, err := b.whole(s)
	if err != nil {
		return "", err
	}
	rows, err := b.support(s.Filter, append(s.Present[:len(s.Present):len(s.Present)], s.Factors...))
	return "sum(" + cut(x, n.Largest) + ")" + filtered(rows), err
}

// units renders three statements, one around the other: sums per cell and unit, with their bounds; the
// place of each cell among those of its unit; sums per cell.
func (b *bounder) units(unit string, guards []plan.Guard, key [32]byte, relation string) (string, error) {
	s, err := b.groups(b.plan)
	if err != nil {
		return "", err
	}
	_, x, err := b.column(unit)
	if err != nil {
		return "", err
	}
	s.selected, s.keys = append(s.selected, x+" AS unit"), s.keys+1
	var outer []string
	for i := range b.plan.Keys {
		outer = append(outer, fmt.Sprintf("k%d", i))
	}
	for i := range b.plan.Sums {
		sql, condition, err := b.unitSum(i)
		if err != nil {
			return "", fmt.Errorf("sum %d: %w", i+1, err)
		}
		s.selected = append(s.selected, fmt.Sprintf("%s AS s%d", sql, i))
		outer = append(outer, total(&b.plan.Sums[i], i, condition))
	}
	if err := b.passing(guards, &s, &outer); err != nil {
		return "", err
	}
	from := b.sql(s, relation)
	if b.chooses() {
		from = fmt.Sprintf("SELECT *, row_number() OVER (PARTITION BY unit ORDER BY %s) AS place FROM (%s)", b.lot(key), from)
	}
	return fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(outer, ", "), from) + groupBy(len(b.plan.Keys)), nil
}

// chooses reports whether a unit can be in more cells than count.
func (b *bounder) chooses() bool { return b.plan.Cells() > b.noise.Groups }

// lot renders what a unit's cells are ordered by.
func (b *bounder) lot(key [32]byte) string {
	parts := []string{quote(hex.EncodeToString(key[:])), "unit"}
	for i := range b.plan.Keys {
		parts = append(parts, "chr(31)", fmt.Sprintf("k%d", i))
	}
	return "sha256(concat(" + strings.Join(parts, ", ") + "))"
}

// unitSum renders sum i of a cell and a unit, and which of these count in the sum over units.
func (b *bounder) unitSum(i int) (sql, condition string, err error) {
	s, n := &b.plan.Sums[i], b.noise.Sums[i]
	if n == nil {
		sql, err = b.sum(s)
		return sql, "", err
	}
	condition = "unit IS NOT NULL"
	if b.chooses() {
		condition += fmt.Sprintf(" AND place <= %d", b.noise.Groups)
	}
	rows, err := b.support(s.Filter, append(s.Present[:len(s.Present):len(s.Present)], s.Factors...))
	if err != nil {
		return "", "", err
	}
	count := "count(*)" + filtered(rows)
	if len(s.Factors) == 0 {
		return fmt.Sprintf("least(%s, %d)", count, n.Largest), condition, nil
	}
	x, err := b.whole(s)
	if err != nil {
		return "", "", err
	}
	return weighted("sum("+x+")"+filtered(rows), count, b.noise.Rows, n.Largest), condition, nil
}

// weighted renders a sum over count rows that count as at most so many, within ±largest, 0 over no
// rows. Numbers stay below 2^127: |sum| <= max_rows·2^48, max_rows < 2^40, rows < 2^14.
func weighted(sum, count string, rows int, largest uint64) string {
	fair := fmt.Sprintf("(CAST(%[1]s AS HUGEINT) * %[3]d + CASE WHEN %[1]s < 0 THEN -(%[2]s) ELSE %[2]s END) // (2 * %[2]s)", sum, count, 2*rows)
	return cut(fmt.Sprintf("coalesce(CASE WHEN %s <= %d THEN %s ELSE %s END, 0)", count, rows, sum, fair), largest)
}

// cut renders x, which is not NULL, moved into [−largest, largest].
func cut(x string, largest uint64) string {
	return fmt.Sprintf("least(greatest(%s, -%d), %d)", x, largest, largest)
}

// whole renders the product of the factors of a row as a BIGINT, in units.
func (b *bounder) whole(s *plan.Sum) (string, error) {
	f := factor{max: big.NewInt(1)}
	for i, name := range s.Factors {
		c, x, err := b.column(name)
		if err != nil {
			return "", err
		}
		g, err := factorOf(c, x)
		if err != nil {
			return "", err
		}
		if i == 0 {
			f = g
			continue
		}
		f = factor{sql: "(" + product(f, g) + ")", scale: f.scale + g.scale, max: new(big.Int).Mul(f.max, g.max)}
	}
	if f.scale == 0 {
		return "CAST(" + f.sql + " AS BIGINT)", nil
	}
	f.precision = charter.MaxPrecision
	ten := factor{sql: pow10(f.scale).String(), precision: charter.MaxPrecision, max: pow10(f.scale)}
	if f.width()+ten.width() > charter.MaxPrecision {
		return "", errors.New("a noised sum with too many digits after the point")
	}
	return "CAST(" + product(f, ten) + " AS BIGINT)", nil
}
