package query_test

import (
	"flag"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/query/querygen"
	"github.com/tacit-space/tacit/engine/source"
)

// pool holds the same rows three ways: in Go, in an engine that answers SQL, and in a
// locked one that answers plans.
type pool struct {
	ch     *charter.Charter
	table  *charter.Table
	rows   []row
	free   *source.Engine
	locked *source.Engine
	asked  int // every eighth plan goes through the worker's engine too
}

var (
	querySeed   = flag.Uint64("seed", 1, "seed of the random queries")
	queryRounds = flag.Int("queries", 500, "number of random queries")
)

func newPool(t *testing.T) *pool {
	t.Helper()
	ch := loadCharter(t)
	p := &pool{ch: ch, table: ch.Table("visits")}
	p.rows = randomRows(p.table, rowCount)
	path := writeCSV(t, p.table, p.rows)
	p.free, p.locked = openSource(t, p.table, path), openSource(t, p.table, path)
	if err := p.locked.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func openSource(t *testing.T, table *charter.Table, path string) *source.Engine {
	t.Helper()
	e, err := source.Open(source.Config{Threads: 1, Memory: "500MB"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	if err := e.AddTable(t.Context(), source.Mapping{Files: []string{path}}, *table); err != nil {
		t.Fatal(err)
	}
	return e
}

// worker computes the sums of a plan with the worker's engine.
func (p *pool) worker(t *testing.T, pl *plan.Plan) pooled {
	t.Helper()
	r, err := p.locked.Aggregate(t.Context(), pl)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	v, _, err := column.Vector(t.Context(), r, pl, p.ch)
	if err != nil {
		t.Fatal(err)
	}
	out := make(pooled, pl.Length())
	for i := range out {
		out[i] = v.Big(i)
	}
	return out
}

// duckdb answers SQL over the pooled rows.
func (p *pool) duckdb(t *testing.T, sql string) (types []arrow.DataType, names []string, rows [][]string) {
	t.Helper()
	r, err := p.free.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("DuckDB: %v\n%s", err, sql)
	}
	defer r.Release()
	for _, f := range r.Schema().Fields() {
		types, names = append(types, f.Type), append(names, f.Name)
	}
	for r.Next() {
		rows = append(rows, recordTexts(r.Record())...)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return types, names, rows
}

// recordTexts makes values of both sides comparable.
func recordTexts(rec arrow.Record) [][]string {
	out := make([][]string, rec.NumRows())
	for i := range out {
		for _, col := range rec.Columns() {
			out[i] = append(out[i], valueText(col, i))
		}
	}
	return out
}

func valueText(col arrow.Array, i int) string {
	if col.IsNull(i) {
		return "NULL"
	}
	switch a := col.(type) {
	case *array.Float64:
		return fmt.Sprintf("~%.17g", a.Value(i))
	case *array.Decimal128:
		d := a.DataType().(*arrow.Decimal128Type)
		return a.Value(i).ToString(d.Scale)
	case *array.Timestamp:
		return a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit).Format(time.RFC3339Nano)
	default:
		return strings.Clone(col.ValueStr(i)) // the buffer is released before the text is compared
	}
}

// awkward are expressions that DuckDB names in its own way.
var awkward = regexp.MustCompile(`CASE|CAST|NULL|true|false|DATE|nullif|1000`)

// compare checks one query against DuckDB and returns what differs.
func (p *pool) compare(t *testing.T, q querygen.Query, names bool) string {
	t.Helper()
	c, err := query.Compile(q.Tacit, p.ch)
	if err != nil {
		return "refused: " + err.Error()
	}
	sums := evaluate(&c.Plan, p.table, p.rows)
	if p.asked++; p.asked%8 == 0 {
		for i, v := range p.worker(t, &c.Plan) {
			if v.Cmp(sums[i]) != 0 {
				return fmt.Sprintf("element %d: the worker has %s, the naive interpreter %s", i, v, sums[i])
			}
		}
	}
	out, err := c.Finish(query.Open(sums))
	if err != nil {
		return err.Error()
	}
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	rec, err := out.Record(mem)
	if err != nil {
		return err.Error()
	}
	defer rec.Release()
	types, heads, want := p.duckdb(t, q.DuckDB)
	for i, f := range rec.Schema().Fields() {
		if !arrow.TypeEqual(f.Type, types[i]) {
			return fmt.Sprintf("column %d has type %s (%s), DuckDB %s", i+1, f.Type, out.Columns[i].Type, types[i])
		}
		if names && !awkward.MatchString(f.Name) && f.Name != strings.ReplaceAll(heads[i], `"`, "") {
			return fmt.Sprintf("column %d is named %s, DuckDB %s", i+1, f.Name, heads[i])
		}
	}
	return difference(recordTexts(rec), want, q.Ordered)
}

func difference(got, want [][]string, ordered bool) string {
	if !ordered {
		sortRows(got)
		sortRows(want)
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d rows, DuckDB %d:\n%v\n%v", len(got), len(want), got, want)
	}
	for i := range want {
		for j := range want[i] {
			if !near(got[i][j], want[i][j]) {
				return fmt.Sprintf("row %d column %d: %s, DuckDB %s\n%v\n%v", i+1, j+1, got[i][j], want[i][j], got[i], want[i])
			}
		}
	}
	return ""
}

// sortRows sorts by everything that is not a double: the keys are distinct.
func sortRows(rows [][]string) {
	key := func(r []string) string {
		var parts []string
		for _, s := range r {
			if !strings.HasPrefix(s, "~") {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, "\x00")
	}
	slices.SortStableFunc(rows, func(a, b []string) int { return strings.Compare(key(a), key(b)) })
}

// near allows doubles to differ by what DuckDB's running sums lose.
func near(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.HasPrefix(a, "~") || !strings.HasPrefix(b, "~") {
		return false
	}
	var x, y float64
	if _, err := fmt.Sscanf(a+" "+b, "~%g ~%g", &x, &y); err != nil {
		return false
	}
	if math.IsNaN(x) || math.IsNaN(y) {
		return math.IsNaN(x) && math.IsNaN(y)
	}
	return x == y || math.Abs(x-y) <= 1e-7+1e-9*max(math.Abs(x), math.Abs(y))
}

// TestAgainstDuckDB: random queries mean the same as in DuckDB over the pooled rows.
func TestAgainstDuckDB(t *testing.T) {
	seed, rounds := *querySeed, *queryRounds
	t.Logf("seed %d, %d queries", seed, rounds)
	p := newPool(t)
	g := querygen.New(seed, p.ch)
	refused := 0
	for i := range rounds {
		q := g.Next()
		diff := p.compare(t, q, false)
		if strings.HasPrefix(diff, "refused: TACIT-P120") {
			refused++
			continue
		}
		if diff != "" {
			t.Fatalf("query %d: %s\n%s\n%s", i, diff, q.Tacit, q.DuckDB)
		}
	}
	if refused > rounds/10 {
		t.Errorf("%d of %d queries refused for their cells", refused, rounds)
	}
}

// TestLogicAgainstDuckDB: the queries of the logic tests, with names and types. The
// command "tacit" marks what DuckDB does not have or fails at.
func TestLogicAgainstDuckDB(t *testing.T) {
	p := newPool(t)
	datadriven.Walk(t, "testdata/logic", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "query" {
				ordered := strings.Contains(d.Input, "ORDER BY")
				if diff := p.compare(t, querygen.Query{Tacit: d.Input, DuckDB: d.Input, Ordered: ordered}, true); diff != "" {
					t.Errorf("%s: %s\n%s", d.Pos, diff, d.Input)
				}
			}
			return d.Expected
		})
	})
}
