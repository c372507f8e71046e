package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// scoreTable is people with a score, the probability that it gives, and what happened.
func scoreTable(k int) charter.Table {
	return charter.Table{Name: "admitted", MaxRows: 10000, MinCohort: &k, Columns: []charter.Column{
		{Name: "site", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"u", "v"}},
		{Name: "score", Type: "integer", Role: charter.Measure, Range: []string{"0", "30"}, Curve: "1"},
		{Name: "plain", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "30"}},
		{Name: "risk", Type: "decimal(3,2)", Role: charter.Measure, Nullable: no(), Range: []string{"0", "1"}, Curve: "0.01"},
		{Name: "died", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"0", "1"}},
		{Name: "days", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "60"}, Curve: "1"},
		{Name: "dead", Type: "boolean", Role: charter.Category, Nullable: no()},
		{Name: "grade", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"1", "2", "3"}},
	}}
}

var scoreHeader = []string{"site", "score", "plain", "risk", "died", "days", "dead", "grade"}

// admitted is one row, for the oracle; score is -1 where it is missing.
type admitted struct {
	site               string
	score, days, grade int
	risk               float64
	died, dead         bool
}

func makeAdmitted(seed uint64, n int) (rows [][]string, all []admitted) {
	random := rand.New(rand.NewPCG(seed, 71))
	for range n {
		a := admitted{site: string("uv"[random.IntN(2)]), score: random.IntN(31), days: random.IntN(40), dead: random.IntN(3) > 0}
		a.risk = math.Round(100/(1+math.Exp(2-float64(a.score)/8))) / 100
		a.died = random.Float64() < a.risk*0.8+0.05
		a.grade = 1 + min(2, (a.score+random.IntN(10))/13)
		row := []string{a.site, strconv.Itoa(a.score), strconv.Itoa(a.score), fmt.Sprintf("%.2f", a.risk), map[bool]string{false: "0", true: "1"}[a.died], strconv.Itoa(a.days), strconv.FormatBool(a.dead), strconv.Itoa(a.grade)}
		if random.IntN(25) == 0 {
			row[1], a.score = "", -1
		}
		rows, all = append(rows, row), append(all, a)
	}
	return rows, all
}

// pairsOf goes through pairs of one with the event and one without: the area, and its bounds where values are bands.
func pairsOf(with, without []int, band func(int) int) (area, least, most float64) {
	n := float64(len(with) * len(without))
	for _, a := range with {
		for _, b := range without {
			switch x, y := band(a), band(b); {
			case x > y:
				area, least, most = area+1/n, least+1/n, most+1/n
			case x == y:
				area, most = area+0.5/n, most+1/n
			}
		}
	}
	return area, least, most
}

func TestROCOfScores(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeAdmitted(seed, 400)
	self := func(s int) int { return s }
	for call, c := range map[string]struct {
		band  func(int) int
		bands bool
	}{
		"roc(admitted, 'score', 'died = 1', by => 'site')":                        {self, false},
		"auc(admitted, 'score', 'died = 1', by => 'site', step => 4)":             {func(s int) int { return s / 4 }, true},
		"roc(admitted, 'plain', 'died = 1', by => 'site', edges => '10, 15, 20')": {func(s int) int { return min(max((s-5)/5, 0), 3) }, true},
	} {
		missing := !strings.Contains(call, "plain")
		var first string
		for _, owners := range []int{3, 5, 13} {
			r, err := statistictest.New(t, scoreTable(2), scoreHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM "+call, false)
			if err != nil {
				t.Fatal(call, ": ", err)
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %d owners, another answer", call, owners)
				continue
			}
			for i, site := range []string{"u", "v"} {
				var with, without []int
				for j, a := range all {
					s := a.score
					if !missing {
						s, _ = strconv.Atoi(rows[j][2])
					}
					switch {
					case a.site != site || s < 0:
					case a.died:
						with = append(with, s)
					default:
						without = append(without, s)
					}
				}
				area, least, most := pairsOf(with, without, c.band)
				if !c.bands {
					least, most = area, area
				}
				for name, want := range map[string]float64{"auc": area, "least": least, "most": most} {
					closeTo(t, call+": "+name, cell(t, r.Main(), i, name), want)
				}
				if n := cell(t, r.Main(), i, "n"); n != int64(len(with)+len(without)) {
					t.Errorf("%s: n %v, want %d", call, n, len(with)+len(without))
				}
				if c.bands && !strings.Contains(call, "step") {
					continue
				}
				threshold := cell(t, r.Main(), i, "threshold").(float64)
				hit := 0.0
				for _, s := range with {
					if float64(s) >= threshold {
						hit++
					}
				}
				closeTo(t, call+": sensitivity at the threshold", cell(t, r.Main(), i, "sensitivity"), hit/float64(len(with)))
			}
		}
	}
}

func TestCalibrationOfScores(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeAdmitted(seed, 500)
	for call, exact := range map[string]bool{
		"calibration(admitted, 'risk', 'died = 1')":                            true,
		"calibration(admitted, 'risk', 'died = 1', step => 0.1)":               false,
		"calibration(admitted, 'risk', 'died = 1', edges => '0.2, 0.35, 0.6')": false,
	} {
		var first string
		for _, owners := range []int{3, 5, 13} {
			r, err := statistictest.New(t, scoreTable(2), scoreHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM "+call, false)
			if err != nil {
				t.Fatal(call, ": ", err)
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %d owners, another answer", call, owners)
				continue
			}
			brier, events, expected := 0.0, 0.0, 0.0
			var numbers [][]float64
			for _, a := range all {
				y := 0.0
				if a.died {
					y = 1
				}
				brier, events, expected = brier+(a.risk-y)*(a.risk-y), events+y, expected+a.risk
				numbers = append(numbers, []float64{y, 0, 1, math.Log(a.risk / (1 - a.risk))})
			}
			for name, want := range map[string]float64{"brier": brier / float64(len(all)), "expected": expected, "ratio": events / expected} {
				closeTo(t, call+": "+name, cell(t, r.Main(), 0, name), want)
			}
			beta, se, _ := pooledFit(t, false, numbers)
			tolerance := 1e-6
			if !exact { // the mean of a band is not each of it
				tolerance = 0.15
			}
			for name, want := range map[string]float64{"intercept": beta[0], "slope": beta[1], "intercept_se": se[0], "slope_se": se[1]} {
				if got := cell(t, r.Main(), 0, name).(float64); math.Abs(got-want) > tolerance*max(1, math.Abs(want)) {
					t.Errorf("%s: %s is %g, want %g", call, name, got, want)
				}
			}
			n := int64(0)
			bands := table(t, r, "bands")
			for i := range bands.Rows {
				n += cell(t, bands, i, "n").(int64)
			}
			if n != int64(len(all)) {
				t.Errorf("%s: %d people in bands, want %d", call, n, len(all))
			}
		}
	}
}

func TestConcordanceOfScores(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows, all := makeAdmitted(seed, 300)
	for call, c := range map[string]struct {
		band func(admitted) int
		step int
	}{
		"concordance(admitted, 'Surv(days, dead) ~ plain', edges => '8, 16, 24')":        {func(a admitted) int { return a.score / 8 }, 1},
		"c_index(admitted, 'Surv(days, dead) ~ plain', edges => '8, 16, 24', step => 5)": {func(a admitted) int { return a.score / 8 }, 5},
		"concordance(admitted, 'Surv(days, dead) ~ grade', reverse => true)":             {func(a admitted) int { return -a.grade }, 1},
	} {
		var first string
		for _, owners := range []int{3, 5, 13} {
			r, err := statistictest.New(t, scoreTable(2), scoreHeader, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM "+call, false)
			if err != nil {
				t.Fatal(call, ": ", err)
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %d owners, another answer", call, owners)
				continue
			}
			people := slices.Clone(all)
			for i := range people {
				people[i].score, _ = strconv.Atoi(rows[i][2])
			}
			concordant, discordant, tied := int64(0), int64(0), int64(0)
			for i, a := range people {
				for j, b := range people {
					if s, u := a.days/c.step, b.days/c.step; i == j || !a.dead || u < s || u == s && b.dead {
						continue
					}
					switch x, y := c.band(a), c.band(b); {
					case x > y:
						concordant++
					case x < y:
						discordant++
					default:
						tied++
					}
				}
			}
			for name, want := range map[string]int64{"concordant": concordant, "discordant": discordant, "tied": tied} {
				if got := scalar(t, r, name); got != want {
					t.Errorf("%s: %s %v, want %d", call, name, got, want)
				}
			}
			all := float64(concordant + discordant + tied)
			closeTo(t, call, scalar(t, r, "concordance"), (float64(concordant)+float64(tied)/2)/all)
		}
	}
}

// TestSuppressedScores: a curve of too few people is marked as a whole; bands of too few stop what needs all of them.
func TestSuppressedScores(t *testing.T) {
	var rows [][]string
	add := func(n int, site string, died int) {
		for i := range n {
			s := i % 20
			rows = append(rows, []string{site, strconv.Itoa(s), strconv.Itoa(s), fmt.Sprintf("0.%02d", 5+s), strconv.Itoa(died), strconv.Itoa(i % 30), strconv.FormatBool(i%2 == 0), strconv.Itoa(1 + i%2)})
		}
	}
	add(40, "u", 0)
	add(40, "u", 1)
	add(30, "v", 0)
	add(4, "v", 1) // too few died
	space := statistictest.New(t, scoreTable(6), scoreHeader, rows, 3, 1)
	for _, call := range []string{"roc(admitted, 'score', 'died = 1', by => 'site')", "calibration(admitted, 'risk', 'died = 1', by => 'site')"} {
		r, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil {
			t.Fatal(call, ": ", err)
		}
		if r.Main().Rows[0][1] == nil || len(r.Main().Rows) != 2 || slices.ContainsFunc(r.Main().Rows[1][1:], func(v result.Value) bool { return v != nil }) {
			t.Errorf("%s: %v", call, r.Main().Rows)
		}
		for _, other := range r.Tables[1:] {
			for _, row := range other.Table.Rows {
				if row[0] == "v" && slices.ContainsFunc(row[1:], func(v result.Value) bool { return v != nil }) {
					t.Errorf("%s: %v", call, row)
				}
			}
		}
	}
	for call, want := range map[string][2]string{
		"concordance(admitted, 'Surv(days, dead) ~ grade')":                   {"TACIT-T001", "2"},
		"concordance(admitted, 'Surv(days, dead) ~ plain', edges => '8, 19')": {"TACIT-T001", "19 and above"},
		"concordance(admitted, 'Surv(days, dead) ~ plain')":                   {"TACIT-P162", "edges"},
		"concordance(admitted, 'Surv(days, dead) ~ plain', edges => '9, 8')":  {"TACIT-P162", "ascend"},
		"concordance(admitted, 'Surv(days, dead) ~ plain + grade')":           {"TACIT-P163", "one score"},
		"concordance(admitted, 'days ~ plain', edges => '8')":                 {"TACIT-P163", "Surv"},
		"concordance(admitted, 'Surv(plain, dead) ~ grade')":                  {"TACIT-P18", "plain"},
		"roc(admitted, 'plain', 'died = 1')":                                  {"TACIT-P18", "plain"},
		"roc(admitted, 'plain', 'died = 1', edges => '5, 5')":                 {"TACIT-P162", "ascend"},
		"roc(admitted, 'score', 'died = 1', step => 1.5)":                     {"TACIT-P162", "step"},
		"roc(admitted, 'site', 'died = 1')":                                   {"TACIT-P103", "site"},
		"roc(admitted, 'score', 'lived = 1')":                                 {"TACIT-P102", "lived"},
		"calibration(admitted, 'score', 'died = 1')":                          {"TACIT-P162", "probability"},
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
		if !strings.HasPrefix(fault.Code(err), want[0]) || err != nil && !strings.Contains(err.Error(), want[1]) {
			t.Errorf("%s: %v, want %s about %q", call, err, want[0], want[1])
		}
	}
	open := statistictest.New(t, scoreTable(1), scoreHeader, rows, 3, 1)
	for _, call := range []string{"roc(admitted, 'score', 'died = 1', where => 'died = 1')", "roc(admitted, 'score', 'died = 1', where => 'score > 25')"} {
		if _, err := open.Statistic(t.Context(), "SELECT * FROM "+call, false); !inference.TooFew.Is(err) {
			t.Errorf("%s: %v", call, err)
		}
	}
}
