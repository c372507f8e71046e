package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

var meters = charter.Table{
	Name: "meters", MaxRows: 10000, Unit: "meter",
	Columns: []charter.Column{
		{Name: "meter", Type: "integer", Role: charter.Identifier, Nullable: no()},
		{Name: "class", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"home", "shop"}},
		{Name: "ts", Type: "timestamp", Role: charter.Time, Nullable: no(), Grain: "hour", Curve: "hour", Range: []string{"2024-02-28 00:00:00", "2024-03-03 23:59:59"}},
		{Name: "hour", Type: "integer", Role: charter.Category, Nullable: no(), Domain: hours()},
		{Name: "kwh", Type: "decimal(5,2)", Role: charter.Measure, Range: []string{"0", "100"}, Curve: "0.01"},
	},
}

func hours() []string {
	out := make([]string, 24)
	for i := range out {
		out[i] = strconv.Itoa(i)
	}
	return out
}

var metersHeader = []string{"meter", "class", "ts", "hour", "kwh"}

// reading is one row, for the oracle.
type reading struct {
	class string
	at    time.Time
	kwh   float64
}

// makeMeters are two readings an hour of twelve meters over five days, of which 29 February is one; a few are missing.
func makeMeters(seed uint64) (rows [][]string, all []reading) {
	random := rand.New(rand.NewPCG(seed, 3))
	from := time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC)
	for m := range 12 {
		class := map[bool]string{true: "home", false: "shop"}[m < 8]
		for half := range 5 * 48 {
			at := from.Add(time.Duration(half) * 30 * time.Minute)
			hundredths := int64(50 + 40*math.Sin(float64(half)/7) + 50*random.Float64())
			value := fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
			if random.IntN(40) == 0 {
				value = ""
			} else {
				all = append(all, reading{class, at, float64(hundredths) / 100})
			}
			rows = append(rows, []string{strconv.Itoa(m), class, at.Format("2006-01-02 15:04:05"), strconv.Itoa(at.Hour()), value})
		}
	}
	return rows, all
}

// hourly adds readings up, of a class or of all.
func hourly(all []reading, class string) (at []time.Time, sums []float64, counts []int) {
	index := map[time.Time]int{}
	for _, r := range all {
		hour := r.at.Truncate(time.Hour)
		if class != "" && r.class != class {
			continue
		}
		i, ok := index[hour]
		if !ok {
			i = len(at)
			index[hour] = i
			at, sums, counts = append(at, hour), append(sums, 0), append(counts, 0)
		}
		sums[i] += r.kwh / 2
		counts[i]++
	}
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return at[a].Compare(at[b]) })
	sortedAt, sortedSums, sortedCounts := make([]time.Time, len(at)), make([]float64, len(at)), make([]int, len(at))
	for i, o := range order {
		// Exact, as the sums are: of two hours that are equally high, the first is the peak.
		sortedAt[i], sortedSums[i], sortedCounts[i] = at[o], math.Round(200*sums[o])/200, counts[o]
	}
	return sortedAt, sortedSums, sortedCounts
}

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// eachSplit asks a statistic of the meters over three, five and thirteen owners, which must agree.
func eachSplit(t *testing.T, seed uint64, rows [][]string, sql string) *statistic.Report {
	t.Helper()
	var first string
	var out *statistic.Report
	for _, owners := range []int{3, 5, 13} {
		r, err := statistictest.New(t, meters, metersHeader, rows, owners, seed).Statistic(t.Context(), sql, true)
		if err != nil {
			t.Fatal(err)
		}
		if text := asJSON(t, r); first == "" {
			first, out = text, r
		} else if text != first {
			t.Errorf("%d owners: another answer", owners)
		}
	}
	return out
}

func TestPeakLoad(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeMeters(seed)
	r := eachSplit(t, seed, rows, "SELECT * FROM peak_load(meters, 'kwh', 'ts', by => 'class', readings => 2)")
	peaks := 0.0
	for _, row := range r.Main().Rows {
		at, sums, counts := hourly(all, row[0].(string))
		peak := slices.Max(sums)
		i := slices.Index(sums, peak)
		peaks += peak
		if row[1] != int64(120) || !near(row[3], peak) || row[4] != at[i].Format("2006-01-02 15:04") || !near(row[5], mean(sums)) ||
			!near(row[6], mean(sums)/peak) || row[2] != int64(counts[i]/2) || !near(row[7], peak/float64(counts[i]/2)) {
			t.Errorf("%v, want peak %g at %v, mean %g", row, peak, at[i], mean(sums))
		}
	}
	at, sums, _ := hourly(all, "")
	peak := slices.Max(sums)
	for name, want := range map[string]float64{
		"coincident_peak": peak, "non_coincident_peak": peaks, "coincidence_factor": peak / peaks, "diversity_factor": peaks / peak, "load_factor": mean(sums) / peak,
	} {
		if got := scalar(t, r, name); !near(got, want) {
			t.Errorf("%s: %v, want %g", name, got, want)
		}
	}
	if got, want := scalar(t, r, "at"), at[slices.Index(sums, peak)].Format("2006-01-02 15:04"); got != want {
		t.Errorf("at %v, want %s", got, want)
	}
}

func TestLoadProfile(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeMeters(seed)
	r := eachSplit(t, seed, rows, "SELECT * FROM load_profile(meters, 'kwh', 'ts', by => 'class', readings => 2)")
	seasons, days := map[any]bool{}, map[any]bool{}
	for _, row := range r.Main().Rows {
		seasons[row[1]], days[row[2]] = true, true
		at, sums, counts := hourly(all, row[0].(string))
		sum, readings, n := 0.0, 0, 0
		for i := range at {
			if s := load.SlotOf(at[i]); s.Season.String() == row[1] && s.Day.String() == row[2] && int64(s.Hour) == row[3] {
				sum, readings, n = sum+sums[i], readings+counts[i], n+1
			}
		}
		if row[4] != int64(n) || !near(row[5], sum/float64(n)) || !near(row[6], 2*sum/float64(readings)) {
			t.Errorf("%v, want %d intervals, mean %g", row, n, sum/float64(n))
		}
	}
	if len(seasons) != 2 || len(days) != 3 {
		t.Errorf("seasons %v, days %v", seasons, days)
	}
}

func TestDurationCurve(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeMeters(seed)
	r := eachSplit(t, seed, rows, "SELECT * FROM duration_curve(meters, 'kwh', 'ts', shares => '0.1, 0.9, 1', readings => 2)")
	_, sums, _ := hourly(all, "")
	rise := 0.0
	for i := range sums[1:] {
		rise = max(rise, sums[i+1]-sums[i])
	}
	slices.SortFunc(sums, func(a, b float64) int { return -1 + 2*map[bool]int{true: 1}[a < b] })
	for i, share := range []float64{0.1, 0.9, 1} {
		if row := r.Main().Rows[i]; !near(row[0], share) || !near(row[1], sums[int(math.Ceil(share*120-1e-9))-1]) {
			t.Errorf("%v", row)
		}
	}
	if ramps := r.Tables[1].Table.Rows[0]; math.Abs(ramps[1].(float64)-rise) > 1e-9 {
		t.Errorf("rise %v, want %g", ramps, rise)
	}
	for i, row := range r.Tables[2].Table.Rows {
		if !near(row[1], sums[i]) {
			t.Fatalf("row %d of the curve: %v, want %g", i, row, sums[i])
		}
	}
}

// TestExceedance: loads are exceeded as often as a count of interval sums says.
func TestExceedance(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeMeters(seed)
	limits := []float64{2.5, 5, 8}
	r := eachSplit(t, seed, rows, "SELECT * FROM duration_curve(meters, 'kwh', 'ts', by => 'class', above => '2.5, 5, 8', readings => 2)")
	above, some := table(t, r, "above"), 0
	for i, row := range above.Rows {
		_, sums, _ := hourly(all, row[0].(string))
		n := 0
		for _, sum := range sums {
			if sum > limits[i%3]+1e-9 {
				n++
			}
		}
		if n > 0 && n < len(sums) {
			some++
		}
		if !near(row[1], limits[i%3]) || row[2] != int64(n) || !near(row[3], float64(n)) || !near(row[4], float64(n)/float64(len(sums))) {
			t.Errorf("%v, want %d hours above %g", row, n, limits[i%3])
		}
	}
	if len(above.Rows) != 6 || some == 0 {
		t.Errorf("%d rows, %d of them between never and always", len(above.Rows), some)
	}
}

func TestPercentileBands(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeMeters(seed)
	r := eachSplit(t, seed, rows, "SELECT * FROM percentile_bands(meters, 'kwh', 'hour', from => 0, to => 3)")
	if len(r.Main().Rows) != 24 {
		t.Fatalf("%d rows", len(r.Main().Rows))
	}
	for hour, row := range r.Main().Rows {
		var values []float64
		for _, x := range all {
			if x.at.Hour() == hour {
				values = append(values, x.kwh)
			}
		}
		slices.Sort(values)
		if row[1] != int64(len(values)) {
			t.Errorf("%v, want %d", row, len(values))
		}
		for i, p := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
			if want := type7(values, p); math.Abs(row[2+i].(float64)-want) > 1e-9 {
				t.Errorf("hour %d, p %g: %v, want %g", hour, p, row[2+i], want)
			}
		}
	}
}

// TestSuppressedLoads: of a group with too few meters nothing is said, and nothing of all together.
func TestSuppressedLoads(t *testing.T) {
	k, table := 15, meters // a meter counts once at each of the three owners that have rows of it
	table.MinCohort = &k
	rows, _ := makeMeters(1)
	space := statistictest.New(t, table, metersHeader, rows, 3, 1) // four shops
	for _, sql := range []string{
		"SELECT * FROM peak_load(meters, 'kwh', 'ts', by => 'class')", "SELECT * FROM load_profile(meters, 'kwh', 'ts', by => 'class')",
		"SELECT * FROM duration_curve(meters, 'kwh', 'ts', by => 'class')",
	} {
		r, err := space.Statistic(t.Context(), sql, false)
		if err != nil {
			t.Fatal(err)
		}
		shops := 0
		for _, row := range r.Main().Rows {
			if row[0] == "shop" {
				shops++
				if slices.ContainsFunc(row[1:], func(v result.Value) bool { return v != nil }) {
					t.Errorf("%s: %v", sql, row)
				}
			}
		}
		if shops != 1 || len(r.Scalars) > 0 {
			t.Errorf("%s: %d lines of shops, %v", sql, shops, r.Scalars)
		}
	}
}

func TestLoadRefusals(t *testing.T) {
	ch := statistictest.Charter(t, 3, meters)
	for sql, want := range map[string]string{
		"SELECT * FROM peak_load(meters, 'class', 'ts')":                                     plan.WrongRole.Code,
		"SELECT * FROM peak_load(meters, 'kwh', 'hour')":                                     plan.WrongRole.Code,
		"SELECT * FROM peak_load(meters, 'kwh', 'ts', interval => 'minute')":                 plan.CurveTooFine.Code,
		"SELECT * FROM peak_load(meters, 'kwh', 'ts', interval => 'second')":                 "TACIT-P162",
		"SELECT * FROM peak_load(meters, 'kwh', 'ts', readings => 0)":                        "TACIT-P162",
		"SELECT * FROM peak_load(meters, 'kwh', 'ts', by => 'meter')":                        plan.Identifying.Code,
		"SELECT * FROM duration_curve(meters, 'kwh', 'ts', shares => '0')":                   "TACIT-P162",
		"SELECT * FROM duration_curve(meters, 'kwh', 'ts', shares => '50 %')":                "TACIT-P162",
		"SELECT * FROM percentile_bands(meters, 'kwh', 'hour', probabilities => '2')":        "TACIT-P162",
		"SELECT * FROM percentile_bands(meters, 'kwh', 'hour', probabilities => '0.5, 0.1')": "TACIT-P162",
		"SELECT * FROM percentile_bands(meters, 'kwh', 'meter')":                             plan.Identifying.Code,
	} {
		if err := compileError(ch, sql); err == nil || fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
	empty := statistictest.New(t, meters, metersHeader, [][]string{{"1", "home", "2024-03-01 00:00:00", "0", ""}}, 3, 1)
	for sql, want := range map[string]interface{ Is(error) bool }{
		"SELECT * FROM peak_load(meters, 'kwh', 'ts')":          load.NoLoad,
		"SELECT * FROM load_profile(meters, 'kwh', 'ts')":       load.NoLoad,
		"SELECT * FROM duration_curve(meters, 'kwh', 'ts')":     load.NoLoad,
		"SELECT * FROM percentile_bands(meters, 'kwh', 'hour')": inference.NoValues,
	} {
		if _, err := empty.Statistic(t.Context(), sql, true); !want.Is(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
