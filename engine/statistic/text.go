package statistic

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/engine/result"
)

// digits of numbers on a terminal.
const digits = 5

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s\n\n", r.Title, r.Call)
	for _, t := range r.Tables {
		if t.Aside {
			continue
		}
		if t.Title != "" {
			fmt.Fprintln(&b, t.Title)
		}
		if err := t.Table.WriteRounded(&b, digits); err != nil {
			return err
		}
		fmt.Fprintln(&b)
	}
	for _, s := range r.Scalars {
		if s.Value == nil {
			continue
		}
		label := s.Label
		if label == "" {
			label = s.Name
		}
		fmt.Fprintf(&b, "%s: %s\n", label, shown(s.Value))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "Note: %s\n", n)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// shown writes a scalar for people.
func shown(v any) string {
	if x, ok := v.(float64); ok {
		return result.Rounded(x, digits)
	}
	return fmt.Sprint(v)
}
