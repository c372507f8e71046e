package result

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marks of the terminal table.
const (
	nullMark = "NULL"
	gap      = "  "
)

const header = -1 // instead of the number of a row

// WriteTable writes the table for people: aligned columns, numbers and the marks of
// suppressed values, such as "< 10", to the right, the notes below. Values with noise have their
// intervals beside them.
func (t *Table) WriteTable(w io.Writer) error {
	out := bufio.NewWriter(w)
	t.align(out, t.texts())
	t.foot(out)
	return out.Flush()
}

// WriteRounded is [Table.WriteTable] with doubles rounded to so many significant digits, and
// without the number of rows below it.
func (t *Table) WriteRounded(w io.Writer, digits int) error {
	lines := t.texts()
	for r, row := range t.Rows {
		for i, v := range row {
			if x, ok := v.(float64); ok {
				lines[r+1][i] = Rounded(x, digits)
			}
		}
	}
	out := bufio.NewWriter(w)
	t.align(out, lines)
	t.remarks(out)
	return out.Flush()
}

// Rounded writes a number with so many significant digits for people.
func Rounded(x float64, digits int) string {
	switch a := math.Abs(x); {
	case a != 0 && (a < 1e-4 || a >= 1e9):
		return strconv.FormatFloat(x, 'g', digits, 64)
	case a >= math.Pow10(digits):
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	return double(rounded)
}

// align writes the header and the rows in columns.
func (t *Table) align(out *bufio.Writer, lines [][]string) {
	widths := make([]int, len(t.Columns))
	for _, line := range lines {
		for i, s := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(s))
		}
	}
	t.line(out, lines[0], widths, header)
	rule := make([]string, len(widths))
	for i, n := range widths {
		rule[i] = strings.Repeat("─", n)
	}
	t.line(out, rule, widths, header)
	for r, line := range lines[1:] {
		t.line(out, line, widths, r)
	}
}

// texts returns the header and the rows as printable text.
func (t *Table) texts() [][]string {
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = printable(c.Name)
	}
	lines := [][]string{head}
	for r, row := range t.Rows {
		line := make([]string, len(row))
		for i, v := range row {
			line[i] = t.mark(Cell{r, i}, v)
		}
		lines = append(lines, line)
	}
	return lines
}

func (t *Table) mark(at Cell, v Value) string {
	if k := t.Suppressed[at]; k > 0 {
		return fmt.Sprintf("< %d", k)
	}
	text, ok := t.Columns[at.Column].Type.Text(v)
	if !ok {
		return nullMark
	}
	return t.marked(at, v, printable(text))
}

// line writes row r, or a line of the header.
func (t *Table) line(out *bufio.Writer, line []string, widths []int, r int) {
	var b strings.Builder
	for i, s := range line {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(s))
		if i > 0 {
			b.WriteString(gap)
		}
		if t.Columns[i].Type.Numeric() || t.Suppressed[Cell{r, i}] > 0 {
			b.WriteString(pad + s)
		} else {
			b.WriteString(s + pad)
		}
	}
	out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

func (t *Table) foot(out *bufio.Writer) {
	word := "rows"
	if len(t.Rows) == 1 {
		word = "row"
	}
	fmt.Fprintf(out, "(%d %s)\n", len(t.Rows), word)
	t.remarks(out)
}

// remarks are the notes of columns and of the table.
func (t *Table) remarks(out *bufio.Writer) {
	for _, c := range t.Columns {
		if c.Note != "" {
			fmt.Fprintf(out, "%s: %s\n", printable(c.Name), c.Note)
		}
	}
	for _, n := range t.Notes {
		fmt.Fprintf(out, "%s\n", n)
	}
}

// printable escapes what would break a line or steer a terminal.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// WriteCSV writes the table as CSV (RFC 4180) with a header and CRLF line ends. NULL
// is an empty field, the empty string is written as "". A suppressed value is its mark
// without quotes, such as <10; text that begins with < is in quotes, so that it cannot
// be taken for one. Of each column X with intervals the columns "X (low)" and "X (high)" follow those of the
// query.
func (t *Table) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = field(c.Name)
	}
	spanned := t.spanned()
	for _, i := range spanned {
		head = append(head, field(t.Columns[i].Name+lowSuffix), field(t.Columns[i].Name+highSuffix))
	}
	out.WriteString(strings.Join(head, ",") + "\r\n")
	for r, row := range t.Rows {
		line := make([]string, len(row))
		for i, v := range row {
			if k := t.Suppressed[Cell{r, i}]; k > 0 {
				line[i] = fmt.Sprintf("<%d", k)
			} else if text, ok := t.Columns[i].Type.Text(v); ok {
				line[i] = field(text)
			}
		}
		for _, i := range spanned {
			line = append(line, t.ends(Cell{r, i})...)
		}
		out.WriteString(strings.Join(line, ",") + "\r\n")
	}
	return out.Flush()
}

// ends writes the ends of an interval, or that there is none.
func (t *Table) ends(at Cell) []string {
	span, ok := t.Intervals[at]
	if !ok {
		return []string{"", ""}
	}
	return []string{double(span.Low), double(span.High)}
}

// field quotes a field where it must be, or might be taken for a mark. encoding/csv is not used for writing since
// it cannot tell "" from NULL.
func field(s string) string {
	if s != "" && s[0] != '<' && !strings.ContainsAny(s, "\",\r\n") && strings.TrimSpace(s) == s {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
