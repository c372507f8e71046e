package benchmarks

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-space/tacit/engine/lab/pooled"
)

// ScalingCells asks for more and more cells of the same rows.
var ScalingCells = Benchmark{
	Name:  "scaling-cells",
	About: "a count and a sum, masked and guarded, in 1 to 10 000 cells of five owners",
	Run:   runScalingCells,
}

// keysOf are the columns of ten values each that cells are made of.
var keysOf = []string{"a", "b", "c", "d"}

const (
	cellOwners  = 5
	cellCharter = `tacit: charter/v1
space: bench
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 4, tolerated_corruption: 1}
tables:
`
	cellTable = `  - name: %s
    min_cohort: %d
    max_rows: 1000000
    columns:
      - {name: x, type: integer, role: measure, nullable: false, range: ["0", "1000"]}
`
	cellKey = `      - {name: %s, type: integer, role: category, nullable: false, domain: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]}
`
)

func (o Options) cellSizes() (keys []int, rows int) {
	switch {
	case o.Quick:
		return []int{0, 1}, 200
	case o.Full:
		return []int{0, 1, 2, 3, 4}, 200_000
	default:
		return []int{0, 1, 2, 3, 4}, 20_000
	}
}

func cellsCharter() string {
	var b strings.Builder
	b.WriteString(cellCharter)
	for _, guarded := range []bool{false, true} {
		k := 1
		if guarded {
			k = cohort
		}
		fmt.Fprintf(&b, cellTable, cellsTable(guarded), k)
		for _, key := range keysOf {
			fmt.Fprintf(&b, cellKey, key)
		}
	}
	return b.String()
}

func cellsTable(guarded bool) string {
	if guarded {
		return "guarded"
	}
	return "masked"
}

// cellsSQL groups by so many keys: 10^keys cells.
func cellsSQL(table string, keys int) string {
	list := strings.Join(keysOf[:keys], ", ")
	if keys == 0 {
		return fmt.Sprintf("SELECT COUNT(*) AS n, SUM(x) AS total FROM %s", table)
	}
	return fmt.Sprintf("SELECT %[1]s, COUNT(*) AS n, SUM(x) AS total FROM %[2]s GROUP BY %[1]s ORDER BY %[1]s", list, table)
}

// writeCells makes rows whose keys are uneven: some cells have few rows, some none.
func writeCells(dir string, seed uint64, rows int) ([]string, error) {
	var files []string
	for owner := range cellOwners {
		g := rand.New(rand.NewPCG(seed, uint64(owner)))
		var b bytes.Buffer
		b.WriteString("x,a,b,c,d\n")
		for range rows {
			fmt.Fprintf(&b, "%d", g.IntN(1001))
			for range keysOf {
				fmt.Fprintf(&b, ",%d", min(g.IntN(10), g.IntN(14)))
			}
			b.WriteByte('\n')
		}
		files = append(files, filepath.Join(dir, ownerName(owner)+".csv"))
		if err := os.WriteFile(files[owner], b.Bytes(), 0o600); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func runScalingCells(ctx context.Context, o Options) (*Result, error) {
	keys, rows := o.cellSizes()
	s := &scaling{over: "cells", figures: figures{}}
	for _, n := range keys {
		s.sizes = append(s.sizes, powerOf10(n))
	}
	m := mapping{}
	lab := spec{charter: cellsCharter(), table: cellsTable(false), owners: func(_ context.Context, dir string) ([]string, error) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		files, err := writeCells(filepath.Dir(dir), o.Seed, rows)
		if err != nil {
			return nil, err
		}
		m.add(cellsTable(false), files)
		m.add(cellsTable(true), files)
		return files, m.write(dir)
	}}
	err := withSpace(ctx, o, lab, func(ctx context.Context, sp *space) error {
		open, err := pooled.Open(ctx, sp.charter, m.file)
		if err != nil {
			return err
		}
		defer open.Close()
		for _, n := range keys {
			if err := cellsOnce(ctx, o, sp, open, s, n); err != nil {
				return fmt.Errorf("%d cells: %w", powerOf10(n), err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	curves := []Curve{s.curve("Time over cells", "cells", "s", maskedLine, guardedLine, plainLine)}
	for _, c := range [][2]string{{"processor of an owner", "core-s"}, {"an owner sends", "bytes"}, {"an owner receives", "bytes"}} {
		curves = append(curves, s.curve("Over cells: "+c[0], "cells", c[1], maskedLine+", "+c[0], guardedLine+", "+c[0]))
	}
	return s.result("scaling-cells", "the pooled query, and the open sums with small groups suppressed",
		map[string]any{
			"owners": cellOwners, "rows of an owner": rows, "min_cohort of guarded questions": cohort,
			"numbers of a cell": 2, "sql": cellsSQL("…", keys[len(keys)-1]),
		}, curves...), nil
}

func powerOf10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// cellsOnce measures one number of cells.
func cellsOnce(ctx context.Context, o Options, sp *space, open *pooled.Space, s *scaling, keys int) error {
	var questions []*known
	plain := cellsSQL(cellsTable(false), keys)
	for _, guarded := range []bool{false, true} {
		name, tied := maskedLine, plain
		if guarded {
			name, tied = guardedLine, ""
		}
		k, err := sp.know(ctx, o, open, name, cellsSQL(cellsTable(guarded), keys), tied)
		if err == nil {
			err = k.warm(ctx, sp)
		}
		if err != nil {
			return err
		}
		questions = append(questions, k)
	}
	for run := range o.Runs {
		o.Say("scaling-cells: %d cells, run %d of %d", powerOf10(keys), run+1, o.Runs)
		_, took, err := sp.plain(ctx, plain)
		if err != nil {
			return err
		}
		s.add(plainLine, "s", powerOf10(keys), took.Seconds())
		for _, k := range questions {
			if err := k.measure(ctx, sp, s, powerOf10(keys)); err != nil {
				return err
			}
		}
	}
	return nil
}
