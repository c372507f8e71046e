package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tacit-space/tacit/engine/survival"
)

func init() { oracles["log_rank"] = logRankOracle }

func logRankOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, weight := range []string{"logrank", "wilcoxon", "peto"} {
		for _, strata := range []string{"", "site"} {
			where, left := c.draw(random)
			right := "sex"
			if strata != "" {
				right += " + strata(" + strata + ")"
			}
			call := fmt.Sprintf("log_rank(cohort, 'Surv(days, died) ~ %s', weight => '%s'%s)", right, weight, where)
			out = append(out, question{call, logRankAnswer(left.knowing("died"), strata, weight)})
		}
	}
	return out
}

// logRankAnswer goes through the days of each stratum and, on each, through all who are still there. Of two groups χ² is
// that of either.
func logRankAnswer(left patients, strata, weight string) answer {
	var groups []string // as they come, stratum by stratum
	for _, stratum := range left.groups(strata) {
		for _, g := range stratum.patients.values("sex") {
			if !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
	}
	observed, expected, n, variance := make([]float64, len(groups)), make([]float64, len(groups)), make([]int, len(groups)), 0.0
	for _, stratum := range left.groups(strata) {
		curve := 1.0
		for day := range 61 {
			there, events := make([]float64, len(groups)), make([]float64, len(groups))
			for _, p := range stratum.patients {
				for g, name := range groups {
					if days := p.num("days"); p["sex"] == name && days >= float64(day) {
						there[g]++
						if days == float64(day) {
							n[g]++
							events[g] += p.is("died", "1")
						}
					}
				}
			}
			r, d := total(there), total(events)
			if d == 0 {
				continue
			}
			w := map[string]float64{"logrank": 1, "wilcoxon": r, "peto": curve}[weight]
			for g := range groups {
				observed[g], expected[g] = observed[g]+w*events[g], expected[g]+w*d*there[g]/r
			}
			if r > 1 && len(groups) == 2 {
				variance += w * w * there[0] * there[1] * d * (r - d) / r / r / (r - 1)
			}
			curve *= 1 - d/r
		}
	}
	switch {
	case len(groups) < 2:
		return refused(survival.OneGroup)
	case variance == 0 && total(observed) == 0:
		return refused(survival.NoEvents)
	case variance == 0:
		return refused(survival.OneGroup)
	}
	chi := math.Pow(observed[0]-expected[0], 2) / variance
	var rows [][]any
	for g, name := range groups {
		rows = append(rows, []any{name, n[g], observed[g], expected[g], variance})
	}
	return answer{
		scalars: map[string]any{"chisq": chi, "df": 1, "p": chiTail(chi, 1), "n": n[0] + n[1]},
		tables:  map[string][][]any{"groups": rows}, within: 1e-8,
	}
}
