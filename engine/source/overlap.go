package source

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
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
	o := overlap{table: t, series: c.Series, places: c.Places, words: c.Words(), renderer: renderer{columns: t.columns}}
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
//
// Of a row no more is computed than its classes (see [feature]), as digits of one number. Bits are looked up for each
// number that there is, not for each row.
type overlap struct {
	table    *table
	series   []differencing.Series
	places   []differencing.Place
	words    int
	renderer renderer
	features features
	wide     []string // numbers of cells
}

// sql renders two kinds of rows: level 0 has rows of the table that lie in the same cells, with the number
// of their units, if it is less than 20 and otherwise 20 or more, and their names (hashes); level 1, in a table with units,
// has for each unit the cells in which it has rows.
func (o *overlap) sql(relation string) (string, error) {
	if err := o.render(); err != nil {
		return "", err
	}
	if o.table.Unit == "" {
		return o.rows(relation), nil
	}
	return o.units(relation)
}

// rows counts rows by classes, looks the cells up, and counts rows by cells.
func (o *overlap) rows(relation string) string {
	k := o.features.keys(true)
	by := strings.Join(slices.Concat(k.names, o.numbers()), ", ")
	counted := fmt.Sprintf("SELECT %[1]s, count(*) AS n FROM (%[2]s) GROUP BY %[1]s", by, o.classified(relation, k, ""))
	cells, some := o.cells()
	return fmt.Sprintf("SELECT 0 AS level, CAST(sum(n) AS BIGINT) AS n, NULL AS names, %[1]s FROM (%[2]s) WHERE %[3]s GROUP BY %[1]s",
		strings.Join(cells, ", "), o.lookedUp(counted, k, "n"), some)
}

// units puts units and classes aside, as d, and reads them three times: each group of rows in the same classes has a
// set of 62 bits, one of which each unit sets; 20 bits prove 20 units. Where there are fewer, the units are
// counted. Then the cells of each unit are joined.
func (o *overlap) units(relation string) (string, error) {
	_, x, err := o.renderer.column(o.table.Unit)
	if err != nil {
		return "", err
	}
	k := o.features.keys(false)
	by := strings.Join(slices.Concat(k.names, o.numbers()), ", ")
	grouped := fmt.Sprintf("SELECT %[1]s, bit_count(bit_or(CAST(1 AS BIGINT) << CAST(u %% 62 AS BIGINT))) >= %[2]d AS many FROM d GROUP BY %[1]s", by, differencing.Cap)
	columns, some := o.cells()
	cells := strings.Join(columns, ", ")
	sql := fmt.Sprintf("WITH d AS MATERIALIZED (%s), g AS MATERIALIZED (SELECT * FROM (%s) WHERE %s) ",
		o.classified(relation, k, "hash("+x+") AS u"), o.lookedUp(grouped, k, "many"), some)
	sql += fmt.Sprintf("SELECT 0 AS level, CAST(%[2]d AS BIGINT) AS n, NULL AS names, %[1]s FROM g WHERE many"+
		" UNION ALL SELECT 0, count(*), min(u, %[2]d), %[1]s FROM (SELECT DISTINCT u, %[1]s FROM d JOIN (FROM g WHERE NOT many) USING (%[3]s)) GROUP BY %[1]s",
		cells, differencing.Cap, by)
	if o.words == 0 {
		return sql, nil
	}
	names, joined := o.joined()
	return sql + fmt.Sprintf(" UNION ALL SELECT 1, 1, NULL, %s FROM d JOIN (SELECT DISTINCT %[2]s, %[3]s FROM g) USING (%[2]s) GROUP BY u",
		joined, strings.Join(k.names, ", "), names), nil
}

// classified renders the classes of each row, and more of it.
func (o *overlap) classified(relation string, k keys, more string) string {
	var columns, derived, classes []string
	columns = append(columns, k.columns...)
	for i := range o.wide {
		columns = append(columns, fmt.Sprintf("coalesce(%s, -1) AS v%d", o.wide[i], i))
	}
	if more != "" {
		columns = append(columns, more)
	}
	for i, d := range o.renderer.derived {
		derived = append(derived, fmt.Sprintf(", %s AS d%d", d.expr, i))
	}
	for i, f := range o.features.all {
		if k.late(f) {
			continue
		}
		classes = append(classes, fmt.Sprintf(", %s AS f%d", f.sql, i))
	}
	return fmt.Sprintf("SELECT %s FROM (SELECT *%s FROM (SELECT *%s FROM (%s)))", strings.Join(columns, ", "),
		strings.Join(classes, ""), strings.Join(derived, ""), relation)
}

// lookedUp renders the cells of each group of rows in the same classes, beside its keys and one more column.
func (o *overlap) lookedUp(groups string, k keys, more string) string {
	columns := slices.Concat(k.names, o.numbers(), []string{more})
	for i := range o.words {
		columns = append(columns, fmt.Sprintf("%s AS w%d", o.features.word(i), i))
	}
	return fmt.Sprintf("SELECT %s FROM (SELECT *, %s FROM (%s))", strings.Join(columns, ", "), strings.Join(o.features.digits(k), ", "), groups)
}

// numbers are the names of the columns of wide series.
func (o *overlap) numbers() []string {
	var names []string
	for i := range o.wide {
		names = append(names, fmt.Sprintf("v%d", i))
	}
	return names
}

// cells are the names of words and columns of wide series, and the condition that a row lies in any cell.
func (o *overlap) cells() (names []string, some string) {
	var conditions []string
	for i := range o.words {
		names = append(names, fmt.Sprintf("w%d", i))
		conditions = append(conditions, names[i]+" <> 0")
	}
	for _, name := range o.numbers() {
		names = append(names, name)
		conditions = append(conditions, name+" >= 0")
	}
	return names, strings.Join(conditions, " OR ")
}

// joined renders the names of words, and the cells of all rows of a unit.
func (o *overlap) joined() (names, joined string) {
	var n, j []string
	for i := range o.words {
		n, j = append(n, fmt.Sprintf("w%d", i)), append(j, fmt.Sprintf("bit_or(w%d)", i))
	}
	for range o.wide {
		j = append(j, "CAST(-1 AS BIGINT)")
	}
	return strings.Join(n, ", "), strings.Join(j, ", ")
}

// render renders the features, and the numbers of cells of wide series.
func (o *overlap) render() error {
	o.features.renderer, o.features.used = &o.renderer, map[int]int64{}
	for i := range o.series {
		if err := o.place(&o.series[i], o.places[i]); err != nil {
			return fmt.Errorf("series %d: %w", i+1, err)
		}
	}
	if err := o.features.classify(); err != nil {
		return err
	}
	for i, at := range o.places {
		if at.Bits == 0 {
			continue
		}
		if err := o.features.allow(&o.series[i], at); err != nil {
			return fmt.Errorf("series %d: %w", i+1, err)
		}
	}
	return nil
}

// place finds what the cells of a series depend on.
func (o *overlap) place(s *differencing.Series, at differencing.Place) error {
	if at.Bits > 0 {
		return o.features.collect(s)
	}
	number, err := o.number(s)
	o.wide = append(o.wide, number)
	return err
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
	cells, words := make([]int, len(o.series)), make([]uint64, o.words)
	for row := range int(rec.NumRows()) {
		if level(row) == 0 {
			o.single(cells, values, row)
			c.Rows(cells, int(min(counts(row), differencing.Cap)), names(row))
		} else {
			for i := range words {
				words[i] = uint64(values[i](row))
			}
			c.Unit(words)
		}
	}
	return nil
}

// single finds the cells of a row: at most one of each series.
func (o *overlap) single(cells []int, values []func(int) int64, row int) {
	for i, at := range o.places {
		if at.Bits == 0 {
			cells[i] = int(values[o.words+at.Word](row))
			continue
		}
		if set := uint64(values[at.Word](row)) >> at.First & (1<<at.Bits - 1); set == 0 {
			cells[i] = -1
		} else {
			cells[i] = bits.TrailingZeros64(set)
		}
	}
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
