package benchmarks

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tacit-space/tacit/engine/source"
)

// SQLJoin is shaped like TPC-H's query 12: a join of orders and their lines, grouped. A question is about one table;
// so each owner maps that table to a query that joins two files of its own. An order and its lines are at one owner.
var SQLJoin = Benchmark{
	Name:  "sql-join",
	About: "a grouped join of two tables inside each of three owners, 4.5 million and 1.1 million rows, shaped like TPC-H Q12",
	Run:   runSQLJoin,
}

const shipmentsCharter = `tacit: charter/v1
space: bench
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 3, tolerated_corruption: 1}
tables:
  - name: shipments
    min_cohort: 1
    max_rows: 10000000
    columns:
      - {name: l_shipmode, type: text, role: category, nullable: false, domain: [AIR, FOB, MAIL, RAIL, "REG AIR", SHIP, TRUCK]}
      - {name: o_orderpriority, type: text, role: category, nullable: false, domain: [1-URGENT, 2-HIGH, 3-MEDIUM, 4-NOT SPECIFIED, 5-LOW]}
      - {name: late, type: integer, role: category, nullable: false, domain: ["0", "1"]}
      - {name: l_receiptdate, type: date, role: time, nullable: false, range: ["1992-01-01", "1999-12-31"], grain: day}
`

// Of an order, number %[2]d and on, there are four lines. Both files are made from a hash of their row's number.
const (
	ordersFile = `COPY (SELECT i AS o_orderkey,
		['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'][1 + CAST(md5_number_lower(CAST(i AS VARCHAR) || 'o%[4]d') %% 5 AS INTEGER)] AS o_orderpriority
	FROM range(%[2]d, %[2]d + %[1]d) t(i)) TO '%[3]s' (FORMAT parquet)`
	linesFile = `COPY (WITH r AS (SELECT i, md5_number_lower(CAST(i AS VARCHAR) || 'l%[4]d') AS a FROM range(4 * %[2]d, 4 * %[2]d + 4 * %[1]d) t(i)),
		s AS (SELECT *, DATE '1992-01-02' + CAST(a %% 2526 AS INTEGER) AS l_shipdate FROM r)
	SELECT i // 4 AS l_orderkey, ['AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK'][1 + CAST((a >> 16) %% 7 AS INTEGER)] AS l_shipmode,
		l_shipdate, l_shipdate + CAST((a >> 24) %% 61 AS INTEGER) - 30 AS l_commitdate, l_shipdate + 1 + CAST((a >> 32) %% 30 AS INTEGER) AS l_receiptdate
	FROM s) TO '%[3]s' (FORMAT parquet)`
)

// shipments is the join, of FROM items of orders and lines.
const shipments = `SELECT l_shipmode, o_orderpriority, CAST(l_commitdate < l_receiptdate AND l_shipdate < l_commitdate AS INTEGER) AS late, l_receiptdate
FROM %s JOIN %s ON o_orderkey = l_orderkey`

const joinSQL = `SELECT l_shipmode, COUNT(*) FILTER (WHERE o_orderpriority IN ('1-URGENT', '2-HIGH')) AS high_line_count,
	COUNT(*) FILTER (WHERE o_orderpriority NOT IN ('1-URGENT', '2-HIGH')) AS low_line_count
FROM shipments WHERE l_shipmode IN ('MAIL', 'SHIP') AND late = 1 AND l_receiptdate >= DATE '1994-01-01' AND l_receiptdate < DATE '1995-01-01'
GROUP BY l_shipmode ORDER BY l_shipmode`

func runSQLJoin(ctx context.Context, o Options) (*Result, error) {
	const owners = 3
	orders := 375_000
	switch {
	case o.Quick:
		orders = 500
	case o.Full:
		orders = 1_500_000
	}
	var plain string
	lab := spec{charter: shipmentsCharter, table: "shipments", owners: func(ctx context.Context, dir string) ([]string, error) {
		o.Say("sql-join: making %d orders of four lines", owners*orders)
		left, right, err := writeOrders(ctx, dir, o.Seed, owners, orders)
		if err != nil {
			return nil, err
		}
		plain = fmt.Sprintf("WITH shipments AS (%s) %s", fmt.Sprintf(shipments, parquetOf(left), parquetOf(right)), joinSQL)
		return nil, mapJoin(dir, left, right)
	}}
	f, peaks := figures{}, map[string]float64{}
	err := withSpace(ctx, o, lab, func(ctx context.Context, sp *space) (err error) {
		for run := range o.Runs + 1 {
			into := f
			if run == 0 { // the first validates the data and warms the caches
				into = figures{}
			}
			if err := joinOnce(ctx, sp, plain, into); err != nil {
				return fmt.Errorf("sql-join: %w", err)
			}
			o.Say("sql-join, run %d of %d", run, o.Runs)
		}
		peaks, err = sp.peaks(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	result := &Result{
		Name: "sql-join", Correct: true, Oracle: "the pooled join", Metrics: map[string]Metric{},
		Parameters: map[string]any{"owners": owners, "orders": owners * orders, "lines": 4 * owners * orders, "sql": joinSQL, "shipments": fmt.Sprintf(shipments, "orders", "lineitem")},
	}
	addPeaks(result.Metrics, peaks)
	f.summarise("", result.Metrics)
	return result, nil
}

// joinOnce asks the space, and the engine for the join of all owners' files.
func joinOnce(ctx context.Context, sp *space, plain string, f figures) error {
	want, plainTook, err := sp.plain(ctx, plain)
	if err != nil {
		return err
	}
	before, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	got, took, err := sp.protected(ctx, joinSQL)
	if err != nil {
		return err
	}
	if err := check(got, want); err != nil {
		return err
	}
	after, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	f.add("question", "s", took.Seconds())
	f.add("same join, pooled and unprotected", "s", plainTook.Seconds())
	f.add("question / unprotected", "ratio", took.Seconds()/plainTook.Seconds())
	after.since(before, "question", f)
	return nil
}

// writeOrders makes the two files of each owner, beside the owners' folders.
func writeOrders(ctx context.Context, dir string, seed uint64, owners, orders int) (left, right []string, err error) {
	engine, err := source.Open(source.Config{})
	if err != nil {
		return nil, nil, err
	}
	defer engine.Close()
	for owner := range owners {
		folder := filepath.Join(filepath.Dir(dir), "files-"+ownerName(owner))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, nil, err
		}
		left, right = append(left, filepath.Join(folder, "orders.parquet")), append(right, filepath.Join(folder, "lineitem.parquet"))
		for file, sql := range map[string]string{left[owner]: ordersFile, right[owner]: linesFile} {
			if err := run(ctx, engine, fmt.Sprintf(sql, orders, owner*orders, file, seed)); err != nil {
				return nil, nil, err
			}
		}
	}
	return left, right, nil
}

// mapJoin writes each owner's settings: the shared table is a join of two files.
func mapJoin(dir string, left, right []string) error {
	texts := map[string]string{}
	for i := range left {
		query := fmt.Sprintf(shipments, "'"+left[i]+"'", "'"+right[i]+"'")
		texts[ownerName(i)] = fmt.Sprintf("  shipments: {files: [%q, %q], query: %q}\n", left[i], right[i], query)
	}
	return writeSettings(dir, texts)
}

// run carries out a statement that gives nothing back.
func run(ctx context.Context, engine *source.Engine, sql string) error {
	r, err := engine.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer r.Release()
	for r.Next() {
	}
	return r.Err()
}
