package survival_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/survival"
)

// person is one row: when somebody leaves, and whether with the event.
type person struct {
	time  float64
	event bool
	group string
}

// lung reads the trial of the health example; column names a group.
func lung(t *testing.T, column string) []person {
	t.Helper()
	f, err := os.Open("../../examples/health/pooled/lung.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int { return slices.Index(rows[0], name) }
	var out []person
	for _, r := range rows[1:] {
		time, err := strconv.ParseFloat(r[at("time")], 64)
		if err != nil {
			t.Fatal(err)
		}
		p := person{time: time, event: r[at("status")] == "2"}
		if column != "" {
			p.group = r[at(column)]
		}
		out = append(out, p)
	}
	return out
}

func countsOf(people []person) survival.Counts {
	var c survival.Counts
	people = slices.Clone(people)
	slices.SortStableFunc(people, func(a, b person) int {
		if a.time < b.time {
			return -1
		}
		if a.time > b.time {
			return 1
		}
		return 0
	})
	for _, p := range people {
		n := len(c.Times)
		if n == 0 || c.Times[n-1] != p.time {
			c.Times, c.Events, c.Censored = append(c.Times, p.time), append(c.Events, 0), append(c.Censored, 0)
			n++
		}
		if p.event {
			c.Events[n-1]++
		} else {
			c.Censored[n-1]++
		}
	}
	return c
}

func group(people []person, name string) (out []person) {
	for _, p := range people {
		if p.group == name {
			out = append(out, p)
		}
	}
	return out
}

func wants(t *testing.T, what, format string, got, want float64) {
	t.Helper()
	if fmt.Sprintf(format, got) != fmt.Sprintf(format, want) {
		t.Errorf("%s is "+format+", want "+format, what, got, want)
	}
}

// Published: R's survival 3.5, survfit(Surv(time, status) ~ 1, lung) and by sex.
func TestLung(t *testing.T) {
	all := countsOf(lung(t, ""))
	c, f := survival.KaplanMeier(&all, survival.Log, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	median, low, high := c.Quantile(0.5)
	wants(t, "n", "%.0f", float64(c.N), 228)
	wants(t, "events", "%.0f", float64(c.D), 165)
	wants(t, "median", "%.0f", median, 310)
	wants(t, "lower limit", "%.0f", low, 285)
	wants(t, "upper limit", "%.0f", high, 363)
	year := c.At(364)
	wants(t, "S(364)", "%.4f", year.Survival, 0.4092)
	wants(t, "SE", "%.4f", year.SE, 0.0358)
	mean, se := c.Mean(c.End())
	wants(t, "mean", "%.1f", mean, 376.3) // print(survfit(…), rmean = 1022): 376.27 (19.7)
	wants(t, "SE of the mean", "%.1f", se, 19.7)
	people := lung(t, "sex")
	for _, want := range []struct {
		sex                  string
		n, d                 int64
		median, lower, upper float64
	}{{"1", 138, 112, 270, 212, 310}, {"2", 90, 53, 426, 348, 550}} {
		counts := countsOf(group(people, want.sex))
		c, f := survival.KaplanMeier(&counts, survival.Log, 0.95)
		if f != nil {
			t.Fatal(f)
		}
		median, lower, upper := c.Quantile(0.5)
		if c.N != want.n || c.D != want.d || median != want.median || lower != want.lower || upper != want.upper {
			t.Errorf("%s: n %d, events %d, median %g (%g–%g), want %+v", want.sex, c.N, c.D, median, lower, upper, want)
		}
	}
}

// Published: survdiff(Surv(time, status) ~ sex, lung); with rho = 1 χ² is 12.7 (R's manual page has it).
func TestLogRankOfLung(t *testing.T) {
	people := lung(t, "sex")
	counts := []survival.Counts{countsOf(group(people, "1")), countsOf(group(people, "2"))}
	test, f := survival.LogRank([][]survival.Counts{counts}, survival.Unweighted)
	if f != nil {
		t.Fatal(f)
	}
	wants(t, "O", "%.0f", test.Groups[0].Observed, 112)
	wants(t, "E", "%.2f", test.Groups[0].Expected, 91.58)
	wants(t, "V", "%.2f", test.Groups[0].Variance, 40.37)
	wants(t, "χ²", "%.4f", test.ChiSq, 10.3267)
	wants(t, "p", "%.3f", test.P, 0.001)
	peto, f := survival.LogRank([][]survival.Counts{counts}, survival.Peto)
	if f != nil {
		t.Fatal(f)
	}
	wants(t, "χ² of Peto's test", "%.1f", peto.ChiSq, 12.7)
}

// The naive computation, person by person.
func TestAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for range 200 {
		groups, strata := 2+random.IntN(3), 1+random.IntN(3)
		people := make([][]person, strata)
		counts := make([][]survival.Counts, strata)
		for s := range people {
			for range 20 + random.IntN(40) {
				people[s] = append(people[s], person{float64(random.IntN(15)), random.IntN(3) > 0, fmt.Sprint(random.IntN(groups))})
			}
			for g := range groups {
				counts[s] = append(counts[s], countsOf(group(people[s], fmt.Sprint(g))))
			}
		}
		checkCurve(t, people[0], random)
		for _, w := range []survival.Weight{survival.Unweighted, survival.Wilcoxon, survival.Peto} {
			checkTest(t, people, counts, groups, w)
		}
	}
}

func checkCurve(t *testing.T, people []person, random *rand.Rand) {
	t.Helper()
	counts := countsOf(people)
	c, f := survival.KaplanMeier(&counts, survival.LogLog, 0.9)
	if f != nil {
		t.Fatal(f)
	}
	at := float64(random.IntN(15))
	s, sum, area := 1.0, 0.0, 0.0
	for day := 0.0; day <= at; day++ {
		n, d := 0.0, 0.0
		for _, p := range people {
			if p.time >= day {
				n++
			}
			if p.time == day && p.event {
				d++
			}
		}
		if n > 0 {
			s *= 1 - d/n
			sum += d / (n * (n - d))
		}
		if day < at {
			area += s
		}
	}
	got := 1.0
	if p := c.At(at); p != nil {
		got = p.Survival
		if s > 0 && math.Abs(p.SE-s*math.Sqrt(sum)) > 1e-12 {
			t.Errorf("SE %g, want %g", p.SE, s*math.Sqrt(sum))
		}
		if s > 0 && s < 1 && !(p.Lower < s && s < p.Upper) {
			t.Errorf("limits %g, %g of %g", p.Lower, p.Upper, s)
		}
	}
	if math.Abs(got-s) > 1e-12 {
		t.Errorf("S(%g) = %g, want %g", at, got, s)
	}
	if mean, _ := c.Mean(at); math.Abs(mean-area) > 1e-9 {
		t.Errorf("mean up to %g is %g, want %g", at, mean, area)
	}
}

// checkTest computes Σ w (O − E) and its variance of group 0 by looking at everybody at every time.
func checkTest(t *testing.T, people [][]person, counts [][]survival.Counts, groups int, w survival.Weight) {
	t.Helper()
	test, f := survival.LogRank(counts, w)
	if f != nil {
		t.Fatal(f)
	}
	o, e, v := 0.0, 0.0, 0.0
	for _, stratum := range people {
		s := 1.0
		for day := range 15 {
			n, d, n0, d0 := 0.0, 0.0, 0.0, 0.0
			for _, p := range stratum {
				if p.time >= float64(day) {
					n++
					if p.group == "0" {
						n0++
					}
				}
				if p.time == float64(day) && p.event {
					d++
					if p.group == "0" {
						d0++
					}
				}
			}
			if d == 0 {
				continue
			}
			weight := map[survival.Weight]float64{survival.Unweighted: 1, survival.Wilcoxon: n, survival.Peto: s}[w]
			o, e = o+weight*d0, e+weight*d*n0/n
			if n > 1 {
				v += weight * weight * d * n0 / n * (1 - n0/n) * (n - d) / (n - 1)
			}
			s *= 1 - d/n
		}
	}
	g := test.Groups[0]
	for _, pair := range [][2]float64{{g.Observed, o}, {g.Expected, e}, {g.Variance, v}} {
		if math.Abs(pair[0]-pair[1]) > 1e-9*max(1, pair[1]) {
			t.Errorf("%s: O, E, V are %g, %g, %g, want %g, %g, %g", w, g.Observed, g.Expected, g.Variance, o, e, v)
			return
		}
	}
	if groups == 2 && math.Abs(test.ChiSq-(o-e)*(o-e)/v) > 1e-6*test.ChiSq+1e-9 {
		t.Errorf("%s: χ² %g, want %g", w, test.ChiSq, (o-e)*(o-e)/v)
	}
}

func TestEdges(t *testing.T) {
	none := survival.Counts{Times: []float64{1}, Events: []int64{0}, Censored: []int64{3}}
	if _, f := survival.LogRank([][]survival.Counts{{none, none}}, survival.Unweighted); !survival.NoEvents.Is(f) {
		t.Errorf("no events: %v", f)
	}
	if _, f := survival.LogRank([][]survival.Counts{{none}}, survival.Unweighted); !survival.OneGroup.Is(f) {
		t.Errorf("one group: %v", f)
	}
	for _, bad := range []survival.Counts{
		{Times: []float64{2, 1}, Events: []int64{1, 1}, Censored: []int64{0, 0}},
		{Times: []float64{1}, Events: []int64{-1}, Censored: []int64{2}},
	} {
		if _, f := survival.KaplanMeier(&bad, survival.Log, 0.95); !survival.BadGrid.Is(f) {
			t.Errorf("%+v: %v", bad, f)
		}
	}
	all := survival.Counts{Times: []float64{1, 2}, Events: []int64{1, 1}, Censored: []int64{0, 0}}
	c, f := survival.KaplanMeier(&all, survival.Log, 0.95)
	if f != nil || c.Points[1].Survival != 0 || c.Points[1].SE != 0 || !math.IsNaN(c.Points[1].Upper) {
		t.Errorf("when all have the event: %+v, %v", c, f)
	}
	if _, _, upper := c.Quantile(0.5); !math.IsNaN(upper) && upper != 2 {
		t.Errorf("upper limit of the median %g", upper)
	}
}
