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

// overlap renders which rows lie in which cells. Series of few cells are packed: each cell
// is a bit of a word, so that one column serves many of them and bits of several rows can be
// joined. A series of many cells has a column of its own, with the number of the row's cell.
type overlap struct {
	table    *table
	series   []differencing.Series
	renderer renderer
	features features
	places   []place
	used     differencing.Words
	wide     []string // numbers of cells
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
	if err := o.render(); err != nil {
		return "", err
	}
	unit := ""
	if o.table.Unit != "" {
		_, x, err := o.renderer.column(o.table.Unit)
		if err != nil {
			return "", err
		}
		unit = "hash(" + x + ") AS u, "
	}
	var derived, classes strings.Builder
	for i, expr := range o.renderer.derived {
		fmt.Fprintf(&derived, ", %s AS d%d", expr, i)
	}
	for i, f := range o.features.all {
		fmt.Fprintf(&classes, ", %s AS f%d", f.sql, i)
	}
	for i, cell := range o.wide {
		fmt.Fprintf(&classes, ", coalesce(%s, -1) AS v%d", cell, i)
	}
	columns, names, ors, some := o.columns()
	inner := fmt.Sprintf("SELECT *%s FROM (SELECT *%s FROM (%s))", classes.String(), derived.String(), relation)
	if unit == "" {
		// Rows of the same classes are counted first, so that there are few to look up.
		inner = fmt.Sprintf("SELECT %[1]s, count(*) AS n FROM (%[2]s) GROUP BY %[1]s", o.classes(), inner)
		return fmt.Sprintf("SELECT 0 AS level, CAST(sum(n) AS BIGINT) AS n, NULL AS names, %[1]s FROM (SELECT n, %[2]s FROM (%[3]s)) WHERE %[4]s GROUP BY %[1]s",
			names, columns, inner, some), nil
	}
	from := fmt.Sprintf("FROM (SELECT %s%s FROM (%s)) WHERE %s", unit, columns, inner, some)
	return fmt.Sprintf("WITH d AS MATERIALIZED (SELECT DISTINCT u, %[1]s %[2]s) "+
		"SELECT 0 AS level, count(*) AS n, min(u, %[4]d) AS names, %[1]s FROM d GROUP BY %[1]s"+
		" UNION ALL SELECT 1, count(*), NULL, %[1]s FROM (SELECT %[3]s FROM d GROUP BY u) GROUP BY %[1]s",
		names, from, ors, differencing.Cap), nil
}

// render finds a place for each series and renders the features.
func (o *overlap) render() error {
	o.features.renderer = &o.renderer
	for i := range o.series {
		if err := o.place(&o.series[i]); err != nil {
			return fmt.Errorf("series %d: %w", i+1, err)
		}
	}
	if err := o.features.classify(); err != nil {
		return err
	}
	for i, at := range o.places {
		if at.bits == 0 {
			continue
		}
		if err := o.features.allow(&o.series[i], at); err != nil {
			return fmt.Errorf("series %d: %w", i+1, err)
		}
	}
	return nil
}

// columns renders the words and the columns of wide series, their names, how they are joined
// over the rows of a unit, and the condition that a row lies in any cell.
func (o *overlap) columns() (columns, names, ors, some string) {
	var c, n, j, w []string
	for i, used := range o.used {
		name := fmt.Sprintf("w%d", i)
		c, n = append(c, o.features.word(i, used)+" AS "+name), append(n, name)
		j, w = append(j, "bit_or("+name+") AS "+name), append(w, name+" <> 0")
	}
	for i := range o.wide {
		name := fmt.Sprintf("v%d", i)
		c, n = append(c, name), append(n, name)
		j, w = append(j, "CAST(-1 AS BIGINT) AS "+name), append(w, name+" >= 0")
	}
	return strings.Join(c, ", "), strings.Join(n, ", "), strings.Join(j, ", "), strings.Join(w, " OR ")
}

// classes names what is told of a row, before it is looked up.
func (o *overlap) classes() string {
	var names []string
	for i := range o.features.all {
		names = append(names, fmt.Sprintf("f%d", i))
	}
	for i := range o.wide {
		names = append(names, fmt.Sprintf("v%d", i))
	}
	if len(names) == 0 {
		return "1"
	}
	return strings.Join(names, ", ")
}

// place finds room for a series.
func (o *overlap) place(s *differencing.Series) error {
	cells := s.Plan.Cells()
	if cells > differencing.MaxPacked {
		number, err := o.number(s)
		o.places = append(o.places, place{column: len(o.wide)})
		o.wide = append(o.wide, number)
		return err
	}
	word, bit := o.used.Place(cells)
	o.places = append(o.places, place{column: word, first: bit, bits: cells})
	return o.features.collect(s)
}

// number renders the number of the row's cell, NULL if it lies in none.
func (o *overlap) number(s *differencing.Series) (string, error) {
	r := &o.renderer
	var conditions []string
	for _, p := range conjuncts(s) {
		sql, err := r.predicate(p)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, sql)
	}
	cell := ""
	for i := range s.Plan.Keys {
		slot, err := r.slot(&s.Plan.Keys[i])
		if err != nil {
			return "", err
		}
		if i > 0 {
			slot = fmt.Sprintf("%s * %d + %s", cell, s.Plan.Keys[i].Size(), slot)
		}
		cell = slot
	}
	if len(conditions) > 0 {
		cell = fmt.Sprintf("CASE WHEN %s THEN %s END", strings.Join(conditions, " AND "), cell)
	}
	return cell, nil
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
			cells[i] = int(values[len(o.used)+at.column](row))
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
