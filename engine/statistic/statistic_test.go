package statistic_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

var trial = charter.Table{
	Name: "trial", MaxRows: 10000,
	Columns: []charter.Column{
		{Name: "arm", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"a", "b", "c"}},
		{Name: "age", Type: "integer", Role: charter.Measure, Range: []string{"0", "120"}},
		{Name: "dose", Type: "decimal(6,2)", Role: charter.Measure, Nullable: no(), Range: []string{"-100", "100"}},
		{Name: "note", Type: "text", Role: charter.Hidden},
	},
}

// trialOf is the trial with another minimum cohort.
func trialOf(k int) charter.Table {
	t := trial
	t.MinCohort = &k
	return t
}

func no() *bool { return new(bool) }

// makeTrial returns rows of the trial; every tenth age is missing.
func makeTrial(seed uint64, n int) [][]string {
	random := rand.New(rand.NewPCG(seed, 1))
	rows := make([][]string, n)
	for i := range rows {
		age := strconv.Itoa(20 + random.IntN(60))
		if random.IntN(10) == 0 {
			age = ""
		}
		rows[i] = []string{string(rune('a' + random.IntN(3))), age, fmt.Sprintf("%.2f", random.NormFloat64()*20), "x"}
	}
	return rows
}

var header = []string{"arm", "age", "dose", "note"}

// Every answer equals the pooled computation, and does not depend on how rows are split, to the last bit.
func TestDescribe(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows := makeTrial(seed, 500)
	const sql = "SELECT * FROM describe(trial, 'age, dose', by => 'arm', where => 'dose < 30')"
	var first string
	for _, owners := range []int{3, 5, 13} {
		space := statistictest.New(t, trial, header, rows, owners, seed)
		r, err := space.Statistic(t.Context(), sql, true)
		if err != nil {
			t.Fatal(err)
		}
		if text := asJSON(t, r); first == "" {
			first = text
		} else if text != first {
			t.Errorf("%d owners: %s, before %s", owners, text, first)
		}
		for _, row := range r.Main().Rows {
			var values []float64
			missing := int64(0)
			for _, from := range rows {
				at := map[any]int{"age": 1, "dose": 2}[row[1]]
				if dose, _ := strconv.ParseFloat(from[2], 64); from[0] != row[0] || dose >= 30 {
					continue
				}
				x, err := strconv.ParseFloat(from[at], 64)
				if err != nil {
					missing++
					continue
				}
				values = append(values, x)
			}
			mean, sd := stat.MeanStdDev(values, nil)
			if row[2] != int64(len(values)) || row[3] != missing || !near(row[4], mean) || !near(row[5], sd) || !near(row[6], sd/math.Sqrt(float64(len(values)))) {
				t.Errorf("%v, want n %d, missing %d, mean %g, sd %g", row, len(values), missing, mean, sd)
			}
		}
	}
}

func near(got any, want float64) bool {
	x, ok := got.(float64)
	return ok && math.Abs(x-want) <= 1e-12*max(1, math.Abs(want))
}

func asJSON(t *testing.T, r *statistic.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b, nil); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b.Bytes()) {
		t.Fatalf("not JSON: %s", &b)
	}
	return b.String()
}

// Groups of too few are marked, and nothing else is said of them.
func TestSuppressedGroups(t *testing.T) {
	k, table := 5, trial
	table.MinCohort = &k
	rows := [][]string{{"b", "30", "1", ""}, {"b", "31", "2", ""}}
	for i := range 9 {
		rows = append(rows, []string{"a", strconv.Itoa(40 + i), "1", ""})
	}
	r, err := statistictest.New(t, table, header, rows, 3, 1).Statistic(t.Context(), "SELECT * FROM describe(trial, 'age', by => 'arm')", false)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "a    age       9        0") || !strings.Contains(text.String(), "b    age     < 5      < 5") {
		t.Errorf("got\n%s", &text)
	}
	if s := asJSON(t, r); !strings.Contains(s, `{"arm":"b","column":"age","n":{"below":5}`) {
		t.Errorf("got %s", s)
	}
}

func TestRefusals(t *testing.T) {
	ch := statistictest.Charter(t, 3, trial)
	for sql, want := range map[string]string{
		"SELECT * FROM nonsense(trial)":                                           "TACIT-P161",
		"SELECT * FROM describe(trail, 'age')":                                    "TACIT-P101",
		"SELECT * FROM describe(trial)":                                           "TACIT-P162",
		"SELECT * FROM describe(trial, 'age', columns => 'dose')":                 "TACIT-P162",
		"SELECT * FROM describe(trial, 'age', bye => 'arm')":                      "TACIT-P162",
		"SELECT * FROM describe(trial, 'age', 'arm')":                             "TACIT-P162",
		"SELECT * FROM describe(trial, 'age, age')":                               "TACIT-P162",
		"SELECT * FROM describe(trial, 'age', level => 'much')":                   "TACIT-P162",
		"SELECT * FROM describe(trial, 'age', level => 1)":                        "TACIT-P162",
		"SELECT * FROM describe(trial, 'age', where => 'dose > 1) OR (dose < 1')": "TACIT-P162",
		"SELECT * FROM describe(trial, 'agge')":                                   "TACIT-P102",
		"SELECT * FROM describe(trial, 'note')":                                   "TACIT-P103",
		"SELECT * FROM describe(trial, 'arm')":                                    "TACIT-P103",
		"SELECT * FROM describe(trial, 'age', by => 'dose')":                      "TACIT-P103",
		"SELECT * FROM describe(trial, 'age', where => 'note = ''x''')":           "TACIT-P103",
		"SELECT * FROM describe(trial, 'age', where => 'COUNT(*) > 1')":           "TACIT-P031",
		"SELECT * FROM describe(trial, 'age') WITH PRIVACY (epsilon 1)":           "TACIT-P160",
		"SELECT mean FROM describe(trial, 'age')":                                 "TACIT-P160",
	} {
		_, err := statistic.Compile(sql, ch)
		if fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
}

// A call that is written as SQL again asks the same.
func TestCallSQL(t *testing.T) {
	ch := statistictest.Charter(t, 3, trial)
	c, err := statistic.Compile("SELECT * FROM summary(trial, 'age', level => 0.9, where => 'arm = ''a''')", ch)
	if err != nil {
		t.Fatal(err)
	}
	const want = "SELECT * FROM describe(trial, columns => 'age', where => 'arm = ''a''', level => 0.9)"
	if c.Call.SQL() != want {
		t.Errorf("got %s", c.Call.SQL())
	}
	again, err := statistic.Compile(want, ch)
	if err != nil || again.Inner != c.Inner {
		t.Errorf("%v: %s, want %s", err, again.Inner, c.Inner)
	}
}

// Every statistic has what people read about it.
func TestStatisticsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range statistic.All() {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if seen[name] || strings.ToLower(name) != name {
				t.Errorf("%s is a bad name, or there twice", name)
			}
			seen[name] = true
		}
		if s.Synopsis == "" || s.Example == "" {
			t.Errorf("%s has no synopsis or example", s.Name)
		}
		for _, p := range s.Parameters {
			if p.Help == "" || p.Kind == 0 || (p.Kind == statistic.Choice) != (len(p.Choices) > 0) {
				t.Errorf("%s: the parameter %s has no help, kind or choices", s.Name, p.Name)
			}
		}
	}
}
