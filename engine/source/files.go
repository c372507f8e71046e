package source

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of files.
var (
	ErrNoFile = fault.Declare("TACIT-D014", "file not found",
		"A mapped file does not exist, cannot be opened, or a pattern matches nothing.",
		"Check the path and the permissions of the worker's user; relative paths start at its working directory.")
	ErrFormat = fault.Declare("TACIT-D015", "unknown file format",
		"The suffix of a mapped file is none that the engine reads.",
		"Use .csv, .tsv, .json, .jsonl, .ndjson (also with .gz) or .parquet; convert other formats first.")
)

// format is how files of one suffix are read.
type format uint8

const (
	formatCSV format = iota + 1
	formatJSON
	formatParquet
)

// formatOf returns the format of a path and whether it is compressed.
func formatOf(path string) (f format, gz bool, err error) {
	name := strings.ToLower(filepath.Base(path))
	plain, gz := strings.CutSuffix(name, ".gz")
	switch filepath.Ext(plain) {
	case ".csv", ".tsv":
		return formatCSV, gz, nil
	case ".json", ".jsonl", ".ndjson":
		return formatJSON, gz, nil
	case ".parquet", ".pq":
		if !gz {
			return formatParquet, false, nil
		}
	case ".arrow", ".feather", ".ipc":
		return 0, gz, ErrFormat.New("%s: Arrow IPC files are not read by this version", filepath.Base(path)).
			With("Convert the file to Parquet.")
	}
	return 0, gz, ErrFormat.New("%s has none of the known suffixes", filepath.Base(path))
}

// pattern is an absolute path, or one with wildcards.
type pattern struct {
	text string
	dir  string // above the first wildcard; "" for a path
}

// newPattern takes text as a path if there is a file of that name.
func newPattern(text string) (pattern, error) {
	abs, err := filepath.Abs(text)
	if err != nil {
		return pattern{}, err
	}
	p := pattern{text: abs}
	if i := strings.IndexAny(abs, `*?[`); i >= 0 {
		if _, err := os.Stat(abs); err != nil {
			p.dir = filepath.Dir(abs[:i] + "x")
		}
	}
	return p, nil
}

// files returns the paths that match now.
func (p pattern) files() []string {
	if p.dir == "" {
		return []string{p.text}
	}
	paths, _ := filepath.Glob(p.text) // a malformed pattern matches nothing
	return paths
}

// list returns the files of a table in order, without repetition.
func (t *table) list() ([]file, error) {
	var paths []string
	for _, p := range t.patterns {
		matches := p.files()
		if len(matches) == 0 {
			return nil, ErrNoFile.New("table %s: no file matches %s", t.Name, p.text)
		}
		paths = append(paths, matches...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	files := make([]file, len(paths))
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return nil, ErrNoFile.New("table %s: %s is not a file that can be read", t.Name, path)
		}
		files[i] = file{path: path, stamp: stampOf(info)}
	}
	return files, nil
}

func sameFiles(a, b []file) bool { return slices.Equal(a, b) }

// openFiles groups the files that are read alike, and binds each group.
func (e *Engine) openFiles(ctx context.Context, t *table, files []file) ([]part, error) {
	var parts []part
	index := map[string]int{}
	for _, f := range files {
		src, err := e.probe(ctx, t, f.path)
		if err != nil {
			return nil, err
		}
		if src == nil {
			continue // no rows
		}
		i, seen := index[src.key]
		if !seen {
			i = len(parts)
			index[src.key] = i
			p := part{csv: src.csv, comma: src.comma}
			if err := p.bind(t, filepath.Base(f.path), src.heads); err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
		parts[i].files = append(parts[i].files, f.path)
		parts[i].from = src.scan(parts[i].files)
	}
	return parts, nil
}

// probed is what the head of a file says.
type probed struct {
	heads []head
	scan  func(paths []string) string // FROM item over files that are alike
	key   string                      // equal for files that are alike
	csv   func(path string) string    // as scan, for one CSV file; nil for other formats
	comma rune
}

// probe reads the head of a file; nil for a file without any content.
func (e *Engine) probe(ctx context.Context, t *table, path string) (*probed, error) {
	f, gz, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	if f != formatParquet {
		if blank, err := isBlank(path, gz); err != nil {
			return nil, ErrUnreadable.New("table %s: %s cannot be read%s", t.Name, filepath.Base(path), gzipHint(gz))
		} else if blank {
			return nil, nil
		}
	}
	switch f {
	case formatCSV:
		return probeCSV(t, path, gz)
	case formatJSON:
		return e.probeJSON(ctx, t, path, gz)
	default:
		return e.probeParquet(ctx, t, path)
	}
}

func gzipHint(gz bool) string {
	if gz {
		return ": not a gzip file, or a damaged one"
	}
	return ""
}

// isBlank reports whether a file holds no bytes, after decompression.
func isBlank(path string, gz bool) (bool, error) {
	r, err := openText(path, gz)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer r.Close()
	_, err = io.ReadFull(r, make([]byte, 1))
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// openText opens a file, decompressed. An empty compressed file gives io.EOF.
func openText(path string, gz bool) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil || !gz {
		return f, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

func (e *Engine) probeParquet(ctx context.Context, t *table, path string) (*probed, error) {
	scan := func(paths []string) string {
		return "read_parquet(" + quotePaths(paths) + ", hive_partitioning = false)"
	}
	heads, err := e.describe(ctx, scan([]string{path}))
	if err != nil {
		return nil, explain(err, t)
	}
	return &probed{heads: heads, scan: scan, key: fmt.Sprint("parquet", heads)}, nil
}

// probeJSON finds the names of a JSON file's fields. Values are read as text, so that
// they are converted by the charter's types and not by those that DuckDB guesses.
// Numbers with a point or an exponent have gone through a double by then: fields with
// such numbers have the type [jsonDouble].
func (e *Engine) probeJSON(ctx context.Context, t *table, path string, gz bool) (*probed, error) {
	compression := "'uncompressed'"
	if gz {
		compression = "'gzip'"
	}
	options := ", hive_partitioning = false, compression = " + compression
	guess := "read_json(" + quotePaths([]string{path}) + ", records = 'auto', sample_size = -1" + options + ")"
	heads, err := e.describe(ctx, guess)
	if err != nil {
		return nil, explain(err, t)
	}
	columns := make([]string, len(heads))
	for i := range heads {
		columns[i] = quote(heads[i].name) + ": 'VARCHAR'"
		if heads[i].kind == "DOUBLE" {
			heads[i].kind = jsonDouble
		} else {
			heads[i].kind = "VARCHAR"
		}
	}
	scan := func(paths []string) string {
		return "read_json(" + quotePaths(paths) + ", records = true, columns = {" + strings.Join(columns, ", ") + "}" + options + ")"
	}
	if len(heads) == 1 && heads[0].name == "json" { // what DuckDB says of a file without objects
		if rows, err := e.count(ctx, guess); err != nil {
			return nil, explain(err, t)
		} else if rows == 0 {
			return nil, nil
		}
	}
	return &probed{heads: heads, scan: scan, key: fmt.Sprint("json", gz, heads)}, nil
}

// quotePaths renders file names for a read function. DuckDB takes them as patterns,
// so wildcards in a name are put in brackets.
func quotePaths(paths []string) string {
	escaped := make([]string, len(paths))
	for i, path := range paths {
		escaped[i] = globEscaper.Replace(path)
	}
	return quoteList(escaped)
}

var globEscaper = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")
