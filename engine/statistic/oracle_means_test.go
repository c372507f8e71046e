package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/tacit-space/tacit/engine/inference"
)

func init() {
	oracles["describe"] = describeOracle
	oracles["ttest"] = tTestOracle
	oracles["anova"] = anovaOracle
	oracles["correlation"] = correlationOracle
	oracles["meta"] = metaOracle
	oracles["table1"] = tableOneOracle
}

func describeOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, by := range []string{"", "arm", "sex"} {
		where, left := c.draw(random)
		lvl, level := drawLevel(random)
		call := "describe(cohort, 'dose, score'"
		if by != "" {
			call += ", by => '" + by + "'"
		}
		var rows [][]any
		for _, column := range []string{"dose", "score"} {
			for _, g := range left.groups(by) {
				values := g.patients.nums(column)
				n, mean, variance := spread(values)
				se := math.Sqrt(variance / n)
				var t float64
				if n > 1 {
					t = studentQuantile(level, n-1)
				}
				rows = append(rows, append(g.labels, column, len(values), len(g.patients)-len(values), mean, math.Sqrt(variance), se, mean-t*se, mean+t*se))
			}
		}
		out = append(out, question{call + where + lvl + ")", answer{tables: map[string][][]any{"groups": rows}}})
	}
	return out
}

// group of patients with the same values of some columns.
type peopleOf struct {
	labels   []any
	patients patients
}

// groups splits patients by one column, or not at all for "".
func (all patients) groups(by string) (out []peopleOf) {
	if by == "" {
		return []peopleOf{{nil, all}}
	}
	for _, v := range all.values(by) {
		out = append(out, peopleOf{[]any{label(v)}, all.of(by, v)})
	}
	return out
}

// groupRows are the lines of groups below a test of means.
func groupRows(groups []peopleOf, value string) (rows [][]any) {
	for _, g := range groups {
		n, mean, variance := spread(g.patients.nums(value))
		rows = append(rows, append(append([]any{}, g.labels...), int(n), mean, math.Sqrt(variance), math.Sqrt(variance/n)))
	}
	return rows
}

// comparedMeans is a t test of the groups.
func tTestAnswer(groups []peopleOf, value, by string, equal bool, mu, level float64) answer {
	what := "mean less mu"
	if by != "" {
		if len(groups) != 2 {
			return refused(inference.TooFew)
		}
		what = fmt.Sprintf("%s=%v less %s=%v", by, groups[0].labels[0], by, groups[1].labels[0])
	}
	if len(groups) == 0 {
		return refused(inference.TooFew)
	}
	n1, m1, v1 := spread(groups[0].patients.nums(value))
	difference, se, df := m1-mu, math.Sqrt(v1/n1), n1-1
	n, squares := n1, v1*(n1-1)
	scalars := map[string]any{}
	if by != "" {
		n2, m2, v2 := spread(groups[1].patients.nums(value))
		n += n2
		if equal && n < 3 || !equal && (n1 < 2 || n2 < 2) {
			return refused(inference.TooFew)
		}
		if n1 < 2 {
			squares = 0
		}
		if n2 > 1 {
			squares += v2 * (n2 - 1)
		}
		difference = m1 - m2
		if equal {
			df = n - 2
			se = math.Sqrt(squares / df * (1/n1 + 1/n2))
		} else {
			a, b := v1/n1, v2/n2
			se = math.Sqrt(a + b)
			df = math.Pow(a+b, 2) / (a*a/(n1-1) + b*b/(n2-1))
		}
		if v := (v1 + v2) / 2; v > 0 {
			scalars["smd"] = (m1 - m2) / math.Sqrt(v)
		}
	} else if n < 2 {
		return refused(inference.TooFew)
	}
	if se == 0 {
		return refused(inference.NoSpread)
	}
	t, q := difference/se, studentQuantile(level, df)
	p := 2 * studentTail(math.Abs(t), df)
	for name, x := range map[string]any{"estimate": difference, "t": t, "df": df, "p": p, "n": int(n)} {
		scalars[name] = x
	}
	return answer{scalars: scalars, tables: map[string][][]any{
		"test": {{what, difference, se, t, df, p, difference - q*se, difference + q*se}}, "groups": groupRows(groups, value),
	}}
}

func tTestOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, value := range []string{"dose", "score"} {
		where, left := c.draw(random)
		lvl, level := drawLevel(random)
		out = append(out, question{
			"ttest(cohort, '" + value + " ~ sex'" + where + lvl + ")",
			tTestAnswer(left.knowing(value, "sex").groups("sex"), value, "sex", false, 0, level),
		})
		out = append(out, question{
			"ttest(cohort, value => '" + value + "', by => 'sex', equal_variance => true" + where + lvl + ")",
			tTestAnswer(left.knowing(value, "sex").groups("sex"), value, "sex", true, 0, level),
		})
		out = append(out, question{
			"ttest(cohort, '" + value + " ~ 1', mu => 1.25" + where + lvl + ")",
			tTestAnswer(left.knowing(value).groups(""), value, "", false, 1.25, level),
		})
		two := ", where => 'arm <> ''b'''"
		left = c.patients.where(func(p patient) bool { return p["arm"] != "" && p["arm"] != "b" })
		out = append(out, question{
			"ttest(cohort, '" + value + " ~ arm'" + two + lvl + ")", tTestAnswer(left.knowing(value).groups("arm"), value, "arm", false, 0, level),
		})
	}
	return out
}

func anovaOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, by := range []string{"arm", "site", "sex"} {
		where, left := c.draw(random)
		out = append(out, question{"anova(cohort, 'score ~ " + by + "'" + where + ")", anovaAnswer(left.knowing("score", by), "score", by)})
		out = append(out, question{"oneway(cohort, value => 'dose', by => '" + by + "'" + where + ")", anovaAnswer(left.knowing("dose", by), "dose", by)})
	}
	return out
}

func anovaAnswer(left patients, value, by string) answer {
	groups := left.groups(by)
	_, grand, _ := spread(left.nums(value))
	between, within := 0.0, 0.0
	for _, g := range groups {
		values := g.patients.nums(value)
		_, mean, _ := spread(values)
		for _, x := range values {
			between += (mean - grand) * (mean - grand)
			within += (x - mean) * (x - mean)
		}
	}
	d1, d2 := float64(len(groups)-1), float64(len(left)-len(groups))
	switch {
	case d1 < 1 || d2 < 1:
		return refused(inference.TooFew)
	case within == 0:
		return refused(inference.NoSpread)
	}
	f := between / d1 / (within / d2)
	p := fisherTail(f, d1, d2)
	return answer{
		scalars: map[string]any{"f": f, "p": p, "eta_squared": between / (between + within), "n": len(left)},
		tables:  map[string][][]any{"anova": {{"groups", int(d1), between, between / d1, f, p}, {"residuals", int(d2), within, within / d2, nil, nil}}, "groups": groupRows(groups, value)},
	}
}

func correlationOracle(c *cohort, random *rand.Rand) (out []question) {
	columns := []string{"dose", "score", "weight"}
	random.Shuffle(3, func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
	for _, names := range [][]string{columns[:2], columns} {
		where, left := c.draw(random)
		lvl, level := drawLevel(random)
		call := "correlation(cohort, '" + names[0]
		for _, name := range names[1:] {
			call += ", " + name
		}
		left = left.knowing(names...)
		want := answer{scalars: map[string]any{"n": len(left)}, tables: map[string][][]any{}}
		var rows [][]any
		for j := range names {
			for i := range j {
				row, bad := pairAnswer(left, names[i], names[j], level)
				if bad != nil {
					want = refused(bad)
				}
				rows = append(rows, row)
			}
		}
		if want.code == "" {
			want.tables["pairs"] = rows
		}
		out = append(out, question{call + "'" + where + lvl + ")", want})
	}
	return out
}

func pairAnswer(left patients, x, y string, level float64) ([]any, *kind) {
	n, mx, vx := spread(left.nums(x))
	_, my, vy := spread(left.nums(y))
	if n < 3 {
		return nil, inference.TooFew
	}
	if vx == 0 || vy == 0 {
		return nil, inference.NoSpread
	}
	covariance := 0.0
	for _, p := range left {
		covariance += (p.num(x) - mx) * (p.num(y) - my) / (n - 1)
	}
	r := covariance / math.Sqrt(vx*vy)
	t := r * math.Sqrt((n-2)/(1-r*r))
	lower, upper := math.NaN(), math.NaN()
	if n > 3 {
		// (1 + r) / (1 − r) is e^2z
		by := math.Exp(2 * normalQuantile(level) / math.Sqrt(n-3))
		odds := (1 + r) / (1 - r)
		lower, upper = (odds/by-1)/(odds/by+1), (odds*by-1)/(odds*by+1)
	}
	return []any{x, y, r, lower, upper, t, 2 * studentTail(math.Abs(t), n-2), covariance}, nil
}

func metaOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, by := range []string{"site", "arm"} {
		for _, difference := range []string{"", "sex"} {
			where, left := c.draw(random)
			lvl, level := drawLevel(random)
			call := "meta(cohort, 'score', '" + by + "'"
			if difference != "" {
				call += ", difference => '" + difference + "'"
			}
			out = append(out, question{call + where + lvl + ")", metaAnswer(left.knowing("score", by), by, difference, level)})
		}
	}
	return out
}

func metaAnswer(left patients, by, difference string, level float64) answer {
	var rows [][]any
	var values, variances []float64
	for _, study := range left.groups(by) {
		a := tTestAnswer(study.patients.groups(difference), "score", difference, false, 0, level)
		if a.code != "" {
			continue
		}
		line := a.tables["test"][0]
		values, variances = append(values, line[1].(float64)), append(variances, line[2].(float64)*line[2].(float64))
		rows = append(rows, append(study.labels, len(study.patients), line[1], line[2], line[6], line[7]))
	}
	if len(values) < 2 {
		return refused(inference.TooFewEstimates)
	}
	pool := func(between float64) (weights []float64, sum, mean float64) {
		for i, x := range values {
			w := 1 / (variances[i] + between)
			weights, sum, mean = append(weights, w), sum+w, mean+w*x
		}
		return weights, sum, mean / sum
	}
	weights, sum, fixed := pool(0)
	q, squares, df := 0.0, 0.0, float64(len(values)-1)
	for i, x := range values {
		q, squares = q+weights[i]*(x-fixed)*(x-fixed), squares+weights[i]*weights[i]
	}
	tau2 := max(0, (q-df)/(sum-squares/sum))
	again, sum2, mean := pool(tau2)
	for i := range rows {
		rows[i] = append(rows[i], again[i]/sum2)
	}
	z := normalQuantile(level)
	line := func(name string, x, se float64) []any { return []any{name, x, se, x - z*se, x + z*se} }
	return answer{
		scalars: map[string]any{"q": q, "p": chiTail(q, df), "i_squared": max(0, (q-df)/q), "tau": math.Sqrt(tau2)},
		tables:  map[string][][]any{"studies": rows, "pooled": {line("fixed", fixed, math.Sqrt(1/sum)), line("random", mean, math.Sqrt(1/sum2))}},
	}
}

func tableOneOracle(c *cohort, random *rand.Rand) (out []question) {
	for _, by := range []string{"", "sex", "site"} {
		where, left := c.draw(random)
		call := "table1(cohort, 'score, arm, dose'"
		if by != "" {
			call += ", by => '" + by + "'"
		}
		groups := left.groups(by)
		var long, wide [][]any
		line := func(name string, difference float64) {
			row := []any{name}
			for range groups {
				row = append(row, anything{})
			}
			if len(groups) == 2 {
				row = append(row, difference)
			}
			wide = append(wide, row)
		}
		line("n", math.NaN())
		for _, column := range []string{"score", "arm", "dose"} {
			if column == "arm" {
				for _, l := range []string{"a", "b", "c"} {
					var shares []float64
					for _, g := range groups {
						known, n := g.patients.knowing("arm"), len(g.patients.of("arm", l))
						share := 0.0
						if len(known) > 0 {
							share = float64(n) / float64(len(known))
						}
						shares = append(shares, share)
						long = append(long, []any{column, l, group1(g), n, len(g.patients) - len(known), share, nil, nil})
					}
					smd := math.NaN()
					if len(shares) == 2 {
						p, q := shares[0], shares[1]
						if smd = (p - q) / math.Sqrt((p*(1-p)+q*(1-q))/2); math.IsInf(smd, 0) {
							smd = math.NaN()
						}
					}
					line("arm = "+l, smd)
				}
				continue
			}
			var means, variances []float64
			for _, g := range groups {
				values := g.patients.nums(column)
				_, mean, variance := spread(values)
				means, variances = append(means, mean), append(variances, variance)
				long = append(long, []any{column, "", group1(g), len(values), len(g.patients) - len(values), nil, mean, math.Sqrt(variance)})
			}
			smd := math.NaN()
			if len(means) == 2 && variances[0]+variances[1] > 0 {
				smd = (means[0] - means[1]) / math.Sqrt((variances[0]+variances[1])/2)
			}
			line(column, smd)
		}
		out = append(out, question{call + where + ")", answer{tables: map[string][][]any{"rows": long, "table": wide}}})
	}
	return out
}

// group1 names a group of a Table 1.
func group1(g peopleOf) any {
	if len(g.labels) == 0 {
		return "all"
	}
	return g.labels[0]
}
