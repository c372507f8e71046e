package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// broken has every violation, and the counts are of all rows.
const broken = `id,kind,n,price,temp,day,ok
1,a,5,1.50,1.5,2024-01-01,true
2,zz,11,-0.01,nan,2023-12-31,false
,b,-1,10.00,inf,2024-02-01,
4,,x,9.999,-Infinity,tomorrow,perhaps
5,zz,,100.01,101,2024-01-31,
6,b,1.5,,99.994,,
`

func brokenTable(policy string) charter.Table {
	f := false
	t := tableOf(
		charter.Column{Name: "id", Type: "text", Role: charter.Identifier, Nullable: &f},
		col("kind", "text", charter.Category, "a", "b"),
		col("n", "integer", charter.Measure, "0", "10"),
		col("price", "decimal(5,2)", charter.Measure, "0", "100"),
		col("temp", "double", charter.Measure, "0", "100", "0.01"),
		col("day", "date", charter.Time, "2024-01-01", "2024-01-31"),
		col("ok", "boolean", charter.Category),
		col("hidden", "text", charter.Hidden),
	)
	t.OutOfRange = policy
	return t
}

func TestValidateCounts(t *testing.T) {
	want := &Report{Table: "t", Rows: 6, Files: 1, Columns: []ColumnReport{
		{Name: "id", Nulls: 1},
		{Name: "kind", Nulls: 1, OutOfDomain: 2},
		{Name: "n", Nulls: 1, Unreadable: 2, OutOfRange: 2, Place: "a.csv line 5"},
		{Name: "price", Nulls: 1, Unreadable: 1, OutOfRange: 2, Place: "a.csv line 5"},
		{Name: "temp", NaN: 1, Infinite: 2, OutOfRange: 1, OffGrid: 1},
		{Name: "day", Nulls: 1, Unreadable: 1, OutOfRange: 2, Place: "a.csv line 5"},
		{Name: "ok", Nulls: 3, Unreadable: 1, Place: "a.csv line 5"},
	}}
	e := mapped(t, brokenTable(""), write(t, "a.csv", broken))
	got, err := e.Validate(t.Context(), "t")
	wantCode(t, err, ErrNull)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	t.Log(err)
	for _, value := range []string{"zz", "tomorrow", "perhaps", "9.999", "101", "-0.01"} {
		if strings.Contains(err.Error(), value) {
			t.Errorf("the message holds the value %s", value)
		}
	}
	_, err = e.Aggregate(t.Context(), countPlan())
	wantCode(t, err, ErrNull)
}

// TestEachViolation: each rule by itself, and what clamping forgives.
func TestEachViolation(t *testing.T) {
	no := false
	for _, c := range []struct {
		column        charter.Column
		value         string
		refuse, clamp *fault.Kind
	}{
		{col("v", "integer", charter.Measure, "0", "10"), "11", ErrRange, nil},
		{col("v", "integer", charter.Measure, "0", "10"), "-1", ErrRange, nil},
		{col("v", "integer", charter.Measure, "0", "10"), "10", nil, nil},
		{col("v", "integer", charter.Measure, "0", "10"), "10.5", ErrValue, ErrValue},
		{col("v", "decimal(5,2)", charter.Measure, "0", "10"), "10.01", ErrRange, nil},
		{col("v", "double", charter.Measure, "0", "10", "1"), "10.0000001", ErrRange, nil},
		{col("v", "double", charter.Measure, "0", "10", "1"), "nan", ErrNaN, nil},
		{col("v", "double", charter.Measure, "0", "10", "1"), "-inf", ErrNaN, nil},
		{charter.Column{Name: "v", Type: "double", Role: charter.Measure, Range: []string{"0", "10"}, Resolution: "1", Nullable: &no}, "nan", ErrNaN, ErrNull},
		{charter.Column{Name: "v", Type: "text", Role: charter.Identifier, Nullable: &no}, "", ErrNull, ErrNull},
		{col("v", "text", charter.Category, "a"), "b", ErrDomain, ErrDomain},
		{col("v", "text", charter.Category, "a"), "A", ErrDomain, ErrDomain},
		{col("v", "integer", charter.Category, "1"), "2", ErrDomain, ErrDomain},
		{col("v", "boolean", charter.Category, "true"), "false", ErrDomain, ErrDomain},
		{col("v", "date", charter.Time, "2024-01-01", "2024-01-31"), "2024-02-01", ErrRange, ErrRange},
		{col("v", "timestamp", charter.Time, "2024-01-01 00:00:00", "2024-01-31 23:59:59"), "2024-01-31 23:59:59.000001", ErrRange, ErrRange},
	} {
		path := write(t, "a.csv", "w,v\n0,"+c.value+"\n")
		for policy, kind := range map[string]*fault.Kind{charter.Refuse: c.refuse, charter.Clamp: c.clamp} {
			table := tableOf(c.column)
			table.OutOfRange = policy
			_, err := mapped(t, table, path).Validate(t.Context(), "t")
			if kind == nil && err != nil || kind != nil && !kind.Is(err) {
				t.Errorf("%s as %s, %s: %v", c.value, c.column.Type, policy, err)
			}
		}
	}
}

func TestMaxRows(t *testing.T) {
	table := tableOf(col("n", "integer", charter.Measure, "0", "10"))
	table.MaxRows = 2
	path := write(t, "a.csv", "n\n1\n2\n")
	e := mapped(t, table, path)
	if _, err := e.Validate(t.Context(), "t"); err != nil {
		t.Error(err)
	}
	rewrite(t, path, "n\n1\n2\n3\n")
	_, err := e.Validate(t.Context(), "t")
	wantCode(t, err, ErrRows)
}

// TestClamp: values move to the ends, NaN becomes NULL, NULL stays.
func TestClamp(t *testing.T) {
	table := tableOf(
		col("n", "integer", charter.Measure, "0", "10"), col("p", "decimal(6,2)", charter.Measure, "-1.50", "9.99"),
		col("x", "double", charter.Measure, "-5", "5", "0.1"))
	table.OutOfRange = charter.Clamp
	e := mapped(t, table, write(t, "a.csv", "n,p,x\n11,1000,inf\n-3,-2,-inf\n,,nan\n5,9.99,4.96\n,,\n"))
	want := "10 9.99 5\n0 -1.5 -5\n(null) (null) (null)\n5 9.99 4.96\n(null) (null) (null)\n"
	if got := rowsOf(t, e, "SELECT n, p, x FROM t"); got != want {
		t.Errorf("got\n%s", got)
	}
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := countPlan()
	p.Sums = append(p.Sums, plan.Sum{Factors: []string{"n"}}, plan.Sum{Factors: []string{"p"}}, plan.Sum{Factors: []string{"x"}}, plan.Sum{Present: []string{"x"}})
	p.Where = &plan.Predicate{Op: plan.Le, Column: "n", Values: []plan.Value{{Kind: plan.Integer, Text: "10"}}}
	r, err := e.Aggregate(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if got := linesOf(t, r); got != "3 15 18.48 50 3\n" {
		t.Errorf("got %s", got)
	}
}

// TestRefusalDependsOnNoQuery: a bad value refuses also the query that does not see it.
func TestRefusalDependsOnNoQuery(t *testing.T) {
	e := mapped(t, tableOf(col("n", "integer", charter.Measure, "0", "10"), col("g", "text", charter.Category, "a", "b")),
		write(t, "a.csv", "n,g\n1,a\n11,b\n"))
	p := countPlan()
	p.Where = &plan.Predicate{Op: plan.Eq, Column: "g", Values: []plan.Value{{Kind: plan.Text, Text: "a"}}}
	_, err := e.Aggregate(t.Context(), p)
	wantCode(t, err, ErrRange)
}

func TestBadLines(t *testing.T) {
	table := tableOf(col("a", "text", charter.Identifier), col("b", "integer", charter.Measure, "0", "10"))
	for text, want := range map[string]string{
		"a,b\nx,1\nsecret,2,3\n":               "a.csv line 3: 3 fields instead of 2",
		"a,b\nx,1\ny,2\nsecret\n":              "a.csv line 4: 1 fields instead of 2",
		"a,b\n\"x\ny\",1\n\"secret,2\n":        "a.csv line 4: a quote that does not end",
		"a,b\nsecret\xff,1\n":                  "a.csv line 2: not UTF-8 text",
		"a,b\n1,2\n\n2,\"secret\n1\"\n3,4,5\n": "a.csv line 6: 3 fields instead of 2",
	} {
		e := mapped(t, table, write(t, "a.csv", text))
		_, err := e.Validate(t.Context(), "t")
		wantCode(t, err, ErrLine)
		if err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: %v, wants %s", text, err, want)
		}
	}
	// The line of a bad value counts line breaks inside quotes, in the file that has it.
	dir := t.TempDir()
	rewrite(t, filepath.Join(dir, "1.csv"), "a,b\nx,1\n")
	rewrite(t, filepath.Join(dir, "2.csv"), "a,b\n\"x\n\ny\",1\n\"z\n\",one\nu,two\n")
	e := mapped(t, table, filepath.Join(dir, "*.csv"))
	_, err := e.Validate(t.Context(), "t")
	if !ErrValue.Is(err) || !strings.Contains(err.Error(), `2 values of "b" are no integer, the first at 2.csv line 5`) {
		t.Error(err)
	}
}

// TestDamagedParquet: a file that is cut or changed after its head is a fault, no crash.
func TestDamagedParquet(t *testing.T) {
	table := tableOf(col("n", "integer", charter.Measure, "0", "100000"), col("s", "text", charter.Identifier))
	path := makeFile(t, "a.parquet", "SELECT range AS n, 'id ' || range AS s FROM range(50000)")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for at := 10; at < len(whole); at += len(whole) / 40 {
		damaged := append([]byte(nil), whole...)
		for i := at; i < min(at+16, len(damaged)); i++ {
			damaged[i] ^= 0x5a
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		e := open(t)
		err := e.AddTable(t.Context(), Mapping{Files: []string{path}}, table)
		if err == nil {
			_, err = e.Validate(t.Context(), "t")
		}
		if err != nil {
			failed++
			if fault.Code(err) == "" {
				t.Errorf("damage at %d: %v has no code", at, err)
			}
		}
	}
	if failed < 20 {
		t.Errorf("only %d of 40 damages were seen", failed)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	wantCode(t, open(t).AddTable(t.Context(), Mapping{Files: []string{path}}, table), ErrUnreadable)
}

// TestChanged: a file that changes between the first row and the end fails the stream.
func TestChanged(t *testing.T) {
	path := write(t, "a.csv", "n\n1\n2\n")
	table := tableOf(col("n", "integer", charter.Measure, "0", "10"))
	for name, change := range map[string]func(){
		"rewritten": func() { rewrite(t, path, "n\n1\n3\n") },
		"touched":   func() { now := time.Now().Add(time.Hour); _ = os.Chtimes(path, now, now) },
		"removed":   func() { _ = os.Remove(path) },
	} {
		rewrite(t, path, "n\n1\n2\n")
		e := mapped(t, table, path)
		r, err := e.Aggregate(t.Context(), countPlan())
		if err != nil {
			t.Fatal(err)
		}
		change()
		for r.Next() {
		}
		if !ErrChanged.Is(r.Err()) {
			t.Errorf("%s: %v", name, r.Err())
		}
		r.Release()
	}
}

// TestReportIsKept: unchanged files are validated once, changed ones again.
func TestReportIsKept(t *testing.T) {
	path := write(t, "a.csv", "n\n1\n")
	e := mapped(t, tableOf(col("n", "integer", charter.Measure, "0", "10")), path)
	first, err := e.Validate(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := e.Validate(t.Context(), "t"); again != first {
		t.Error("validated twice")
	}
	rewrite(t, path, "m,n\n1,2\n1,3\n") // other columns too
	if again, err := e.Validate(t.Context(), "t"); err != nil || again.Rows != 2 {
		t.Errorf("%+v %v", again, err)
	}
	if got := rowsOf(t, e, "SELECT sum(n) FROM t"); got != "5\n" {
		t.Error(got)
	}
}

func TestCancel(t *testing.T) {
	e := open(t)
	slow := "SELECT (a.range * b.range) % 7 AS n FROM range(10000000) a, range(1000000) b"
	if err := e.AddTable(t.Context(), Mapping{Query: slow}, tableOf(col("n", "integer", charter.Measure, "0", "10"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := e.Aggregate(ctx, countPlan())
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("stopped after %s", d)
	}
	if got := rowsOf(t, e, "SELECT 1"); got != "1\n" {
		t.Error("the engine is no longer usable:", got)
	}
}

// TestMemoryLimit: a query that needs more fails with its code.
func TestMemoryLimit(t *testing.T) {
	e, err := Open(Config{Threads: 1, Memory: "20MB"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	query := "SELECT string_agg(range::VARCHAR || 'xxxxxxxxxxxxxxxxxxxx', ',') AS s FROM range(20000000)"
	if err := e.AddTable(t.Context(), Mapping{Query: query}, tableOf(col("s", "text", charter.Identifier))); err != nil {
		t.Fatal(err)
	}
	_, err = e.Validate(t.Context(), "t")
	wantCode(t, err, ErrMemory)
}

// TestParallel: queries, validations and changes at once. Run with -race.
func TestParallel(t *testing.T) {
	dir := t.TempDir()
	rewrite(t, filepath.Join(dir, "0.csv"), "n\n1\n2\n3\n")
	e := mapped(t, tableOf(col("n", "integer", charter.Measure, "0", "10")), filepath.Join(dir, "*.csv"))
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for range 10 {
				r, err := e.Aggregate(t.Context(), countPlan())
				if err == nil {
					for r.Next() {
					}
					err = r.Err()
					r.Release()
				}
				if err != nil && !ErrChanged.Is(err) {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			tmp := filepath.Join(dir, "tmp"+string(rune('a'+i)))
			_ = os.WriteFile(tmp, []byte("n\n4\n"), 0o600)
			_ = os.Rename(tmp, filepath.Join(dir, string(rune('a'+i))+".csv"))
		})
	}
	wg.Wait()
	if r, err := e.Validate(t.Context(), "t"); err != nil || r.Rows != 9 {
		t.Errorf("%+v %v", r, err)
	}
}
