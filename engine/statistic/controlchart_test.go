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

// stays is admissions with a date.
func stays(k int) charter.Table {
	return charter.Table{Name: "stays", MaxRows: 10000, MinCohort: &k, Columns: []charter.Column{
		{Name: "site", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"u", "v"}},
		{Name: "came", Type: "date", Role: charter.Time, Nullable: no(), Grain: "month", Range: []string{"2023-01-01", "2023-08-31"}},
		{Name: "died", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"0", "1"}},
	}}
}

var staysHeader = []string{"site", "came", "died"}

func makeStays(seed uint64, n int) (rows [][]string) {
	random := rand.New(rand.NewPCG(seed, 95))
	for range n {
		day := random.IntN(240)
		died := "0"
		if random.IntN(300) < 60+day/2 {
			died = "1"
		}
		rows = append(rows, []string{string("uv"[random.IntN(2)]), time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day).Format(time.DateOnly), died})
	}
	return rows
}

// Each period's share, limits, average and CUSUM follow from the rows, month by month.
func TestControlChart(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows := makeStays(seed, 1500)
	var first string
	for _, owners := range []int{3, 5, 13} {
		r, err := statistictest.New(t, stays(2), staysHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM control_chart(stays, 'died = 1', 'came', by => 'site', width => 1.5)", false)
		if err != nil {
			t.Fatal(err)
		}
		if text := asJSON(t, r); first == "" {
			first = text
		} else if text != first {
			t.Errorf("%d owners: another answer", owners)
			continue
		}
		i, signals := 0, 0
		for _, site := range []string{"u", "v"} {
			n, d, all, died := map[string]float64{}, map[string]float64{}, 0.0, 0.0
			var months []string
			for _, row := range rows {
				if row[0] != site {
					continue
				}
				month := row[1][:7]
				if n[month] == 0 {
					months = append(months, month)
				}
				n[month], all = n[month]+1, all+1
				if row[2] == "1" {
					d[month], died = d[month]+1, died+1
				}
			}
			slices.Sort(months)
			p := died / all
			average, variance, cusum := p, 0.0, 0.0
			for _, month := range months {
				share, sd := d[month]/n[month], math.Sqrt(p*(1-p)/n[month])
				average, variance = 0.2*share+0.8*average, 0.04*sd*sd+0.64*variance
				q := 2 * p / (1 + p)
				cusum = math.Max(0, cusum+d[month]*math.Log(q/p)+(n[month]-d[month])*math.Log((1-q)/(1-p)))
				if got := fmt.Sprintf("%v %v", cell(t, r.Main(), i, "site"), cell(t, r.Main(), i, "period")); got != site+" "+month+"-01" {
					t.Fatalf("row %d is of %s", i, got)
				}
				for name, want := range map[string]float64{
					"share": share, "lower": math.Max(0, p-1.5*sd), "upper": p + 1.5*sd, "average": average, "average_upper": p + 1.5*math.Sqrt(variance), "cusum": cusum,
				} {
					closeTo(t, site+" "+month+": "+name, cell(t, r.Main(), i, name), want)
				}
				want := result.Value(nil)
				switch soft := 1.5 * math.Sqrt(variance); {
				case share > p+1.5*sd:
					want = "share above"
				case share < p-1.5*sd:
					want = "share below"
				case average > p+soft:
					want = "average above"
				case average < p-soft:
					want = "average below"
				}
				if want != nil {
					signals++
				}
				if got := cell(t, r.Main(), i, "signal"); got != want {
					t.Errorf("%s %s: signal %v, want %v", site, month, got, want)
				}
				i++
			}
		}
		if signals == 0 {
			t.Error("no signal: the test says less")
		}
	}
}

// A month with too few of either is marked and in nothing else.
func TestSuppressedPeriod(t *testing.T) {
	var rows [][]string
	for month := range 4 {
		for i := range 40 {
			died := strconv.Itoa(i % 2)
			if month == 2 && i > 2 {
				died = "0" // one died
			}
			rows = append(rows, []string{"u", fmt.Sprintf("2023-%02d-05", month+1), died})
		}
	}
	space := statistictest.New(t, stays(5), staysHeader, rows, 3, 1)
	r, err := space.Statistic(t.Context(), "SELECT * FROM control_chart(stays, 'died = 1', 'came', where => 'came < DATE ''2023-05-01''')", false)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Main().Rows) != 4 || slices.ContainsFunc(r.Main().Rows[2][1:], func(v result.Value) bool { return v != nil }) || scalar(t, r, "centre") != 0.5 || r.Main().Rows[3][3] != 0.5 || len(r.Notes) != 1 {
		t.Errorf("%v, %v, %v", r.Main().Rows, r.Scalars, r.Notes)
	}
	for call, want := range map[string][2]string{
		"'died = 1', 'site'":                    {"TACIT-P103", "site"},
		"'lived = 1', 'came'":                   {"TACIT-P102", "lived"},
		"'died = 1', 'came', centre => 1":       {"TACIT-P162", "centre"},
		"'died = 1', 'came', width => 0":        {"TACIT-P162", "width"},
		"'died = 1', 'came', lambda => 2":       {"TACIT-P162", "lambda"},
		"'died = 1', 'came', odds => 1":         {"TACIT-P162", "odds"},
		"'died = 1', 'came', interval => 'day'": {"TACIT-P1", ""},
		"'died = 1', 'came', interval => 'eon'": {"TACIT-P162", "interval"},
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM control_chart(stays, "+call+")", false)
		if !strings.HasPrefix(fault.Code(err), want[0]) || err != nil && !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", call, err, want[0], want[1])
		}
	}
}
