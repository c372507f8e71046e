package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// benchRows is the size of the benchmark's table; TACIT_BENCH_ROWS overrides it.
func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("TACIT_BENCH_ROWS")); err == nil {
		return n
	}
	return 200_000
}

const benchData = `SELECT
  ['A','N','R'][1 + (hash(range) % 3)::INT] AS flag,
  ['F','O'][1 + (hash(range + 1) % 2)::INT] AS status,
  DATE '1992-01-01' + (hash(range + 2) % 2500)::INT AS shipped,
  TIMESTAMP '1992-01-01 00:00:00' + to_seconds((hash(range + 3) % 2592000)::INT) AS at,
  (1 + hash(range + 4) % 50)::DECIMAL(15,2) AS quantity,
  ((90000 + hash(range + 5) % 10400000)::DECIMAL(18,2) / 100)::DECIMAL(15,2) AS price,
  ((hash(range + 6) % 11)::DECIMAL(15,2) / 100)::DECIMAL(15,2) AS discount,
  (hash(range + 7) % 100000)::INTEGER AS supplier,
  (hash(range + 8) % 10000)::DOUBLE / 100 AS temp
FROM range({rows})`

func benchTable() charter.Table {
	return charter.Table{Name: "t", MaxRows: 1_000_000_000, Columns: []charter.Column{
		col("flag", "text", charter.Category, "A", "N", "R"),
		col("status", "text", charter.Category, "F", "O"),
		col("shipped", "date", charter.Time, "1992-01-01", "1998-12-31"),
		col("at", "timestamp", charter.Time, "1992-01-01 00:00:00", "1992-02-28 00:00:00"),
		col("quantity", "decimal(15,2)", charter.Measure, "0", "100"),
		col("price", "decimal(15,2)", charter.Measure, "0", "200000"),
		col("discount", "decimal(15,2)", charter.Measure, "0", "1"),
		col("supplier", "integer", charter.Measure, "0", "1000000"),
		col("temp", "double", charter.Measure, "0", "100", "0.01"),
	}}
}

func num(kind plan.ValueKind, text string) plan.Value { return plan.Value{Kind: kind, Text: text} }

func cmpOp(op plan.Op, column string, kind plan.ValueKind, text string) *plan.Predicate {
	return &plan.Predicate{Op: op, Column: column, Values: []plan.Value{num(kind, text)}}
}

// benchCases pairs plans with the SQL that a person would write over the same file.
var benchCases = []struct {
	name  string
	plan  plan.Plan
	plain string
}{
	{
		"tpch-q1",
		plan.Plan{
			Where: cmpOp(plan.Le, "shipped", plan.Date, "1998-09-02"),
			Keys:  []plan.Key{{Kind: plan.KeyColumn, Column: "flag"}, {Kind: plan.KeyColumn, Column: "status"}},
			Sums:  []plan.Sum{{}, {Factors: []string{"quantity"}}, {Factors: []string{"price"}}, {Factors: []string{"discount", "price"}}, {Factors: []string{"discount"}}},
		},
		"SELECT flag, status, count(*), sum(quantity), sum(price), sum(discount * price), sum(discount) FROM %s WHERE shipped <= DATE '1998-09-02' GROUP BY flag, status",
	},
	{
		"tpch-q6",
		plan.Plan{
			Where: &plan.Predicate{Op: plan.And, Args: []*plan.Predicate{
				cmpOp(plan.Ge, "shipped", plan.Date, "1994-01-01"), cmpOp(plan.Lt, "shipped", plan.Date, "1995-01-01"),
				cmpOp(plan.Ge, "discount", plan.Decimal, "0.05"), cmpOp(plan.Le, "discount", plan.Decimal, "0.07"),
				cmpOp(plan.Lt, "quantity", plan.Decimal, "24"),
			}},
			Sums: []plan.Sum{{}, {Factors: []string{"discount", "price"}}},
		},
		"SELECT count(*), sum(discount * price) FROM %s WHERE shipped >= DATE '1994-01-01' AND shipped < DATE '1995-01-01' AND discount BETWEEN 0.05 AND 0.07 AND quantity < 24",
	},
	{
		"month",
		plan.Plan{
			Keys: []plan.Key{{Kind: plan.KeyTrunc, Column: "shipped", Grain: plan.Month}},
			Sums: []plan.Sum{{}, {Factors: []string{"supplier"}}},
		},
		"SELECT date_trunc('month', shipped), count(*), sum(supplier) FROM %s GROUP BY 1",
	},
	{
		"hour",
		plan.Plan{
			Keys: []plan.Key{{Kind: plan.KeyTrunc, Column: "at", Grain: plan.Hour}},
			Sums: []plan.Sum{{}, {Factors: []string{"quantity"}}},
		},
		`SELECT date_trunc('hour', "at"), count(*), sum(quantity) FROM %s GROUP BY 1`,
	},
	{
		"variance",
		plan.Plan{
			Keys: []plan.Key{{Kind: plan.KeyColumn, Column: "flag"}},
			Sums: []plan.Sum{{}, {Factors: []string{"temp"}}, {Factors: []string{"temp", "temp"}}, {Factors: []string{"supplier", "temp"}}},
		},
		"SELECT flag, count(*), sum(temp), sum(temp * temp), sum(supplier * temp) FROM %s GROUP BY flag",
	},
	{
		"bins",
		plan.Plan{
			Keys: []plan.Key{{Kind: plan.KeyBins, Column: "price", Lo: num(plan.Decimal, "0"), Hi: num(plan.Decimal, "100000"), Count: 20}},
			Sums: []plan.Sum{{}, {Factors: []string{"price"}}},
		},
		"SELECT floor(price / 5000), count(*), sum(price) FROM %s GROUP BY 1",
	},
	{
		"bins-double",
		plan.Plan{
			Keys: []plan.Key{{Kind: plan.KeyBins, Column: "temp", Lo: num(plan.Decimal, "0"), Hi: num(plan.Decimal, "100"), Count: 20}},
			Sums: []plan.Sum{{}, {Factors: []string{"price"}}},
		},
		"SELECT floor(temp / 5), count(*), sum(price) FROM %s GROUP BY 1",
	},
	{
		"filters",
		plan.Plan{
			Keys: []plan.Key{{Kind: plan.KeyColumn, Column: "flag"}},
			Sums: []plan.Sum{
				{},
				{Factors: []string{"price"}, Present: []string{"temp"}, Filter: cmpOp(plan.Eq, "status", plan.Text, "F")},
				{Present: []string{"temp"}, Filter: cmpOp(plan.Gt, "quantity", plan.Decimal, "10")},
			},
		},
		"SELECT flag, count(*), sum(price) FILTER (WHERE status = 'F' AND temp IS NOT NULL), count(temp) FILTER (WHERE quantity > 10) FROM %s GROUP BY flag",
	},
}

// TestPlainSQL: what the benchmark compares gives the same rows.
func TestPlainSQL(t *testing.T) {
	path := makeFile(t, "t.parquet", strings.ReplaceAll(benchData, "{rows}", "20000"))
	e := mapped(t, benchTable(), path)
	for _, c := range benchCases {
		if strings.HasPrefix(c.name, "bins") || c.name == "variance" {
			continue // slots and units differ from what people write
		}
		p := c.plan
		p.Table, p.Width = "t", plan.Width128
		r, err := e.Aggregate(t.Context(), &p)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(linesOf(t, r), "\n")
		r.Release()
		want := strings.Split(rowsOf(t, e, fmt.Sprintf(c.plain, "read_parquet("+quote(path)+")")), "\n")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwants\n%s", c.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func drain(b *testing.B, r array.RecordReader, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
	}
	if r.Err() != nil {
		b.Fatal(r.Err())
	}
}

// benchFile writes the rows to a Parquet file, each with more columns, and opens an engine.
func benchFile(b *testing.B, more string) (*Engine, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "t.parquet")
	e, err := Open(Config{Threads: 1, Memory: "4GB"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	data := strings.ReplaceAll(benchData, "{rows}", strconv.Itoa(benchRows()))
	data = strings.Replace(data, "SELECT", "SELECT "+more, 1)
	if err := e.db.Exec(b.Context(), "COPY ("+data+") TO "+quote(path)); err != nil {
		b.Fatal(err)
	}
	return e, path
}

// benchPatients is a column of the privacy units: texts, a fifth as many as rows.
func benchPatients() string {
	return fmt.Sprintf("'patient ' || hash(range + 20) %% %d AS patient,", benchRows()/5+1)
}

// BenchmarkAggregate measures plans and, alternating with them, the plain SQL over the
// same Parquet file. "ratio" is the time of the plan over that of the SQL; the
// validation, which runs once per version of a file, is not in it.
func BenchmarkAggregate(b *testing.B) {
	e, path := benchFile(b, "")
	if err := e.AddTable(b.Context(), Mapping{Files: []string{path}}, benchTable()); err != nil {
		b.Fatal(err)
	}
	for _, c := range benchCases {
		b.Run(c.name, func(b *testing.B) {
			p := c.plan
			p.Table, p.Width = "t", plan.Width128
			plain := fmt.Sprintf(c.plain, "read_parquet("+quote(path)+")")
			if _, err := e.Validate(b.Context(), "t"); err != nil {
				b.Fatal(err)
			}
			var ours, theirs time.Duration
			for b.Loop() {
				t0 := time.Now()
				r, err := e.Aggregate(b.Context(), &p)
				drain(b, r, err)
				t1 := time.Now()
				s, err := e.db.Query(b.Context(), plain)
				if err != nil {
					b.Fatal(err)
				}
				drain(b, s, nil)
				ours, theirs = ours+t1.Sub(t0), theirs+time.Since(t1)
			}
			b.ReportMetric(float64(benchRows())*float64(b.N)/ours.Seconds()/1e6, "Mrows/s")
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
		})
	}
	b.Run("validate", func(b *testing.B) {
		for b.Loop() {
			if err := e.bind(b.Context(), e.tables["t"]); err != nil { // forgets the report
				b.Fatal(err)
			}
			if _, err := e.Validate(b.Context(), "t"); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(benchRows())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	})
}
