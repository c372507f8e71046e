package draft

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Rows runs one statement of the embedded engine and returns its rows as text;
// NULL is nil.
type Rows func(ctx context.Context, sql string) ([][]*string, error)

// Codes.
var (
	ErrInput = fault.Declare("TACIT-X010", "table cannot be read",
		"The file given to tacit lab init is no CSV or Parquet table that the embedded engine can read.",
		"Check the file: a CSV file has a header line and the same number of fields in every line.")
	ErrOption = fault.Declare("TACIT-X011", "option does not fit the table",
		"An option of tacit lab init names a column that is not there, or asks for something that the column cannot be.",
		"Run tacit lab init with the columns that the message lists.")
)

// missing are the words that CSV files use for a missing value, beside an empty field.
var missing = []string{"NA", "N/A", "NULL", "null", "NaN", "nan"}

// Source is a table in one file.
type Source struct {
	Path    string
	Parquet bool
	Columns []SourceColumn

	rows Rows
	from string // the relation in SQL; numbers of a CSV file stay text
}

// SourceColumn is a column as the file has it.
type SourceColumn struct {
	Original string // name in the file
	Name     string // name in the charter
	Engine   string // type that the engine sees
	Comma    bool   // numbers are written "1,5"
	NA       bool   // a number, date or truth value only if words such as NA count as missing
}

// Open looks at the header and the types of a CSV or Parquet file.
func Open(ctx context.Context, path string, rows Rows) (*Source, error) {
	s := &Source{Path: path, Parquet: strings.EqualFold(filepath.Ext(path), ".parquet"), rows: rows}
	if s.Parquet {
		s.from = "read_parquet(" + text(path) + ")"
		if err := s.describe(ctx, s.from); err != nil {
			return nil, err
		}
		return s, nil
	}
	return s, s.openCSV(ctx)
}

func (s *Source) openCSV(ctx context.Context) error {
	if info, err := os.Stat(s.Path); err == nil && info.Size() == 0 {
		return ErrInput.New("%s is empty", filepath.Base(s.Path))
	}
	if err := s.describe(ctx, s.csv("")); err != nil {
		return err
	}
	if s.torn() {
		if err := badLine(s.Path); err != nil {
			return err
		}
	}
	words := texts(append([]string{""}, missing...))
	s.reconsider(ctx, ", nullstr = "+words, func(c *SourceColumn) { c.NA = true })
	s.reconsider(ctx, ", nullstr = "+words+", decimal_separator = ','", func(c *SourceColumn) { c.Comma, c.NA = true, true })
	types := make([]string, len(s.Columns))
	for i := range s.Columns {
		types[i] = text(s.Columns[i].Original) + ": " + text(s.Columns[i].readAs())
	}
	s.from = s.csv(", types = {" + strings.Join(types, ", ") + "}")
	return nil
}

// reconsider looks whether columns of text are something else under options, and
// marks those. The engine may refuse the options for this file; then none is.
func (s *Source) reconsider(ctx context.Context, options string, mark func(*SourceColumn)) {
	other := *s
	if other.describe(ctx, s.csv(options)) != nil || len(other.Columns) != len(s.Columns) {
		return
	}
	for i := range s.Columns {
		if c := &s.Columns[i]; c.Engine == "VARCHAR" && other.Columns[i].Engine != "VARCHAR" {
			c.Engine = other.Columns[i].Engine
			mark(c)
		}
	}
}

// csv reads the whole file before it decides on types and separators.
func (s *Source) csv(options string) string {
	return "read_csv(" + text(s.Path) + ", header = true, sample_size = -1" + options + ")"
}

// readAs is the type in which a CSV column is read: numbers stay text, so that no
// digit is lost; so does what has words for missing values.
func (c *SourceColumn) readAs() string {
	switch c.Engine {
	case "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE":
		if !c.NA {
			return c.Engine
		}
	}
	return "VARCHAR"
}

func (s *Source) describe(ctx context.Context, from string) error {
	rows, err := s.rows(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+from+")")
	if err != nil {
		return s.unreadable(err)
	}
	s.Columns = nil
	taken := map[string]bool{}
	for _, row := range rows {
		c := SourceColumn{Original: *row[0], Engine: *row[1]}
		c.Name = unique(columnName(c.Original), taken)
		s.Columns = append(s.Columns, c)
	}
	return nil
}

// value is the column as text or as the engine's type, missing values NULL.
func (s *Source) value(c *SourceColumn) string {
	id := ident(c.Original)
	if s.Parquet || c.readAs() != "VARCHAR" {
		return id
	}
	id = "trim(" + id + ")"
	if c.Comma {
		id = "replace(" + id + ", ',', '.')"
	}
	if c.NA {
		id = "CASE WHEN " + id + " NOT IN " + "(" + strings.Trim(texts(missing), "[]") + ") THEN " + id + " END"
	}
	return "nullif(" + id + ", '')"
}

// Find returns the column with a name, as in the file or as in the charter, in
// either case.
func (s *Source) Find(name string) (*SourceColumn, error) {
	names := make([]string, len(s.Columns))
	for i := range s.Columns {
		c := &s.Columns[i]
		if strings.EqualFold(c.Original, name) || strings.EqualFold(c.Name, name) {
			return c, nil
		}
		names[i] = c.Original
	}
	return nil, ErrOption.New("no column %q in %s; there are %s", name, filepath.Base(s.Path), strings.Join(names, ", "))
}

// columnName is the name of a file's column in the charter: the same where a
// charter can have it.
func columnName(original string) string {
	if name := strings.TrimSpace(original); charter.ColumnNameFault(name) == "" {
		return name
	}
	return plainName(original)
}

// plainName makes a name of lower-case letters, digits and underscores.
func plainName(original string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(original) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
	}
	name := strings.TrimRight(b.String(), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "c_" + name
	}
	return name[:min(len(name), 60)]
}

// unique adds a number to a name that is already taken, in either case.
func unique(name string, taken map[string]bool) string {
	out := name
	for i := 2; taken[strings.ToLower(out)]; i++ {
		out = fmt.Sprintf("%s_%d", name, i)
	}
	taken[strings.ToLower(out)] = true
	return out
}

// ident quotes a name for SQL.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// text quotes a constant for SQL.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// texts is a list of constants for SQL.
func texts(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = text(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
