package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// wards is people of two sexes and four age bands, with their time, whether they died, and how likely that was.
func wards(k int) charter.Table {
	return charter.Table{Name: "wards", MaxRows: 10000, MinCohort: &k, Columns: []charter.Column{
		{Name: "sex", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"f", "m"}},
		{Name: "band", Type: "integer", Role: charter.Category, Domain: []string{"1", "2", "3", "4"}},
		{Name: "age", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "120"}},
		{Name: "days", Type: "decimal(5,1)", Role: charter.Measure, Nullable: no(), Range: []string{"0", "1000"}},
		{Name: "died", Type: "boolean", Role: charter.Category, Nullable: no()},
		{Name: "risk", Type: "decimal(4,3)", Role: charter.Measure, Nullable: no(), Range: []string{"0", "1"}},
	}}
}

var wardsHeader = []string{"sex", "band", "age", "days", "died", "risk"}

// person is one row, for the oracle.
type person struct {
	sex, band  string
	age        int
	days, risk float64
	died       bool
}

func makeWards(seed uint64, n int) (rows [][]string, people []person) {
	random := rand.New(rand.NewPCG(seed, 21))
	for range n {
		p := person{sex: string("fm"[random.IntN(2)]), band: strconv.Itoa(1 + random.IntN(4)), age: 20 + random.IntN(70)}
		p.days, p.risk = float64(1+random.IntN(9999))/10, float64(random.IntN(1000))/1000
		p.died = random.Float64() < p.risk
		if random.IntN(15) == 0 {
			p.band = ""
		}
		people = append(people, p)
		rows = append(rows, []string{p.sex, p.band, strconv.Itoa(p.age), fmt.Sprintf("%.1f", p.days), strconv.FormatBool(p.died), fmt.Sprintf("%.3f", p.risk)})
	}
	return rows, people
}

// fayFeuer goes through the people: the rate of the standard population and its limits as the quantiles of two gamma
// distributions with these means and variances.
func fayFeuer(people []person, in func(person) int, weights []float64) (rate, lower, upper float64) {
	d, t, total := make([]float64, len(weights)), make([]float64, len(weights)), 0.0
	for _, p := range people {
		if i := in(p); i >= 0 {
			t[i] += p.days
			if p.died {
				d[i]++
			}
		}
	}
	for _, w := range weights {
		total += w
	}
	variance, most := 0.0, 0.0
	for i, w := range weights {
		if w > 0 {
			share := w / total
			rate += share * d[i] / t[i]
			variance += share * share * d[i] / t[i] / t[i]
			most = math.Max(most, share/t[i])
		}
	}
	gamma := func(mean, variance, p float64) float64 {
		return distuv.Gamma{Alpha: mean * mean / variance, Beta: mean / variance}.Quantile(p)
	}
	return rate, gamma(rate, variance, 0.025), gamma(rate+most, variance+most*most, 0.975)
}

func loose(got any, want float64) bool {
	x, ok := got.(float64)
	return ok && math.Abs(x-want) <= 1e-8*math.Abs(want)
}

func TestStandardisedRate(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, people := makeWards(seed, 900)
	byBand := func(p person) int { i, _ := strconv.Atoi(p.band); return i - 1 }
	byAge := func(p person) int {
		switch {
		case p.age < 40:
			return 0
		case p.age < 65:
			return 1
		}
		return 2
	}
	for call, c := range map[string]struct {
		in      func(person) int
		weights []float64
	}{
		"standardised_rate(wards, 'died', 'days', 'band', '1=10, 2=20.5, 3=0, 4=7', by => 'sex', per => 100)":    {byBand, []float64{10, 20.5, 0, 7}},
		"standardised_rate(wards, 'died', 'days', 'age', '5, 3, 2', edges => '40, 65', by => 'sex', per => 100)": {byAge, []float64{5, 3, 2}},
	} {
		var first string
		for _, owners := range []int{3, 5, 13} {
			r, err := statistictest.New(t, wards(3), wardsHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM "+call, false)
			if err != nil {
				t.Fatal(call, ": ", err)
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %d owners, another answer", call, owners)
			}
			var rates []float64
			for i, sex := range []string{"f", "m"} {
				rate, lower, upper := fayFeuer(people, func(p person) int {
					if p.sex != sex {
						return -1
					}
					return c.in(p)
				}, c.weights)
				rates = append(rates, rate)
				for name, want := range map[string]float64{"rate": 100 * rate, "lower": 100 * lower, "upper": 100 * upper} {
					if got := cell(t, r.Main(), i, name); !loose(got, want) {
						t.Errorf("%s: %s of %s is %v, want %.12g", call, name, sex, got, want)
					}
				}
			}
			if got := cell(t, r.Main(), 1, "rate_ratio"); !loose(got, rates[1]/rates[0]) {
				t.Errorf("%s: ratio %v, want %g", call, got, rates[1]/rates[0])
			}
		}
	}
}

// A group of which a stratum is suppressed has no rate, and its other strata are there; a stratum of no weight is in none.
func TestSuppressedStratum(t *testing.T) {
	var rows [][]string
	for i := range 40 {
		rows = append(rows, []string{"f", strconv.Itoa(1 + i%2), "50", "10", strconv.FormatBool(i%4 < 2), "0.5"})
	}
	for i := range 20 {
		rows = append(rows, []string{"m", "1", "50", "10", strconv.FormatBool(i%2 == 0), "0.5"})
	}
	rows = append(rows, []string{"m", "2", "50", "10", "true", "0.5"})
	space := statistictest.New(t, wards(5), wardsHeader, rows, 3, 1)
	ask := func(weights string) *statistic.Report {
		r, err := space.Statistic(t.Context(), "SELECT * FROM standardised_rate(wards, 'died', 'days', 'band', '"+weights+"', by => 'sex')", false)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := ask("1=1, 2=1, 3=0, 4=0")
	if cell(t, r.Main(), 0, "rate") == nil || cell(t, r.Main(), 1, "rate") != nil || r.Main().Suppressed[result.Cell{Row: 1, Column: 2}] != 5 {
		t.Errorf("groups: %v", r.Main().Rows)
	}
	if r = ask("1=1, 2=0, 3=0, 4=0"); cell(t, r.Main(), 1, "rate") == nil {
		t.Errorf("a stratum of no weight suppresses the rate: %v", r.Main().Rows)
	}
}

func TestStandardisedRefusals(t *testing.T) {
	rows, _ := makeWards(5, 60)
	space := statistictest.New(t, wards(1), wardsHeader, rows, 3, 5)
	for call, want := range map[string][2]string{
		"'died', 'days', 'band', '1=1, 2=1'":                                     {"TACIT-P162", "band=3"},
		"'died', 'days', 'band', '1=1, 2=1, 3=1, 4=1, 5=1'":                      {"TACIT-P165", "5"},
		"'died', 'days', 'band', '1=1, 1=1, 2=1, 3=1, 4=1'":                      {"TACIT-P162", "twice"},
		"'died', 'days', 'band', '1=-1, 2=1, 3=1, 4=1'":                          {"TACIT-P162", "from 0 on"},
		"'died', 'days', 'band', '1=0, 2=0, 3=0, 4=0'":                           {"TACIT-P162", "above 0"},
		"'died', 'days', 'band', '1, 2, 3, 4'":                                   {"TACIT-P162", "level=number"},
		"'died', 'days', 'age', '1=1'":                                           {"TACIT-P103", "category"},
		"'died', 'days', 'age', '1, 2', edges => '40, 65'":                       {"TACIT-P162", "3 numbers"},
		"'died', 'days', 'age', '1, 2, 3', edges => '65, 40'":                    {"TACIT-P162", "ascend"},
		"'died', 'days', 'age', '1, -2', edges => '65'":                          {"TACIT-P162", "from 0 on"},
		"'died', 'sex', 'band', '1=1, 2=1, 3=1, 4=1'":                            {"TACIT-P103", "sex"},
		"'died', 'days', 'sex', 'f=1, m=1', by => 'sex'":                         {"TACIT-P162", "groups"},
		"'died', 'days', 'band', '1=1, 2=1, 3=1, 4=1', per => 0":                 {"TACIT-P162", "per"},
		"'died', 'days', 'age', '1, 1', edges => '95'":                           {"TACIT-T014", "95 and above"},
		"'died', 'days', 'band', '1=1, 2=1, 3=1, 4=1', where => 'band IN (1,2)'": {"TACIT-P165", "3"},
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM standardised_rate(wards, "+call+")", false)
		if fault.Code(err) != want[0] || err != nil && !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", call, err, want[0], want[1])
		}
	}
}

// Groups of the SMR have prediction limits around 1, of the Poisson distribution of what is expected.
func TestFunnelOfSMR(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, people := makeWards(seed, 600)
	r, err := statistictest.New(t, wards(3), wardsHeader, rows, 5, seed).Statistic(t.Context(), "SELECT * FROM smr(wards, 'died', 'risk', by => 'sex')", false)
	if err != nil {
		t.Fatal(err)
	}
	for i, sex := range []string{"f", "m"} {
		observed, expected := 0.0, 0.0
		for _, p := range people {
			if p.sex == sex {
				expected += p.risk
				if p.died {
					observed++
				}
			}
		}
		closeTo(t, "ratio", cell(t, r.Main(), i, "ratio"), observed/expected)
		poisson := distuv.Poisson{Lambda: expected}
		for name, p := range map[string]float64{"funnel_lower": 0.025, "funnel_upper": 0.975, "funnel_lower_998": 0.001, "funnel_upper_998": 0.999} {
			at := cell(t, r.Main(), i, name).(float64) * expected
			if poisson.CDF(math.Ceil(at)-1) > p || poisson.CDF(math.Ceil(at)) < p {
				t.Errorf("%s of %s: %g of %g is in another step", name, sex, at, expected)
			}
		}
		want := "within"
		switch x := observed / expected; {
		case x > cell(t, r.Main(), i, "funnel_upper_998").(float64):
			want = "far above"
		case x > cell(t, r.Main(), i, "funnel_upper").(float64):
			want = "above"
		case x < cell(t, r.Main(), i, "funnel_lower_998").(float64):
			want = "far below"
		case x < cell(t, r.Main(), i, "funnel_lower").(float64):
			want = "below"
		}
		if got := cell(t, r.Main(), i, "position"); got != want {
			t.Errorf("%s is %v, want %s", sex, got, want)
		}
	}
}
