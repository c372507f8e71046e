package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// unitTable has visits of patients; unit is the column of the privacy unit.
func unitTable(unit string) charter.Table {
	t := tableOf(col("patient", "text", charter.Identifier), col("ward", "text", charter.Category, "a", "b"), col("cost", "integer", charter.Measure, "0", "100"))
	t.Unit = unit
	return t
}

const unitRows = "patient,ward,cost\np,a,1\np,a,2\nq,a,\n,a,4\n,a,5\np,b,6\nq,,7\nr,,\n"

// unitGuards are all rows, those with a cost, and the costs above 1.
func unitGuards() []plan.Guard {
	return []plan.Guard{
		{K: 2, Sums: []int{0}},
		{K: 2, Present: []string{"cost"}, Sums: []int{1}},
		{K: 2, Present: []string{"cost"}, Filter: cmpOp(plan.Gt, "cost", plan.Integer, "1"), Sums: []int{2}},
	}
}

// cellsOf runs a count and two sums per ward and returns its lines, sorted; NULL is "(null)".
func cellsOf(t *testing.T, e *Engine, guards []plan.Guard, keys ...plan.Key) []string {
	t.Helper()
	p := countPlan()
	p.Keys = keys
	p.Sums = append(p.Sums, plan.Sum{Factors: []string{"cost"}}, plan.Sum{Filter: cmpOp(plan.Gt, "cost", plan.Integer, "1")})
	r, err := e.AggregateUnits(t.Context(), p, guards)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	lines := strings.Split(strings.TrimSpace(linesOf(t, r)), "\n")
	slices.Sort(lines)
	return lines
}

// TestUnits: one guard is counted beside the sums, several in rows of their own, and
// rows beside the sums however many guards there are.
func TestUnits(t *testing.T) {
	ward := plan.Key{Kind: plan.KeyColumn, Column: "ward"}
	path := write(t, "t.csv", unitRows)
	for name, c := range map[string]struct {
		unit   string
		guards []plan.Guard
		want   []string
	}{
		"no guard":  {"patient", nil, []string{"(null) 2 7 1", "a 5 12 3", "b 1 6 1"}},
		"one guard": {"patient", unitGuards()[2:], []string{"(null) 2 7 1 1", "a 5 12 3 1", "b 1 6 1 1"}},
		"several": {"patient", unitGuards(), []string{
			"(null) (null) (null) (null) 2 1 1", "(null) 2 7 1 (null) (null) (null)",
			"a (null) (null) (null) 2 1 1", "a 5 12 3 (null) (null) (null)",
			"b (null) (null) (null) 1 1 1", "b 1 6 1 (null) (null) (null)",
		}},
		"rows": {"", unitGuards(), []string{"(null) 2 7 1 2 1 1", "a 5 12 3 5 4 3", "b 1 6 1 1 1 1"}},
	} {
		e := mapped(t, unitTable(c.unit), path)
		if err := e.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := cellsOf(t, e, c.guards, ward); !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s", name, strings.Join(got, "\n"))
		}
	}
}

// TestUnitsOfNothing: an owner without rows has no units.
func TestUnitsOfNothing(t *testing.T) {
	e := mapped(t, unitTable("patient"), write(t, "t.csv", "patient,ward,cost\n"))
	if got := cellsOf(t, e, unitGuards()); !slices.Equal(got, []string{"(null) (null) (null) 0 0 0", "0 (null) 0 (null) (null) (null)"}) {
		t.Errorf("got %q", got)
	}
	if got := cellsOf(t, e, unitGuards()[:1]); !slices.Equal(got, []string{"0 (null) 0 0"}) {
		t.Errorf("got %q", got)
	}
}

// TestPopulation: the distinct units of a table, whatever its groups; rows, where rows are the unit. Data that break the
// charter are not counted.
func TestPopulation(t *testing.T) {
	text := "patient,ward,cost\np,a,1\np,b,2\nq,a,3\n,a,4\nr,,5\n"
	for unit, want := range map[string]uint64{"patient": 3, "": 5} {
		e := mapped(t, unitTable(unit), write(t, "t.csv", text))
		if err := e.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := e.Units(t.Context(), "t"); err != nil || n != want {
			t.Errorf("unit %q: %d units, want %d: %v", unit, n, want, err)
		}
	}
	e := mapped(t, unitTable("patient"), write(t, "t.csv", "patient,ward,cost\np,nowhere,1\n"))
	if n, err := e.Units(t.Context(), "t"); err == nil {
		t.Errorf("%d units of data that break the charter", n)
	}
	if _, err := e.Units(t.Context(), "u"); !ErrNoTable.Is(err) {
		t.Errorf("a table that is not here: %v", err)
	}
}

// TestQueryRunsOnce: of an owner's query that returns other rows each time, units are
// counted over the very rows that are added.
func TestQueryRunsOnce(t *testing.T) {
	e := open(t)
	query := "SELECT 'p' || range AS patient, 'a' AS ward, 2 AS cost FROM range(2000) WHERE random() < 0.5"
	if err := e.AddTable(t.Context(), Mapping{Query: query}, unitTable("patient")); err != nil {
		t.Fatal(err)
	}
	counts := map[string]bool{}
	for range 8 { // two runs return equally many rows with probability 1/79, all eight below 1e-12
		lines := cellsOf(t, e, unitGuards())
		n, _, _ := strings.Cut(lines[0], " ")
		twice, err := strconv.Atoi(n)
		if want := fmt.Sprintf("%s %d %s %s %s %s", n, 2*twice, n, n, n, n); err != nil || !slices.Equal(lines, []string{want}) {
			t.Errorf("got %q", lines)
		}
		counts[n] = true
	}
	if len(counts) < 2 {
		t.Error("the query returned as many rows each time")
	}
}

func TestGuardOffTheTable(t *testing.T) {
	for _, unit := range []string{"", "patient"} {
		e := mapped(t, unitTable(unit), write(t, "t.csv", unitRows))
		for _, bad := range []plan.Guard{
			{K: 2, Present: []string{"bmi"}},
			{K: 2, Filter: cmpOp(plan.Gt, "bmi", plan.Integer, "1")},
		} {
			for _, guards := range [][]plan.Guard{{bad}, {bad, bad}} {
				_, err := e.AggregateUnits(t.Context(), countPlan(), guards)
				wantCode(t, err, ErrPlan)
			}
		}
	}
}

// BenchmarkUnits measures a plan with guards and, alternating with it, the same without.
// Units are texts, a fifth as many as rows. "ratio" is the time with guards over that
// without.
func BenchmarkUnits(b *testing.B) {
	e, path := benchFile(b, benchPatients())
	files := benchTable()
	files.Columns = append(files.Columns, col("patient", "text", charter.Identifier))
	files.Unit = "patient"
	query, whole := files, files
	query.Name, whole.Name, whole.Unit = "query", "rows", ""
	for table, m := range map[*charter.Table]Mapping{
		&files: {Files: []string{path}},
		&query: {Files: []string{path}, Query: "FROM read_parquet(" + quote(path) + ")"},
		&whole: {Files: []string{path}},
	} {
		if err := e.AddTable(b.Context(), m, *table); err != nil {
			b.Fatal(err)
		}
	}
	guards := []plan.Guard{
		{K: 10, Sums: []int{0}},
		{K: 10, Present: []string{"price"}, Sums: []int{1}},
		{K: 10, Present: []string{"temp"}, Filter: cmpOp(plan.Gt, "quantity", plan.Decimal, "10"), Sums: []int{2}},
	}
	for _, c := range []struct {
		name   string
		table  string
		guards int
	}{{"rows-3", "rows", 3}, {"files-1", "t", 1}, {"files-3", "t", 3}, {"query-1", "query", 1}, {"query-3", "query", 3}} {
		b.Run(c.name, func(b *testing.B) {
			p := &plan.Plan{
				Table: c.table, Width: plan.Width128,
				Keys: []plan.Key{{Kind: plan.KeyColumn, Column: "flag"}, {Kind: plan.KeyColumn, Column: "status"}},
				Sums: []plan.Sum{{}, {Factors: []string{"price"}}, {Present: []string{"temp"}, Filter: guards[2].Filter}, {Factors: []string{"discount", "price"}}},
			}
			if _, err := e.Validate(b.Context(), c.table); err != nil {
				b.Fatal(err)
			}
			var with, without time.Duration
			for b.Loop() {
				t0 := time.Now()
				r, err := e.AggregateUnits(b.Context(), p, guards[:c.guards])
				drain(b, r, err)
				t1 := time.Now()
				r, err = e.Aggregate(b.Context(), p)
				drain(b, r, err)
				with, without = with+t1.Sub(t0), without+time.Since(t1)
			}
			b.ReportMetric(float64(benchRows())*float64(b.N)/with.Seconds()/1e6, "Mrows/s")
			b.ReportMetric(with.Seconds()/without.Seconds(), "ratio")
		})
	}
}
