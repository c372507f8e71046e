package source

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// resident is the process's memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestNoLeak: thousands of queries, read to the end, dropped halfway, cancelled or
// refused, leave memory where it was.
func TestNoLeak(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of queries")
	}
	path := makeFile(t, "a.parquet", "SELECT range AS n, 'group ' || range % 3000 AS g FROM range(6000)")
	domain := make([]string, 3000)
	for i := range domain {
		domain[i] = "group " + strconv.Itoa(i)
	}
	e := mapped(t, tableOf(col("n", "integer", charter.Measure, "0", "10000"), col("g", "text", charter.Category, domain...)), path)
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := countPlan()
	p.Keys = []plan.Key{{Kind: plan.KeyColumn, Column: "g"}}
	p.Sums = append(p.Sums, plan.Sum{Factors: []string{"n"}})
	once := func(i int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := e.Aggregate(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Release()
		for r.Next() {
			if i%4 == 1 {
				return
			}
			if i%4 == 2 {
				cancel()
			}
		}
		if _, err := e.db.Query(t.Context(), "SELECT "+strconv.Itoa(i)+" FROM nothing"); err == nil {
			t.Fatal("no error")
		}
	}
	for i := range 300 {
		once(i)
	}
	runtime.GC()
	before := resident(t)
	for i := range 1200 {
		once(i)
	}
	runtime.GC()
	after := resident(t)
	// A record is 2048 rows of 28 bytes: a leak of one per query would be 68 MB.
	if grown := after - before; grown > 24<<20 {
		t.Errorf("%d MB more after 1200 queries", grown>>20)
	}
	t.Logf("%d MB, then %d MB", before>>20, after>>20)
}
