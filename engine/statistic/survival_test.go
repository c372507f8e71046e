package statistic_test

import (
	"encoding/csv"
	"os"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// lungTable is lung of the health example, without the rules of its charter.
var lungTable = charter.Table{
	Name: "lung", MaxRows: 1000, MinCohort: one(),
	Columns: []charter.Column{
		{Name: "inst", Type: "integer", Role: charter.Category, Domain: []string{"1", "2", "3", "4", "5", "6", "7", "10", "11", "12", "13", "15", "16", "21", "22", "26", "32", "33"}},
		{Name: "time", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "1100"}, Curve: "1"},
		{Name: "status", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"1", "2"}},
		{Name: "age", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"18", "110"}},
		{Name: "sex", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"1", "2"}},
		{Name: "ph_ecog", Type: "integer", Role: charter.Category, Domain: []string{"0", "1", "2", "3", "4"}},
		{Name: "wt_loss", Type: "integer", Role: charter.Measure, Range: []string{"-100", "200"}},
	},
}

// readLung returns the published rows with the columns of lungTable.
func readLung(t testing.TB) (header []string, rows [][]string) {
	t.Helper()
	return readCSV(t, "../../examples/health/pooled/lung.csv", map[string]string{"ph.ecog": "ph_ecog", "wt.loss": "wt_loss"}, lungTable)
}

// readCSV reads a file, renames columns, and keeps those of a table. NA is an empty field.
func readCSV(t testing.TB, file string, rename map[string]string, table charter.Table) (header []string, rows [][]string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var kept []int
	for i, name := range all[0] {
		if other, ok := rename[name]; ok {
			name = other
		}
		if table.Column(name) != nil {
			kept, header = append(kept, i), append(header, name)
		}
	}
	for _, line := range all[1:] {
		row := make([]string, len(kept))
		for i, from := range kept {
			if row[i] = line[from]; row[i] == "NA" {
				row[i] = ""
			}
		}
		rows = append(rows, row)
	}
	return header, rows
}

// ask asks a statistic over lung, split over so many owners.
func askLung(t *testing.T, owners int, seed uint64, sql string) *statistic.Report {
	t.Helper()
	header, rows := readLung(t)
	r, err := statistictest.New(t, lungTable, header, rows, owners, seed).Statistic(t.Context(), sql, false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func scalar(t *testing.T, r *statistic.Report, name string) any {
	t.Helper()
	for _, s := range r.Scalars {
		if s.Name == name {
			return s.Value
		}
	}
	t.Fatalf("no %s in %+v", name, r.Scalars)
	return nil
}

func table(t *testing.T, r *statistic.Report, name string) *result.Table {
	t.Helper()
	for _, n := range r.Tables {
		if n.Name == name {
			return n.Table
		}
	}
	t.Fatalf("no table %s", name)
	return nil
}

// cell is a value of a row by the name of its column.
func cell(t *testing.T, in *result.Table, row int, column string) result.Value {
	t.Helper()
	i := slices.IndexFunc(in.Columns, func(c result.Column) bool { return c.Name == column })
	if i < 0 {
		t.Fatalf("no column %s", column)
	}
	return in.Rows[row][i]
}

// The golden values of R's survival 3.5, however rows are split, and the same bits each time.
func TestKaplanMeierOfLung(t *testing.T) {
	var first string
	for _, owners := range []int{3, 5, 13} {
		r := askLung(t, owners, uint64(owners), "SELECT * FROM kaplan_meier(lung, time => 'time', event => 'status = 2', by => 'sex')")
		if text := asJSON(t, r); first == "" {
			first = text
		} else if text != first {
			t.Errorf("%d owners give other numbers", owners)
		}
		strata := table(t, r, "strata")
		for i, want := range []struct {
			n, events            int64
			median, lower, upper float64
		}{{138, 112, 270, 212, 310}, {90, 53, 426, 348, 550}} {
			if cell(t, strata, i, "n") != want.n || cell(t, strata, i, "events") != want.events || cell(t, strata, i, "median") != want.median ||
				cell(t, strata, i, "lower") != want.lower || cell(t, strata, i, "upper") != want.upper {
				t.Errorf("%d owners: %v, want %+v", owners, strata.Rows[i], want)
			}
		}
	}
	all := askLung(t, 3, 1, "SELECT * FROM km(lung, 'Surv(time, status) ~ 1')")
	if cell(t, table(t, all, "strata"), 0, "median") != 310.0 || scalar(t, all, "n") != int64(228) || scalar(t, all, "events") != int64(165) {
		t.Errorf("all: %v", table(t, all, "strata").Rows)
	}
}

func TestLogRankOfLung(t *testing.T) {
	for _, owners := range []int{3, 5, 13} {
		r := askLung(t, owners, 7, "SELECT * FROM log_rank(lung, 'Surv(time, status == 2) ~ sex')")
		groups := table(t, r, "groups")
		for what, pair := range map[string][2]float64{
			"χ²": {scalar(t, r, "chisq").(float64), 10.3267}, "O": {cell(t, groups, 0, "observed").(float64), 112},
			"E": {cell(t, groups, 0, "expected").(float64), 91.58}, "V": {cell(t, groups, 0, "variance").(float64), 40.37},
		} {
			if d := pair[0] - pair[1]; d > 0.005 || d < -0.005 {
				t.Errorf("%d owners: %s is %g, want %g", owners, what, pair[0], pair[1])
			}
		}
	}
}

// A stratified test leaves nothing of a stratum out.
func TestStratifiedLogRank(t *testing.T) {
	r := askLung(t, 3, 2, "SELECT * FROM log_rank(lung, 'Surv(time, status == 2) ~ sex + strata(ph_ecog)', where => 'ph_ecog IN (0, 1, 2)')")
	groups := table(t, r, "groups")
	if n := scalar(t, r, "n"); n != int64(226) || cell(t, groups, 0, "observed").(float64)+cell(t, groups, 1, "observed").(float64) != 163 {
		t.Errorf("n %v, %v", n, groups.Rows)
	}
}

// Curves of too few people or events are suppressed whole, and a test that would need them fails.
func TestSuppressedCurves(t *testing.T) {
	k, small := 20, lungTable
	small.MinCohort = &k
	header, rows := readLung(t)
	space := statistictest.New(t, small, header, rows, 5, 1)
	r, err := space.Statistic(t.Context(), "SELECT * FROM km(lung, 'Surv(time, status) ~ ph_ecog')", false)
	if err != nil {
		t.Fatal(err)
	}
	strata := table(t, r, "strata")
	for i, row := range strata.Rows {
		hidden := strata.Suppressed[result.Cell{Row: i, Column: 1}] == k
		if want := row[0] == "3" || row[0] == "4" || row[0] == "NULL"; hidden != want {
			t.Errorf("ecog %v is suppressed: %t, want %t", row[0], hidden, want)
		}
	}
	if _, err := space.Statistic(t.Context(), "SELECT * FROM log_rank(lung, 'Surv(time, status) ~ ph_ecog')", false); !statistic.Suppressed.Is(err) {
		t.Errorf("log-rank: %v", err)
	}
}

func TestSurvivalRefusals(t *testing.T) {
	table := lungTable
	table.Columns = append(slices.Clone(table.Columns),
		charter.Column{Name: "arm", Type: "text", Role: charter.Category, Domain: []string{"a", "b"}},
		charter.Column{Name: "weeks", Type: "integer", Role: charter.Measure, Range: []string{"0", "700"}, Curve: "7"})
	ch := statistictest.Charter(t, 3, table)
	for call, want := range map[string]string{
		"km(lung)":                 "TACIT-P162",
		"km(lung, time => 'time')": "TACIT-P162",
		"km(lung, 'Surv(time, status) ~ sex', time => 'time')":     "TACIT-P162",
		"km(lung, 'Surv(time, status) ~ sex', by => 'sex')":        "TACIT-P162",
		"km(lung, 'Surv(time, status ~ sex')":                      "TACIT-P163",
		"km(lung, 'time ~ sex')":                                   "TACIT-P163",
		"km(lung, 'Surv(time, status) ~ strata(sex)')":             "TACIT-P163",
		"km(lung, 'Surv(time, arm) ~ sex')":                        "TACIT-P164",
		"km(lung, 'Surv(time, ph_ecog) ~ sex')":                    "TACIT-P164",
		"km(lung, 'Surv(time, status == 3) ~ sex')":                "TACIT-P106",
		"km(lung, 'Surv(age, status) ~ sex')":                      "TACIT-P180",
		"km(lung, 'Surv(weeks, status) ~ sex', step => 3)":         "TACIT-P162",
		"km(lung, 'Surv(time, status) ~ age')":                     "TACIT-P103",
		"km(lung, 'Surv(time, status) ~ sexx')":                    "TACIT-P102",
		"km(lung, time => 'time', event => 'statuss = 2')":         "TACIT-P102",
		"km(lung, 'Surv(time, status) ~ sex', interval => 'log2')": "TACIT-P162",
		"log_rank(lung, 'Surv(time, status) ~ 1')":                 "TACIT-P162",
		"log_rank(lung, 'Surv(time, status) ~ sex + strata(sex)')": "TACIT-P162",
	} {
		if _, err := statistic.Compile("SELECT * FROM "+call, ch); fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
}

func one() *int {
	k := 1
	return &k
}
