package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// plant is readings of generators and buildings, six hours apart; a row has what the energy statistics need.
func plantTable(k int) charter.Table {
	return charter.Table{Name: "plant", MaxRows: 20000, MinCohort: &k, Unit: "id", Columns: []charter.Column{
		{Name: "id", Type: "integer", Role: charter.Identifier, Nullable: no()},
		{Name: "class", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"roof", "field"}},
		{Name: "ts", Type: "timestamp", Role: charter.Time, Nullable: no(), Grain: "hour", Curve: "hour", Range: []string{"2024-02-20 00:00:00", "2024-03-20 23:59:59"}},
		{Name: "kwh", Type: "decimal(7,2)", Role: charter.Measure, Range: []string{"0", "10000"}},
		{Name: "outside", Type: "decimal(4,1)", Role: charter.Measure, Nullable: no(), Range: []string{"-40", "50"}},
		{Name: "rated", Type: "decimal(5,1)", Role: charter.Measure, Nullable: no(), Range: []string{"0", "1000"}},
		{Name: "fuel", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"gas", "oil", "wood, dry"}},
		{Name: "factor", Type: "decimal(4,3)", Role: charter.Measure, Range: []string{"0", "5"}},
		{Name: "measured", Type: "boolean", Role: charter.Category, Nullable: no()},
	}}
}

var plantHeader = []string{"id", "class", "ts", "kwh", "outside", "rated", "fuel", "factor", "measured"}

// watt is one row, for the oracle; kwh and factor are NaN where they are missing.
type watt struct {
	class, fuel                 string
	at                          time.Time
	kwh, outside, rated, factor float64
	measured                    bool
}

func makePlants(seed uint64) (rows [][]string, all []watt) {
	random := rand.New(rand.NewPCG(seed, 31))
	from := time.Date(2024, 2, 20, 0, 0, 0, 0, time.UTC)
	for id := range 10 {
		w := watt{class: []string{"roof", "field"}[id%2], rated: float64(10+random.IntN(900)) / 2}
		for step := range 30 * 4 {
			w.at = from.Add(time.Duration(6*step) * time.Hour)
			warm := 18 + 12*math.Sin(float64(step)/20) // of all, and each place is a little off
			w.outside = math.Round(10*(warm+random.NormFloat64())) / 10
			w.kwh = math.Round(100*(50+3*math.Max(0, 15-warm)+5*math.Max(0, warm-22)+random.Float64()*10)) / 100
			w.fuel, w.measured = []string{"gas", "oil", "wood, dry"}[random.IntN(3)], random.IntN(3) > 0
			w.factor = float64(random.IntN(3000)) / 1000
			row := []string{strconv.Itoa(id), w.class, w.at.Format(time.DateTime), fmt.Sprintf("%.2f", w.kwh), fmt.Sprintf("%.1f", w.outside), fmt.Sprintf("%.1f", w.rated), w.fuel, fmt.Sprintf("%.3f", w.factor), strconv.FormatBool(w.measured)}
			if random.IntN(30) == 0 {
				row[3], w.kwh = "", math.NaN()
			}
			if random.IntN(30) == 0 {
				row[7], w.factor = "", math.NaN()
			}
			rows, all = append(rows, row), append(all, w)
		}
	}
	return rows, all
}

// askPlants asks over three, five and thirteen owners, which must agree.
func askPlants(t *testing.T, seed uint64, rows [][]string, call string, check func(main *result.Table, value func(name string) any)) {
	t.Helper()
	var first string
	for _, owners := range []int{3, 5, 13} {
		r, err := statistictest.New(t, plantTable(2), plantHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil {
			t.Fatal(call, ": ", err)
		}
		if text := asJSON(t, r); first == "" {
			first = text
			check(r.Main(), func(name string) any { return scalar(t, r, name) })
		} else if text != first {
			t.Errorf("%s: %d owners, another answer", call, owners)
		}
	}
}

func TestDegreeDays(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makePlants(seed)
	var public []string
	random := rand.New(rand.NewPCG(seed, 32))
	for range 30 {
		public = append(public, fmt.Sprintf("%.1f", 10+random.Float64()*20))
	}
	for call, c := range map[string]struct {
		class  string
		each   bool
		public bool
	}{
		"degree_days(plant, 'kwh', 'ts', 'outside', heating => 16.5, cooling => 20)":                                                                     {},
		"degree_days(plant, 'kwh', 'ts', 'outside', heating => 16.5, cooling => 20, readings => 4, where => 'class = ''roof''')":                         {class: "roof", each: true},
		"degree_days(plant, 'kwh', 'ts', temperatures => '" + strings.Join(public, ", ") + "', heating => 16.5, cooling => 20)":                          {public: true},
		"degree_days(plant, 'kwh', 'ts', temperatures => '0, " + strings.Join(public, ", ") + "', from => '2024-02-19', heating => 16.5, cooling => 20)": {public: true},
	} {
		askPlants(t, seed, rows, call, func(main *result.Table, _ func(string) any) {
			x, y := mat.NewDense(30, 3, nil), mat.NewDense(30, 1, nil)
			for day := range 30 {
				energy, warm, n, m := 0.0, 0.0, 0.0, 0.0
				for _, w := range all {
					if int(w.at.Sub(time.Date(2024, 2, 20, 0, 0, 0, 0, time.UTC)).Hours())/24 != day || c.class != "" && w.class != c.class {
						continue
					}
					warm, m = warm+w.outside, m+1
					if !math.IsNaN(w.kwh) {
						energy, n = energy+w.kwh, n+1
					}
				}
				if warm /= m; c.public {
					warm, _ = strconv.ParseFloat(public[day], 64)
				}
				if c.each {
					energy *= 4 / n
				}
				x.SetRow(day, []float64{1, math.Max(0, 16.5-warm), math.Max(0, warm-20)})
				y.Set(day, 0, energy)
			}
			var beta, fitted mat.Dense
			if err := beta.Solve(x, y); err != nil {
				t.Fatal(err)
			}
			fitted.Mul(x, &beta)
			fitted.Sub(y, &fitted)
			sigma := mat.Norm(&fitted, 2) / math.Sqrt(27)
			for i, term := range []string{"base", "hdd", "cdd"} {
				if got := main.Rows[i]; got[0] != term || math.Abs(got[1].(float64)-beta.At(i, 0)) > 1e-7*math.Max(1, math.Abs(beta.At(i, 0))) {
					t.Errorf("%s: %v, want %s %g", call, got, term, beta.At(i, 0))
				}
			}
			var cov mat.Dense
			cov.Mul(x.T(), x)
			if err := cov.Inverse(&cov); err != nil {
				t.Fatal(err)
			}
			if got, want := main.Rows[1][2].(float64), sigma*math.Sqrt(cov.At(1, 1)); math.Abs(got-want) > 1e-7*want {
				t.Errorf("%s: standard error %g, want %g", call, got, want)
			}
		})
	}
}

func TestCapacityFactor(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makePlants(seed)
	for call, c := range map[string]struct{ power, number bool }{
		"capacity_factor(plant, 'kwh', 'ts', 'rated', hours => 6, interval => 'day', by => 'class')":                {},
		"capacity_factor(plant, 'kwh', 'ts', 'rated', hours => 6, power => true, interval => 'day', by => 'class')": {power: true},
		"full_load_hours(plant, 'kwh', 'ts', '750.5', hours => 6, interval => 'day')":                               {number: true},
	} {
		askPlants(t, seed, rows, call, func(main *result.Table, value func(string) any) {
			classes := []string{"roof", "field"}
			if c.number {
				classes = []string{""}
			}
			total, able := 0.0, 0.0
			for i, class := range classes {
				energy, possible := 0.0, 0.0
				byDay := map[string][2]float64{}
				for _, w := range all {
					if class != "" && w.class != class || math.IsNaN(w.kwh) {
						continue
					}
					e := w.kwh
					if c.power {
						e *= 6
					}
					p := w.rated * 6
					if c.number {
						p = 0
					}
					energy, possible = energy+e, possible+p
					day := byDay[w.at.Format(time.DateOnly)]
					byDay[w.at.Format(time.DateOnly)] = [2]float64{day[0] + e, day[1] + p}
				}
				if c.number {
					possible = 750.5 * 720
				}
				best, at := 0.0, ""
				for day, d := range byDay {
					if c.number {
						d[1] = 750.5 * 24
					}
					if d[0]/d[1] > best {
						best, at = d[0]/d[1], day
					}
				}
				total, able = total+energy, able+possible
				for name, want := range map[string]float64{
					"energy": energy, "rated": possible / 720, "capacity_factor": energy / possible, "full_load_hours": energy / possible * 720, "peak_utilisation": best, "hours": 720,
				} {
					closeTo(t, call+": "+name, cell(t, main, i, name), want)
				}
				if got := cell(t, main, i, "at"); got != at+" 00:00" {
					t.Errorf("%s: at %v, want %s", call, got, at)
				}
			}
			if !c.number {
				closeTo(t, "of all", value("capacity_factor"), total/able)
			}
		})
	}
}

func TestFootprint(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makePlants(seed)
	public := map[string]float64{"gas": 0.2, "oil": 0.27, "wood, dry": 0.02}
	for call, c := range map[string]struct {
		factor  func(watt) float64
		primary func(watt) bool
	}{
		"footprint(plant, 'kwh', 'factor', primary => 'measured', by => 'class')": {
			func(w watt) float64 { return w.factor }, func(w watt) bool { return w.measured },
		},
		`footprint(plant, 'kwh', of => 'fuel', factors => 'gas=0.2, oil=0.27, "wood, dry"=0.02', primary_levels => 'gas, "wood, dry"', by => 'class')`: {
			func(w watt) float64 { return public[w.fuel] }, func(w watt) bool { return w.fuel != "oil" },
		},
	} {
		askPlants(t, seed, rows, call, func(main *result.Table, value func(string) any) {
			whole, sure := 0.0, 0.0
			for i, class := range []string{"roof", "field"} {
				amount, total, primary, n := 0.0, 0.0, 0.0, int64(0)
				for _, w := range all {
					f := c.factor(w)
					if w.class != class || math.IsNaN(w.kwh) || math.IsNaN(f) {
						continue
					}
					amount, total, n = amount+w.kwh, total+w.kwh*f, n+1
					if c.primary(w) {
						primary += w.kwh * f
					}
				}
				whole, sure = whole+total, sure+primary
				if cell(t, main, i, "n") != n {
					t.Errorf("%s: %v of %d rows", call, cell(t, main, i, "n"), n)
				}
				for name, want := range map[string]float64{"amount": amount, "footprint": total, "intensity": total / amount, "primary": primary, "primary_share": primary / total} {
					closeTo(t, call+": "+name, cell(t, main, i, name), want)
				}
			}
			closeTo(t, "of all", value("footprint"), whole)
			closeTo(t, "share of all", value("primary_share"), sure/whole)
		})
	}
	askPlants(t, seed, rows, "footprint(plant, 'kwh', 'factor')", func(main *result.Table, _ func(string) any) {
		if len(main.Columns) != 4 {
			t.Errorf("columns %v", main.Columns)
		}
	})
}

// TestSuppressedPlants: of a group with a part that is suppressed there is no total, and none of all groups.
func TestSuppressedPlants(t *testing.T) {
	var rows [][]string
	add := func(id int, class, day, fuel string, measured bool) {
		rows = append(rows, []string{strconv.Itoa(id), class, "2024-03-" + day + " 00:00:00", "5", "10", "20", fuel, "1", strconv.FormatBool(measured)})
	}
	for id := range 24 {
		add(id, "roof", fmt.Sprintf("%02d", 1+id%12), "gas", id%2 == 0)
	}
	add(24, "field", "01", "gas", true)
	add(25, "field", "02", "oil", false)
	space := statistictest.New(t, plantTable(3), plantHeader, rows, 3, 1)
	for _, call := range []string{
		"footprint(plant, 'kwh', 'factor', primary => 'measured', by => 'class')",
		"capacity_factor(plant, 'kwh', 'ts', 'rated', by => 'class', interval => 'day')",
	} {
		r, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil {
			t.Fatal(call, ": ", err)
		}
		if r.Main().Rows[0][1] == nil || r.Main().Rows[1][1] != nil || len(r.Scalars) > 0 || len(r.Main().Suppressed) == 0 {
			t.Errorf("%s: %v, %v", call, r.Main().Rows, r.Scalars)
		}
	}
	// Oil is used by one: the share of gas would be what it tells, so the group has neither.
	r, err := space.Statistic(t.Context(), `SELECT * FROM footprint(plant, 'kwh', of => 'fuel', factors => 'gas=1, oil=2, "wood, dry"=3')`, false)
	if err != nil {
		t.Fatal(err)
	}
	parts := table(t, r, "parts")
	if r.Main().Rows[0][0] != nil || parts.Rows[0][2] != int64(25) || parts.Rows[0][5] != nil || parts.Rows[1][2] != nil {
		t.Errorf("%v, %v", r.Main().Rows, parts.Rows)
	}
	if _, err := space.Statistic(t.Context(), "SELECT * FROM degree_days(plant, 'kwh', 'ts', 'outside', by => 'class')", false); err == nil {
		t.Error("energy that does not vary has a fit")
	}
	all, _ := makePlants(1)
	all = slices.DeleteFunc(all, func(r []string) bool { return r[1] == "field" && r[0] != "1" })
	r, err = statistictest.New(t, plantTable(5), plantHeader, all, 3, 1).Statistic(t.Context(), "SELECT * FROM degree_days(plant, 'kwh', 'ts', 'outside', by => 'class')", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range append(r.Main().Rows, table(t, r, "days").Rows...) {
		if row[0] == "field" && slices.ContainsFunc(row[1:], func(v result.Value) bool { return v != nil }) {
			t.Errorf("one plant is shown: %v", row)
		}
	}
	if n := len(r.Main().Rows); n != 4 {
		t.Errorf("%d rows", n)
	}
}

func TestEnergyRefusals(t *testing.T) {
	rows, _ := makePlants(3)
	space := statistictest.New(t, plantTable(1), plantHeader, rows, 3, 3)
	for call, want := range map[string][2]string{
		"degree_days(plant, 'kwh', 'ts')":                                                                 {"TACIT-P162", "temperature"},
		"degree_days(plant, 'kwh', 'ts', 'outside', temperatures => '1')":                                 {"TACIT-P162", "temperature"},
		"degree_days(plant, 'kwh', 'ts', 'outside', heating => 25)":                                       {"TACIT-P162", "heating"},
		"degree_days(plant, 'kwh', 'ts', 'outside', from => '2024-02-20')":                                {"TACIT-P162", "from"},
		"degree_days(plant, 'kwh', 'ts', temperatures => '1, 2')":                                         {"TACIT-T083", "2024-02-22"},
		"degree_days(plant, 'kwh', 'ts', temperatures => '1, 2', from => '2024-02-21')":                   {"TACIT-T083", "2024-02-20"},
		"degree_days(plant, 'kwh', 'ts', temperatures => '1, 2', from => 'yesterday')":                    {"TACIT-P162", "from"},
		"degree_days(plant, 'kwh', 'ts', temperatures => 'warm')":                                         {"TACIT-P162", "numbers"},
		"degree_days(plant, 'kwh', 'class', 'outside')":                                                   {"TACIT-P103", "class"},
		"degree_days(plant, 'class', 'ts', 'outside')":                                                    {"TACIT-P103", "class"},
		"degree_days(plant, 'kwh', 'ts', 'fuel')":                                                         {"TACIT-P103", "fuel"},
		"degree_days(plant, 'kwh', 'ts', 'outside', readings => 0)":                                       {"TACIT-P162", "readings"},
		"degree_days(plant, 'kwh', 'ts', 'outside', where => 'ts < TIMESTAMP ''2024-02-21 00:00:00''')":   {"TACIT-T05", ""},
		"degree_days(plant, 'kwh', 'ts', 'outside', where => 'kwh > 9000')":                               {"TACIT-T080", "no readings"},
		"capacity_factor(plant, 'kwh', 'ts', '0')":                                                        {"TACIT-P162", "rated"},
		"capacity_factor(plant, 'kwh', 'ts', '10', by => 'class')":                                        {"TACIT-P162", "rated"},
		"capacity_factor(plant, 'kwh', 'ts', 'class')":                                                    {"TACIT-P103", "class"},
		"capacity_factor(plant, 'kwh', 'ts', 'rated', hours => 0)":                                        {"TACIT-P162", "hours"},
		"capacity_factor(plant, 'kwh', 'fuel', 'rated')":                                                  {"TACIT-P103", "fuel"},
		"capacity_factor(plant, 'kwh', 'ts', 'rated', where => 'kwh > 9000')":                             {"TACIT-T080", "no readings"},
		"footprint(plant, 'kwh')":                                                                         {"TACIT-P162", "factor"},
		"footprint(plant, 'kwh', 'factor', of => 'fuel', factors => 'gas=1')":                             {"TACIT-P162", "exclude"},
		"footprint(plant, 'kwh', of => 'fuel', factors => 'gas=1')":                                       {"TACIT-P162", "fuel=oil"},
		"footprint(plant, 'kwh', of => 'fuel', factors => 'gas=1, oil=2, coal=3')":                        {"TACIT-P165", "coal"},
		"footprint(plant, 'kwh', of => 'class', factors => 'roof=1, field=2', by => 'class')":             {"TACIT-P162", "groups"},
		"footprint(plant, 'kwh', of => 'class', factors => 'roof=1, field=2', primary => 'measured')":     {"TACIT-P162", "primary_levels"},
		"footprint(plant, 'kwh', of => 'class', factors => 'roof=1, field=2', primary_levels => 'attic')": {"TACIT-P165", "attic"},
		"footprint(plant, 'kwh', of => 'kwh', factors => 'roof=1')":                                       {"TACIT-P103", "kwh"},
		"footprint(plant, 'kwh', 'fuel')":                                                                 {"TACIT-P103", "fuel"},
		"footprint(plant, 'kwh', 'factor', where => 'kwh > 9000')":                                        {"TACIT-T084", "no rows"},
		"footprint(plant, 'kwh', of => 'class', factors => 'roof=0, field=0', primary_levels => 'roof')":  {"TACIT-T084", "total"},
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
		if !strings.HasPrefix(fault.Code(err), want[0]) || err != nil && !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", call, err, want[0], want[1])
		}
	}
}
