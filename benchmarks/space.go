package benchmarks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/source"
)

// space is a running lab, and beside it the same data in one unprotected engine: the
// oracle and the baseline. That engine exists in benchmarks and tests only.
type space struct {
	lab    *lab.Lab
	client *analyst.Client
	pooled *source.Engine
	table  string
	files  []string // of all owners
	spoil  bool     // in tests: the oracle is wrong
	// charter of the space.
	charter *charter.Charter
}

// spec is what a space is made of.
type spec struct {
	charter string
	table   string
	// owners writes the file of each owner and returns its path by owner.
	owners func(ctx context.Context, dir string) ([]string, error)
	// between, if set, is where a member reaches the coordinator, see [lab.Lab].
	between func(member, coordinator string) (address string, err error)
}

// withSpace starts a lab in a temporary folder, runs f, and removes everything.
func withSpace(ctx context.Context, o Options, s spec, f func(ctx context.Context, sp *space) error) (err error) {
	dir, err := os.MkdirTemp("", "tacit-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.WriteFile(filepath.Join(dir, "charter.yaml"), []byte(s.charter), 0o600); err != nil {
		return err
	}
	files, err := s.owners(ctx, filepath.Join(dir, "owners"))
	if err != nil {
		return err
	}
	l, err := lab.Open(dir)
	if err != nil {
		return err
	}
	l.Program, l.Between = o.Program, s.between
	return l.Run(ctx, func(ctx context.Context, profile string) error {
		sp, err := o.connect(ctx, l, profile, s.table, files)
		if err != nil {
			return err
		}
		defer sp.close()
		return f(ctx, sp)
	})
}

func (o Options) connect(ctx context.Context, l *lab.Lab, profile, table string, files []string) (*space, error) {
	cfg, err := o.Open(profile)
	if err != nil {
		return nil, err
	}
	pooled, err := source.Open(source.Config{})
	if err != nil {
		return nil, err
	}
	t := cfg.Bundle.Charter().Table(table)
	if len(files) > 0 {
		if err := pooled.AddTable(ctx, source.Mapping{Files: files}, *t); err != nil {
			pooled.Close()
			return nil, err
		}
	}
	client, err := analyst.Open(cfg)
	if err != nil {
		pooled.Close()
		return nil, err
	}
	return &space{l, client, pooled, table, files, o.spoil, cfg.Bundle.Charter()}, nil
}

func (sp *space) close() {
	_ = sp.client.Close()
	sp.pooled.Close()
}

// protected asks the space and returns the rows as text and the time.
func (sp *space) protected(ctx context.Context, sql string) ([][]string, time.Duration, error) {
	begin := time.Now()
	answer, err := sp.client.Ask(ctx, sql, analyst.Options{})
	if err != nil {
		return nil, 0, err
	}
	took := time.Since(begin)
	var text strings.Builder
	if err := answer.Table.WriteJSON(&text, nil); err != nil {
		return nil, 0, err
	}
	rows, err := rowsOf(text.String())
	return rows, took, err
}

func rowsOf(text string) ([][]string, error) {
	var doc struct{ Rows [][]any }
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	rows := make([][]string, len(doc.Rows))
	for i, row := range doc.Rows {
		for _, v := range row {
			rows[i] = append(rows[i], fmt.Sprint(v))
		}
	}
	return rows, nil
}

// unprotected runs the same query over the pooled files in this process. Parquet
// files are read as they are, CSV with the types of the charter.
func (sp *space) unprotected(ctx context.Context, sql string) ([][]string, time.Duration, error) {
	if strings.HasSuffix(sp.files[0], ".parquet") {
		sql = strings.Replace(sql, "FROM "+sp.table, "FROM "+parquetOf(sp.files), 1)
	}
	return sp.plain(ctx, sql)
}

// parquetOf is the FROM item of Parquet files.
func parquetOf(files []string) string { return "read_parquet(['" + strings.Join(files, "', '") + "'])" }

// plain runs SQL of the embedded engine in this process.
func (sp *space) plain(ctx context.Context, sql string) ([][]string, time.Duration, error) {
	begin := time.Now()
	r, err := sp.pooled.Query(ctx, sql)
	if err != nil {
		return nil, 0, err
	}
	defer r.Release()
	var rows [][]string
	for r.Next() {
		batch := r.Record()
		for i := range int(batch.NumRows()) {
			row := make([]string, batch.NumCols())
			for c := range row {
				row[c] = strings.Clone(batch.Column(c).ValueStr(i)) // it points into the batch
			}
			rows = append(rows, row)
		}
	}
	if sp.spoil {
		rows = append(rows, nil)
	}
	return rows, time.Since(begin), r.Err()
}

// check compares the two answers: numbers by value, doubles to 1e-9, all else as text.
func check(got, want [][]string) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d rows, the oracle has %d", len(got), len(want))
	}
	for i := range want {
		if len(got[i]) != len(want[i]) {
			return fmt.Errorf("%d columns, the oracle has %d", len(got[i]), len(want[i]))
		}
		for c := range want[i] {
			if !sameValue(got[i][c], want[i][c]) {
				return fmt.Errorf("row %d, column %d is %s, the oracle has %s", i+1, c+1, got[i][c], want[i][c])
			}
		}
	}
	return nil
}

func sameValue(a, b string) bool {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if !okX || !okY {
		return a == b
	}
	if x.Cmp(y) == 0 {
		return true
	}
	if x.IsInt() && y.IsInt() && !strings.ContainsAny(a+b, ".eE") {
		return false
	}
	f, _ := x.Float64()
	g, _ := y.Float64()
	return math.Abs(f-g) <= 1e-9*math.Max(math.Abs(f), math.Abs(g))
}

// peaks returns the largest resident memory of the lab's processes so far, in MB,
// by kind of role; Linux only.
func (sp *space) peaks(ctx context.Context) (map[string]float64, error) {
	status, err := sp.lab.Status(ctx)
	if err != nil {
		return nil, err
	}
	peaks := map[string]float64{}
	for _, s := range status {
		if mb, ok := peakMemory(s.PID); ok {
			peaks[s.Kind] = max(peaks[s.Kind], mb)
		}
	}
	return peaks, nil
}

func peakMemory(pid int) (mb float64, ok bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1024, err == nil
		}
	}
	return 0, false
}
