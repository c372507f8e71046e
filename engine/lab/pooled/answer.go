package pooled

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/lab/draft"
)

// Answer is a result in the form in which tacit writes results as JSON. Values are
// nil, json.Number, bool, string or [Below].
type Answer struct {
	Columns []Column
	Rows    [][]any
}

// Column of an answer.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // as DuckDB names it
}

// Below stands for a suppressed value: fewer privacy units than it says stand behind it.
type Below int

// MarshalJSON writes the mark as tacit does.
func (b Below) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `{"below":%d}`, int(b)), nil }

// String writes the mark as a table shows it.
func (b Below) String() string { return fmt.Sprintf("< %d", int(b)) }

// Ask runs a question of the embedded engine. It compares with [Difference] to the
// answer that the space gives.
func Ask(ctx context.Context, rows draft.Rows, sql string) (*Answer, error) {
	types, err := rows(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+sql+")")
	if err != nil {
		return nil, err
	}
	a := &Answer{}
	var texts []string
	for i, row := range types {
		a.Columns = append(a.Columns, Column{*row[0], *row[1]})
		texts = append(texts, fmt.Sprintf("CAST(#%d AS VARCHAR)", i+1))
	}
	lines, err := rows(ctx, "SELECT "+strings.Join(texts, ", ")+" FROM ("+sql+")")
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		values := make([]any, len(line))
		for i, text := range line {
			values[i] = value(a.Columns[i].Type, text)
		}
		a.Rows = append(a.Rows, values)
	}
	return a, nil
}

// value is what JSON has for a value of a type.
func value(kind string, text *string) any {
	if text == nil {
		return nil
	}
	switch kind {
	case "BIGINT", "HUGEINT", "INTEGER", "DOUBLE":
		if strings.ContainsAny(*text, "0123456789") { // else NaN, or an infinity
			return json.Number(*text)
		}
	case "BOOLEAN":
		return *text == "true"
	}
	return *text
}

// Decode reads a result that tacit, or [Answer.JSON], wrote.
func Decode(text []byte) (*Answer, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var a Answer
	if err := d.Decode(&a); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	for _, row := range a.Rows {
		for i, v := range row {
			mark, ok := v.(map[string]any)
			if !ok {
				continue
			}
			k, err := strconv.Atoi(fmt.Sprint(mark["below"]))
			if err != nil || len(mark) != 1 {
				return nil, fmt.Errorf("answer: %v is no value", v)
			}
			row[i] = Below(k)
		}
	}
	return &a, nil
}

// JSON writes an answer with one row a line.
func (a *Answer) JSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"columns": `)
	if err := compact(&b, a.Columns); err != nil {
		return nil, err
	}
	b.WriteString(",\n \"rows\": [")
	for i, row := range a.Rows {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  ")
		if err := compact(&b, row); err != nil {
			return nil, err
		}
	}
	b.WriteString("]}\n")
	return b.Bytes(), nil
}

func compact(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	b.Truncate(len(bytes.TrimRight(b.Bytes(), "\n")))
	return err
}
