package source

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tacit-space/tacit/engine/fault"
)

// ErrHeader is raised for a CSV file without a usable header.
var ErrHeader = fault.Declare("TACIT-D016", "CSV file without header",
	"The first line of a CSV file does not name its columns.",
	"Write the column names in the first line, separated by comma, semicolon, tab or vertical bar; the file is UTF-8.")

// probeCSV reads the header itself and tells DuckDB the dialect, instead of letting
// it guess from a sample of rows: the separator is the one that makes most of the
// header's fields columns of the charter. Fields are quoted with ", doubled inside.
func probeCSV(t *table, path string, gz bool) (*probed, error) {
	names, comma, err := readHeader(t, path, gz)
	if err != nil {
		return nil, ErrHeader.New("table %s: the header of %s cannot be read", t.Name, filepath.Base(path))
	}
	heads := make([]head, len(names))
	columns := make([]string, len(names))
	for i, name := range names {
		expr := fmt.Sprintf("f%d", i)
		heads[i] = head{name: name, expr: expr, kind: "VARCHAR"}
		columns[i] = quote(expr) + ": 'VARCHAR'"
	}
	compression := "none"
	if gz {
		compression = "gzip"
	}
	scan := func(paths []string) string {
		return fmt.Sprintf("read_csv(%s, auto_detect = false, header = true, delim = %s, quote = '\"', escape = '\"', "+
			"nullstr = '', hive_partitioning = false, compression = '%s', columns = {%s})",
			quotePaths(paths), quote(string(comma)), compression, strings.Join(columns, ", "))
	}
	return &probed{
		heads: heads, scan: scan, comma: comma,
		csv: func(path string) string { return scan([]string{path}) },
		key: fmt.Sprint("csv", gz, comma, heads),
	}, nil
}

// maxHeader is the longest header that is read, in bytes.
const maxHeader = 1 << 20

func readHeader(t *table, path string, gz bool) (names []string, comma rune, err error) {
	best := -1
	for _, candidate := range separators(path) {
		fields, e := headerFields(path, gz, candidate)
		if e != nil {
			err = e
			continue
		}
		if n := declared(t, fields); n > best {
			best, names, comma = n, fields, candidate
		}
	}
	if best < 0 {
		return nil, 0, err
	}
	return names, comma, nil
}

// separators returns what may stand between fields, the usual one first.
func separators(path string) []rune {
	if strings.Contains(strings.ToLower(filepath.Base(path)), ".tsv") {
		return []rune{'\t'}
	}
	return []rune{',', ';', '\t', '|'}
}

// declared counts the fields that are columns of the charter.
func declared(t *table, fields []string) int {
	n := 0
	for _, f := range fields {
		for i := range t.columns {
			if strings.EqualFold(f, t.columns[i].Name) {
				n++
				break
			}
		}
	}
	return n
}

func headerFields(path string, gz bool, comma rune) ([]string, error) {
	r, err := openText(path, gz)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	fields, err := csvReader(bufio.NewReader(&limited{r, maxHeader}), comma).Read()
	if err != nil {
		return nil, err
	}
	return fields, nil
}

// csvReader reads the dialect that DuckDB is told to read.
func csvReader(r *bufio.Reader, comma rune) *csv.Reader {
	if bom, _ := r.Peek(3); string(bom) == "\xef\xbb\xbf" {
		_, _ = r.Discard(3)
	}
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = comma, -1, true
	return c
}
