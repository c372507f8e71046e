package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

func open(t *testing.T) *Engine {
	t.Helper()
	e, err := Open(Config{Threads: 2, Memory: "400MB"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	rewrite(t, path, text)
	return path
}

func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// maker is the engine that makes files for all tests.
var maker = sync.OnceValues(func() (*Engine, error) { return Open(Config{Threads: 1}) })

// makeFile writes the result of a query with DuckDB.
func makeFile(t *testing.T, name, sql string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	e, err := maker()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.db.Exec(t.Context(), "COPY ("+sql+") TO "+quote(path)); err != nil {
		t.Fatal(err)
	}
	return path
}

func col(name, typ string, role charter.ColumnRole, more ...string) charter.Column {
	c := charter.Column{Name: name, Type: typ, Role: role}
	switch role {
	case charter.Category:
		c.Domain = more
	case charter.Measure, charter.Time:
		if len(more) > 1 {
			c.Range = more[:2]
		}
		if len(more) > 2 {
			c.Resolution = more[2]
		}
	}
	return c
}

func tableOf(columns ...charter.Column) charter.Table {
	return charter.Table{Name: "t", MaxRows: 1_000_000, Columns: columns}
}

// mapped opens an engine with a table over files.
func mapped(t *testing.T, table charter.Table, files ...string) *Engine {
	t.Helper()
	e := open(t)
	if err := e.AddTable(t.Context(), Mapping{Files: files}, table); err != nil {
		t.Fatal(err)
	}
	return e
}

// rowsOf prints the result of SQL, a line per row.
func rowsOf(t *testing.T, e *Engine, sql string) string {
	t.Helper()
	r, err := e.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	return linesOf(t, r)
}

func linesOf(t *testing.T, r array.RecordReader) string {
	t.Helper()
	var b strings.Builder
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			for c := range int(rec.NumCols()) {
				if c > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(rec.Column(c).ValueStr(i))
			}
			b.WriteByte('\n')
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return b.String()
}

func wantCode(t *testing.T, err error, kind *fault.Kind) {
	t.Helper()
	if !kind.Is(err) {
		t.Errorf("got %v, wants %s %s", err, kind.Code, kind.Title)
	}
}

func countPlan() *plan.Plan {
	return &plan.Plan{Table: "t", Sums: []plan.Sum{{}}, Width: plan.Width64}
}

// TestCSVDialects: separators, BOM, line ends, quotes, upper case, other order,
// unused columns, compression are all the same table.
func TestCSVDialects(t *testing.T) {
	table := tableOf(col("name", "text", charter.Identifier), col("n", "integer", charter.Measure, "0", "100"))
	want := "x,y;\"z\" 1\nq\nr 2\n(null) 3\n(null) (null)\n"
	for name, text := range map[string]string{
		"comma.csv":    "name,n\n\"x,y;\"\"z\"\"\",1\n\"q\nr\",2\n,3\n\"\",\"\"\n",
		"semi.csv":     "N;Name\n1;\"x,y;\"\"z\"\"\"\n2;\"q\nr\"\n3;\n;\n",
		"bom.csv":      "\xef\xbb\xbfname,n\r\n\"x,y;\"\"z\"\"\",1\r\n\"q\nr\",2\r\n,3\r\n,\r\n",
		"tab.tsv":      "extra\tn\tname\n0\t1\t\"x,y;\"\"z\"\"\"\n0\t2\t\"q\nr\"\n0\t3\t\n0\t\t\n",
		"bar.csv":      "name|n|a b\n\"x,y;\"\"z\"\"\"|1|\n\"q\nr\"|2|\n|3|\n||\n",
		"no end.csv":   "name,n\n\"x,y;\"\"z\"\"\",1\n\"q\nr\",2\n,3\n,",
		"a'b[1]*?.csv": "name,n\n\"x,y;\"\"z\"\"\", 1\n\"q\nr\",+2.0\n,003 \n,\n",
	} {
		e := mapped(t, table, write(t, name, text))
		if got := rowsOf(t, e, "SELECT name, n FROM t"); got != want {
			t.Errorf("%s: got\n%s", name, got)
		}
		if _, err := e.Validate(t.Context(), "t"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSeveralFiles: formats, order of columns and empty files may differ.
func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	rewrite(t, filepath.Join(dir, "1.csv"), "a,b\n1,x\n")
	rewrite(t, filepath.Join(dir, "2.csv"), "b,a\ny,2\n")
	rewrite(t, filepath.Join(dir, "3.csv"), "")
	rewrite(t, filepath.Join(dir, "4.csv"), "a,b\n")
	rewrite(t, filepath.Join(dir, "5.json"), `[{"b":"z","a":3}]`)
	rewrite(t, filepath.Join(dir, "6.jsonl"), "{\"a\":4,\"b\":null}\n{\"a\":5.0,\"b\":\"v\"}\n")
	rewrite(t, filepath.Join(dir, "7.json"), "[]")
	p := makeFile(t, "8.parquet", "SELECT 6::UTINYINT AS a, 'u' AS b")
	table := tableOf(col("a", "integer", charter.Measure, "0", "100"), col("b", "text", charter.Identifier))
	e := mapped(t, table, filepath.Join(dir, "*"), p)
	if got, want := rowsOf(t, e, "SELECT a, b FROM t ORDER BY a"), "1 x\n2 y\n3 z\n4 (null)\n5 v\n6 u\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	r, err := e.Validate(t.Context(), "t")
	if err != nil || r.Rows != 6 || r.Files != 8 || r.Columns[1].Nulls != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestEmpty: an owner without rows takes part with zeros.
func TestEmpty(t *testing.T) {
	table := tableOf(col("a", "integer", charter.Measure, "0", "100"), col("g", "text", charter.Category, "x"))
	gz := makeFile(t, "e.csv.gz", "SELECT 1 AS a, 'x' AS g WHERE FALSE")
	for _, path := range []string{
		write(t, "a.csv", ""), write(t, "b.csv", "a,g\n"), write(t, "c.jsonl", ""), write(t, "d.json", "[]"), gz,
		makeFile(t, "f.parquet", "SELECT 1 AS a, 'x' AS g WHERE FALSE"),
	} {
		e := mapped(t, table, path)
		if err := e.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		p := countPlan()
		p.Sums = append(p.Sums, plan.Sum{Factors: []string{"a"}})
		r, err := e.Aggregate(t.Context(), p)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got := linesOf(t, r); got != "0 (null)\n" {
			t.Errorf("%s: got %q", path, got)
		}
		r.Release()
	}
}

// TestOddNames: a query of the owner may have any names, files any name.
func TestOddNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `it's a "dir" [x] *`)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	names := []string{`select`, `a.b`, `a b`, `a"b`, `a'b`, `日本`, `C0`, `r0`, `*`, ``}
	for _, name := range names {
		if name == "" {
			continue
		}
		src := makeFile(t, "x.parquet", fmt.Sprintf("SELECT 7 AS %s, 'other' AS c1", quoteIdent(name)))
		table := tableOf(col(name, "integer", charter.Measure, "0", "100"))
		e := mapped(t, table, src)
		p := countPlan()
		p.Sums = append(p.Sums, plan.Sum{Factors: []string{name}})
		if err := e.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, err := e.Aggregate(t.Context(), p)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if got := linesOf(t, r); got != "1 7\n" {
			t.Errorf("%q: got %q", name, got)
		}
		r.Release()
	}
}

// TestInjection: values and names of the charter are data, whatever they look like.
func TestInjection(t *testing.T) {
	evil := []string{`'; DROP TABLE t; --`, `') OR 1=1 --`, `\'`, `'')`, `$1`, `{v}`, `%s`, `x"y`, "line\nbreak"}
	quoted := make([]string, len(evil))
	for i, v := range evil {
		quoted[i] = "(" + quote(v) + ")"
	}
	path := makeFile(t, "x.parquet", "SELECT * FROM (VALUES "+strings.Join(quoted, ",")+`) v("a""; DROP TABLE t")`)
	name := `a"; DROP TABLE t`
	e := mapped(t, tableOf(col(name, "text", charter.Category, evil...)), path)
	for _, v := range evil {
		p := countPlan()
		p.Keys = []plan.Key{{Kind: plan.KeyColumn, Column: name}}
		p.Where = &plan.Predicate{Op: plan.Eq, Column: name, Values: []plan.Value{{Kind: plan.Text, Text: v}}}
		r, err := e.Aggregate(t.Context(), p)
		if err != nil {
			t.Errorf("%q: %v", v, err)
			continue
		}
		if got := linesOf(t, r); got != v+" 1\n" {
			t.Errorf("%q: got %q", v, got)
		}
		r.Release()
	}
	// A NUL would cut the statement short; the engine refuses it as a whole.
	p := countPlan()
	p.Where = &plan.Predicate{Op: plan.Eq, Column: name, Values: []plan.Value{{Kind: plan.Text, Text: "x\x00' OR 1=1"}}}
	if _, err := e.Aggregate(t.Context(), p); err == nil {
		t.Error("a NUL passed")
	}
}

// TestPlanIsChecked: constants and operations that do not fit a column are refused,
// not rendered.
func TestPlanIsChecked(t *testing.T) {
	e := mapped(t, tableOf(
		col("n", "integer", charter.Measure, "0", "100"), col("s", "text", charter.Category, "x"),
		col("d", "date", charter.Time), col("b", "boolean", charter.Category),
	), write(t, "a.csv", "n,s,d,b\n"))
	compare := func(column string, op plan.Op, values ...plan.Value) *plan.Predicate {
		return &plan.Predicate{Op: op, Column: column, Values: values}
	}
	for name, p := range map[string]*plan.Predicate{
		"number with SQL":   compare("n", plan.Eq, plan.Value{Kind: plan.Integer, Text: "1 OR 1=1"}),
		"text for a number": compare("n", plan.Eq, plan.Value{Kind: plan.Text, Text: "1"}),
		"number for text":   compare("s", plan.Eq, plan.Value{Kind: plan.Integer, Text: "1"}),
		"bad date":          compare("d", plan.Lt, plan.Value{Kind: plan.Date, Text: "2024-02-30"}),
		"bad boolean":       compare("b", plan.Eq, plan.Value{Kind: plan.Boolean, Text: "maybe"}),
		"null":              compare("n", plan.Eq, plan.Value{}),
		"unknown column":    compare("x", plan.IsNull),
		"no constant":       compare("n", plan.Eq),
		"unknown operator":  compare("n", 99, plan.Value{Kind: plan.Integer, Text: "1"}),
		"empty AND":         {Op: plan.And},
		"NOT of nothing":    {Op: plan.Not},
		"nil inside":        {Op: plan.And, Args: []*plan.Predicate{nil, nil}},
		"too many digits":   compare("n", plan.Lt, plan.Value{Kind: plan.Decimal, Text: strings.Repeat("9", 40)}),
	} {
		q := countPlan()
		q.Where = p
		_, err := e.Aggregate(t.Context(), q)
		if !ErrPlan.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, k := range map[string]plan.Key{
		"unknown kind":  {Kind: 9, Column: "n"},
		"trunc number":  {Kind: plan.KeyTrunc, Column: "n", Grain: plan.Day},
		"unknown grain": {Kind: plan.KeyTrunc, Column: "d", Grain: 99},
		"bins of text":  {Kind: plan.KeyBins, Column: "s", Lo: plan.Value{Kind: plan.Decimal, Text: "0"}, Hi: plan.Value{Kind: plan.Decimal, Text: "1"}, Count: 1},
		"bins backward": {Kind: plan.KeyBins, Column: "n", Lo: plan.Value{Kind: plan.Decimal, Text: "1"}, Hi: plan.Value{Kind: plan.Decimal, Text: "0"}, Count: 1},
		"no bins":       {Kind: plan.KeyBins, Column: "n", Lo: plan.Value{Kind: plan.Decimal, Text: "0"}, Hi: plan.Value{Kind: plan.Decimal, Text: "1"}},
	} {
		q := countPlan()
		q.Keys = []plan.Key{k}
		_, err := e.Aggregate(t.Context(), q)
		if !ErrPlan.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]plan.Sum{
		"text":  {Factors: []string{"s"}},
		"three": {Factors: []string{"n", "n", "n"}},
	} {
		q := countPlan()
		q.Sums = append(q.Sums, s)
		_, err := e.Aggregate(t.Context(), q)
		if !ErrPlan.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	q := countPlan()
	q.Table = "other"
	_, err := e.Aggregate(t.Context(), q)
	wantCode(t, err, ErrNoTable)
}

// TestLongLists: IN of many values means what IN of few does, NULL included.
func TestLongLists(t *testing.T) {
	var domain []string
	var values []plan.Value
	for i := range 1000 {
		v := fmt.Sprintf("value %03d", i)
		domain = append(domain, v)
		if i%2 == 0 {
			values = append(values, plan.Value{Kind: plan.Text, Text: v})
		}
	}
	e := mapped(t, tableOf(col("g", "text", charter.Category, domain...), col("n", "integer", charter.Measure, "0", "1000")),
		makeFile(t, "a.parquet", "SELECT CASE WHEN range % 7 > 0 THEN format('value {:03d}', range % 1000) END AS g, range % 10 AS n FROM range(20000)"))
	in := &plan.Predicate{Op: plan.In, Column: "g", Values: values}
	not := &plan.Predicate{Op: plan.Not, Args: []*plan.Predicate{in}}
	p := countPlan()
	p.Keys = []plan.Key{{Kind: plan.KeyCase, Arms: []plan.Arm{{When: in}, {When: not, Slot: 1}}, Else: 2}}
	p.Sums = append(p.Sums, plan.Sum{Factors: []string{"n"}, Filter: in}, plan.Sum{Filter: not})
	want := rowsOf(t, e, "SELECT CASE WHEN g IS NULL THEN 2 ELSE right(g, 1)::INT % 2 END AS k, count(*), sum(n) FILTER (WHERE right(g, 1)::INT % 2 = 0), count(*) FILTER (WHERE right(g, 1)::INT % 2 = 1) FROM t GROUP BY k ORDER BY k")
	for _, where := range []*plan.Predicate{nil, {Op: plan.Or, Args: []*plan.Predicate{in, not, {Op: plan.IsNull, Column: "g"}}}} {
		p.Where = where
		r, err := e.Aggregate(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(linesOf(t, r), "\n")
		r.Release()
		slices.Sort(lines)
		if got := strings.Join(lines, ""); got != want {
			t.Errorf("got\n%swants\n%s", got, want)
		}
	}
}

// TestPublic: file names and counts stay with the owner.
func TestPublic(t *testing.T) {
	for _, err := range []error{
		ErrRange.New("table t: 3 values of \"x\" in secret.csv"),
		fmt.Errorf("while at it: %w", ErrNoFile.New("/data/secret.csv")),
		errors.New("secret"),
	} {
		if f := Public(err); strings.Contains(f.Message+f.Remedy, "secret") || f.Code == "" {
			t.Errorf("%v: %s", err, f.Message)
		}
	}
	if f := Public(fault.Internal.New("shown")); f.Message != "shown" {
		t.Error(f)
	}
}

// TestJSONNumbers: integers are exact, other numbers keep 15 digits and are refused
// where more are declared.
func TestJSONNumbers(t *testing.T) {
	path := write(t, "a.json", `[{"n": 9007199254740993, "p": 12345678901.25, "q": "12345678901234567890.12", "x": 0.1}, {"n": 2.0, "p": 3, "q": "1", "x": 1e3}]`)
	e := mapped(t, tableOf(col("n", "integer", charter.Identifier), col("p", "decimal(15,2)", charter.Identifier),
		col("q", "decimal(30,2)", charter.Identifier), col("x", "double", "read")), path)
	if got, want := rowsOf(t, e, "SELECT * FROM t"), "9007199254740993 12345678901.25 12345678901234567890.12 0.1\n2 3 1 1000\n"; got != want {
		t.Errorf("got %s", got)
	}
	if _, err := e.Validate(t.Context(), "t"); err != nil {
		t.Error(err)
	}
	wantCode(t, open(t).AddTable(t.Context(), Mapping{Files: []string{path}}, tableOf(col("p", "decimal(16,2)", charter.Identifier))), ErrType)
	wantCode(t, open(t).AddTable(t.Context(), Mapping{Files: []string{path}}, tableOf(col("x", "text", charter.Identifier))), ErrType)
	e = mapped(t, tableOf(col("n", "integer", charter.Identifier)), write(t, "b.json", `[{"n": 12345678901234567.0}, {"n": 1}]`))
	_, err := e.Validate(t.Context(), "t")
	wantCode(t, err, ErrValue)
}
