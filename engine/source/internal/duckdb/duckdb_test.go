package duckdb_test

import (
	"context"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/source/internal/duckdb"
)

func open(t *testing.T) *duckdb.DB {
	t.Helper()
	db, err := duckdb.Open(map[string]string{"threads": "2"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func TestStreams(t *testing.T) {
	db := open(t)
	r, err := db.Query(t.Context(), "SELECT range AS n, (n*n)::HUGEINT AS sq, 'x'||n AS s FROM range(100000)")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	t.Log(r.Schema())
	var rows, sum int64
	for r.Next() {
		rows += r.Record().NumRows()
		for _, v := range r.Record().Column(0).(*array.Int64).Int64Values() {
			sum += v
		}
	}
	if r.Err() != nil || rows != 100000 || sum != 99999*100000/2 {
		t.Fatal(rows, sum, r.Err())
	}
}

func TestHugeIntegersKeepAllBits(t *testing.T) {
	db := open(t)
	r, err := db.Query(t.Context(), "SELECT '-170141183460469231731687303715884105728'::HUGEINT AS a, 170141183460469231731687303715884105727 AS b")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if !r.Next() {
		t.Fatal(r.Err())
	}
	a := r.Record().Column(0).(*array.Decimal128).Value(0)
	b := r.Record().Column(1).(*array.Decimal128).Value(0)
	if a.HighBits() != -1<<63 || a.LowBits() != 0 || b.HighBits() != 1<<63-1 || b.LowBits() != 1<<64-1 {
		t.Fatal(a, b)
	}
}

func TestCancel(t *testing.T) {
	db := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{})
	go func() { <-started; cancel() }()
	close(started)
	r, err := db.Query(ctx, "SELECT sum(a.range*b.range) FROM range(10000000) a, range(10000000) b")
	if err == nil {
		for r.Next() {
		}
		err = r.Err()
		r.Release()
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestRefusesText(t *testing.T) {
	db := open(t)
	for _, sql := range []string{"SELECT 1\x00; DROP TABLE x", "SELECT '\xff'", "SELEC 1", "SELECT 1; SELECT 2"} {
		_, err := db.Query(t.Context(), sql)
		var e *duckdb.Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", sql, err)
		} else {
			t.Log(e.Kind, e.Message)
		}
	}
}
