package statistic_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/tacit-space/tacit/engine/inference"
)

func init() {
	oracles["contingency"] = contingencyOracle
	oracles["mantel_haenszel"] = mantelHaenszelOracle
	oracles["mann_whitney"] = mannWhitneyOracle
	oracles["proportion"] = proportionOracle
	oracles["incidence"] = incidenceOracle
	oracles["smr"] = smrOracle
}

func contingencyOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, pair := range [][2]string{{"sex", "died"}, {"arm", "site"}, {"died", "arm"}, {"sex", "arm"}} {
		for _, yates := range []bool{false, true} {
			where, left := c.draw(random)
			lvl, level := drawLevel(random)
			if pair[1] == "arm" && yates { // two of three arms
				where, left = ", where => 'arm <> ''c'''", c.patients.where(func(p patient) bool { return p["arm"] != "c" })
			}
			left = left.knowing(pair[0], pair[1])
			rows, columns := left.values(pair[0]), left.values(pair[1])
			more := ""
			if len(rows) == 2 && yates { // the other way round
				rows[0], rows[1] = rows[1], rows[0]
				more = fmt.Sprintf(", exposed => '%s', yates => true", rows[0])
			} else if yates {
				more = ", yates => true"
			}
			call := fmt.Sprintf("contingency(cohort, '%s', '%s'%s%s%s)", pair[0], pair[1], more, where, lvl)
			out = append(out, question{call, contingencyAnswer(left, pair, rows, columns, yates, level)})
		}
	}
	return out
}

func contingencyAnswer(left patients, pair [2]string, rows, columns []string, yates bool, level float64) answer {
	if len(rows) < 2 || len(columns) < 2 {
		return refused(inference.TooFew)
	}
	n := float64(len(left))
	var cells [][]any
	squares := 0.0 // Σ O² / (R C), of which χ² is n times, less n
	for _, r := range rows {
		row := left.of(pair[0], r)
		for _, c := range columns {
			o, whole := float64(len(row.of(pair[1], c))), float64(len(left.of(pair[1], c)))
			cells = append(cells, []any{r, c, int(o), o / float64(len(row)), float64(len(row)) * whole / n})
			squares += o * o / float64(len(row)) / whole
		}
	}
	chi := max(0, n*(squares-1))
	v := math.Sqrt(chi / n / float64(min(len(rows), len(columns))-1))
	df := (len(rows) - 1) * (len(columns) - 1)
	a := answer{scalars: map[string]any{}, tables: map[string][][]any{"cells": cells}, within: 1e-8}
	if df == 1 {
		x, effects := fourfold(left, pair, rows, columns, level)
		a.tables["effects"] = effects
		a.scalars["fisher_p"] = fisherP(x)
		if yates {
			r1, c1 := float64(x[0]+x[1]), float64(x[0]+x[2])
			d := max(0, math.Abs(float64(x[0]*x[3]-x[1]*x[2]))-n/2)
			chi = n * d * d / (r1 * (n - r1) * c1 * (n - c1))
		}
	}
	for name, value := range map[string]any{"n": len(left), "chisq": chi, "df": df, "p": chiTail(chi, float64(df)), "cramers_v": v} {
		a.scalars[name] = value
	}
	return a
}

// fourfold is the counts a, b, c, d and what they say.
func fourfold(left patients, pair [2]string, rows, columns []string, level float64) (x [4]int, effects [][]any) {
	for i, r := range rows {
		for j, c := range columns {
			x[2*i+j] = len(left.of(pair[0], r).of(pair[1], c))
		}
	}
	a, b, c, d := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
	z := normalQuantile(level)
	p, q := a/(a+b), c/(c+d)
	wald := z * math.Sqrt(p*(1-p)/(a+b)+q*(1-q)/(c+d))
	effects = append(effects, []any{"risk difference", p - q, p - q - wald, p - q + wald})
	if a > 0 && c > 0 {
		se := math.Sqrt((1-p)/a + (1-q)/c)
		effects = append(effects, []any{"risk ratio", p / q, math.Exp(math.Log(p/q) - z*se), math.Exp(math.Log(p/q) + z*se)})
	}
	if a*b*c*d > 0 {
		log, se := math.Log(a)+math.Log(d)-math.Log(b)-math.Log(c), math.Sqrt(1/a+1/b+1/c+1/d)
		effects = append(effects, []any{"odds ratio", math.Exp(log), math.Exp(log - z*se), math.Exp(log + z*se)})
	}
	effects = append(effects, append([]any{"odds ratio, conditional"}, conditional(x, level)...))
	pl, pu := wilson(a, a+b, z)
	ql, qu := wilson(c, c+d, z)
	below, above := math.Sqrt(math.Pow(p-pl, 2)+math.Pow(qu-q, 2)), math.Sqrt(math.Pow(pu-p, 2)+math.Pow(q-ql, 2))
	return x, append(effects, []any{"risk difference, score", p - q, p - q - below, p - q + above})
}

// ways is in how many ways a table with the margins of x has each first cell from low on.
func ways(x [4]int) (low int, out []*big.Int) {
	m, n, k := int64(x[0]+x[1]), int64(x[2]+x[3]), int64(x[0]+x[2])
	from := max(0, k-n)
	for a := from; a <= min(k, m); a++ {
		out = append(out, new(big.Int).Mul(new(big.Int).Binomial(m, a), new(big.Int).Binomial(n, k-a)))
	}
	return int(from), out
}

// fisherP adds all tables up that are no more likely, in whole numbers.
func fisherP(x [4]int) float64 {
	low, count := ways(x)
	here, sum, all := count[x[0]-low], new(big.Int), new(big.Int)
	for _, w := range count {
		all.Add(all, w)
		if w.Cmp(here) <= 0 {
			sum.Add(sum, w)
		}
	}
	p, _ := new(big.Rat).SetFrac(sum, all).Float64()
	return p
}

// conditional is the odds ratio at which the first cell is expected, and those at which as much or more, as much or less, is as unlikely
// as half of 1 − level.
func conditional(x [4]int, level float64) []any {
	low, count := ways(x)
	at := func(log float64, f func(a int) float64) float64 {
		largest, sum, whole := math.Inf(-1), 0.0, 0.0
		terms := make([]float64, len(count))
		for i, w := range count {
			v, _ := new(big.Float).SetInt(w).Float64()
			terms[i] = math.Log(v) + float64(low+i)*log
			largest = max(largest, terms[i])
		}
		for i, t := range terms {
			w := math.Exp(t - largest)
			whole += w
			sum += w * f(low+i)
		}
		return sum / whole
	}
	high, tail := low+len(count)-1, (1-level)/2
	estimate, lower, upper := math.NaN(), 0.0, math.NaN() // infinite
	switch x[0] {
	case low:
		estimate = 0
	case high:
	default:
		estimate = math.Exp(bisect(func(log float64) float64 { return at(log, func(a int) float64 { return float64(a - x[0]) }) }, -100, 100))
	}
	indicator := func(yes bool) float64 {
		if yes {
			return 1
		}
		return 0
	}
	if x[0] > low {
		lower = math.Exp(bisect(func(log float64) float64 { return at(log, func(a int) float64 { return indicator(a >= x[0]) }) - tail }, -100, 100))
	}
	if x[0] < high {
		upper = math.Exp(bisect(func(log float64) float64 { return tail - at(log, func(a int) float64 { return indicator(a <= x[0]) }) }, -100, 100))
	}
	return []any{estimate, lower, upper}
}

func mantelHaenszelOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, by := range []string{"site", "arm"} {
		where, left := c.draw(random)
		if by == "arm" {
			where, left = "", c.patients
		}
		lvl, level := drawLevel(random)
		left = left.knowing("sex", "died", by)
		call := fmt.Sprintf("mh(cohort, 'sex', 'died', '%s'%s%s)", by, where, lvl)
		rows, columns := left.values("sex"), left.values("died")
		if len(rows) != 2 || len(columns) != 2 {
			out = append(out, question{call, refused(inference.TooFew)})
			continue
		}
		out = append(out, question{call, stratifiedAnswer(left, by, rows, columns, level)})
		rows[0], rows[1], columns[0], columns[1] = rows[1], rows[0], columns[1], columns[0]
		call = fmt.Sprintf("cmh(cohort, 'sex', 'died', '%s', exposed => '%s', event => '%s'%s%s)", by, rows[0], columns[0], where, lvl)
		out = append(out, question{call, stratifiedAnswer(left, by, rows, columns, level)})
	}
	return out
}

func stratifiedAnswer(left patients, by string, rows, columns []string, level float64) answer {
	var strata [][]any
	var used [][4]float64
	for _, s := range left.values(by) {
		x, effects := fourfold(left.of(by, s), [2]string{"sex", "died"}, rows, columns, level)
		ratio := math.NaN()
		if x[0]*x[1]*x[2]*x[3] > 0 {
			ratio = effects[2][1].(float64)
		}
		strata = append(strata, []any{by + "=" + s, x[0], x[1], x[2], x[3], ratio})
		if (x[0]+x[1])*(x[2]+x[3])*(x[0]+x[2])*(x[1]+x[3]) > 0 {
			used = append(used, [4]float64{float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])})
		}
	}
	var r, s, pr, both, qs, g, h, spreadOfRatio, excess, variance float64
	for _, t := range used {
		a, b, c, d := t[0], t[1], t[2], t[3]
		n := a + b + c + d
		r, s = r+a*d/n, s+b*c/n
		pr, qs = pr+(a+d)/n*a*d/n, qs+(b+c)/n*b*c/n
		both += (a+d)/n*b*c/n + (b+c)/n*a*d/n
		g, h = g+a*(c+d)/n, h+c*(a+b)/n
		spreadOfRatio += ((a+b)*(c+d)*(a+c) - a*c*n) / n / n
		excess += a - (a+b)*(a+c)/n
		variance += (a + b) * (c + d) * (a + c) * (b + d) / n / n / (n - 1)
	}
	if r*s == 0 {
		return refused(inference.EmptyMargin)
	}
	z := normalQuantile(level)
	line := func(name string, x, se float64) []any {
		return []any{name, x, se, math.Exp(math.Log(x) - z*se), math.Exp(math.Log(x) + z*se)}
	}
	odds, se := r/s, math.Sqrt((pr/r/r+both/r/s+qs/s/s)/2)
	effects := [][]any{line("odds ratio", odds, se), line("risk ratio", g/h, math.Sqrt(spreadOfRatio/g/h))}
	chi, corrected := excess*excess/variance, math.Pow(max(0, math.Abs(excess)-0.5), 2)/variance
	homogeneity, df := breslowDay(used, odds), float64(len(used)-1)
	p := 1.0
	if df > 0 {
		p = chiTail(homogeneity, df)
	}
	return answer{
		scalars: map[string]any{
			"odds_ratio": odds, "se_log": se, "chisq": chi, "p": chiTail(chi, 1), "chisq_corrected": corrected, "homogeneity": homogeneity, "homogeneity_p": p,
		},
		tables: map[string][][]any{"effects": effects, "strata": strata}, within: 1e-8,
	}
}

// breslowDay is the test with Tarone's correction; the first cell that an odds ratio wants is found by bisection.
func breslowDay(strata [][4]float64, odds float64) float64 {
	chi, excess, variance := 0.0, 0.0, 0.0
	for _, t := range strata {
		rows, columns, n := t[0]+t[1], t[0]+t[2], t[0]+t[1]+t[2]+t[3]
		a := bisect(func(a float64) float64 { return a*(n-rows-columns+a) - odds*(rows-a)*(columns-a) }, max(0, rows+columns-n), min(rows, columns))
		v := 1 / (1/a + 1/(rows-a) + 1/(columns-a) + 1/(n-rows-columns+a))
		chi, excess, variance = chi+(t[0]-a)*(t[0]-a)/v, excess+t[0]-a, variance+v
	}
	return max(0, chi-excess*excess/variance)
}

func mannWhitneyOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, q := range []struct {
		column, by, more string
		step             float64
	}{{"dose", "sex", "", 1}, {"weight", "sex", "", 1}, {"dose", "sex", ", step => 3", 3}, {"days", "arm", ", step => 2", 2}, {"dose", "died", "", 1}} {
		where, left := c.draw(random)
		if q.by == "arm" {
			where, left = ", where => 'arm <> ''b'''", c.patients.where(func(p patient) bool { return p["arm"] != "b" })
		}
		call := fmt.Sprintf("mann_whitney(cohort, '%s', '%s'%s%s)", q.column, q.by, q.more, where)
		out = append(out, question{call, rankAnswer(left.knowing(q.column, q.by), q.column, q.by, q.step)})
	}
	return out
}

// rankAnswer compares all pairs, and takes the variance over all orders from the ranks themselves.
func rankAnswer(left patients, column, by string, step float64) answer {
	groups := left.groups(by)
	if len(groups) != 2 || len(left) < 3 {
		return refused(inference.TooFew)
	}
	place := func(p patient) float64 { return math.Floor(p.num(column) / step) }
	u := 0.0
	for _, a := range groups[0].patients {
		for _, b := range groups[1].patients {
			u += (1 + float64(compare(place(a), place(b)))) / 2
		}
	}
	n, squares := float64(len(left)), 0.0
	for _, a := range left {
		rank := 0.5
		for _, b := range left {
			rank += (1 + float64(compare(place(a), place(b)))) / 2
		}
		squares += math.Pow(rank-(n+1)/2, 2)
	}
	n1, n2 := float64(len(groups[0].patients)), float64(len(groups[1].patients))
	if squares == 0 {
		return refused(inference.NoSpread)
	}
	z := 0.0
	if d := u - n1*n2/2; d > 0 {
		z = d - 0.5
	} else if d < 0 {
		z = d + 0.5
	}
	z /= math.Sqrt(n1 * n2 / n / (n - 1) * squares)
	return answer{tables: map[string][][]any{"test": {{
		fmt.Sprintf("%s: %v against %v", by, groups[0].labels[0], groups[1].labels[0]), int(n1), int(n2), u, u / n1 / n2, z, min(1, 2*normalTail(math.Abs(z))),
	}}}}
}

func compare(a, b float64) int {
	switch {
	case a > b:
		return 1
	case a < b:
		return -1
	}
	return 0
}

// events that questions are about.
var events = []struct {
	sql   string
	knows []string
	holds func(p patient) bool
}{
	{"died = 1", []string{"died"}, func(p patient) bool { return p["died"] == "1" }},
	{"relapse = 1 AND visits > 1", nil, func(p patient) bool { return p["relapse"] == "1" && p.num("visits") > 1 }},
	{"died = 0 OR score > 5", []string{"died", "score"}, func(p patient) bool { return p["died"] == "0" || p.num("score") > 5 }},
}

// eachEvent asks about every event, of all and by group; name is the beginning of the call, and of a column that its parameter as names.
func (c *cohort) eachEvent(random *rand.Rand, name, as, of string, line func(g peopleOf, with patients, level float64) ([]any, *kind)) (out []question) {
	for i, e := range events {
		by := []string{"", "arm", "sex"}[i]
		where, left := c.draw(random)
		lvl, level := drawLevel(random)
		left = left.knowing(e.knows...)
		more := ""
		if of != "" {
			left, more = left.knowing(of), ", "+as+" => '"+of+"'"
		}
		if by != "" {
			left, more = left.knowing(by), more+", by => '"+by+"'"
		}
		want := answer{tables: map[string][][]any{}}
		var rows [][]any
		for _, g := range left.groups(by) {
			if len(g.patients) == 0 {
				continue
			}
			row, bad := line(g, g.patients.where(e.holds), level)
			if bad != nil {
				want = refused(bad)
				break
			}
			rows = append(rows, append(append([]any{}, g.labels...), row...))
		}
		if want.code == "" {
			want.tables["groups"] = rows
		}
		out = append(out, question{fmt.Sprintf("%s, event => '%s'%s%s%s)", name, e.sql, more, where, lvl), want})
	}
	return out
}

// wilson are the shares that d of n is just as far off from as their own intervals go.
func wilson(d, n, z float64) (lower, upper float64) {
	p := d / n
	if d > 0 {
		lower = bisect(func(x float64) float64 { return x - p + z*math.Sqrt(x*(1-x)/n) }, 0, p)
	}
	upper = 1
	if d < n {
		upper = bisect(func(x float64) float64 { return x - p - z*math.Sqrt(x*(1-x)/n) }, p, 1)
	}
	return lower, upper
}

func proportionOracle(c *cohort, random *rand.Rand) []question {
	return c.eachEvent(random, "proportion(cohort", "", "", func(g peopleOf, with patients, level float64) ([]any, *kind) {
		n, d := float64(len(g.patients)), float64(len(with))
		lower, upper := wilson(d, n, normalQuantile(level))
		return []any{int(n), len(with), d / n, lower, upper}, nil
	})
}

// poissonUpTo is P(X ≤ d).
func poissonUpTo(d int, mean float64) (p float64) {
	for x := 0; x <= d; x++ {
		p += math.Exp(float64(x)*math.Log(mean) - mean - logGamma(float64(x)+1))
	}
	return p
}

func incidenceOracle(c *cohort, random *rand.Rand) []question {
	per := []float64{1, 100}[random.IntN(2)]
	questions := c.eachEvent(random, fmt.Sprintf("incidence(cohort, per => %g", per), "time", "days", func(g peopleOf, with patients, level float64) ([]any, *kind) {
		time, d, tail := total(g.patients.nums("days")), len(with), (1-level)/2
		if time == 0 {
			return nil, inference.NoExposure
		}
		lower := 0.0
		if d > 0 {
			lower = bisect(func(m float64) float64 { return 1 - poissonUpTo(d-1, m) - tail }, 1e-12, float64(d))
		}
		upper := bisect(func(m float64) float64 { return tail - poissonUpTo(d, m) }, 1e-12, float64(10*d+30))
		return []any{len(g.patients), d, time, per * float64(d) / time, per * lower / time, per * upper / time, level}, nil
	})
	for _, q := range questions {
		rateRatios(q.want.tables["groups"])
	}
	return questions
}

// rateRatios puts the ratio to the first group, with its limits, where the level stands in the rows.
func rateRatios(rows [][]any) {
	var first []any
	for i, row := range rows {
		at := len(row) - 6 // events
		z := normalQuantile(row[at+5].(float64))
		rows[i] = append(row[:at+5:at+5], nil, nil, nil)
		if first == nil {
			first = row[at:]
			continue
		}
		d1, d2 := float64(row[at].(int)), float64(first[0].(int))
		if d1 > 0 && d2 > 0 {
			log, by := math.Log(d1/row[at+1].(float64))-math.Log(d2/first[1].(float64)), z*math.Sqrt(1/d1+1/d2)
			rows[i] = append(row[:at+5:at+5], math.Exp(log), math.Exp(log-by), math.Exp(log+by))
		}
	}
}

func smrOracle(c *cohort, random *rand.Rand) []question {
	return c.eachEvent(random, "smr(cohort", "expected", "expected", func(g peopleOf, with patients, level float64) ([]any, *kind) {
		expected, o, z := total(g.patients.nums("expected")), float64(len(with)), normalQuantile(level)
		if expected == 0 {
			return nil, inference.NoExposure
		}
		byar := func(o, sign float64) float64 { return o * math.Pow(1-1/(9*o)+sign*z/3/math.Sqrt(o), 3) / expected }
		lower := 0.0
		if o > 0 {
			lower = max(0, byar(o, -1))
		}
		row := []any{len(g.patients), len(with), expected, o / expected, lower, byar(o+1, 1)}
		l, u := funnelLimits(expected, level)
		l998, u998 := funnelLimits(expected, 0.998)
		position := "within"
		for _, p := range []struct {
			beyond bool
			name   string
		}{{o/expected > u, "above"}, {o/expected > max(u, u998), "far above"}, {o/expected < l, "below"}, {o/expected < min(l, l998), "far below"}} {
			if p.beyond {
				position = p.name
			}
		}
		return append(row, l, u, l998, u998, position), nil
	})
}

// funnelLimits go through the steps of the Poisson distribution as a line.
func funnelLimits(expected, level float64) (lower, upper float64) {
	line := func(x float64) float64 {
		r := math.Floor(x)
		low := poissonUpTo(int(r), expected)
		return low + (x-r)*(poissonUpTo(int(r)+1, expected)-low)
	}
	at := func(p float64) float64 {
		return max(0, bisect(func(x float64) float64 { return line(x) - p }, -1, 10*expected+30)) / expected
	}
	return at((1 - level) / 2), at((1 + level) / 2)
}
