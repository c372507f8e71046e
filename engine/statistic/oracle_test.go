package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// An oracle is a second implementation of a statistic: over the patients of a cohort all together, in plain float64,
// from the definition in a textbook, with nothing of the packages that the product computes with. It draws questions at
// random and says what their answers are.
//
// A new statistic brings its own in a file of its own:
//
//	func init() { oracles["name"] = oracleOfName }
type oracle func(c *cohort, random *rand.Rand) []question

// oracles has one for every statistic, by its name.
var oracles = map[string]oracle{}

// kind is that of a fault.
type kind = fault.Kind

// elsewhere are statistics whose random test is a function of its own, with rows of its own.
var elsewhere = map[string]func(*testing.T){
	"quantile": TestQuantileStatistic, "ecdf": TestECDFStatistic, "histogram": TestHistogramStatistic,
	"peak_load": TestPeakLoad, "load_profile": TestLoadProfile, "duration_curve": TestDurationCurve, "percentile_bands": TestPercentileBands,
	"kaplan_meier":         TestSurvivalOfRandomPeople,
	"mantel_haenszel_rate": TestMantelHaenszelRate, "standardised_rate": TestStandardisedRate, "roc": TestROCOfScores, "calibration": TestCalibrationOfScores,
	"concordance": TestConcordanceOfScores, "degree_days": TestDegreeDays, "capacity_factor": TestCapacityFactor, "footprint": TestFootprint,
	"self_consumption": TestSelfConsumption, "forecast_error": TestForecastError, "control_chart": TestControlChart, "demand_response": TestDemandResponse,
	"lm": TestLinearModel, "glm": TestGLMAgainstPooled, "cox": TestCoxAgainstPooled,
}

// question is a call without SELECT * FROM, and its answer.
type question struct {
	call string
	want answer
}

// answer is all that a report says: every number of it is compared.
type answer struct {
	code    string             // of a refusal; the rest is empty then
	scalars map[string]any     // NaN: NULL
	tables  map[string][][]any // rows in order, with all columns; anything: see there
	// within is how far a double may be off, relative to its size, but at least to 0.001; 0: 1e-9.
	within float64
}

// anything stands for a cell that is a text for patients which says again what another cell does.
type anything struct{}

// refused is the answer of a question that has none.
func refused(f *kind) answer { return answer{code: f.Code} }

// patient is one row, by column; "" is NULL.
type patient map[string]string

// num is a number, NaN if it is missing.
func (p patient) num(column string) float64 {
	x, err := strconv.ParseFloat(p[column], 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// is is 1 where a column has a value, else 0.
func (p patient) is(column, value string) float64 {
	if p[column] == value {
		return 1
	}
	return 0
}

func (p patient) has(columns ...string) bool {
	for _, c := range columns {
		if p[c] == "" {
			return false
		}
	}
	return true
}

type patients []patient

func (all patients) where(keep func(p patient) bool) (out patients) {
	for _, p := range all {
		if keep(p) {
			out = append(out, p)
		}
	}
	return out
}

// knowing are the patients with values of all columns.
func (all patients) knowing(columns ...string) patients {
	return all.where(func(p patient) bool { return p.has(columns...) })
}

// of are those with a value of a column.
func (all patients) of(column, value string) patients {
	return all.where(func(p patient) bool { return p[column] == value })
}

// nums are the numbers of a column that are there.
func (all patients) nums(column string) (out []float64) {
	for _, p := range all {
		if x := p.num(column); !math.IsNaN(x) {
			out = append(out, x)
		}
	}
	return out
}

// values are those of a column that occur, in order, missing last.
func (all patients) values(column string) (out []string) {
	for _, p := range all {
		if !slices.Contains(out, p[column]) {
			out = append(out, p[column])
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if (a == "") != (b == "") {
			return strings.Compare(b, a)
		}
		return strings.Compare(a, b)
	})
	return out
}

// label is a group as reports name it.
func label(value string) string {
	if value == "" {
		return "NULL"
	}
	return value
}

// cohort is patients at random, in one of the ways in which data are awkward, split between owners in several ways.
type cohort struct {
	name     string
	patients patients
	splits   []*pooled.Space
	names    []string // of splits
}

// condition is one in SQL and in Go.
type condition struct {
	sql  string // after where =>; "": none
	keep func(p patient) bool
}

// conditions that questions may have.
var conditions = []condition{
	{"", func(patient) bool { return true }},
	{", where => 'sex = ''f'''", func(p patient) bool { return p["sex"] == "f" }},
	{", where => 'dose >= 3'", func(p patient) bool { return p.num("dose") >= 3 }},
	{", where => 'site <> ''w'' AND score < 12'", func(p patient) bool { return p["site"] != "w" && p.num("score") < 12 }},
}

// draw is a condition at random, and the patients that it leaves.
func (c *cohort) draw(random *rand.Rand) (sql string, left patients) {
	which := conditions[random.IntN(len(conditions))]
	return which.sql, c.patients.where(which.keep)
}

// drawLevel is a confidence level at random, as a parameter.
func drawLevel(random *rand.Rand) (sql string, level float64) {
	level = []float64{0.95, 0.9, 0.99, 0.5}[random.IntN(4)]
	if level == 0.95 {
		return "", level
	}
	return fmt.Sprintf(", level => %g", level), level
}

func oracleTable() charter.Table {
	rounds := 25
	category := func(name string, nullable bool, domain ...string) charter.Column {
		return charter.Column{Name: name, Type: "text", Role: charter.Category, Nullable: &nullable, Domain: domain}
	}
	measure := func(name, kind string, nullable bool, from, to, curve string) charter.Column {
		return charter.Column{Name: name, Type: kind, Role: charter.Measure, Nullable: &nullable, Range: []string{from, to}, Curve: curve}
	}
	died := category("died", true, "0", "1")
	died.Type = "integer"
	return charter.Table{Name: "cohort", MaxRows: 10000, MinCohort: one(), ModelRounds: &rounds, Columns: []charter.Column{
		category("arm", true, "a", "b", "c"), category("site", false, "u", "v", "w"), category("sex", false, "f", "m"), died,
		measure("dose", "integer", true, "0", "12", "1"), measure("score", "decimal(4,1)", true, "-50", "50", ""), measure("weight", "integer", false, "0", "200", ""),
		measure("days", "integer", true, "0", "60", "1"), measure("expected", "decimal(4,2)", true, "0", "5", ""),
		measure("relapse", "integer", false, "0", "1", ""), measure("visits", "integer", false, "0", "20", ""),
	}}
}

// makers make a patient of each kind of cohort.
var makers = map[string]struct {
	n    int
	make func(random *rand.Rand) patient
}{
	"mixed": {160, somebody},
	"ties": {90, func(random *rand.Rand) patient { // few values of everything
		p := somebody(random)
		p["dose"], p["score"] = []string{"2", "3", "7"}[random.IntN(3)], []string{"-1.5", "4.0"}[random.IntN(2)]
		p["days"], p["weight"] = strconv.Itoa(5+random.IntN(3)), strconv.Itoa(60+random.IntN(2))
		return p
	}},
	"few": {11, func(random *rand.Rand) patient { // groups of one and of nobody, empty cells
		p := somebody(random)
		if p["arm"] == "c" {
			p["arm"] = ""
		}
		return p
	}},
	"constant": {60, func(random *rand.Rand) patient { // columns that do not vary, no event
		p := somebody(random)
		p["dose"], p["score"], p["weight"], p["died"], p["relapse"], p["visits"] = "4", "1.5", "70", "0", "0", "0"
		return p
	}},
	"gaps": {120, func(random *rand.Rand) patient { // most numbers are missing, of arm c all
		p := somebody(random)
		for _, column := range []string{"dose", "score", "days", "expected"} {
			if random.IntN(2) == 0 || p["arm"] == "c" {
				p[column] = ""
			}
		}
		return p
	}},
}

func somebody(random *rand.Rand) patient {
	p := patient{
		"arm": string(rune('a' + random.IntN(3))), "site": string(rune('u' + random.IntN(3))), "sex": []string{"f", "m"}[random.IntN(2)],
		"died": strconv.Itoa(random.IntN(2)), "dose": strconv.Itoa(random.IntN(13)), "score": fmt.Sprintf("%.1f", max(-49, min(49, random.NormFloat64()*10))),
		"weight": strconv.Itoa(40 + random.IntN(60)), "days": strconv.Itoa(random.IntN(61)), "expected": fmt.Sprintf("%.2f", random.Float64()),
		"relapse": strconv.Itoa(random.IntN(2)), "visits": strconv.Itoa(random.IntN(4)),
	}
	if p["sex"] == "m" && random.IntN(3) > 0 { // associations to be found
		p["relapse"], p["died"], p["visits"] = "1", "1", strconv.Itoa(2+random.IntN(5))
	}
	for _, column := range []string{"arm", "died", "dose", "score", "days", "expected"} {
		if random.IntN(12) == 0 {
			p[column] = ""
		}
	}
	return p
}

// makeCohort makes patients of a kind and deals them: all to one owner, to three, five and thirteen at random, and each arm to an owner
// of its own.
func makeCohort(t *testing.T, name string, seed uint64) *cohort {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, uint64(len(name))))
	c := &cohort{name: name, names: []string{"all at one owner", "three", "five", "thirteen", "an arm each"}}
	table := oracleTable()
	var header []string
	for _, col := range table.Columns {
		header = append(header, col.Name)
	}
	var rows [][]string
	for range makers[name].n {
		p := makers[name].make(random)
		c.patients = append(c.patients, p)
		var row []string
		for _, column := range header {
			row = append(row, p[column])
		}
		rows = append(rows, row)
	}
	c.splits = append(c.splits, statistictest.Deal(t, table, header, rows, 3, func([]string) int { return 1 }))
	for _, owners := range []int{3, 5, 13} {
		c.splits = append(c.splits, statistictest.New(t, table, header, rows, owners, seed))
	}
	c.splits = append(c.splits, statistictest.Deal(t, table, header, rows, 4, func(row []string) int { return slices.Index([]string{"", "a", "b", "c"}, row[0]) }))
	return c
}

// ask asks with two splits, of which the first has all rows at one owner. Both answer the same bits.
func (c *cohort) ask(t *testing.T, call string, split int) (*statistic.Report, error) {
	t.Helper()
	var first *statistic.Report
	var text string
	for i, s := range []int{0, 1 + split%(len(c.splits)-1)} {
		r, err := c.splits[s].Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil {
			if i > 0 && first != nil {
				t.Errorf("%s, %s: %v, but an answer where all rows are at one owner", call, c.names[s], err)
			}
			return nil, err
		}
		if i == 0 {
			first, text = r, asJSON(t, r)
		} else if again := asJSON(t, r); again != text {
			t.Errorf("%s, %s: %s, but %s where all rows are at one owner", call, c.names[s], again, text)
		}
	}
	return first, nil
}

// TestEveryStatisticAgainstItsOracle asks every statistic of the registry about patients at random, and compares all numbers of its
// report with those of a second implementation.
func TestEveryStatisticAgainstItsOracle(t *testing.T) {
	seed := rand.Uint64()
	if again, err := strconv.ParseUint(os.Getenv("TACIT_SEED"), 10, 64); err == nil {
		seed = again
	}
	t.Logf("seed %d: TACIT_SEED=%[1]d asks the same again", seed)
	known := map[string]bool{}
	for _, s := range statistic.All() {
		known[s.Name] = true
		if oracles[s.Name] == nil && elsewhere[s.Name] == nil {
			t.Errorf("%s has no oracle", s.Name)
		}
	}
	answered := map[string]int{}
	for _, name := range []string{"mixed", "ties", "few", "constant", "gaps"} {
		t.Run(name, func(t *testing.T) {
			c := makeCohort(t, name, seed)
			for _, s := range statistic.All() {
				if o := oracles[s.Name]; o != nil {
					t.Run(s.Name, func(t *testing.T) {
						random := rand.New(rand.NewPCG(seed, uint64(len(s.Name))))
						for i, q := range o(c, random) {
							r, err := c.ask(t, q.call, i+int(seed%7))
							if q.want.code == "" && err == nil {
								answered[s.Name]++
							}
							q.compare(t, r, err)
						}
					})
				}
			}
		})
	}
	for name := range oracles {
		if !known[name] {
			t.Errorf("an oracle of %s, which is no statistic", name)
		} else if answered[name] < 2 {
			t.Errorf("%s was answered %d times", name, answered[name])
		}
	}
}

// compare compares everything that a report says.
func (q *question) compare(t *testing.T, r *statistic.Report, err error) {
	t.Helper()
	if fault.Code(err) != q.want.code {
		t.Errorf("%s: %v, want %q", q.call, err, q.want.code)
		return
	}
	if err != nil {
		return
	}
	seen := map[string]bool{}
	for _, s := range r.Scalars {
		want, ok := q.want.scalars[s.Name]
		if seen[s.Name] = true; !ok || !q.want.same(s.Value, want) {
			t.Errorf("%s: %s is %v, want %v", q.call, s.Name, s.Value, want)
		}
	}
	for name := range q.want.scalars {
		if !seen[name] {
			t.Errorf("%s: no %s", q.call, name)
		}
	}
	for _, named := range r.Tables {
		want, ok := q.want.tables[named.Name]
		if seen[named.Name] = true; !ok {
			t.Errorf("%s: nothing is known of the table %s", q.call, named.Name)
			continue
		}
		q.compareTable(t, named, want)
	}
	for name := range q.want.tables {
		if !seen[name] {
			t.Errorf("%s: no table %s", q.call, name)
		}
	}
}

func (q *question) compareTable(t *testing.T, got statistic.Named, want [][]any) {
	t.Helper()
	if len(got.Table.Rows) != len(want) {
		t.Errorf("%s: %s has %d rows, want %d: %v, want %v", q.call, got.Name, len(got.Table.Rows), len(want), got.Table.Rows, want)
		return
	}
	for i, row := range got.Table.Rows {
		if len(row) != len(want[i]) {
			t.Errorf("%s: row %d of %s is %v, want %v", q.call, i+1, got.Name, row, want[i])
			return
		}
		for j, v := range row {
			if !q.want.same(v, want[i][j]) {
				t.Errorf("%s: %s of row %d of %s is %v, want %v\n%v\n%v", q.call, got.Table.Columns[j].Name, i+1, got.Name, v, want[i][j], row, want[i])
			}
		}
	}
}

func (a *answer) same(got result.Value, want any) bool {
	switch w := want.(type) {
	case anything:
		return true
	case int:
		return got == int64(w)
	case float64:
		x, ok := got.(float64)
		if math.IsNaN(w) {
			return got == nil
		}
		within := a.within
		if within == 0 {
			within = 1e-9
		}
		return ok && (x == w || math.Abs(x-w) <= within*max(1e-3, math.Abs(w)))
	default:
		return got == want
	}
}
