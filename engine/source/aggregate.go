package source

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source/internal/duckdb"
)

// Aggregate validates the plan's table (see [Engine.Validate]) and runs the plan over
// it. The stream has a column per key and then one per sum, a row per cell that has
// rows, in any order:
//
//   - KeyColumn: the raw value; KeyTrunc: a timestamp, or a date where days of a date
//     column are asked for; KeyBins: the slot as an int64, NULL for NULL; KeyCase: the
//     slot as an int32, that of NULL included.
//   - a count is an int64; a sum is a decimal128 whose 128 bits, whatever its scale,
//     are the whole number of units, NULL over no rows.
//
// The plan is one that [plan.Check] accepts. The caller releases the reader. When ctx
// ends, the engine stops within milliseconds and the reader's Err is ctx's. After the
// last row the reader fails with [ErrChanged] if the files are no longer the ones that
// were validated, so Err must be checked before anything is used.
func (e *Engine) Aggregate(ctx context.Context, p *plan.Plan) (array.RecordReader, error) {
	return e.AggregateUnits(ctx, p, nil)
}

// AggregateUnits is [Engine.Aggregate] that also counts privacy units, see
// [plan.Guards]: after the sums the stream has an int64 column per guard, the number of
// distinct units of the table that the guard counts in the cell. A row whose unit is NULL is
// in the sums, but it counts as no unit. In a table without a unit column each row is
// one.
//
// The counts of a cell may come in another row than its sums; what is not in a row is
// NULL there.
func (e *Engine) AggregateUnits(ctx context.Context, p *plan.Plan, guards []plan.Guard) (array.RecordReader, error) {
	return e.aggregate(ctx, p, func(t *table, relation string) (string, error) { return t.render(p, guards, relation) })
}

// AggregateBounded is [Engine.AggregateUnits] in which the sums that n noises have what one
// privacy unit adds to them bounded: see the file bound.go. The key chooses cells of units that are in too
// many; it is a secret, of the job. Rows whose unit is NULL are in no noised sum.
func (e *Engine) AggregateBounded(ctx context.Context, p *plan.Plan, guards []plan.Guard, n *plan.Noise, key [32]byte) (array.RecordReader, error) {
	return e.aggregate(ctx, p, func(t *table, relation string) (string, error) { return t.renderBounded(p, guards, n, key, relation) })
}

func (e *Engine) aggregate(ctx context.Context, p *plan.Plan, render func(t *table, relation string) (string, error)) (array.RecordReader, error) {
	t, err := e.table(p.Table)
	if err != nil {
		return nil, err
	}
	s, err := e.validated(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := t.judge(s.report); err != nil {
		return nil, err
	}
	sql, err := render(t, t.relation(s, t.Clamps() && s.report.adjusts()))
	if err != nil {
		return nil, err
	}
	r, err := e.db.Query(ctx, sql)
	if err != nil {
		return nil, t.failed(err, s)
	}
	return &checked{Reader: r, table: t, snapshot: s}, nil
}

// failed explains an error of a query over validated data: if the files have changed,
// that is why.
func (t *table) failed(err error, s *snapshot) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if changed := t.unchanged(s); changed != nil {
		return changed
	}
	return explain(err, t)
}

// checked is a stream that ends well only if the table has not changed.
type checked struct {
	*duckdb.Reader
	table    *table
	snapshot *snapshot
	err      error
	done     bool
}

// Next fetches the next record; after the last it checks the files.
func (c *checked) Next() bool {
	if c.done {
		return false
	}
	if c.Reader.Next() {
		return true
	}
	c.done = true
	if err := c.Reader.Err(); err != nil {
		c.err = c.table.failed(err, c.snapshot)
	} else {
		c.err = c.table.unchanged(c.snapshot)
	}
	return false
}

// Err returns why the stream ended early.
func (c *checked) Err() error { return c.err }

// closing calls close after the last release.
type closing struct {
	array.RecordReader
	refs  atomic.Int64
	close func()
}

// Retain adds a reference.
func (c *closing) Retain() { c.refs.Add(1) }

// Release drops one.
func (c *closing) Release() {
	if c.refs.Add(-1) == 0 {
		c.RecordReader.Release()
		c.close()
	}
}
