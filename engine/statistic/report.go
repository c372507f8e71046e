package statistic

import (
	"math"
	"slices"
	"strconv"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
)

// NotFinite is a result that is no number.
var NotFinite = fault.Declare("TACIT-T002", "result is not a number",
	"A formula of the statistic has no finite value for the released numbers.",
	"Look at the released numbers, which are delivered; ask about groups that vary.")

// Report is the result of a statistic: named numbers, and tables of which the first is
// what SELECT * yields.
type Report struct {
	Statistic string // its name
	Call      string // what was asked, in SQL
	Title     string // for people
	Scalars   []Scalar
	Tables    []Named
	Notes     []string
	// Figure draws the result; nil if it has none.
	Figure chart.Figure
}

// Scalar is one named number or text of a report: a float64, int64, string or bool, nil
// where there is none.
type Scalar struct {
	Name  string // as in JSON
	Label string // for people; "": the name
	Value any
}

// Named is one table of a report.
type Named struct {
	Name  string // as in JSON
	Title string // for people; "": none
	Table *result.Table
	// Aside is a table that a terminal does not show, such as a long curve.
	Aside bool
	// Curve is a table that JSON has as arrays: an object for each combination of the first Keys columns.
	Curve bool
	Keys  int
}

// Add adds a scalar.
func (r *Report) Add(name, label string, value any) {
	r.Scalars = append(r.Scalars, Scalar{name, label, value})
}

// Main is the first table.
func (r *Report) Main() *result.Table { return r.Tables[0].Table }

// Types of columns of reports.
var (
	textType   = result.Type{Kind: result.Varchar}
	countType  = result.Type{Kind: result.BigInt}
	doubleType = result.Type{Kind: result.Double}
)

// newTable makes a table with columns of alternating names and types.
func newTable(columns ...result.Column) *result.Table { return &result.Table{Columns: columns} }

func textColumn(name string) result.Column   { return result.Column{Name: name, Type: textType} }
func countColumn(name string) result.Column  { return result.Column{Name: name, Type: countType} }
func doubleColumn(name string) result.Column { return result.Column{Name: name, Type: doubleType} }

// suppressRow adds a row of which all columns from the first hidden one are suppressed.
func suppressRow(t *result.Table, k int, shown ...result.Value) {
	row := make([]result.Value, len(t.Columns))
	copy(row, shown)
	for i := len(shown); i < len(row); i++ {
		t.Suppress(len(t.Rows), i, k)
	}
	t.Rows = append(t.Rows, row)
}

// check makes sure that no NaN and no infinity is taken for a result.
func (r *Report) check() *fault.Fault {
	bad := func(v any) bool {
		x, ok := v.(float64)
		return ok && (math.IsNaN(x) || math.IsInf(x, 0))
	}
	for _, s := range r.Scalars {
		if bad(s.Value) {
			return NotFinite.New("%s has no finite value", s.Name)
		}
	}
	for _, t := range r.Tables {
		for _, row := range t.Table.Rows {
			for i, v := range row {
				if bad(v) {
					return NotFinite.New("%s has no finite value in a row of %s", t.Table.Columns[i].Name, t.Name)
				}
			}
		}
	}
	return nil
}

// headed is a table with a column for each group column, and more.
func headed(by []*charter.Column, more ...result.Column) *result.Table {
	t := newTable()
	for _, col := range by {
		t.Columns = append(t.Columns, textColumn(col.Name))
	}
	t.Columns = append(t.Columns, more...)
	return t
}

// hoursOfDay reports whether the categories of a column are those of a day's hours, 0 to 23.
func hoursOfDay(col *charter.Column) bool {
	for h := range 24 {
		if !slices.Contains(col.Domain, strconv.Itoa(h)) {
			return false
		}
	}
	return len(col.Domain) == 24
}

// axis labels a column with its unit.
func axis(col *charter.Column) string {
	name := col.Name
	if col.Title != "" {
		name = col.Title
	}
	if col.Unit != "" {
		name += " (" + col.Unit + ")"
	}
	return name
}
