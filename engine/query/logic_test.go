package query_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/result"
)

const rowCount = 400

// TestLogic runs testdata/logic/*.txt. Commands:
//
//	query     the result as CSV, with the types of the columns in the first line
//	tacit     the same, for what DuckDB does not have or fails at
//	notes     the same with the notes of the columns
//	plan      the plan as readable SQL
//	refused   code, position and remedy
func TestLogic(t *testing.T) {
	ch := loadCharter(t)
	table := ch.Table("visits")
	rows := randomRows(table, rowCount)
	datadriven.Walk(t, "testdata/logic", func(t *testing.T, path string) {
		ch := curved(ch, path)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			q, err := query.Compile(d.Input, ch)
			if (err != nil) != (d.Cmd == "refused") {
				t.Fatalf("%s: %v", d.Pos, err)
			}
			switch d.Cmd {
			case "refused":
				return describe(fault.From(err))
			case "plan":
				return q.Plan.SQL() + fmt.Sprintf("\n%d cells, width %d\n", q.Plan.Cells(), q.Plan.Width)
			}
			out, err := q.Finish(query.Open(evaluate(&q.Plan, table, rows)))
			if err != nil {
				t.Fatalf("%s: %v", d.Pos, err)
			}
			return show(t, out, d.Cmd == "notes")
		})
	})
}

// curved is the charter with curves along columns of visits, for the tests of curves: there no condition
// mixes them with others.
func curved(ch *charter.Charter, path string) *charter.Charter {
	if filepath.Base(path) != "curves.txt" {
		return ch
	}
	out := *ch
	out.Tables = slices.Clone(ch.Tables)
	t := out.Table("visits")
	t.Columns = slices.Clone(t.Columns)
	t.Column("stay").Curve, t.Column("seen").Curve = "1", "hour"
	return &out
}

func describe(f *fault.Fault) string {
	text := f.Code
	if f.Position != nil {
		text += fmt.Sprintf(" at %d:%d", f.Position.Line, f.Position.Column)
	}
	return text + "\n" + f.Message + "\n" + f.Remedy + "\n"
}

func show(t *testing.T, out *result.Table, notes bool) string {
	t.Helper()
	var b strings.Builder
	types := make([]string, len(out.Columns))
	for i, c := range out.Columns {
		types[i] = c.Type.String()
	}
	b.WriteString(strings.Join(types, " ") + "\n")
	var text bytes.Buffer
	if err := out.WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	b.WriteString(strings.ReplaceAll(text.String(), "\r\n", "\n"))
	if notes {
		for _, n := range out.Notes {
			fmt.Fprintf(&b, "-- %s\n", n)
		}
	}
	for _, c := range out.Columns {
		if notes && c.Note != "" {
			fmt.Fprintf(&b, "-- %s: %s\n", c.Name, c.Note)
		}
	}
	return b.String()
}

// TestPlansTravel: every plan of the compiler survives its encoding and passes the
// worker's check.
func TestPlansTravel(t *testing.T) {
	ch := loadCharter(t)
	for _, sql := range []string{
		"SELECT COUNT(*) FROM visits",
		"SELECT ward, date_trunc('month', admitted), width_bucket(age, 0, 100, 4), AVG(bmi) FROM visits GROUP BY 1, 2, 3",
	} {
		q, err := query.Compile(sql, ch)
		if err != nil {
			t.Fatal(err)
		}
		b, err := q.Plan.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Check(p, ch); err != nil {
			t.Error(err)
		}
	}
}
