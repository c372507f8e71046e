package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
)

// TestLockRefusesEscapes: whatever SQL reached a locked engine, it reads no other
// file, writes none, loads no code and unlocks nothing.
func TestLockRefusesEscapes(t *testing.T) {
	own := write(t, "own.csv", "n\n1\n")
	other := write(t, "other.csv", "n\n2\n")
	dir := filepath.Dir(other)
	e := mapped(t, tableOf(col("n", "integer", charter.Measure, "0", "9")), own)
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.Lock(t.Context()); err != nil {
		t.Error("a second lock:", err)
	}
	for _, sql := range []string{
		"SELECT * FROM read_csv(" + quote(other) + ")",
		"SELECT * FROM read_csv(" + quote(filepath.Dir(own)+"/../../"+filepath.Base(dir)+"/x/../other.csv") + ")",
		"SELECT * FROM read_text('/etc/passwd')",
		"SELECT * FROM read_blob('/etc/passwd')",
		"SELECT * FROM '/etc/passwd'",
		"SELECT * FROM read_csv('/etc/passwd')",
		"SELECT * FROM read_json(" + quote(other) + ")",
		"SELECT * FROM read_parquet(" + quote(other) + ")",
		"SELECT * FROM glob('/etc/*')",
		"SELECT * FROM sniff_csv(" + quote(other) + ")",
		"SELECT * FROM parquet_schema(" + quote(other) + ")",
		"SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
		"SELECT * FROM read_parquet('s3://bucket/x')",
		"SELECT * FROM query('FROM read_text(''/etc/passwd'')')",
		"SELECT * FROM query_table('/etc/passwd')",
		"COPY (SELECT 1) TO " + quote(filepath.Join(dir, "out.csv")),
		"COPY (SELECT 1) TO " + quote(own+".out"),
		"COPY x FROM " + quote(other),
		"EXPORT DATABASE " + quote(filepath.Join(dir, "export")),
		"IMPORT DATABASE " + quote(dir),
		"ATTACH " + quote(filepath.Join(dir, "x.db")) + " AS x",
		"ATTACH ':memory:' AS y (TYPE sqlite)",
		"INSTALL httpfs",
		"LOAD httpfs",
		"LOAD " + quote(filepath.Join(dir, "x.so")),
		"CREATE PERSISTENT SECRET s (TYPE s3)",
		"SET enable_external_access = true",
		"SET GLOBAL enable_external_access = true",
		"RESET enable_external_access",
		"SET lock_configuration = false",
		"RESET lock_configuration",
		"PRAGMA enable_external_access = true",
		"SET allowed_paths = ['/etc/passwd']",
		"SET allowed_directories = ['/']",
		"SET memory_limit = '100GB'",
		"SET threads = 64",
		"SET max_expression_depth = 100000",
		"SET temp_directory = '/tmp'",
		"SET secret_directory = '/tmp'",
		"SET extension_directory = '/tmp'",
		"SET custom_extension_repository = 'http://127.0.0.1'",
		"SET autoload_known_extensions = true",
		"SET allow_community_extensions = true",
		"SET TimeZone = 'Europe/Paris'",
		"SET log_query_path = " + quote(filepath.Join(dir, "log")),
		"SELECT getenv('HOME')",
		"CALL dbgen(sf = 0.01)",
		"SELECT " + strings.Repeat("1+", 2*maxExpressionDepth) + "1",
	} {
		if err := e.db.Exec(t.Context(), sql); err == nil {
			t.Errorf("allowed: %.80s", sql)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("files were written: %v", left)
	}
	if _, err := e.Validate(t.Context(), "t"); err != nil {
		t.Errorf("the own file is refused too: %v", err)
	}
	_, err := e.Query(t.Context(), "SELECT 1")
	wantCode(t, err, ErrLocked)
	err = e.AddTable(t.Context(), Mapping{Files: []string{other}}, charter.Table{Name: "u"})
	wantCode(t, err, ErrLocked)
}

// TestLockKeepsPatterns: files that come later and match are read.
func TestLockKeepsPatterns(t *testing.T) {
	dir := t.TempDir()
	rewrite(t, filepath.Join(dir, "1.csv"), "n\n1\n")
	e := mapped(t, tableOf(col("n", "integer", charter.Measure, "0", "9")), filepath.Join(dir, "*.csv"))
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	for rows := int64(1); rows < 4; rows++ {
		r, err := e.Validate(t.Context(), "t")
		if err != nil || r.Rows != rows {
			t.Errorf("%+v %v, wants %d rows", r, err, rows)
		}
		rewrite(t, filepath.Join(dir, strings.Repeat("x", int(rows))+".csv"), "n\n2\n")
	}
}

// TestQueryMapping: an owner's query joins and renames, and reads listed files only.
func TestQueryMapping(t *testing.T) {
	people := write(t, "people.csv", "id,town\n1,a\n2,b\n3,c\n")
	visits := write(t, "visits.csv", "person,cost\n1,1.50\n1,2.50\n3,4\n")
	query := "SELECT p.town AS place, v.cost::DECIMAL(9,2) AS cost -- the bill\n FROM read_csv(" + quote(visits) + ") v JOIN read_csv(" + quote(people) + ") p ON p.id = v.person;"
	table := tableOf(col("place", "text", charter.Category, "a", "b", "c"), col("cost", "decimal(9,2)", charter.Measure, "0", "100"))
	e := open(t)
	if err := e.AddTable(t.Context(), Mapping{Query: query, Files: []string{people, visits}}, table); err != nil {
		t.Fatal(err)
	}
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := e.Validate(t.Context(), "t")
	if err != nil || r.Rows != 3 {
		t.Errorf("%+v %v", r, err)
	}

	e = open(t)
	if err := e.AddTable(t.Context(), Mapping{Query: query, Files: []string{people}}, table); err != nil {
		t.Fatal(err)
	}
	wantCode(t, e.Lock(t.Context()), ErrNotAllowed)

	for _, query := range []string{"SELEC 1", "SELECT nothing FROM nowhere", "SELECT 1; SELECT 2", "DELETE FROM x", "SELECT 1 AS cost) --", "/* open"} {
		err := open(t).AddTable(t.Context(), Mapping{Query: query}, table)
		if !ErrQuery.Is(err) && !ErrNoColumn.Is(err) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// TestQueryWithoutFiles is validated for each job: nothing tells when it changes.
func TestQueryWithoutFiles(t *testing.T) {
	e := open(t)
	if err := e.AddTable(t.Context(), Mapping{Query: "SELECT * FROM range(3) t(n)"}, tableOf(col("n", "integer", charter.Measure, "0", "9"))); err != nil {
		t.Fatal(err)
	}
	a, err1 := e.Validate(t.Context(), "t")
	b, err2 := e.Validate(t.Context(), "t")
	if err1 != nil || err2 != nil || a == b || a.Rows != 3 {
		t.Errorf("%p %p %v %v", a, b, err1, err2)
	}
}

func TestMappingFaults(t *testing.T) {
	table := tableOf(col("name", "text", charter.Identifier), col("n", "integer", charter.Measure, "0", "9"))
	good := write(t, "a.csv", "name,n\n")
	for _, c := range []struct {
		m    Mapping
		kind interface{ Is(error) bool }
		text string
	}{
		{Mapping{}, ErrMapping, ""},
		{Mapping{Files: []string{"/nowhere/x.csv"}}, ErrNoFile, "/nowhere/x.csv"},
		{Mapping{Files: []string{"/nowhere/*.csv"}}, ErrNoFile, "no file matches"},
		{Mapping{Files: []string{t.TempDir()}}, ErrNoFile, ""},
		{Mapping{Files: []string{write(t, "a.xlsx", "x")}}, ErrFormat, "a.xlsx"},
		{Mapping{Files: []string{write(t, "a.arrow", "x")}}, ErrFormat, "Arrow"},
		{Mapping{Files: []string{write(t, "a.parquet.gz", "x")}}, ErrFormat, ""},
		{Mapping{Files: []string{write(t, "a.csv", "nam,n\n")}}, ErrNoColumn, `did you mean "nam"`},
		{Mapping{Files: []string{write(t, "a.csv", "name,n,N\n")}}, nil, ""},
		{Mapping{Files: []string{write(t, "a.csv", "name,N,N\n")}}, ErrNoColumn, "2 columns"},
		{Mapping{Files: []string{write(t, "a.csv", "\"name,n\n")}}, ErrHeader, "a.csv"},
		{Mapping{Files: []string{write(t, "a.csv.gz", "name,n\n")}}, ErrUnreadable, "gzip"},
		{Mapping{Files: []string{write(t, "a.parquet", "PAR1 and no more")}}, ErrUnreadable, "a.parquet"},
		{Mapping{Files: []string{write(t, "a.parquet", "")}}, ErrUnreadable, "a.parquet"},
		{Mapping{Files: []string{write(t, "a.json", "{\"name\": ")}}, ErrUnreadable, "a.json"},
		{Mapping{Files: []string{write(t, "a.json", "[1, 2]")}}, ErrNoColumn, ""},
		{Mapping{Files: []string{makeFile(t, "a.parquet", "SELECT TRUE AS n, 'x' AS name")}}, ErrType, "BOOLEAN"},
		{Mapping{Files: []string{good, good}}, nil, ""},
	} {
		err := open(t).AddTable(t.Context(), c.m, table)
		switch {
		case c.kind == nil && err != nil:
			t.Errorf("%v: %v", c.m, err)
		case c.kind != nil && (!c.kind.Is(err) || !strings.Contains(err.Error(), c.text)):
			t.Errorf("%v: %v", c.m, err)
		}
	}
	e := mapped(t, table, good)
	wantCode(t, e.AddTable(t.Context(), Mapping{Files: []string{good}}, table), ErrMapping)
	_, err := e.Validate(t.Context(), "x")
	wantCode(t, err, ErrNoTable)
}

func TestOpenFaults(t *testing.T) {
	for _, c := range []Config{{Threads: -1}, {Threads: 2000}, {Memory: "much"}, {TempDir: "/nowhere"}, {TempDir: "/etc/passwd"}} {
		_, err := Open(c)
		wantCode(t, err, ErrOpen)
	}
	dir := t.TempDir()
	e, err := Open(Config{Threads: 1, Memory: "64MB", TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A locked engine spills into its directory, and cleans up.
	err = e.db.Exec(t.Context(), "SELECT count(*) FROM (SELECT range AS a, random() AS b FROM range(5000000) ORDER BY b)")
	if err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 1 {
		t.Errorf("%d files left", len(left))
	}
}

// TestLockOddPaths: a locked engine reads files whose names look like patterns, and
// through links.
func TestLockOddPaths(t *testing.T) {
	table := tableOf(col("n", "integer", charter.Measure, "0", "9"))
	dir := t.TempDir()
	target := filepath.Join(dir, "target.csv")
	rewrite(t, target, "n\n1\n")
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	inner := filepath.Join(dir, "a [b] * dir")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(inner, "it's [1] ?.csv")
	rewrite(t, odd, "n\n1\n")
	for _, path := range []string{link, odd, filepath.Join(dir, "a [[]b] [*] dir", "*.csv"), filepath.Join(inner, "..", "target.csv")} {
		e := mapped(t, table, path)
		if err := e.Lock(t.Context()); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if r, err := e.Validate(t.Context(), "t"); err != nil || r.Rows != 1 {
			t.Errorf("%s: %+v %v", path, r, err)
		}
	}
}
