package draft

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// separators that CSV files use.
const separators = ",;\t|"

// badLine looks for the line at which a CSV file stops being a table. It is asked
// only when the engine found no table, or one of a single column with a separator in
// its name, which is what it makes of lines of different lengths.
func badLine(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return ErrInput.New("%w", err)
	}
	defer f.Close()
	text := bufio.NewReader(f)
	header, _ := text.Peek(4096)
	first, _, _ := strings.Cut(string(header), "\n")
	if strings.TrimSpace(first) == "" {
		return ErrInput.New("%s has no header line", filepath.Base(path))
	}
	r := csv.NewReader(text)
	r.Comma = rune(most(first, separators))
	r.ReuseRecord = true
	for {
		_, err := r.Read()
		var bad *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			return ErrInput.New("%s line %d: %w", filepath.Base(path), bad.Line, bad.Err)
		case err != nil:
			return ErrInput.New("%w", err)
		}
	}
}

// most returns the byte of set that is most frequent in line; the first if none is.
func most(line, set string) byte {
	best := set[0]
	for _, c := range []byte(set) {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}

// unreadable explains an error of the engine over the file, with the line if it can
// be found.
func (s *Source) unreadable(err error) error {
	if !s.Parquet {
		if bad := badLine(s.Path); bad != nil {
			return bad
		}
	}
	message, _, _ := strings.Cut(err.Error(), "\n")
	return ErrInput.New("%s: %s", filepath.Base(s.Path), message)
}

// torn reports whether the columns look like those of a file with lines of different
// lengths.
func (s *Source) torn() bool {
	return len(s.Columns) == 1 && strings.ContainsAny(s.Columns[0].Original, separators)
}
