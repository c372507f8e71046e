package statistic

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"github.com/tacit-space/tacit/engine/result"
)

// WriteJSON writes the report as one JSON object: "statistic", "call", each scalar by its name, each table by its name
// as an array of objects, curves as objects of arrays, "notes", and job as "job" unless that is nil. A suppressed value is {"below": k}, see
// [result.Table.WriteJSON].
func (r *Report) WriteJSON(w io.Writer, job any) error {
	o := object{}
	o.member("statistic", r.Statistic)
	o.member("call", r.Call)
	for _, s := range r.Scalars {
		o.member(s.Name, s.Value)
	}
	for _, t := range r.Tables {
		if t.Curve {
			o.member(t.Name, curveObjects(t.Table, t.Keys))
		} else {
			o.member(t.Name, rowObjects(t.Table))
		}
	}
	if len(r.Notes) > 0 {
		o.member("notes", r.Notes)
	}
	if job != nil {
		o.member("job", job)
	}
	if o.err != nil {
		return o.err
	}
	_, err := w.Write(append(o.close(), '\n'))
	return err
}

func rowObjects(t *result.Table) []json.RawMessage {
	rows := make([]json.RawMessage, len(t.Rows))
	for i := range t.Rows {
		o := object{}
		for j, c := range t.Columns {
			o.member(c.Name, t.JSONValue(i, j))
		}
		rows[i] = o.close()
	}
	return rows
}

// curveObjects has an object for each run of rows with the same keys, with an array for each other column.
func curveObjects(t *result.Table, keys int) []json.RawMessage {
	out := []json.RawMessage{}
	for first := 0; first < len(t.Rows); {
		end := first + 1
		for end < len(t.Rows) && slices.Equal(t.Rows[end][:keys], t.Rows[first][:keys]) {
			end++
		}
		o := object{}
		for j, c := range t.Columns {
			if j < keys {
				o.member(c.Name, t.JSONValue(first, j))
				continue
			}
			values := make([]any, 0, end-first)
			for i := first; i < end; i++ {
				values = append(values, t.JSONValue(i, j))
			}
			o.member(c.Name, values)
		}
		out = append(out, o.close())
		first = end
	}
	return out
}

// object is a JSON object whose members keep their order.
type object struct {
	b   bytes.Buffer
	err error
}

func (o *object) member(name string, value any) {
	if o.b.Len() == 0 {
		o.b.WriteByte('{')
	} else {
		o.b.WriteByte(',')
	}
	o.encode(name)
	o.b.WriteByte(':')
	o.encode(value)
}

func (o *object) encode(v any) {
	enc := json.NewEncoder(&o.b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil && o.err == nil {
		o.err = err
	}
	o.b.Truncate(len(bytes.TrimRight(o.b.Bytes(), "\n")))
}

func (o *object) close() []byte {
	if o.b.Len() == 0 {
		o.b.WriteByte('{')
	}
	o.b.WriteByte('}')
	return o.b.Bytes()
}
