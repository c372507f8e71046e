package plan_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// cohorts gives the table visits, and some of its columns, minimum cohorts.
func cohorts(ch *charter.Charter, table int, columns map[string]int) *charter.Charter {
	t := ch.Table("visits")
	t.MinCohort = &table
	for name, k := range columns {
		t.Column(name).MinCohort = &k
	}
	return ch
}

// guardText writes guards for comparison: k [present] {filter} sums.
func guardText(p *plan.Plan, guards []plan.Guard) string {
	var lines []string
	for _, g := range guards {
		var sums []string
		for _, s := range g.Sums {
			sums = append(sums, p.Sums[s].SQL())
		}
		filter := ""
		if g.Filter != nil {
			filter = g.Filter.SQL()
		}
		lines = append(lines, fmt.Sprintf("%d %v {%s} %s", g.K, g.Present, filter, strings.Join(sums, "; ")))
	}
	return strings.Join(lines, "\n")
}

// TestGuards: which units are counted for which sums, and under which k.
func TestGuards(t *testing.T) {
	for _, c := range []struct {
		table   int
		columns map[string]int
		sql     string
		want    string
	}{
		{1, nil, "SELECT COUNT(*), SUM(cost) FROM visits GROUP BY ward", ""},
		{10, nil, "SELECT COUNT(*) FROM visits", "10 [] {} COUNT(*)"},
		// a column that cannot be NULL changes nothing
		{10, nil, "SELECT SUM(dose), SUM(age), AVG(dose) FROM visits", "10 [] {} COUNT(*); SUM(dose); SUM(age)"},
		// one that can has its own units, whether added or counted
		{
			10, nil, "SELECT AVG(cost) FROM visits",
			"10 [] {} COUNT(*)\n10 [cost] {} COUNT(cost); SUM(cost)",
		},
		{
			10, nil, "SELECT VAR_SAMP(cost), SUM(cost * dose), SUM(cost * stay) FROM visits",
			"10 [] {} COUNT(*)\n10 [cost] {} COUNT(cost); SUM(cost); SUM(cost * cost); SUM(cost * dose)\n" +
				"10 [cost stay] {} COUNT(*) FILTER (WHERE cost IS NOT NULL AND stay IS NOT NULL); SUM(cost * stay)",
		},
		// a filter is another set of rows
		{
			10, nil, "SELECT COUNT(*) FILTER (WHERE sex = 'male'), SUM(dose) FILTER (WHERE sex = 'male'), SUM(dose) FILTER (WHERE sex = 'female') FROM visits",
			"10 [] {} COUNT(*)\n10 [] {sex = 'male'} COUNT(*) FILTER (WHERE sex = 'male'); SUM(dose) FILTER (WHERE sex = 'male')\n" +
				"10 [] {sex = 'female'} COUNT(*) FILTER (WHERE sex = 'female'); SUM(dose) FILTER (WHERE sex = 'female')",
		},
		// what WHERE or the filter compares is not NULL
		{10, nil, "SELECT AVG(cost) FROM visits WHERE cost >= 10 AND sex = 'male'", "10 [] {} COUNT(*); COUNT(cost); SUM(cost)"},
		{10, nil, "SELECT SUM(cost) FROM visits WHERE cost IS NOT NULL", "10 [] {} COUNT(*); COUNT(cost); SUM(cost)"},
		{
			10, nil, "SELECT COUNT(*) FILTER (WHERE cost > 10), SUM(cost) FILTER (WHERE cost > 10) FROM visits",
			"10 [] {} COUNT(*)\n10 [] {cost > 10} COUNT(*) FILTER (WHERE cost > 10); COUNT(cost) FILTER (WHERE cost > 10); SUM(cost) FILTER (WHERE cost > 10)",
		},
		{10, nil, "SELECT SUM(cost) FROM visits WHERE cost > 10 OR sex = 'male'", "10 [] {} COUNT(*)\n10 [cost] {} COUNT(cost); SUM(cost)"},
		{10, nil, "SELECT SUM(cost) FROM visits WHERE cost IS NULL", "10 [] {} COUNT(*)\n10 [cost] {} COUNT(cost); SUM(cost)"},
		// columns with a k of their own: as a factor, counted, in a filter
		{1, map[string]int{"cost": 15}, "SELECT SUM(cost), SUM(dose) FROM visits", "15 [cost] {} COUNT(cost); SUM(cost)"},
		{1, map[string]int{"cost": 15}, "SELECT COUNT(cost) FROM visits", "15 [cost] {} COUNT(cost)"},
		{5, map[string]int{"dose": 15}, "SELECT SUM(dose) FROM visits", "5 [] {} COUNT(*)\n15 [] {} SUM(dose)"},
		{15, map[string]int{"dose": 5}, "SELECT SUM(dose) FROM visits", "15 [] {} COUNT(*); SUM(dose)"},
		{3, map[string]int{"dose": 4, "age": 6}, "SELECT SUM(dose * age) FROM visits", "3 [] {} COUNT(*)\n6 [] {} SUM(age * dose)"},
		{
			1,
			map[string]int{"smoker": 8},
			"SELECT SUM(dose) FILTER (WHERE age < 20 AND NOT (sex = 'male' OR smoker)) FROM visits",
			"8 [] {age < 20 AND NOT (sex = 'male' OR smoker = true)} COUNT(*) FILTER (WHERE age < 20 AND NOT (sex = 'male' OR smoker = true)); " +
				"SUM(dose) FILTER (WHERE age < 20 AND NOT (sex = 'male' OR smoker = true))",
		},
		// WHERE and GROUP BY shape every sum
		{1, map[string]int{"stay": 7}, "SELECT COUNT(*), SUM(dose) FROM visits WHERE stay > 3 OR sex = 'male'", "7 [] {} COUNT(*); SUM(dose)"},
		{1, map[string]int{"ward": 7}, "SELECT COUNT(*) FROM visits GROUP BY ward", "7 [] {} COUNT(*)"},
		{1, map[string]int{"age": 7}, "SELECT COUNT(*) FROM visits GROUP BY width_bucket(age, 0, 100, 10)", "7 [] {} COUNT(*)"},
		{1, map[string]int{"level": 7}, "SELECT COUNT(*) FROM visits GROUP BY CASE WHEN sex = 'male' THEN 'a' WHEN level = 2 THEN 'b' END", "7 [] {} COUNT(*)"},
		{1, map[string]int{"level": 7}, "SELECT COUNT(*) FROM visits GROUP BY ward, date_trunc('year', admitted)", ""},
	} {
		ch := loadCharter(t)
		p := compile(t, ch, c.sql)
		if got := guardText(p, plan.Guards(p, cohorts(ch, c.table, c.columns))); got != c.want {
			t.Errorf("k = %d, %v: %s\ngot\n%s\nwants\n%s", c.table, c.columns, c.sql, got, c.want)
		}
	}
}

// TestGuardsCoverSums: each sum with a k above 1 is in exactly one guard of that k,
// whose rows are the sum's, in the order of first sums.
func TestGuardsCoverSums(t *testing.T) {
	const seed = 20240611
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	names := []string{"ward", "sex", "level", "age", "stay", "cost", "bmi", "dose"}
	for range 300 {
		ch := loadCharter(t)
		own := map[string]int{}
		for range rng.IntN(4) {
			own[names[rng.IntN(len(names))]] = 1 + rng.IntN(20)
		}
		var items []string
		for range 1 + rng.IntN(6) {
			items = append(items, []string{
				"COUNT(*)", "AVG(cost)", "SUM(dose)", "VAR_POP(bmi)", "SUM(age * stay)", "COUNT(ward)", "SUM(cost * dose)",
			}[rng.IntN(7)]+[]string{"", "", " FILTER (WHERE sex = 'male')", " FILTER (WHERE cost > 5)"}[rng.IntN(4)])
		}
		p := compile(t, ch, "SELECT "+strings.Join(items, ", ")+" FROM visits"+[]string{"", " WHERE level = 2", " GROUP BY ward"}[rng.IntN(3)])
		cohorts(ch, 1+rng.IntN(10), own)
		ks, guards := plan.Cohorts(p, ch), plan.Guards(p, ch)
		first, covered := -1, make([]int, len(p.Sums))
		for _, g := range guards {
			if g.K < 2 || g.Sums[0] <= first || !slices.IsSorted(g.Sums) || !slices.IsSorted(g.Present) {
				t.Errorf("guards in another form: %+v", guards)
			}
			first = g.Sums[0]
			for _, s := range g.Sums {
				covered[s]++
				if ks[s] != g.K || !g.Filter.Equal(p.Sums[s].Filter) {
					t.Errorf("%s: sum %d has k %d", guardText(p, guards), s, ks[s])
				}
			}
		}
		for s, k := range ks {
			if covered[s] != min(k-1, 1) {
				t.Errorf("sum %d with k %d is in %d guards", s, k, covered[s])
			}
		}
	}
}

func TestUnitBound(t *testing.T) {
	ch := loadCharter(t)
	p := compile(t, ch, "SELECT SUM(cost) FROM visits")
	if got := plan.UnitBound(p, ch); got.Cmp(big.NewInt(100_000)) != 0 {
		t.Errorf("got %s", got)
	}
}
