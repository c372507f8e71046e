package source

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/source/internal/duckdb"
)

// Faults of data. Their messages count rows and hold no value.
var (
	ErrUnreadable = fault.Declare("TACIT-D017", "file damaged",
		"A file is not of the format that its name says, or it is damaged or cut off.",
		"Write the file again; Parquet files are complete only once their writer has closed them.")
	ErrLine = fault.Declare("TACIT-D018", "bad line in a CSV file",
		"A line has too many or too few fields, a quote that does not end, or text that is not UTF-8.",
		"Correct the line; quote fields that hold separators, quotes or line breaks, and double quotes inside.")
	ErrValue = fault.Declare("TACIT-D019", "values of another type",
		"Values of a column are not values of the type that the charter declares, or have more digits than it keeps.",
		"Correct the values, or map the table with a query that says how to convert and round them.")
	ErrNull = fault.Declare("TACIT-D020", "NULL where none is declared",
		"A column that the charter declares nullable: false has rows without a value.",
		"Complete or leave out these rows, or amend the charter.")
	ErrRange = fault.Declare("TACIT-D021", "values out of range",
		"Values lie outside the range that the charter declares, and the charter says to refuse them.",
		"Correct the values, leave the rows out with a query, or amend the charter's range.")
	ErrNaN = fault.Declare("TACIT-D022", "NaN or infinite values",
		"A double column holds NaN or infinities, and the charter says to refuse values out of range.",
		"Write NULL for what is unknown, for example with a query: nullif(x, 'nan').")
	ErrDomain = fault.Declare("TACIT-D023", "values out of the domain",
		"A category column holds values that the charter does not list.",
		"Correct the values, map them with a query, or amend the charter's domain.")
	ErrRows = fault.Declare("TACIT-D024", "too many rows",
		"The table has more rows than the charter's max_rows, on which the proof rests that sums do not overflow.",
		"Map fewer rows with a query, or amend the charter.")
)

// judge applies the charter's rules to a report. The fault lists every violation and
// has the code of the first.
func (t *table) judge(r *Report) error {
	var first *fault.Kind
	var all []string
	add := func(kind *fault.Kind, n int64, format string, args ...any) {
		if n == 0 {
			return
		}
		if first == nil {
			first = kind
		}
		all = append(all, fmt.Sprintf("%d ", n)+fmt.Sprintf(format, args...))
	}
	if r.Rows > t.MaxRows {
		add(ErrRows, r.Rows, "rows, at most %d", t.MaxRows)
	}
	for i := range r.Columns {
		t.judgeColumn(&r.Columns[i], &t.columns[i], add)
	}
	if first == nil {
		return nil
	}
	return first.New("table %s: %s", t.Name, strings.Join(all, "; "))
}

func (t *table) judgeColumn(r *ColumnReport, c *charter.Column, add func(*fault.Kind, int64, string, ...any)) {
	place := ""
	if r.Place != "" {
		place = ", the first at " + r.Place
	}
	add(ErrValue, r.Unreadable, "values of %q are no %s%s", c.Name, c.Type, place)
	nulls := r.Nulls
	if t.Clamps() {
		nulls += r.NaN
	}
	if !c.IsNullable() {
		add(ErrNull, nulls, "NULL in %q", c.Name)
	}
	moves := t.Clamps() && c.Role == charter.Measure
	if !moves {
		add(ErrNaN, r.NaN, "NaN in %q", c.Name)
		add(ErrNaN, r.Infinite, "infinities in %q", c.Name)
		add(ErrRange, r.OutOfRange, "values of %q outside the declared range", c.Name)
	}
	add(ErrDomain, r.OutOfDomain, "values of %q outside the declared domain", c.Name)
}

// adjusts reports whether clamping changes any value of the table.
func (r *Report) adjusts() bool {
	for _, c := range r.Columns {
		if c.NaN+c.Infinite+c.OutOfRange > 0 {
			return true
		}
	}
	return false
}

var (
	csvLine   = regexp.MustCompile(`(?m)^(?:Invalid Input Error: )?CSV Error on Line: (\d+)`)
	csvFields = regexp.MustCompile(`(?m)^Expected Number of Columns: (\d+) Found: (\d+)`)
)

// unreadable turns an error about a file's content into a fault. Of the engine's text,
// which repeats lines of the file, only numbers and the kind of defect are kept.
func (t *table) unreadable(d *duckdb.Error) error {
	path := t.mentioned(d.Message)
	name := "a file"
	if path != "" {
		name = filepath.Base(path)
	}
	m := csvLine.FindStringSubmatch(d.Message)
	if m == nil {
		return ErrUnreadable.New("table %s: %s cannot be read", t.Name, name)
	}
	reason := "not a line of this file's format"
	if f := csvFields.FindStringSubmatch(d.Message); f != nil {
		reason = fmt.Sprintf("%s fields instead of %s", f[2], f[1])
	} else if strings.Contains(d.Message, "\nValue with unterminated quote found.") {
		reason = "a quote that does not end"
	} else if strings.Contains(d.Message, "\nInvalid unicode ") {
		reason = "not UTF-8 text"
	}
	line, _ := strconv.Atoi(m[1])
	return ErrLine.New("table %s: %s line %d: %s", t.Name, name, t.physical(path, line), reason)
}

// physical returns the line of a file where DuckDB counts to line: it counts a
// record that runs over several lines once.
func (t *table) physical(path string, line int) int {
	if path == "" || t.query != "" {
		return line
	}
	_, comma, err := readHeader(t, path, strings.HasSuffix(strings.ToLower(path), ".gz"))
	if err != nil {
		return line
	}
	at, err := lineOf(path, comma, func(_, at, continued int) bool { return at-continued >= line })
	if err != nil {
		return line
	}
	return at
}

// mentioned returns the file of t that a message names last, where the engine puts
// it: the text before may repeat lines of the file.
func (t *table) mentioned(message string) string {
	path, at := "", -1
	files, _ := t.list()
	for _, f := range files {
		if i := strings.LastIndex(message, f.path); i > at {
			path, at = f.path, i
		}
	}
	return path
}

// firstBad tells where the first value is that does not convert, "" unless it is in a
// CSV file. It reads the files again: this is the way of a refusal.
func (e *Engine) firstBad(ctx context.Context, t *table, s *snapshot, column int) (string, error) {
	for _, p := range s.parts {
		if p.csv == nil || p.convert[column].bad == "" {
			continue
		}
		for _, path := range p.files {
			row, err := e.firstBadRow(ctx, t, &p, path, column)
			if err != nil {
				return "", err
			}
			if row == 0 {
				continue
			}
			line, err := lineOf(path, p.comma, func(record, _, _ int) bool { return int64(record) == row })
			if err != nil {
				return filepath.Base(path), nil
			}
			return fmt.Sprintf("%s line %d", filepath.Base(path), line), nil
		}
	}
	return "", nil
}

// firstBadRow counts rows from 1; 0 means none.
func (e *Engine) firstBadRow(ctx context.Context, t *table, p *part, path string, column int) (int64, error) {
	n, err := e.integers(ctx, fmt.Sprintf(
		"SELECT coalesce(min(n), 0) FROM (SELECT row_number() OVER () AS n, %s AS bad FROM (SELECT %s AS %s FROM %s)) WHERE bad",
		p.convert[column].bad, p.raw[column], rawName(column), p.csv(path)))
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// lineOf returns the line, from 1, on which the first record begins that is wanted. It
// is told the record's number (0: the header), its line, and how many lines of the file
// so far continue a quoted field.
func lineOf(path string, comma rune, wanted func(record, line, continued int) bool) (int, error) {
	_, gz, err := formatOf(path)
	if err != nil {
		return 0, err
	}
	r, err := openText(path, gz)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	c := csvReader(bufio.NewReaderSize(r, 1<<20), comma)
	continued := 0
	for record := 0; ; record++ {
		fields, err := c.Read()
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			return parse.StartLine, nil // what DuckDB refuses too
		}
		if err != nil {
			return 0, err
		}
		line, _ := c.FieldPos(0)
		if wanted(record, line, continued) {
			return line, nil
		}
		for _, f := range fields {
			continued += strings.Count(f, "\n")
		}
	}
}
