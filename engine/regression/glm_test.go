package regression_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/regression"
)

// birthwt reads the outcome, an intercept and terms of the births.
func birthwt(t *testing.T, outcome string, terms ...string) (rows [][]float64) {
	t.Helper()
	f, err := os.Open("../statistic/statistictest/data/birthwt.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		row := []float64{0, 1}
		for i, name := range append([]string{outcome}, terms...) {
			x, err := strconv.ParseFloat(r[slices.Index(all[0], name)], 64)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				row[0] = x
			} else {
				row = append(row, x)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// weightedSums goes through rows of outcome, terms and, at the end, the offset.
func weightedSums(family regression.Family, rows [][]float64, beta []float64) (*regression.Outcome, *regression.Weighted) {
	p := len(beta)
	o, w := &regression.Outcome{N: int64(len(rows)), XY: make([]float64, p)}, &regression.Weighted{Mean: make([]float64, p)}
	for range p {
		w.Information = append(w.Information, make([]float64, p))
	}
	for _, row := range rows {
		y, x, offset := row[0], row[1:p+1], row[p+1]
		eta := offset
		for i, b := range beta {
			eta += b * x[i]
		}
		o.Y += y
		o.YOffset += y * offset
		if y > 0 {
			o.YLogY += y * math.Log(y)
		}
		for k := 2.0; k <= y; k++ {
			o.LogFactorials += math.Log(k)
		}
		w.Cumulant += family.Cumulant(eta)
		for i := range p {
			o.XY[i] += x[i] * y
			w.Mean[i] += x[i] * family.Mean(eta)
			for j := range i + 1 {
				w.Information[i][j] += x[i] * x[j] * family.Variance(eta)
			}
		}
	}
	return o, w
}

func fitGLM(t *testing.T, family regression.Family, rows [][]float64, names ...string) (*regression.GLM, *regression.Fit) {
	t.Helper()
	m := &regression.Newton{Names: names, MaxRounds: 25}
	for {
		o, w := weightedSums(family, rows, m.Coefficients())
		g := &regression.GLM{Family: family, Intercept: true, Outcome: o}
		if f := g.Check(); f != nil {
			t.Fatal(f)
		}
		fit, f := m.Take(g.Round(m.Coefficients(), w), 0.95)
		if f != nil {
			t.Fatal(f)
		}
		if fit != nil {
			return g, fit
		}
	}
}

func withOffset(rows [][]float64, offset func(row []float64) float64) [][]float64 {
	for i, r := range rows {
		rows[i] = append(r, offset(r))
	}
	return rows
}

func zero([]float64) float64 { return 0 }

// Published: R 4.2, glm(low ~ age + lwt + smoke, binomial, birthwt).
func TestLogisticGolden(t *testing.T) {
	rows := withOffset(birthwt(t, "low", "age", "lwt", "smoke"), zero)
	g, fit := fitGLM(t, regression.Binomial, rows, "(Intercept)", "age", "lwt", "smoke")
	for i, want := range [][2]string{{"1.368225", "1.014262"}, {"-0.038995", "0.032726"}, {"-0.012139", "0.006135"}, {"0.670764", "0.325878"}} {
		c := fit.Coefficients[i]
		if got := [2]string{fmt.Sprintf("%.6f", c.Estimate), fmt.Sprintf("%.6f", c.SE)}; got != want {
			t.Errorf("%s: %v, want %v", c.Term, got, want)
		}
	}
	d := g.Deviances(fit)
	// Null deviance 234.67 on 188 degrees of freedom; AIC = deviance + 8.
	for what, pair := range map[string][2]string{
		"deviance": {fmt.Sprintf("%.4f", d.Residual), "222.8794"}, "null deviance": {fmt.Sprintf("%.2f", d.Null), "234.67"},
		"df": {fmt.Sprint(d.ResidualDF, d.NullDF), "185 188"}, "AIC": {fmt.Sprintf("%.4f", g.AIC(fit)), "230.8794"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %s, want %s", what, pair[0], pair[1])
		}
	}
}

// A Poisson model with an offset and one factor has its estimates in closed form: the rates of the two groups.
func TestPoissonRates(t *testing.T) {
	rows := withOffset(birthwt(t, "ftv", "smoke", "age"), func(row []float64) float64 { return math.Log(row[3]) })
	for i, r := range rows {
		rows[i] = []float64{r[0], r[1], r[2], r[4]}
	}
	var y, exposure, deviance, null [2]float64
	for _, r := range rows {
		y[int(r[2])] += r[0]
		exposure[int(r[2])] += math.Exp(r[3])
	}
	all := (y[0] + y[1]) / (exposure[0] + exposure[1])
	for _, r := range rows {
		of := func(rate float64) float64 {
			mu := rate * math.Exp(r[3])
			if r[0] == 0 {
				return 2 * mu
			}
			return 2 * (r[0]*math.Log(r[0]/mu) - r[0] + mu)
		}
		deviance[0] += of(y[int(r[2])] / exposure[int(r[2])])
		null[0] += of(all)
	}
	g, fit := fitGLM(t, regression.Poisson, rows, "(Intercept)", "smoke")
	d := g.Deviances(fit)
	likelihood := 0.0
	for _, r := range rows {
		mu := y[int(r[2])] / exposure[int(r[2])] * math.Exp(r[3])
		log, _ := math.Lgamma(r[0] + 1)
		likelihood += r[0]*math.Log(mu) - mu - log
	}
	for what, pair := range map[string][2]float64{
		"intercept":     {fit.Coefficients[0].Estimate, math.Log(y[0] / exposure[0])},
		"rate ratio":    {fit.Coefficients[1].Estimate, math.Log(y[1] / exposure[1] / (y[0] / exposure[0]))},
		"SE":            {fit.Coefficients[1].SE, math.Sqrt(1/y[0] + 1/y[1])},
		"deviance":      {d.Residual, deviance[0]},
		"null deviance": {d.Null, null[0]},
		"AIC":           {g.AIC(fit), 4 - 2*likelihood},
	} {
		// SEs are those of the last round asked, one step before the estimates.
		if math.Abs(pair[0]-pair[1]) > 1e-6*math.Abs(pair[1]) {
			t.Errorf("%s is %.10g, want %.10g", what, pair[0], pair[1])
		}
	}
}

func TestFamilies(t *testing.T) {
	const h = 1e-5
	for _, f := range []regression.Family{regression.Binomial, regression.Poisson} {
		for eta := -30.0; eta <= 30; eta += 0.7 {
			if slope := (f.Cumulant(eta+h) - f.Cumulant(eta-h)) / (2 * h); math.Abs(slope-f.Mean(eta)) > 1e-7*(1+math.Abs(slope)) {
				t.Errorf("%s: mean at %g is %g, want %g", f, eta, f.Mean(eta), slope)
			}
			if slope := (f.Mean(eta+h) - f.Mean(eta-h)) / (2 * h); math.Abs(slope-f.Variance(eta)) > 1e-7*(1+math.Abs(slope)) {
				t.Errorf("%s: variance at %g is %g, want %g", f, eta, f.Variance(eta), slope)
			}
		}
	}
	if x := regression.Binomial.Cumulant(1000); x != 1000 {
		t.Errorf("softplus of 1000 is %g", x)
	}
}

func TestOutcomes(t *testing.T) {
	for what, c := range map[string]struct {
		g    regression.GLM
		want interface{ Is(error) bool }
	}{
		"negative":     {regression.GLM{Family: regression.Poisson, Outcome: &regression.Outcome{N: 9, Y: -1}}, regression.BadOutcome},
		"above 1":      {regression.GLM{Family: regression.Binomial, Outcome: &regression.Outcome{N: 9, Y: 10}}, regression.BadOutcome},
		"none":         {regression.GLM{Family: regression.Poisson, Outcome: &regression.Outcome{N: 9}}, regression.ConstantOutcome},
		"everybody":    {regression.GLM{Family: regression.Binomial, Outcome: &regression.Outcome{N: 9, Y: 9}}, regression.ConstantOutcome},
		"too few rows": {regression.GLM{Family: regression.Binomial, Outcome: &regression.Outcome{N: 2, Y: 1, XY: []float64{1, 1}}}, regression.TooFewRows},
	} {
		if f := c.g.Check(); !c.want.Is(f) {
			t.Errorf("%s: %v", what, f)
		}
	}
}

// TestDobson: the counts of A. J. Dobson's randomised trial (1990), which are the example of R's help of glm, as R prints them.
func TestDobson(t *testing.T) {
	var rows [][]float64
	is := func(yes bool) float64 { return map[bool]float64{true: 1}[yes] }
	for i, y := range []float64{18, 17, 15, 20, 10, 20, 25, 13, 12} {
		outcome, treatment := i%3, i/3
		rows = append(rows, []float64{y, 1, is(outcome == 1), is(outcome == 2), is(treatment == 1), is(treatment == 2), 0})
	}
	g, fit := fitGLM(t, regression.Poisson, rows, "(Intercept)", "outcome2", "outcome3", "treatment2", "treatment3")
	for i, want := range []string{"3.0445 0.1709", "-0.4543 0.2022", "-0.2930 0.1927", "0.0000 0.2000", "0.0000 0.2000"} {
		c := fit.Coefficients[i]
		if got := strings.Replace(fmt.Sprintf("%.4f %.4f", c.Estimate, c.SE), "-0.0000", "0.0000", 1); got != want {
			t.Errorf("%s: %s, want %s", c.Term, got, want)
		}
	}
	d := g.Deviances(fit)
	if got := fmt.Sprintf("%.4f %d, %.4f %d, %.2f", d.Residual, d.ResidualDF, d.Null, d.NullDF, g.AIC(fit)); got != "5.1291 4, 10.5814 8, 56.76" {
		t.Errorf("deviances and AIC: %s", got)
	}
}
