package source

import (
	"context"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// describe returns the columns of a FROM item.
func (e *Engine) describe(ctx context.Context, from string) ([]head, error) {
	var heads []head
	err := e.each(ctx, "DESCRIBE SELECT * FROM "+from, func(rec arrow.Record) {
		names, kinds := rec.Column(0).(*array.String), rec.Column(1).(*array.String)
		for i := range int(rec.NumRows()) {
			name := strings.Clone(names.Value(i)) // the record's memory is DuckDB's
			heads = append(heads, head{name: name, expr: quoteIdent(name), kind: strings.Clone(kinds.Value(i))})
		}
	})
	return heads, err
}

// count returns the number of rows of a FROM item.
func (e *Engine) count(ctx context.Context, from string) (int64, error) {
	n, err := e.integers(ctx, "SELECT count(*) FROM "+from)
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// integers returns the only row of a statement whose columns are all BIGINT and not NULL.
func (e *Engine) integers(ctx context.Context, sql string) ([]int64, error) {
	var row []int64
	err := e.each(ctx, sql, func(rec arrow.Record) {
		for _, col := range rec.Columns() {
			row = append(row, col.(*array.Int64).Value(0))
		}
	})
	return row, err
}

// each runs a statement and hands over its records.
func (e *Engine) each(ctx context.Context, sql string, f func(arrow.Record)) error {
	r, err := e.db.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer r.Release()
	for r.Next() {
		f(r.Record())
	}
	return r.Err()
}

// limited reads at most n bytes.
type limited struct {
	r io.Reader
	n int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.n <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := l.r.Read(p[:min(len(p), l.n)])
	l.n -= n
	return n, err
}
