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

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// homesTable is hourly generation, use and forecast of homes.
func homesTable(k int) charter.Table {
	return charter.Table{Name: "homes", MaxRows: 20000, MinCohort: &k, Unit: "home", Columns: []charter.Column{
		{Name: "home", Type: "integer", Role: charter.Identifier, Nullable: no()},
		{Name: "village", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"hill", "lake"}},
		{Name: "ts", Type: "timestamp", Role: charter.Time, Nullable: no(), Grain: "hour", Curve: "hour", Range: []string{"2024-05-01 00:00:00", "2024-05-03 23:59:59"}},
		{Name: "made", Type: "decimal(5,2)", Role: charter.Measure, Range: []string{"0", "100"}},
		{Name: "used", Type: "decimal(5,2)", Role: charter.Measure, Nullable: no(), Range: []string{"0", "100"}},
		{Name: "forecast", Type: "decimal(5,2)", Role: charter.Measure, Nullable: no(), Range: []string{"0", "100"}},
	}}
}

var homesHeader = []string{"home", "village", "ts", "made", "used", "forecast"}

// home is one row, for the oracle; made is NaN where it is missing.
type home struct {
	village              string
	at                   time.Time
	made, used, forecast float64
}

func makeHomes(seed uint64) (rows [][]string, all []home) {
	random := rand.New(rand.NewPCG(seed, 81))
	from := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for id := range 10 {
		for hour := range 72 {
			h := home{village: []string{"hill", "lake"}[id%2], at: from.Add(time.Duration(hour) * time.Hour)}
			round := func(x float64) float64 { return math.Round(100*math.Max(0, x)) / 100 }
			h.made = round(4 * math.Sin(float64(hour%24-6)/12*math.Pi) * random.Float64())
			h.used, h.forecast = round(0.3+random.Float64()), round(0.4+random.Float64())
			if hour == 3 {
				h.used = 0
			}
			row := []string{strconv.Itoa(id), h.village, h.at.Format(time.DateTime), fmt.Sprintf("%.2f", h.made), fmt.Sprintf("%.2f", h.used), fmt.Sprintf("%.2f", h.forecast)}
			if random.IntN(40) == 0 {
				row[3], h.made = "", math.NaN()
			}
			rows, all = append(rows, row), append(all, h)
		}
	}
	return rows, all
}

// interval sums of homes, of those that count.
func sumHomes(all []home, village string, value func(home) (a, b float64)) (a, b []float64, at []string) {
	for hour := range 72 {
		x, y, n := 0.0, 0.0, 0
		when := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hour) * time.Hour)
		for _, h := range all {
			if v, w := value(h); h.at.Equal(when) && (village == "" || h.village == village) && !math.IsNaN(v) {
				x, y, n = x+v, y+w, n+1
			}
		}
		if n > 0 {
			a, b, at = append(a, x), append(b, y), append(at, when.Format("2006-01-02 15:04"))
		}
	}
	return a, b, at
}

// askHomes asks over three, five and thirteen owners, which must agree.
func askHomes(t *testing.T, seed uint64, rows [][]string, call string, check func(main *result.Table, value func(name string) any)) {
	t.Helper()
	var first string
	for _, owners := range []int{3, 5, 13} {
		r, err := statistictest.New(t, homesTable(2), homesHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM "+call, false)
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

func TestSelfConsumption(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeHomes(seed)
	askHomes(t, seed, rows, "self_consumption(homes, 'made', 'used', 'ts', by => 'village')", func(main *result.Table, value func(string) any) {
		alone, shared := 0.0, 0.0
		for i, village := range []string{"hill", "lake", ""} {
			made, used, _ := sumHomes(all, village, func(h home) (float64, float64) { return h.made, h.used })
			g, c, both, in, out, peak := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
			for j := range made {
				g, c, both = g+made[j], c+used[j], both+math.Min(made[j], used[j])
				in, out = in+math.Max(0, used[j]-made[j]), out+math.Max(0, made[j]-used[j])
				peak = math.Max(peak, used[j]-made[j])
			}
			if village == "" {
				shared = both
				closeTo(t, "self-consumption of all", value("self_consumption"), both/g)
				closeTo(t, "self-sufficiency of all", value("self_sufficiency"), both/c)
				continue
			}
			alone += both
			for name, want := range map[string]float64{
				"generation": g, "consumption": c, "shared": both, "self_consumption": both / g, "self_sufficiency": both / c, "import": in, "export": out, "peak_import": peak,
			} {
				closeTo(t, village+": "+name, cell(t, main, i, name), want)
			}
		}
		closeTo(t, "gain", value("gain"), shared-alone)
		if shared <= alone {
			t.Errorf("together %g, alone %g: the test says nothing", shared, alone)
		}
	})
}

func TestForecastError(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeHomes(seed)
	askHomes(t, seed, rows, "forecast_error(homes, 'used', 'forecast', 'ts', by => 'village')", func(main *result.Table, value func(string) any) {
		for i, village := range []string{"hill", "lake", ""} {
			actual, forecast, at := sumHomes(all, village, func(h home) (float64, float64) { return h.used, h.forecast })
			bias, mae, square, share, some, sum, worst, when := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ""
			for j, y := range actual {
				e := forecast[j] - y
				bias, mae, square, sum = bias+e, mae+math.Abs(e), square+e*e, sum+y
				if y > 0 {
					share, some = share+math.Abs(e)/y, some+1
				}
				if math.Abs(e) > math.Abs(worst)+1e-9 {
					worst, when = e, at[j]
				}
			}
			n := float64(len(actual))
			if some == n {
				t.Error("every interval has something: the test says less")
			}
			want := map[string]float64{"bias": bias / n, "mae": mae / n, "rmse": math.Sqrt(square / n), "cv_rmse": math.Sqrt(square/n) / (sum / n), "mape": share / some}
			for name, x := range want {
				if village == "" {
					closeTo(t, "all: "+name, value(name), x)
				} else {
					closeTo(t, village+": "+name, cell(t, main, i, name), x)
				}
			}
			if village != "" {
				closeTo(t, "nmbe", cell(t, main, i, "nmbe"), bias/sum)
				closeTo(t, "worst", cell(t, main, i, "worst"), worst)
				if got := cell(t, main, i, "at"); got != when {
					t.Errorf("worst at %v, want %s", got, when)
				}
			}
		}
	})
}

// TestSuppressedHomes: of a village of too few homes nothing is said, and nothing of all together; nor where intervals differ.
func TestSuppressedHomes(t *testing.T) {
	rows, _ := makeHomes(1)
	few := slices.DeleteFunc(slices.Clone(rows), func(r []string) bool { return r[1] == "lake" && r[0] != "1" })
	apart := slices.DeleteFunc(slices.Clone(rows), func(r []string) bool { return r[1] == "lake" && strings.HasSuffix(r[2], "05:00:00") })
	for _, call := range []string{"self_consumption(homes, 'made', 'used', 'ts', by => 'village')", "forecast_error(homes, 'used', 'forecast', 'ts', by => 'village')"} {
		r, err := statistictest.New(t, homesTable(4), homesHeader, few, 3, 1).Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil {
			t.Fatal(call, ": ", err)
		}
		if len(r.Scalars) > 0 || r.Figure != nil || len(r.Main().Rows) != 2 || slices.ContainsFunc(r.Main().Rows[1][1:], func(v result.Value) bool { return v != nil }) || r.Main().Rows[0][1] == nil {
			t.Errorf("%s: %v, %v", call, r.Main().Rows, r.Scalars)
		}
		r, err = statistictest.New(t, homesTable(1), homesHeader, apart, 3, 1).Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil || len(r.Scalars) > 0 || !strings.Contains(strings.Join(r.Notes, " "), "different intervals") {
			t.Errorf("%s: %v, %v", call, r, err)
		}
	}
	space := statistictest.New(t, homesTable(1), homesHeader, rows, 3, 1)
	for call, want := range map[string][2]string{
		"self_consumption(homes, 'made', 'made', 'ts')":                                     {"TACIT-P162", "same column"},
		"self_consumption(homes, 'made', 'village', 'ts')":                                  {"TACIT-P103", "village"},
		"self_consumption(homes, 'made', 'used', 'used')":                                   {"TACIT-P103", "used"},
		"self_consumption(homes, 'made', 'used')":                                           {"TACIT-P162", "time"},
		"forecast_error(homes, 'used', 'forecast', 'ts', by => 'home')":                     {"TACIT-P104", "home"},
		"forecast_error(homes, 'used', 'forecast', 'ts', interval => 'minute')":             {"TACIT-P18", ""},
		"forecast_error(homes, 'used', 'forecast', 'ts', where => 'used > 90')":             {"TACIT-T080", "no readings"},
		"forecast_error(homes, 'used', 'forecast', 'ts', where => 'used = 0 AND made = 0')": {"TACIT-T080", "mean"},
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
		if !strings.HasPrefix(fault.Code(err), want[0]) || err != nil && !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", call, err, want[0], want[1])
		}
	}
}

// A common rate ratio is that of going through the people, stratum by stratum.
func TestMantelHaenszelRate(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, people := makeWards(seed, 900)
	var first string
	for _, owners := range []int{3, 5, 13} {
		r, err := statistictest.New(t, wards(3), wardsHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM mh_rate(wards, 'died', 'days', 'sex', 'band', exposed => 'm')", false)
		if err != nil {
			t.Fatal(err)
		}
		if text := asJSON(t, r); first == "" {
			first = text
		} else if text != first {
			t.Errorf("%d owners: another answer", owners)
		}
		top, bottom, variance, excess := 0.0, 0.0, 0.0, 0.0
		for band := range 4 {
			var d, time [2]float64
			for _, p := range people {
				if p.band != strconv.Itoa(band+1) {
					continue
				}
				side := 0
				if p.sex == "m" {
					side = 1
				}
				time[side] += p.days
				if p.died {
					d[side]++
				}
			}
			all := time[0] + time[1]
			top, bottom = top+d[1]*time[0]/all, bottom+d[0]*time[1]/all
			variance += (d[0] + d[1]) * time[0] * time[1] / all / all
			excess += d[1] - (d[0]+d[1])*time[1]/all
		}
		effects := table(t, r, "effects")
		closeTo(t, "rate ratio", cell(t, effects, 0, "estimate"), top/bottom)
		closeTo(t, "standard error", cell(t, effects, 0, "se_log"), math.Sqrt(variance/top/bottom))
		closeTo(t, "χ²", scalar(t, r, "chisq"), excess*excess/variance)
	}
	space := statistictest.New(t, wards(20), wardsHeader, rows[:200], 3, seed)
	for call, want := range map[string]string{
		"'died', 'days', 'sex', 'band'":                 "TACIT-T001",
		"'died', 'days', 'band', 'sex'":                 "TACIT-P162",
		"'died', 'days', 'sex', 'sex'":                  "TACIT-P162",
		"'died', 'days', 'sex', 'band', exposed => 'x'": "TACIT-P165",
		"'died', 'sex', 'sex', 'band'":                  "TACIT-P103",
		"'died', 'days', 'age', 'band'":                 "TACIT-P103",
		"'nobody', 'days', 'sex', 'band'":               "TACIT-P102",
	} {
		if _, err := space.Statistic(t.Context(), "SELECT * FROM mantel_haenszel_rate(wards, "+call+")", false); fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
}
