package benchmarks

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tacit-space/tacit/engine/lab/pooled"
)

// ScalingRows asks the same question about tables of more and more rows.
var ScalingRows = Benchmark{
	Name:  "scaling-rows",
	About: "a grouped question, masked and guarded, over more and more rows of three owners",
	Run:   runScalingRows,
}

// cohort is the minimum cohort of guarded tables.
const cohort = 10

func (o Options) rowSizes() []int {
	switch {
	case o.Quick:
		return []int{100, 400}
	case o.Full:
		return []int{10_000, 100_000, 1_000_000, 4_000_000, 16_000_000}
	default:
		return []int{10_000, 100_000, 1_000_000, 4_000_000}
	}
}

// rowsTable is the table of a size; masked and guarded ones have the same rows.
func rowsTable(guarded bool, rows int) string {
	if guarded {
		return fmt.Sprintf("guarded_%d", rows)
	}
	return fmt.Sprintf("masked_%d", rows)
}

// rowsCharter has a masked and a guarded table for each size, with the columns of lineitem.
func rowsCharter(sizes []int) string {
	head, table, _ := strings.Cut(lineitemCharter, "tables:\n")
	var b strings.Builder
	b.WriteString(head + "tables:\n")
	for _, rows := range sizes {
		for _, guarded := range []bool{false, true} {
			k := 1
			if guarded {
				k = cohort
			}
			b.WriteString(strings.NewReplacer(
				"name: lineitem", "name: "+rowsTable(guarded, rows),
				"min_cohort: 1\n", fmt.Sprintf("min_cohort: %d\n", k),
				"max_rows: 10000000\n", fmt.Sprintf("max_rows: %d\n", 2*rows),
			).Replace(table))
		}
	}
	return b.String()
}

const rowsSQL = `SELECT l_returnflag, l_linestatus, COUNT(*) AS orders, SUM(l_quantity) AS quantity, AVG(l_extendedprice) AS price
FROM %s WHERE l_shipdate <= DATE '1998-09-02' GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus`

func runScalingRows(ctx context.Context, o Options) (*Result, error) {
	const owners = 3
	s := &scaling{over: "rows of an owner", sizes: o.rowSizes(), figures: figures{}}
	m := mapping{}
	lab := spec{charter: rowsCharter(s.sizes), table: rowsTable(false, s.sizes[0]), owners: func(ctx context.Context, dir string) ([]string, error) {
		for _, rows := range s.sizes {
			o.Say("scaling-rows: making %d rows", owners*rows)
			files, err := writeLineitem(ctx, filepath.Join(dir, "..", fmt.Sprint("rows-", rows)), o.Seed, owners, rows)
			if err != nil {
				return nil, err
			}
			m.add(rowsTable(false, rows), files)
			m.add(rowsTable(true, rows), files)
		}
		return m[rowsTable(false, s.sizes[0])], m.write(dir)
	}}
	err := withSpace(ctx, o, lab, func(ctx context.Context, sp *space) error {
		open, err := pooled.Open(ctx, sp.charter, m.file)
		if err != nil {
			return err
		}
		defer open.Close()
		for _, rows := range s.sizes {
			if err := rowsOnce(ctx, o, sp, open, s, rows, parquetOf(m[rowsTable(false, rows)])); err != nil {
				return err
			}
		}
		peaks, err := sp.peaks(ctx)
		for kind, mb := range peaks {
			s.figures.add("peak memory, largest "+kind, "MB", mb)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.result("scaling-rows", "the pooled query, and the open sums with small groups suppressed",
		map[string]any{"owners": owners, "min_cohort of guarded questions": cohort, "sql": fmt.Sprintf(rowsSQL, "masked_…")},
		s.curve("Time over rows", "rows of an owner", "s", maskedLine, guardedLine, plainLine),
		s.curve("Processor time of an owner over rows", "rows of an owner", "core-s", maskedLine+", processor of an owner", guardedLine+", processor of an owner")), nil
}

// The lines of all scaling curves.
const (
	maskedLine  = "masked question"
	guardedLine = "guarded question"
	plainLine   = "pooled and unprotected"
)

// rowsOnce measures one size.
func rowsOnce(ctx context.Context, o Options, sp *space, open *pooled.Space, s *scaling, rows int, files string) error {
	plain := fmt.Sprintf(rowsSQL, files)
	var questions []*known
	for _, guarded := range []bool{false, true} {
		name, tied := maskedLine, plain
		if guarded {
			name, tied = guardedLine, ""
		}
		k, err := sp.know(ctx, o, open, name, fmt.Sprintf(rowsSQL, rowsTable(guarded, rows)), tied)
		if err == nil {
			err = k.warm(ctx, sp)
		}
		if err != nil {
			return fmt.Errorf("%d rows: %w", rows, err)
		}
		questions = append(questions, k)
	}
	for run := range o.Runs {
		o.Say("scaling-rows: %d rows of an owner, run %d of %d", rows, run+1, o.Runs)
		_, took, err := sp.plain(ctx, plain)
		if err != nil {
			return err
		}
		s.add(plainLine, "s", rows, took.Seconds())
		for _, k := range questions {
			if err := k.measure(ctx, sp, s, rows); err != nil {
				return fmt.Errorf("%d rows: %w", rows, err)
			}
		}
	}
	return nil
}
