package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// A follow-up of random people: the table, and its rows.
func makeFollowUp(seed uint64, n int) (charter.Table, []string, [][]string) {
	random := rand.New(rand.NewPCG(seed, 9))
	rounds := 25
	table := charter.Table{Name: "follow", MaxRows: 10000, MinCohort: one(), ModelRounds: &rounds, Columns: []charter.Column{
		{Name: "days", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "60"}, Curve: "1"},
		{Name: "died", Type: "boolean", Role: charter.Category, Nullable: no()},
		{Name: "arm", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"a", "b"}},
		{Name: "site", Type: "text", Role: charter.Category, Nullable: no(), Domain: []string{"u", "v", "w"}},
		{Name: "score", Type: "decimal(4,1)", Role: charter.Measure, Nullable: no(), Range: []string{"-50", "50"}},
	}}
	var rows [][]string
	for range n {
		rows = append(rows, []string{
			strconv.Itoa(random.IntN(50)), strconv.FormatBool(random.IntN(3) > 0), string(rune('a' + random.IntN(2))),
			string(rune('u' + random.IntN(3))), fmt.Sprintf("%.1f", random.NormFloat64()*10),
		})
	}
	return table, []string{"days", "died", "arm", "site", "score"}, rows
}

// naiveSurvival goes through the rows day by day.
func naiveSurvival(rows [][]string, arm string, until int) float64 {
	s := 1.0
	for day := range until + 1 {
		n, d := 0.0, 0.0
		for _, r := range rows {
			if at, _ := strconv.Atoi(r[0]); r[2] == arm && at >= day {
				n++
				if at == day && r[1] == "true" {
					d++
				}
			}
		}
		if n > 0 {
			s *= 1 - d/n
		}
	}
	return s
}

// naiveLogRank is observed and expected events of arm a within sites, day by day.
func naiveLogRank(rows [][]string) (observed, expected, variance float64) {
	for _, site := range []string{"u", "v", "w"} {
		for day := range 51 {
			n, n1, d, d1 := 0.0, 0.0, 0.0, 0.0
			for _, r := range rows {
				at, _ := strconv.Atoi(r[0])
				if r[3] != site || at < day {
					continue
				}
				n++
				if r[2] == "a" {
					n1++
				}
				if at == day && r[1] == "true" {
					d++
					if r[2] == "a" {
						d1++
					}
				}
			}
			if d == 0 {
				continue
			}
			observed, expected = observed+d1, expected+d*n1/n
			if n > 1 {
				variance += d * n1 / n * (1 - n1/n) * (n - d) / (n - 1)
			}
		}
	}
	return observed, expected, variance
}

// naiveCox fits two coefficients with Breslow's ties from the rows, by Newton's method on numerical sums.
func naiveCox(rows [][]string) [2]float64 {
	x := func(r []string) [2]float64 {
		v := [2]float64{}
		v[0], _ = strconv.ParseFloat(r[4], 64)
		if r[2] == "b" {
			v[1] = 1
		}
		return v
	}
	beta := [2]float64{}
	for range 30 {
		var u [2]float64
		var info [2][2]float64
		for _, r := range rows {
			if r[1] != "true" {
				continue
			}
			at, _ := strconv.Atoi(r[0])
			w, wx, wxx := 0.0, [2]float64{}, [2][2]float64{}
			for _, o := range rows {
				if t, _ := strconv.Atoi(o[0]); t < at {
					continue
				}
				v := x(o)
				e := math.Exp(beta[0]*v[0] + beta[1]*v[1])
				w += e
				for i := range 2 {
					wx[i] += e * v[i]
					for j := range 2 {
						wxx[i][j] += e * v[i] * v[j]
					}
				}
			}
			v := x(r)
			for i := range 2 {
				u[i] += v[i] - wx[i]/w
				for j := range 2 {
					info[i][j] += wxx[i][j]/w - wx[i]*wx[j]/w/w
				}
			}
		}
		det := info[0][0]*info[1][1] - info[0][1]*info[1][0]
		beta[0] += (info[1][1]*u[0] - info[0][1]*u[1]) / det
		beta[1] += (info[0][0]*u[1] - info[1][0]*u[0]) / det
	}
	return beta
}

// Survival statistics of random people are those that go through the rows, whichever way these are split.
func TestSurvivalOfRandomPeople(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	table, head, rows := makeFollowUp(seed, 150)
	for _, owners := range []int{3, 7} {
		space := statistictest.New(t, table, head, rows, owners, seed)
		km, err := space.Statistic(t.Context(), "SELECT * FROM km(follow, 'Surv(days, died) ~ arm')", false)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range km.Main().Rows {
			day := int(cell(t, km.Main(), i, "time").(float64))
			closeTo(t, fmt.Sprintf("Ŝ(%d) of %v", day, row[0]), cell(t, km.Main(), i, "survival"), naiveSurvival(rows, row[0].(string), day))
		}
		test, err := space.Statistic(t.Context(), "SELECT * FROM log_rank(follow, 'Surv(days, died) ~ arm + strata(site)')", false)
		if err != nil {
			t.Fatal(err)
		}
		o, e, v := naiveLogRank(rows)
		groups := test.Main()
		closeTo(t, "O", cell(t, groups, 0, "observed"), o)
		closeTo(t, "E", cell(t, groups, 0, "expected"), e)
		closeTo(t, "V", cell(t, groups, 0, "variance"), v)
		closeTo(t, "χ²", scalar(t, test, "chisq"), (o-e)*(o-e)/v)
		cox, err := space.Statistic(t.Context(), "SELECT * FROM cox(follow, 'Surv(days, died) ~ score + arm', ties => 'breslow')", false)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range naiveCox(rows) {
			got := cell(t, cox.Main(), i, "estimate").(float64)
			if math.Abs(got-want) > 1e-8*max(math.Abs(want), 1e-3) {
				t.Errorf("coefficient %d is %.12g, want %.12g", i+1, got, want)
			}
		}
	}
}
