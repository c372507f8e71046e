package differencing_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/source"
)

const rules = `
tacit: charter/v1
space: clinic
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 3, tolerated_corruption: 1}
members:
  - {id: hub, organisation: Hub, key: tk1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [coordinator]}
  - {id: a, organisation: A, key: tk1baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [owner]}
  - {id: b, organisation: B, key: tk1caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [owner]}
  - {id: c, organisation: C, key: tk1daaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [owner, analyst]}
tables:
  - name: visits
    unit: patient
    min_cohort: 5
    max_rows: 100000
    columns:
      - {name: patient, type: integer, role: identifier}
      - {name: town, type: text, role: category, nullable: false, domain: [north, south, east, west, nowhere]}
      - {name: sex, type: text, role: category, nullable: false, domain: [f, m]}
      - {name: age, type: integer, role: measure, nullable: false, range: ["0", "120"]}
      - {name: bmi, type: integer, role: measure, range: ["0", "99"]}
      - {name: cost, type: integer, role: measure, nullable: false, range: ["0", "1000"]}
      - {name: seen, type: date, role: time, nullable: false, grain: day, range: ["2024-01-01", "2024-12-31"]}
`

// visits of 100 patients, two each, in January and in a month that differs from patient to patient. West
// has patients 0 to 2 and nowhere has none; bmi is NULL for patients 10 to 12; patient 99 came once.
func visits() string {
	var b strings.Builder
	b.WriteString("patient,town,sex,age,bmi,cost,seen\n")
	for p := range 100 {
		town := []string{"north", "south", "east"}[p%3]
		if p < 3 {
			town = "west"
		}
		bmi := fmt.Sprint(20 + p%10)
		if p >= 10 && p < 13 {
			bmi = ""
		}
		fmt.Fprintf(&b, "%d,%s,%s,%d,%s,%d,2024-01-%02d\n", p, town, []string{"f", "m"}[p/50], 20+p%50, bmi, p, 1+p%28)
		if p < 99 {
			fmt.Fprintf(&b, "%d,%s,%s,%d,%s,%d,2024-%02d-15\n", p, town, []string{"f", "m"}[p/50], 20+p%50, bmi, 100+p, 2+p%11)
		}
	}
	return b.String()
}

// owner is one owner's data under a charter.
type owner struct {
	*testing.T
	ch     *charter.Charter
	engine *source.Engine
}

func newOwner(t *testing.T, data string, change ...string) owner {
	t.Helper()
	ch, err := charter.Parse([]byte(strings.NewReplacer(change...).Replace(rules)))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "visits.csv")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	engine, err := source.Open(source.Config{Threads: 1, Memory: "256MB"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	if err := engine.AddTable(t.Context(), source.Mapping{Files: []string{file}}, ch.Tables[0]); err != nil {
		t.Fatal(err)
	}
	if err := engine.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	return owner{t, ch, engine}
}

func (o owner) plan(sql string) *plan.Plan {
	o.Helper()
	q, err := query.Compile(sql, o.ch)
	if err != nil {
		o.Fatalf("%s: %v", sql, err)
	}
	return &q.Plan
}

// ask compares the last question with the others, and returns the code of the refusal.
func (o owner) ask(questions ...string) string {
	o.Helper()
	var earlier []*plan.Plan
	for _, sql := range questions[:len(questions)-1] {
		earlier = append(earlier, o.plan(sql))
	}
	c, err := differencing.New(o.plan(questions[len(questions)-1]), earlier, o.ch)
	if err != nil {
		o.Fatal(err)
	}
	if err := o.engine.Compare(o.Context(), "visits", c); err != nil {
		o.Fatal(err)
	}
	f := c.Find()
	if f == nil {
		return ""
	}
	for _, digit := range f.Fault().Error()[len("TACIT-W120"):] {
		if digit >= '0' && digit <= '9' {
			o.Errorf("the refusal tells a number: %v", f.Fault())
		}
	}
	return map[bool]string{true: "within", false: "earlier"}[differencing.Within.Is(f.Fault())]
}

// TestAttacks: what isolates a few units is found, and what does not is not.
func TestAttacks(t *testing.T) {
	o := newOwner(t, visits())
	for name, c := range map[string]struct {
		want      string
		questions []string
	}{
		"complement in one question": {"within", []string{"SELECT COUNT(*), COUNT(*) FILTER (WHERE NOT town = 'west') FROM visits"}},
		"the part itself":            {"", []string{"SELECT COUNT(*), COUNT(*) FILTER (WHERE town = 'west') FROM visits"}},
		"complement in two sums": {"within", []string{
			"SELECT COUNT(*), SUM(cost) FILTER (WHERE town IN ('north', 'south', 'east')), SUM(cost) FROM visits",
		}},
		"all, then all but three": {"earlier", []string{"SELECT SUM(cost) FROM visits", "SELECT SUM(cost) FROM visits WHERE town <> 'west'"}},
		"all but three, then all": {"earlier", []string{"SELECT SUM(cost) FROM visits WHERE town <> 'west'", "SELECT SUM(cost) FROM visits"}},
		"behind a NULL": {"earlier", []string{
			"SELECT COUNT(*) FROM visits", "SELECT COUNT(bmi) FROM visits WHERE town <> 'west'",
		}},
		"by CASE": {"earlier", []string{
			"SELECT COUNT(*) FROM visits",
			"SELECT CASE WHEN town = 'west' THEN 'w' ELSE 'o' END AS x, COUNT(*) FROM visits GROUP BY 1",
		}},
		"total, then parts": {"earlier", []string{"SELECT COUNT(*) FROM visits", "SELECT town, COUNT(*) FROM visits GROUP BY town"}},
		"parts, then total": {"earlier", []string{"SELECT town, COUNT(*) FROM visits GROUP BY town", "SELECT COUNT(*) FROM visits"}},
		"total and large parts": {"", []string{
			"SELECT sex, COUNT(*) FROM visits GROUP BY sex", "SELECT COUNT(*) FROM visits",
		}},
		"shifted range": {"earlier", []string{
			"SELECT COUNT(*) FROM visits WHERE age BETWEEN 20 AND 60", "SELECT COUNT(*) FROM visits WHERE age BETWEEN 21 AND 61",
		}},
		"range shifted far": {"", []string{
			"SELECT COUNT(*) FROM visits WHERE age BETWEEN 20 AND 50", "SELECT COUNT(*) FROM visits WHERE age BETWEEN 30 AND 65",
		}},
		"another grain": {"earlier", []string{
			"SELECT date_trunc('month', seen) AS m, SUM(cost) FROM visits GROUP BY 1",
			"SELECT date_trunc('quarter', seen) AS q, SUM(cost) FROM visits WHERE seen >= DATE '2024-01-02' GROUP BY 1",
		}},
		"the same grain": {"", []string{
			"SELECT date_trunc('month', seen) AS m, SUM(cost) FROM visits GROUP BY 1",
			"SELECT date_trunc('month', seen) AS m, AVG(age) FROM visits GROUP BY 1",
		}},
		"rows of many, patients of one": {"earlier", []string{
			"SELECT COUNT(*) FROM visits", "SELECT COUNT(*) FROM visits WHERE seen >= DATE '2024-02-01'",
		}},
		"rows of one patient": {"earlier", []string{
			"SELECT SUM(cost) FROM visits", "SELECT SUM(cost) FROM visits WHERE cost < 198",
		}},
		"a part that is empty here": {"earlier", []string{
			"SELECT town, COUNT(*) FROM visits GROUP BY town", "SELECT town, sex, COUNT(*) FROM visits GROUP BY town, sex",
		}},
		"the same question": {"", []string{
			"SELECT town, COUNT(*), SUM(cost) FROM visits GROUP BY town", "SELECT town, COUNT(*), SUM(cost) FROM visits GROUP BY town",
		}},
		"disjoint groups":   {"", []string{"SELECT SUM(cost) FROM visits WHERE sex = 'f'", "SELECT SUM(cost) FROM visits WHERE sex = 'm'"}},
		"disjoint and few":  {"", []string{"SELECT SUM(cost) FROM visits WHERE town = 'west'", "SELECT SUM(cost) FROM visits WHERE town = 'nowhere'"}},
		"crossing groups":   {"", []string{"SELECT sex, SUM(cost) FROM visits GROUP BY sex", "SELECT SUM(cost) FROM visits WHERE age > 40"}},
		"values missing":    {"", []string{"SELECT COUNT(*), AVG(bmi), AVG(cost) FROM visits"}},
		"sums over missing": {"within", []string{"SELECT SUM(cost), CORR(cost, bmi) FROM visits"}},
	} {
		if got := o.ask(c.questions...); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestAnyCohort: without a k there is nothing to compare, and a column's own k counts.
func TestAnyCohort(t *testing.T) {
	questions := []string{"SELECT COUNT(*) FROM visits", "SELECT COUNT(*) FROM visits WHERE town <> 'west'"}
	if got := newOwner(t, visits(), "min_cohort: 5", "min_cohort: 1").ask(questions...); got != "" {
		t.Errorf("k = 1: %q", got)
	}
	if got := newOwner(t, visits(), "min_cohort: 5", "min_cohort: 1", "domain: [north, south, east, west, nowhere]}", "min_cohort: 5, domain: [north, south, east, west, nowhere]}").ask(questions...); got != "earlier" {
		t.Errorf("a column with k = 5: %q", got)
	}
	if got := newOwner(t, visits(), "min_cohort: 5", "min_cohort: 3").ask(questions...); got != "" {
		t.Errorf("k = 3: %q", got)
	}
	if got := newOwner(t, visits(), "    unit: patient\n", "", "min_cohort: 5", "min_cohort: 7").ask(questions...); got != "earlier" {
		t.Errorf("six rows: %q", got)
	}
}

// TestSmallOwner: an owner all of whose units are in the difference.
func TestSmallOwner(t *testing.T) {
	o := newOwner(t, strings.Join(strings.SplitAfter(visits(), "\n")[:7], "")) // three patients, all in the west
	if got := o.ask("SELECT COUNT(*) FROM visits", "SELECT COUNT(*) FROM visits WHERE town <> 'west'"); got != "earlier" {
		t.Errorf("%q", got)
	}
	if got := o.ask("SELECT COUNT(*) FROM visits WHERE town = 'north'", "SELECT COUNT(*) FROM visits WHERE town = 'west'"); got != "" {
		t.Errorf("disjoint: %q", got)
	}
}

// TestNobodysRows: rows without unit are somebody's.
func TestNobodysRows(t *testing.T) {
	o := newOwner(t, visits()+strings.Repeat(",nowhere,f,30,,5,2024-05-05\n", 40))
	if got := o.ask("SELECT COUNT(*) FROM visits WHERE town <> 'west'", "SELECT COUNT(*) FROM visits WHERE town IN ('north', 'south', 'east')"); got != "earlier" {
		t.Errorf("%q", got)
	}
}

// TestAmendedCharter: a question about a column that is gone is left out, one about a table that has
// a further value is not.
func TestAmendedCharter(t *testing.T) {
	before := newOwner(t, visits())
	asked := []*plan.Plan{before.plan("SELECT AVG(bmi) FROM visits"), before.plan("SELECT town, COUNT(*) FROM visits GROUP BY town")}
	after := newOwner(t, strings.Replace(visits(), "bmi", "kg", 1), "{name: bmi,", "{name: kg,", "nowhere]", "nowhere, else]")
	c, err := differencing.New(after.plan("SELECT COUNT(*) FROM visits"), asked, after.ch)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Left) != 1 || c.Left[0] != 0 {
		t.Errorf("left out %v", c.Left)
	}
}

// TestTooMany: the limit is on what one scan compares, and is met before it.
func TestTooMany(t *testing.T) {
	o := newOwner(t, visits())
	first := o.plan("SELECT town, sex, date_trunc('quarter', seen) AS q, COUNT(*) FROM visits WHERE cost > 0 GROUP BY 1, 2, 3")
	var earlier []*plan.Plan
	for i := range 120 {
		p := *first
		p.Where = plan.Compare(plan.Gt, "cost", plan.Value{Kind: plan.Integer, Text: fmt.Sprint(i)})
		earlier = append(earlier, &p)
	}
	question := o.plan("SELECT COUNT(*) FROM visits")
	if _, err := differencing.New(question, earlier, o.ch); !differencing.TooMany.Is(err) {
		t.Errorf("120 questions of 40 cells: %v", err)
	}
	c, err := differencing.New(question, earlier[:60], o.ch)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.engine.Compare(t.Context(), "visits", c); err != nil {
		t.Fatal(err)
	}
}
