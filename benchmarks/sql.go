package benchmarks

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tacit-space/tacit/engine/source"
)

// SQLQ1 and SQLQ6 are shaped like TPC-H's queries 1 and 6, over rows made up from the
// seed with the columns, types and value ranges of its table lineitem. They are
// not TPC-H results: the data is not dbgen's, and Q1 has no product of three columns.
var (
	SQLQ1 = Benchmark{
		Name:  "sql-q1",
		About: "a grouped aggregation over 16.8 million rows of three owners, shaped like TPC-H Q1",
		Run: func(ctx context.Context, o Options) (*Result, error) {
			return runSQL(ctx, o, "sql-q1", `SELECT l_returnflag, l_linestatus, SUM(l_quantity) AS sum_qty, SUM(l_extendedprice) AS sum_base_price,
	SUM(l_extendedprice) - SUM(l_extendedprice * l_discount) AS sum_disc_price,
	AVG(l_quantity) AS avg_qty, AVG(l_extendedprice) AS avg_price, AVG(l_discount) AS avg_disc, COUNT(*) AS count_order
FROM lineitem WHERE l_shipdate <= DATE '1998-09-02'
GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus`)
		},
	}
	SQLQ6 = Benchmark{
		Name:  "sql-q6",
		About: "a selective sum over 16.8 million rows of three owners, shaped like TPC-H Q6",
		Run: func(ctx context.Context, o Options) (*Result, error) {
			return runSQL(ctx, o, "sql-q6", `SELECT SUM(l_extendedprice * l_discount) AS revenue FROM lineitem
WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'
	AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24`)
		},
	}
)

const lineitemCharter = `tacit: charter/v1
space: bench
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 3, tolerated_corruption: 1}
tables:
  - name: lineitem
    min_cohort: 1
    max_rows: 10000000
    columns:
      - {name: l_quantity, type: "decimal(15,2)", role: measure, nullable: false, range: ["0", "50"]}
      - {name: l_extendedprice, type: "decimal(15,2)", role: measure, nullable: false, range: ["0", "110000"]}
      - {name: l_discount, type: "decimal(15,2)", role: measure, nullable: false, range: ["0", "0.1"]}
      - {name: l_tax, type: "decimal(15,2)", role: measure, nullable: false, range: ["0", "0.08"]}
      - {name: l_returnflag, type: text, role: category, nullable: false, domain: [A, N, R]}
      - {name: l_linestatus, type: text, role: category, nullable: false, domain: [F, O]}
      - {name: l_shipdate, type: date, role: time, nullable: false, range: ["1992-01-01", "1998-12-31"], grain: day}
`

// lineitem makes rows from a hash of their number, so every engine version makes the
// same: %[1]d rows from number %[2]d, into file %[3]s.
const lineitem = `COPY (
	WITH r AS (SELECT i, md5_number_lower(CAST(i AS VARCHAR) || 'a%[4]d') AS a, md5_number_lower(CAST(i AS VARCHAR) || 'b%[4]d') AS b
		FROM range(%[2]d, %[2]d + %[1]d) t(i)),
	s AS (SELECT *, DATE '1992-01-02' + CAST(b %% 2526 AS INTEGER) AS shipdate FROM r)
	SELECT CAST(1 + a %% 50 AS DECIMAL(15,2)) AS l_quantity,
		CAST((1 + a %% 50) * (90000 + (a >> 8) %% 120000) / 100.0 AS DECIMAL(15,2)) AS l_extendedprice,
		CAST((a >> 32) %% 11 / 100.0 AS DECIMAL(15,2)) AS l_discount,
		CAST((a >> 40) %% 9 / 100.0 AS DECIMAL(15,2)) AS l_tax,
		CASE WHEN shipdate > DATE '1995-06-17' THEN 'N' WHEN (b >> 20) %% 2 = 0 THEN 'R' ELSE 'A' END AS l_returnflag,
		CASE WHEN shipdate > DATE '1995-06-17' THEN 'O' ELSE 'F' END AS l_linestatus,
		shipdate AS l_shipdate
	FROM s) TO '%[3]s' (FORMAT parquet)`

func runSQL(ctx context.Context, o Options, name, sql string) (*Result, error) {
	rows := 5_600_000
	if o.Quick {
		rows = 1_000
	}
	s := spec{charter: lineitemCharter, table: "lineitem", owners: func(ctx context.Context, dir string) ([]string, error) {
		o.Say("%s: making %d rows", name, 3*rows)
		return writeLineitem(ctx, dir, o.Seed, 3, rows)
	}}
	var ask, plain, ratio []float64
	peaks, f := map[string]float64{}, figures{}
	err := withSpace(ctx, o, s, func(ctx context.Context, sp *space) error {
		for i := range o.Runs + 1 {
			want, plainTook, err := sp.unprotected(ctx, sql)
			if err != nil {
				return err
			}
			before, err := sp.usage(ctx)
			if err != nil {
				return err
			}
			got, took, err := sp.protected(ctx, sql)
			if err != nil {
				return err
			}
			if err := check(got, want); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			o.Say("%s, run %d of %d: %s, unprotected %s", name, i, o.Runs, took.Round(1e6), plainTook.Round(1e6))
			after, err := sp.usage(ctx)
			if err != nil {
				return err
			}
			if i > 0 { // the first validates the data and warms the caches
				ask, plain = append(ask, took.Seconds()), append(plain, plainTook.Seconds())
				ratio = append(ratio, took.Seconds()/plainTook.Seconds())
				after.since(before, "question", f)
			}
		}
		var err error
		peaks, err = sp.peaks(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	metrics := map[string]Metric{
		"question": Summarise("s", ask), "same query, pooled and unprotected": Summarise("s", plain),
		"question / unprotected": Summarise("ratio", ratio),
	}
	addPeaks(metrics, peaks)
	f.summarise("", metrics)
	return &Result{
		Name: name, Correct: true, Oracle: "the pooled query", Metrics: metrics,
		Parameters: map[string]any{"owners": 3, "rows": 3 * rows, "sql": sql},
	}, nil
}

func writeLineitem(ctx context.Context, dir string, seed uint64, owners, rows int) ([]string, error) {
	engine, err := source.Open(source.Config{})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	var files []string
	for owner := range owners {
		folder := filepath.Join(dir, fmt.Sprintf("owner-%d", owner+1))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		files = append(files, filepath.Join(folder, "lineitem.parquet"))
		if err := run(ctx, engine, fmt.Sprintf(lineitem, rows, owner*rows, files[owner], seed)); err != nil {
			return nil, err
		}
	}
	return files, nil
}
