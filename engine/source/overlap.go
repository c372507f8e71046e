package source

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/differencing"
)

// Compare fills a comparison from the rows of the table as they are now, in one pass over
// them. It validates the table first, as [Engine.AggregateUnits] does, and fails in the same
// ways. On an error the comparison is of no use.
func (e *Engine) Compare(ctx context.Context, tableName string, c *differencing.Comparison) error {
	if len(c.Series) == 0 {
		return nil
	}
	t, err := e.table(tableName)
	if err != nil {
		return err
	}
	s, err := e.validated(ctx, t)
	if err != nil {
		return err
	}
	if err := t.judge(s.report); err != nil {
		return err
	}
	o := overlap{table: t, series: c.Series, renderer: renderer{columns: t.columns}}
	sql, err := o.sql(t.relation(s, t.Clamps() && s.report.adjusts()))
	if err != nil {
		return ErrPlan.New("%w", err)
	}
	r, err := e.db.Query(ctx, sql)
	if err != nil {
		return t.failed(err, s)
	}
	defer r.Release()
	rows := &checked{Reader: r, table: t, snapshot: s}
	for rows.Next() {
		if err := o.read(rows.Record(), c); err != nil {
			return ErrEngine.New("table %s: %w", t.Name, err)
		}
	}
	return rows.Err()
}

// overlap renders which rows lie in which cells. Every row gets a number for each series:
// its cell. Series of few cells are packed: each cell is a bit of a word, so that one
// column serves many of them and bits of several rows can be joined.
type overlap struct {
	table    *table
	series   []differencing.Series
	renderer renderer
	places   []place
	words    []string // terms of the words, joined
	used     []int    // bits of each word
	wide     []int    // series with a column of their own
	numbered []string // cells of plans, as columns p0, p1, …
}

// place is where a series is found: bits of a word, or a column.
type place struct {
	column int // of the words, or of the wide series
	first  int // bit
	bits   int // 0: a column of its own
}

// sql renders two kinds of rows: level 0 has the rows of the table that lie in the same cells,
// with the number of their units and the least 20 of their names (hashes); level 1, in a table with units, has
// the units that have rows in the same cells, with their number.
func (o *overlap) sql(relation string) (string, error) {
	for i := range o.series {
		if err := o.place(i); err != nil {
			return "", err
		}
	}
	unit := ""
	if o.table.Unit != "" {
		_, x, err := o.renderer.column(o.table.Unit)
		if err != nil {
			return "", err
		}
		unit = "hash(" + x + ") AS u, "
	}
	var derived, numbered strings.Builder
	for i, expr := range o.renderer.derived {
		fmt.Fprintf(&derived, ", %s AS d%d", expr, i)
	}
	for i, expr := range o.numbered {
		fmt.Fprintf(&numbered, ", %s AS p%d", expr, i)
	}
	columns, names, ors, some := o.columns()
	from := fmt.Sprintf("SELECT %s%s FROM (SELECT *%s FROM (SELECT *%s FROM (%s)))", unit, columns, numbered.String(), derived.String(), relation)
	from = fmt.Sprintf("FROM (%s) WHERE %s", from, some)
	if unit == "" {
		return fmt.Sprintf("SELECT 0 AS level, count(*) AS n, NULL AS names, %s %s GROUP BY %s", names, from, names), nil
	}
	return fmt.Sprintf("WITH d AS MATERIALIZED (SELECT DISTINCT u, %[1]s %[2]s) "+
		"SELECT 0 AS level, count(*) AS n, min(u, %[4]d) AS names, %[1]s FROM d GROUP BY %[1]s"+
		" UNION ALL SELECT 1, count(*), NULL, %[1]s FROM (SELECT %[3]s FROM d GROUP BY u) GROUP BY %[1]s",
		names, from, ors, differencing.Cap), nil
}

// columns renders the words and the columns of wide series, their names, how they are joined
// over the rows of a unit, and the condition that a row lies in any cell.
func (o *overlap) columns() (columns, names, ors, some string) {
	var c, n, j, w []string
	for i, terms := range o.words {
		name := fmt.Sprintf("w%d", i)
		c, n = append(c, terms+" AS "+name), append(n, name)
		j, w = append(j, "bit_or("+name+") AS "+name), append(w, name+" <> 0")
	}
	for i, at := range o.wide {
		name := fmt.Sprintf("v%d", i)
		c, n = append(c, "coalesce("+o.cell(at)+", -1) AS "+name), append(n, name)
		j, w = append(j, "CAST(-1 AS BIGINT) AS "+name), append(w, name+" >= 0")
	}
	return strings.Join(c, ", "), strings.Join(n, ", "), strings.Join(j, ", "), strings.Join(w, " OR ")
}

// place finds room for a series, and renders it if it is packed.
func (o *overlap) place(i int) error {
	s := &o.series[i]
	if err := o.number(s); err != nil {
		return fmt.Errorf("series %d: %w", i+1, err)
	}
	cells := s.Plan.Cells()
	if cells > differencing.MaxPacked {
		o.places = append(o.places, place{column: len(o.wide)})
		o.wide = append(o.wide, i)
		return nil
	}
	word := 0
	for word < len(o.used) && o.used[word]+cells > differencing.MaxPacked {
		word++
	}
	if word == len(o.used) {
		o.used, o.words = append(o.used, 0), append(o.words, "")
	}
	at := place{column: word, first: o.used[word], bits: cells}
	o.places = append(o.places, at)
	o.used[word] += cells
	if o.words[word] != "" {
		o.words[word] += " + "
	}
	o.words[word] += o.bit(i, at)
	return nil
}

// bit renders the bit of the row's cell. A single one needs no shift.
func (o *overlap) bit(i int, at place) string {
	if at.bits == 1 {
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN CAST(%d AS BIGINT) ELSE 0 END", o.cell(i), int64(1)<<at.first)
	}
	return fmt.Sprintf("coalesce(CAST(%d AS BIGINT) << %s, 0)", int64(1)<<at.first, o.cell(i))
}

// cell names the number of the row's cell in a series, NULL if it lies in none.
func (o *overlap) cell(i int) string { return fmt.Sprintf("p%d", i) }

// number renders the number of the row's cell.
func (o *overlap) number(s *differencing.Series) error {
	r := &o.renderer
	var conditions []string
	if s.Plan.Where != nil {
		where, err := r.predicate(s.Plan.Where)
		if err != nil {
			return err
		}
		conditions = append(conditions, where)
	}
	rows, err := r.support(s.Filter, s.Present)
	if err != nil {
		return err
	}
	if rows != "" {
		conditions = append(conditions, rows)
	}
	cell := "CAST(0 AS BIGINT)"
	for i := range s.Plan.Keys {
		slot, err := r.slot(&s.Plan.Keys[i])
		if err != nil {
			return err
		}
		cell = fmt.Sprintf("%s * %d + %s", cell, s.Plan.Keys[i].Size(), slot)
		if i == 0 {
			cell = slot
		}
	}
	if len(conditions) > 0 {
		cell = fmt.Sprintf("CASE WHEN %s THEN %s END", strings.Join(conditions, " AND "), cell)
	}
	o.numbered = append(o.numbered, cell)
	return nil
}

// read hands records on to the comparison.
func (o *overlap) read(rec arrow.Record, c *differencing.Comparison) error {
	level, err := integers(rec.Column(0))
	if err != nil {
		return err
	}
	counts, err := integers(rec.Column(1))
	if err != nil {
		return err
	}
	values := make([]func(int) int64, int(rec.NumCols())-3)
	for i := range values {
		if values[i], err = integers(rec.Column(i + 3)); err != nil {
			return err
		}
	}
	names, err := namesOf(rec.Column(2))
	if err != nil {
		return err
	}
	cells := make([]int, len(o.series))
	for row := range int(rec.NumRows()) {
		if level(row) == 0 {
			o.single(cells, values, row)
			c.Rows(cells, int(min(counts(row), differencing.Cap)), names(row))
		} else {
			c.Unit(o.several(values, row), int(counts(row)))
		}
	}
	return nil
}

// single finds the cells of a row: at most one of each series.
func (o *overlap) single(cells []int, values []func(int) int64, row int) {
	for i, at := range o.places {
		if at.bits == 0 {
			cells[i] = int(values[len(o.words)+at.column](row))
			continue
		}
		bits := values[at.column](row) >> at.first & (1<<at.bits - 1)
		cells[i] = -1
		for ; bits != 0; bits >>= 1 {
			cells[i]++
		}
	}
}

// several finds the cells of packed series that a unit has rows in.
func (o *overlap) several(values []func(int) int64, row int) []differencing.Cell {
	var cells []differencing.Cell
	for i, at := range o.places {
		for bit := range at.bits {
			if values[at.column](row)>>(at.first+bit)&1 == 1 {
				cells = append(cells, differencing.Cell{Series: i, Cell: bit})
			}
		}
	}
	return cells
}

func integers(a arrow.Array) (func(row int) int64, error) {
	switch a := a.(type) {
	case *array.Int32:
		return func(row int) int64 { return int64(a.Value(row)) }, nil
	case *array.Int64:
		return a.Value, nil
	}
	return nil, errors.New("a column of numbers of another type")
}

// namesOf reads lists of names; a column without any is of no type.
func namesOf(a arrow.Array) (func(row int) []uint64, error) {
	list, ok := a.(*array.List)
	if !ok {
		return func(int) []uint64 { return nil }, nil
	}
	values, ok := list.ListValues().(*array.Uint64)
	if !ok {
		return nil, errors.New("a list of names of another type")
	}
	return func(row int) []uint64 {
		if list.IsNull(row) {
			return nil
		}
		from, to := list.ValueOffsets(row)
		return values.Uint64Values()[from:to]
	}, nil
}
