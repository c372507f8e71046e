package source

import (
	"context"
	"errors"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/source/internal/duckdb"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Faults of mappings.
var (
	ErrNoTable = fault.Declare("TACIT-D005", "table not mapped",
		"The plan names a table that this owner has not mapped to data.",
		"Add the table to the worker's sources.")
	ErrMapping = fault.Declare("TACIT-D006", "invalid mapping",
		"A table is mapped to nothing, or twice.",
		"Give each table either files or a query with the files that it reads.")
	ErrNoColumn = fault.Declare("TACIT-D010", "column missing",
		"The owner's data have no column of the name that the charter declares, or several.",
		"Rename the column in the file, or map the table with a query that renames it (SELECT a AS b FROM …).")
	ErrType = fault.Declare("TACIT-D011", "column of another type",
		"The owner's column has a type whose values cannot be values of the charter's type.",
		"Map the table with a query that casts the column.")
	ErrQuery = fault.Declare("TACIT-D012", "mapping query does not run",
		"The owner's own query of a table is not a SELECT that the embedded engine understands.",
		"Correct the query in the worker's sources; it is one SELECT in DuckDB's dialect.")
	ErrNotAllowed = fault.Declare("TACIT-D013", "file not listed",
		"The owner's own query reads a file that its mapping does not list. After the start the engine reads listed files only.",
		"List the file, or a pattern for it, under the files of this table.")
)

// Mapping says where an owner's rows of a table are: in files, or in what a query
// returns.
//
// Files are paths or patterns of [filepath.Match]; relative ones are relative to the
// working directory. A pattern is looked up anew for every job. The suffix tells the
// format: .csv, .tsv, .json, .jsonl, .ndjson (also with .gz), .parquet. Several files
// are one table; they may differ in format and in the order of columns.
//
// Query is one SELECT in DuckDB's dialect, the owner's own and trusted. Files then
// lists what it reads: only that can be opened after Lock, and only if it is listed
// are results of a validation kept between jobs.
type Mapping struct {
	Files []string
	Query string
}

// table is a mapped table.
type table struct {
	charter.Table
	columns  []charter.Column // that are read: all but hidden ones
	query    string
	patterns []pattern

	turn     chan struct{} // holds a token while the table is opened or validated
	snapshot *snapshot     // the last that was opened; with a report if it was validated
}

// snapshot is a table as its files were at one moment.
type snapshot struct {
	files  []file
	parts  []part
	report *Report // nil: not validated
}

// file is a mapped file and what identifies its content.
type file struct {
	path  string
	stamp stamp
}

// part is a set of files that are read alike, or a query.
type part struct {
	from    string       // FROM item
	raw     []string     // expression over from, for each column of the table
	convert []conversion // from raw to the charter's type, over the name rN
	csv     func(path string) string
	files   []string
	comma   rune // of a CSV part
}

// AddTable maps a table of the charter. It reads the heads of the files, so that a
// missing column or a wrong type is known at once. It works only before Lock.
func (e *Engine) AddTable(ctx context.Context, m Mapping, t charter.Table) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.locked:
		return ErrLocked.New("table %s cannot be mapped after the lock", t.Name)
	case e.tables[t.Name] != nil:
		return ErrMapping.New("table %s is mapped twice", t.Name)
	case len(m.Files) == 0 && strings.TrimSpace(m.Query) == "":
		return ErrMapping.New("table %s is mapped to neither files nor a query", t.Name)
	}
	mapped := &table{Table: t, turn: make(chan struct{}, 1), query: strings.TrimRight(strings.TrimSpace(m.Query), "; \t\r\n")}
	for _, c := range t.Columns {
		if c.Role != charter.Hidden {
			mapped.columns = append(mapped.columns, c)
		}
	}
	for _, path := range m.Files {
		p, err := newPattern(path)
		if err != nil {
			return ErrNoFile.New("table %s: %w", t.Name, err)
		}
		mapped.patterns = append(mapped.patterns, p)
	}
	if err := e.bind(ctx, mapped); err != nil {
		return err
	}
	e.tables[t.Name] = mapped
	e.order = append(e.order, t.Name)
	return nil
}

// bind opens a table anew.
func (e *Engine) bind(ctx context.Context, t *table) error {
	if err := t.wait(ctx); err != nil {
		return err
	}
	defer t.done()
	t.snapshot = nil
	_, err := e.open(ctx, t)
	return err
}

// wait takes the table's turn; done gives it back. A table is validated once, and who
// waits for that can give up.
func (t *table) wait(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *table) done() { <-t.turn }

// open returns the table as its files are now: the last snapshot if they have not
// changed. Its caller has the
// table's turn.
func (e *Engine) open(ctx context.Context, t *table) (*snapshot, error) {
	files, err := t.list()
	if err != nil {
		return nil, err
	}
	if s := t.snapshot; s != nil && sameFiles(s.files, files) {
		return s, nil
	}
	s := &snapshot{files: files}
	if t.query != "" {
		s.parts, err = e.openQuery(ctx, t)
	} else {
		s.parts, err = e.openFiles(ctx, t, files)
	}
	if err != nil {
		return nil, err
	}
	t.snapshot = s
	return s, nil
}

// known reports whether the files tell when the table's content changes.
func (t *table) known() bool { return len(t.patterns) > 0 }

func (e *Engine) openQuery(ctx context.Context, t *table) ([]part, error) {
	// The line break ends a comment at the end of the owner's text.
	from := "(" + t.query + "\n)"
	heads, err := e.describe(ctx, from)
	if err != nil {
		return nil, queryFault(err, t)
	}
	p := part{from: from}
	if err := p.bind(t, "its query", heads); err != nil {
		return nil, err
	}
	return []part{p}, nil
}

// queryFault shows the engine's own words about the owner's own text. Errors of
// other kinds could repeat data.
func queryFault(err error, t *table) error {
	var d *duckdb.Error
	if errors.As(err, &d) && d.Kind == duckdb.KindSyntax {
		return ErrQuery.New("table %s: %s", t.Name, d.Message)
	}
	return explain(err, t)
}

// head is a column of a file or query.
type head struct {
	name string
	expr string // how SQL over the FROM item refers to it
	kind string // type in DuckDB's words
}

// bind matches the columns of the charter to those of a file or query.
func (p *part) bind(t *table, where string, heads []head) error {
	for i, c := range t.columns {
		h, err := match(t, where, &c, heads)
		if err != nil {
			return err
		}
		conv, ok := convert(h.kind, c.Parsed(), rawName(i))
		if !ok {
			f := ErrType.New("table %s: column %q of %s has the type %s, the charter declares %s", t.Name, h.name, where, h.kind, c.Type)
			if h.kind == jsonDouble {
				f = f.With("Write the numbers as JSON strings, or the table as CSV or Parquet: JSON numbers keep 15 digits.")
			}
			if strings.HasSuffix(h.kind, "WITH TIME ZONE") {
				f = f.With("Map the table with a query that says which local time is meant, such as: ts AT TIME ZONE 'UTC' AS %s.", c.Name)
			}
			return f
		}
		p.raw, p.convert = append(p.raw, h.expr), append(p.convert, conv)
	}
	return nil
}

func match(t *table, where string, c *charter.Column, heads []head) (head, error) {
	var found, folded []head
	names := make([]string, len(heads))
	for i, h := range heads {
		names[i] = h.name
		if h.name == c.Name {
			found = append(found, h)
		} else if strings.EqualFold(h.name, c.Name) {
			folded = append(folded, h)
		}
	}
	if len(found) == 0 {
		found = folded
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return head{}, ErrNoColumn.New("table %s: %s has no column %q%s", t.Name, where, c.Name, strictyaml.Suggest(c.Name, names))
	default:
		return head{}, ErrNoColumn.New("table %s: %s has %d columns named %q", t.Name, where, len(found), c.Name)
	}
}
