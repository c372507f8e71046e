package duckdb_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
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

// TestRetained: a retained record outlives the result, the connection and the database.
func TestRetained(t *testing.T) {
	db, err := duckdb.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := db.Query(t.Context(), "SELECT range AS n, 'text of row ' || range AS s FROM range(5000)")
	if err != nil {
		t.Fatal(err)
	}
	var kept []arrow.Record
	for r.Next() {
		r.Record().Retain()
		kept = append(kept, r.Record())
	}
	if r.Next() || r.Err() != nil || r.Record() != nil {
		t.Error("the end is not the end:", r.Err())
	}
	r.Retain()
	r.Release()
	r.Release()
	db.Close()
	runtime.GC()
	row := 0
	for _, rec := range kept {
		n, s := rec.Column(0).(*array.Int64), rec.Column(1).(*array.String)
		for i := range n.Len() {
			if n.Value(i) != int64(row) || s.Value(i) != fmt.Sprintf("text of row %d", row) {
				t.Fatal(row, n.Value(i), s.Value(i))
			}
			row++
		}
		rec.Release()
	}
	if row != 5000 {
		t.Error(row)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, options := range []map[string]string{{"memory_limit": "much"}, {"no_such_option": "1"}, {"threads": ""}} {
		if _, err := duckdb.Open(options); err == nil {
			t.Errorf("%v", options)
		}
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
