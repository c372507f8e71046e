package source

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
)

// relation is the SELECT of all rows with the charter's columns as c0, c1, … in
// their types. With clamp, measures outside their range are moved to its ends.
func (t *table) relation(s *snapshot, clamp bool) string {
	base := t.union(s, func(c conversion, i int) string { return c.value + " AS " + ref(i) })
	if !clamp {
		return base
	}
	cols := make([]string, len(t.columns))
	for i := range t.columns {
		cols[i] = clamped(&t.columns[i], ref(i)) + " AS " + ref(i)
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM (" + base + ")"
}

// union selects from all parts; item renders column i.
func (t *table) union(s *snapshot, item func(c conversion, i int) string) string {
	if len(s.parts) == 0 {
		return t.empty(item)
	}
	selects := make([]string, len(s.parts))
	for k, p := range s.parts {
		selects[k] = t.selectFrom(&p, p.from, item)
	}
	return strings.Join(selects, " UNION ALL ")
}

func (t *table) selectFrom(p *part, from string, item func(c conversion, i int) string) string {
	raw, items := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i := range t.columns {
		raw[i] = p.raw[i] + " AS " + rawName(i)
		items[i] = item(p.convert[i], i)
	}
	return fmt.Sprintf("SELECT %s FROM (SELECT %s FROM %s)", strings.Join(items, ", "), strings.Join(raw, ", "), from)
}

// empty selects no rows: all files are empty.
func (t *table) empty(item func(c conversion, i int) string) string {
	items := make([]string, len(t.columns))
	for i := range t.columns {
		null := "CAST(NULL AS " + sqlType(t.columns[i].Parsed()) + ")"
		items[i] = item(conversion{value: null, safe: null}, i)
	}
	return "SELECT " + strings.Join(items, ", ") + " WHERE FALSE"
}

// clamped renders a column moved into its declared range. NULL stays NULL, and NaN,
// which DuckDB sorts above every number, becomes NULL.
func clamped(c *charter.Column, x string) string {
	lo, hi, ok := bounds(c)
	if !ok {
		return x
	}
	nan := ""
	if c.Kind() == charter.KindDouble {
		nan = fmt.Sprintf(" WHEN isnan(%s) THEN NULL", x)
	}
	return fmt.Sprintf("CASE%[4]s WHEN %[1]s < %[2]s THEN %[2]s WHEN %[1]s > %[3]s THEN %[3]s ELSE %[1]s END", x, lo, hi, nan)
}

// bounds renders the declared range of a measure that is no boolean.
func bounds(c *charter.Column) (lo, hi string, ok bool) {
	l, h, ok := c.RangeRat()
	t := c.Parsed()
	if !ok || c.Role != charter.Measure || t.Kind == charter.KindBoolean {
		return "", "", false
	}
	return number(l, t), number(h, t), true
}

// number renders an end of a range, which is a value of the column.
func number(r *big.Rat, t charter.Type) string {
	text, _ := decimal.Format(r)
	return cast(text, sqlType(t))
}

// period renders the declared range of a time column.
func period(c *charter.Column) (from, to string, ok bool) {
	if _, _, ok := c.RangeTime(); !ok || c.Role != charter.Time {
		return "", "", false
	}
	t := sqlType(c.Parsed())
	return cast(c.Range[0], t), cast(c.Range[1], t), true
}
