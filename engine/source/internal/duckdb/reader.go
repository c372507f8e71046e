package duckdb

import (
	"context"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	duck "github.com/duckdb/duckdb-go-bindings"
)

// Reader streams a result. It holds one chunk of at most 2048 rows at a time; a
// record is valid until the next call of Next unless it is retained. It is not safe
// for concurrent use.
type Reader struct {
	ctx     context.Context
	refs    int64
	cleanup []func() // in order of making; run backwards
	result  duck.Result
	options duck.ArrowOptions
	schema  *arrow.Schema
	record  arrow.Record
	err     error
	done    bool
}

var _ array.RecordReader = (*Reader)(nil)

func (r *Reader) start(c *Conn, sql string) error {
	if err := r.execute(c, sql); err != nil {
		return err
	}
	r.options = duck.ResultGetArrowOptions(&r.result)
	r.cleanup = append(r.cleanup, func() { duck.DestroyArrowOptions(&r.options) })
	schema, err := importSchema(&r.result, r.options)
	r.schema = schema
	return err
}

func (r *Reader) execute(c *Conn, sql string) error {
	var stmt duck.PreparedStatement
	state := duck.Prepare(c.conn, sql, &stmt)
	r.cleanup = append(r.cleanup, func() { duck.DestroyPrepare(&stmt) })
	if state == duck.StateError {
		return r.fail(duck.PrepareError(stmt))
	}
	var pending duck.PendingResult
	state = duck.PendingPreparedStreaming(stmt, &pending)
	defer duck.DestroyPending(&pending)
	if state == duck.StateError {
		return r.fail(duck.PendingError(pending))
	}
	state = duck.ExecutePending(pending, &r.result)
	r.cleanup = append(r.cleanup, func() { duck.DestroyResult(&r.result) })
	if state == duck.StateError {
		return r.fail(duck.ResultError(&r.result))
	}
	return nil
}

// fail returns the context's error if it has ended: then the engine was interrupted.
func (r *Reader) fail(message string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return newError(message)
}

// Schema returns the schema of the records.
func (r *Reader) Schema() *arrow.Schema { return r.schema }

// Record returns the current record.
func (r *Reader) Record() arrow.Record { return r.record }

// Err returns what ended the stream early: ctx's error or an *[Error].
func (r *Reader) Err() error { return r.err }

// Next fetches the next record.
func (r *Reader) Next() bool {
	r.drop()
	if r.done {
		return false
	}
	r.record, r.err = r.fetch()
	r.done = r.record == nil
	return !r.done
}

func (r *Reader) fetch() (arrow.Record, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	chunk := duck.FetchChunk(r.result)
	if chunk.Ptr == nil {
		if message := duck.ResultError(&r.result); message != "" {
			return nil, r.fail(message)
		}
		return nil, r.ctx.Err()
	}
	defer duck.DestroyDataChunk(&chunk)
	return importChunk(chunk, r.options, r.schema)
}

func (r *Reader) drop() {
	if r.record != nil {
		r.record.Release()
		r.record = nil
	}
}

// Retain adds a reference.
func (r *Reader) Retain() { atomic.AddInt64(&r.refs, 1) }

// Release drops a reference; the last one frees the result.
func (r *Reader) Release() {
	if atomic.AddInt64(&r.refs, -1) != 0 {
		return
	}
	r.drop()
	r.done = true
	for i := len(r.cleanup) - 1; i >= 0; i-- {
		r.cleanup[i]()
	}
	r.cleanup = nil
}
