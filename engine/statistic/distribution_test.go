package statistic_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

var waits = charter.Table{
	Name: "waits", MaxRows: 10000, Unit: "person",
	Columns: []charter.Column{
		{Name: "person", Type: "integer", Role: charter.Identifier, Nullable: no()},
		{Name: "kind", Type: "text", Role: charter.Category, Domain: []string{"a", "b"}},
		{Name: "days", Type: "integer", Role: charter.Measure, Range: []string{"-3", "400"}, Curve: "1"},
		{Name: "hours", Type: "decimal(4,1)", Role: charter.Measure, Nullable: no(), Range: []string{"0", "999.9"}, Curve: "0.5"},
		{Name: "weight", Type: "double", Role: charter.Measure, Nullable: no(), Range: []string{"0", "100"}, Resolution: "0.01", Curve: "0.25"},
		{Name: "age", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "120"}},
	},
}

var waitsHeader = []string{"person", "kind", "days", "hours", "weight", "age"}

func makeWaits(seed uint64, n int) [][]string {
	random := rand.New(rand.NewPCG(seed, 2))
	rows := make([][]string, n)
	for i := range rows {
		days, kind := strconv.Itoa(random.IntN(404)-3), []string{"a", "b", ""}[random.IntN(3)]
		if random.IntN(8) == 0 {
			days = ""
		}
		rows[i] = []string{
			strconv.Itoa(i), kind, days, fmt.Sprintf("%.1f", random.Float64()*999.9), strconv.FormatFloat(random.Float64()*100, 'f', -1, 64),
			strconv.Itoa(random.IntN(121)),
		}
	}
	return rows
}

// values of a column of the rows of a kind, sorted.
func valuesOf(rows [][]string, kind string, column int) (values []float64, missing int64) {
	for _, r := range rows {
		x, err := strconv.ParseFloat(r[column], 64)
		switch {
		case kind != "NULL" && r[1] != kind || kind == "NULL" && r[1] != "":
		case err != nil:
			missing++
		default:
			values = append(values, x)
		}
	}
	slices.Sort(values)
	return values, missing
}

// type7 is R's default quantile.
func type7(sorted []float64, p float64) float64 {
	h := float64(len(sorted)-1) * p
	j := int(h)
	if j+1 == len(sorted) {
		return sorted[j]
	}
	return sorted[j] + (h-float64(j))*(sorted[j+1]-sorted[j])
}

// TestQuantileStatistic: on the column's own grid quantiles are those of the sorted pooled values, on a coarser one they lie
// within what is said, however rows are split.
func TestQuantileStatistic(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows := makeWaits(seed, 400)
	for column, c := range map[string]struct {
		at    int
		exact bool
	}{"days": {2, true}, "hours": {3, false}, "weight": {4, false}} {
		sql := fmt.Sprintf("SELECT * FROM quantile(waits, '%s', '0, 0.1, 0.25, 0.5, 0.9, 1', by => 'kind')", column)
		var first string
		for _, owners := range []int{3, 5, 13} {
			space := statistictest.New(t, waits, waitsHeader, rows, owners, seed)
			r, err := space.Statistic(t.Context(), sql, true)
			if err != nil {
				t.Fatal(err)
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%d owners: another answer", owners)
			}
			if len(r.Main().Rows) != 18 {
				t.Fatalf("%d rows", len(r.Main().Rows))
			}
			for _, row := range r.Main().Rows {
				values, _ := valuesOf(rows, row[0].(string), c.at)
				want := type7(values, row[1].(float64))
				least, most := row[5].(float64), row[6].(float64)
				if c.exact != (least == most) || c.exact && !near(row[2], want) || want < least-1e-9 || want > most+1e-9 {
					t.Errorf("%s: %v, want %g", column, row, want)
				}
			}
			for _, row := range r.Tables[1].Table.Rows {
				values, missing := valuesOf(rows, row[0].(string), c.at)
				if row[1] != int64(len(values)) || row[2] != missing {
					t.Errorf("%s: %v, want n %d, missing %d", column, row, len(values), missing)
				}
				if iqr := type7(values, 0.75) - type7(values, 0.25); c.exact && !near(row[6], iqr) {
					t.Errorf("%s: %v, want iqr %g", column, row, iqr)
				}
			}
		}
	}
}

// TestECDFStatistic: a step for each value that occurs, with the share of values up to it.
func TestECDFStatistic(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows := makeWaits(seed, 200)
	r, err := statistictest.New(t, waits, waitsHeader, rows, 3, seed).Statistic(t.Context(), "SELECT * FROM ecdf(waits, 'days', by => 'kind')", true)
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]int{}
	for _, row := range r.Main().Rows {
		values, _ := valuesOf(rows, row[0].(string), 2)
		want := stat.CDF(row[1].(float64), stat.Empirical, values, nil)
		if !near(row[3], want) || row[4].(float64) > want || row[5].(float64) < want {
			t.Errorf("%v, want %g", row, want)
		}
		steps[row[0].(string)]++
	}
	for kind, n := range steps {
		values, _ := valuesOf(rows, kind, 2)
		if want := len(slices.Compact(values)); n != want {
			t.Errorf("%s: %d steps, want %d", kind, n, want)
		}
	}
}

// TestHistogramStatistic: along a column with curves and along one without, counts are those of the pooled values.
func TestHistogramStatistic(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows := makeWaits(seed, 300)
	space := statistictest.New(t, waits, waitsHeader, rows, 5, seed)
	for column, at := range map[string]int{"days": 2, "hours": 3, "weight": 4, "age": 5} {
		for _, more := range []string{"", ", step => 20", ", from => 20, to => 100, step => 10"} {
			r, err := space.Statistic(t.Context(), fmt.Sprintf("SELECT * FROM histogram(waits, '%s', by => 'kind'%s)", column, more), true)
			if err != nil {
				t.Fatal(err)
			}
			inside := map[string]int64{}
			for _, row := range r.Main().Rows {
				kind, from, to := row[0].(string), row[1].(float64), row[2].(float64)
				values, _ := valuesOf(rows, kind, at)
				n := int64(0)
				for _, x := range values {
					if from <= x && x < to {
						n++
					}
				}
				if row[3] != n {
					t.Errorf("%s%s: %v, want %d", column, more, row, n)
				}
				inside[kind] += n
			}
			if more == "" {
				for _, kind := range []string{"a", "b", "NULL"} {
					if values, _ := valuesOf(rows, kind, at); inside[kind] != int64(len(values)) && column != "hours" {
						t.Errorf("%s: %d of %d values in bins", column, inside[kind], len(values))
					}
				}
			}
		}
	}
}

// TestSuppressedDistributions: a group of too few is one line, and nothing is drawn of it.
func TestSuppressedDistributions(t *testing.T) {
	k, table := 5, waits
	table.MinCohort = &k
	var rows [][]string
	for i := range 12 {
		rows = append(rows, []string{strconv.Itoa(i), map[bool]string{true: "a", false: "b"}[i < 9], strconv.Itoa(10 * i), "1", "1", "1"})
	}
	space := statistictest.New(t, table, waitsHeader, rows, 3, 1)
	for _, name := range []string{"quantile", "ecdf", "histogram"} {
		r, err := space.Statistic(t.Context(), fmt.Sprintf("SELECT * FROM %s(waits, 'days', by => 'kind')", name), false)
		if err != nil {
			t.Fatal(err)
		}
		lines := map[any]int{}
		for i, row := range r.Main().Rows {
			lines[row[0]]++
			if row[0] == "b" {
				for j := 1; j < len(row); j++ {
					if row[j] != nil || r.Main().Suppressed[result.Cell{Row: i, Column: j}] != k {
						t.Errorf("%s: %v", name, row)
					}
				}
			}
		}
		if lines["b"] != 1 || lines["a"] < 5 {
			t.Errorf("%s: lines %v", name, lines)
		}
	}
}

func TestGridRefusals(t *testing.T) {
	ch := statistictest.Charter(t, 3, waits)
	ch.Rules.MaxCells = 1000
	for sql, want := range map[string]string{
		"SELECT * FROM quantile(waits, 'age')":                            plan.NoCurve.Code,
		"SELECT * FROM ecdf(waits, 'age')":                                plan.NoCurve.Code,
		"SELECT * FROM quantile(waits, 'kind')":                           plan.WrongRole.Code,
		"SELECT * FROM quantile(waits, 'person')":                         plan.Identifying.Code,
		"SELECT * FROM quantile(waits, 'days', '0.5, half')":              "TACIT-P162",
		"SELECT * FROM quantile(waits, 'days', '1.5')":                    "TACIT-P162",
		"SELECT * FROM quantile(waits, 'hours', step => 0.3)":             "TACIT-P162",
		"SELECT * FROM quantile(waits, 'hours', step => 0.1)":             "TACIT-P162",
		"SELECT * FROM quantile(waits, 'hours', step => 0)":               "TACIT-P162",
		"SELECT * FROM quantile(waits, 'hours', step => 0.5)":             plan.TooManyCells.Code,
		"SELECT * FROM quantile(waits, 'hours', from => 0.3, step => 10)": "TACIT-P162",
		"SELECT * FROM quantile(waits, 'hours', from => 2000)":            "TACIT-P162",
		"SELECT * FROM ecdf(waits, 'days', from => 50, to => 50)":         "TACIT-P162",
		"SELECT * FROM quantile(waits, 'days', where => 'days < 0.5')":    plan.OffGrid.Code,
	} {
		if err := compileError(ch, sql); fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
	for _, sql := range []string{
		"SELECT * FROM quantile(waits, 'hours')", "SELECT * FROM ecdf(waits, 'weight', by => 'kind')", "SELECT * FROM histogram(waits, 'age', by => 'kind')",
	} {
		if f := compileError(ch, sql); f != nil {
			t.Errorf("%s: %v", sql, f)
		}
	}
	space := statistictest.New(t, waits, waitsHeader, [][]string{{"1", "a", "", "1", "1", "1"}}, 3, 1)
	if _, err := space.Statistic(t.Context(), "SELECT * FROM quantile(waits, 'days')", true); !inference.NoValues.Is(err) {
		t.Errorf("no values: %v", err)
	}
}

func compileError(ch *charter.Charter, sql string) error {
	_, err := statistic.Compile(sql, ch)
	return err
}
