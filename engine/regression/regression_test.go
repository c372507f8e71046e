package regression_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/tacit-space/tacit/engine/regression"
)

// sumsOf makes the sums of rows whose first column is y.
func sumsOf(rows [][]float64, names []string, intercept bool) *regression.Sums {
	p := len(rows[0]) - 1
	rat := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	s := &regression.Sums{Names: names, Intercept: intercept, N: int64(len(rows)), YY: new(big.Rat)}
	for range p {
		row := make([]*big.Rat, p)
		for j := range row {
			row[j] = new(big.Rat)
		}
		s.XX, s.XY = append(s.XX, row), append(s.XY, new(big.Rat))
	}
	for _, r := range rows {
		y := rat(r[0])
		s.YY.Add(s.YY, new(big.Rat).Mul(y, y))
		for i := range p {
			s.XY[i].Add(s.XY[i], new(big.Rat).Mul(rat(r[i+1]), y))
			for j := range p {
				s.XX[i][j].Add(s.XX[i][j], new(big.Rat).Mul(rat(r[i+1]), rat(r[j+1])))
			}
		}
	}
	return s
}

// Published: R's cars data, lm(dist ~ speed), from help(cars) and any textbook that uses it (M. Ezekiel 1930).
func TestCars(t *testing.T) {
	speed := []float64{4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 16, 16, 17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25}
	dist := []float64{2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26, 54, 32, 40, 32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85}
	var rows [][]float64
	for i := range speed {
		rows = append(rows, []float64{dist[i], 1, speed[i]})
	}
	fit, f := regression.Linear(sumsOf(rows, []string{"(Intercept)", "speed"}, true), 0.95)
	if f != nil {
		t.Fatal(f)
	}
	for _, c := range []struct {
		what, format string
		got          float64
		want         string
	}{
		{"intercept", "%.4f", fit.Coefficients[0].Estimate, "-17.5791"},
		{"SE", "%.4f", fit.Coefficients[0].SE, "6.7584"},
		{"t", "%.3f", fit.Coefficients[0].Statistic, "-2.601"},
		{"p", "%.4f", fit.Coefficients[0].P, "0.0123"},
		{"speed", "%.4f", fit.Coefficients[1].Estimate, "3.9324"},
		{"SE", "%.4f", fit.Coefficients[1].SE, "0.4155"},
		{"p", "%.2e", fit.Coefficients[1].P, "1.49e-12"},
		{"sigma", "%.2f", fit.Sigma, "15.38"},
		{"R²", "%.4f", fit.RSquared, "0.6511"},
		{"adjusted", "%.4f", fit.Adjusted, "0.6438"},
		{"F", "%.2f", fit.F, "89.57"},
	} {
		if got := fmt.Sprintf(c.format, c.got); got != c.want {
			t.Errorf("%s is %s, want %s", c.what, got, c.want)
		}
	}
}

// Least squares by an orthogonal decomposition of the rows.
func TestLinearAgainstQR(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	for range 50 {
		p, intercept := 1+random.IntN(6), random.IntN(2) == 0
		n := p + 2 + random.IntN(40)
		rows := make([][]float64, n)
		names := make([]string, p)
		for i := range names {
			names[i] = fmt.Sprint("x", i)
		}
		for i := range rows {
			rows[i] = make([]float64, p+1)
			for j := range rows[i] {
				rows[i][j] = math.Round(random.NormFloat64()*100) / 8
			}
			if intercept {
				rows[i][1] = 1
			}
		}
		fit, f := regression.Linear(sumsOf(rows, names, intercept), 0.9)
		if f != nil {
			t.Fatal(f)
		}
		x, y := mat.NewDense(n, p, nil), mat.NewVecDense(n, nil)
		for i, r := range rows {
			y.SetVec(i, r[0])
			x.SetRow(i, r[1:])
		}
		var beta mat.VecDense
		if err := beta.SolveVec(x, y); err != nil {
			t.Fatal(err)
		}
		var residual mat.VecDense
		residual.MulVec(x, &beta)
		residual.SubVec(y, &residual)
		sigma := math.Sqrt(mat.Dot(&residual, &residual) / float64(n-p))
		for i := range p {
			if d := math.Abs(fit.Coefficients[i].Estimate - beta.AtVec(i)); d > 1e-9*(1+math.Abs(beta.AtVec(i))) {
				t.Errorf("β%d is %g, want %g", i, fit.Coefficients[i].Estimate, beta.AtVec(i))
			}
		}
		if math.Abs(fit.Sigma-sigma) > 1e-9*sigma {
			t.Errorf("sigma %g, want %g", fit.Sigma, sigma)
		}
	}
}

func TestLinearRefusals(t *testing.T) {
	names := []string{"(Intercept)", "a", "b"}
	for what, c := range map[string]struct {
		rows [][]float64
		want interface{ Is(error) bool }
	}{
		"constant":  {[][]float64{{1, 1, 2, 3}, {2, 1, 2, 4}, {4, 1, 2, 6}, {5, 1, 2, 1}}, regression.Collinear},
		"collinear": {[][]float64{{1, 1, 1, 2}, {2, 1, 2, 4}, {4, 1, 3, 6}, {5, 1, 7, 14}}, regression.Collinear},
		"few":       {[][]float64{{1, 1, 1, 2}, {2, 1, 2, 5}, {4, 1, 3, 6}}, regression.TooFewRows},
		"perfect":   {[][]float64{{1, 1, 1, 2}, {2, 1, 2, 5}, {3, 1, 3, 6}, {5, 1, 5, 1}}, regression.PerfectFit},
		"outcome":   {[][]float64{{1, 1, 1, 2}, {1, 1, 2, 5}, {1, 1, 3, 6}, {1, 1, 5, 1}}, regression.ConstantOutcome},
	} {
		if _, f := regression.Linear(sumsOf(c.rows, names, true), 0.95); !c.want.Is(f) {
			t.Errorf("%s: %v", what, f)
		}
	}
}

// logistic is the likelihood of rows whose first column is y, by going through them.
func logistic(rows [][]float64, beta []float64) *regression.Round {
	p := len(beta)
	r := &regression.Round{Score: make([]float64, p)}
	for range p {
		r.Information = append(r.Information, make([]float64, p))
	}
	for _, row := range rows {
		eta := 0.0
		for i, b := range beta {
			eta += b * row[i+1]
		}
		mu := 1 / (1 + math.Exp(-eta))
		r.LogLik += row[0]*eta - math.Log1p(math.Exp(eta))
		for i := range p {
			r.Score[i] += (row[0] - mu) * row[i+1]
			for j := range p {
				r.Information[i][j] += mu * (1 - mu) * row[i+1] * row[j+1]
			}
		}
	}
	return r
}

// At a maximum the score is 0.
func TestNewton(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 3))
	for range 30 {
		var rows [][]float64
		for range 200 {
			a, b := random.NormFloat64()*30+50, float64(random.IntN(2))
			y := 0.0
			if random.Float64() < 1/(1+math.Exp(-(0.02*a-1.5+0.7*b))) {
				y = 1
			}
			rows = append(rows, []float64{y, 1, a, b})
		}
		m := &regression.Newton{Names: []string{"(Intercept)", "a", "b"}, MaxRounds: 25}
		var fit *regression.Fit
		for fit == nil {
			next, f := m.Take(logistic(rows, m.Coefficients()), 0.95)
			if f != nil {
				t.Fatal(f)
			}
			fit = next
		}
		beta := []float64{fit.Coefficients[0].Estimate, fit.Coefficients[1].Estimate, fit.Coefficients[2].Estimate}
		at := logistic(rows, beta)
		for i, u := range at.Score {
			if math.Abs(u) > 1e-9*math.Sqrt(at.Information[i][i])*200 {
				t.Errorf("score %d is %g after %d rounds", i, u, fit.Rounds)
			}
		}
		if math.Abs(at.LogLik-fit.LogLik) > 1e-9 || fit.Rounds > 8 {
			t.Errorf("log-likelihood %g, want %g; %d rounds", fit.LogLik, at.LogLik, fit.Rounds)
		}
	}
}

func TestNewtonRefusals(t *testing.T) {
	var separated, collinear [][]float64
	for i := range 40 {
		x, y := float64(i), 0.0
		if i >= 20 {
			y = 1
		}
		separated = append(separated, []float64{y, 1, x})
		collinear = append(collinear, []float64{float64(i % 2), 1, x, 2 * x})
	}
	run := func(m *regression.Newton, rows [][]float64) error {
		for {
			fit, f := m.Take(logistic(rows, m.Coefficients()), 0.95)
			if f != nil {
				return f
			}
			if fit != nil {
				return nil
			}
		}
	}
	within := func(beta []float64) bool { return math.Abs(beta[0])+40*math.Abs(beta[1]) < 30 }
	if err := run(&regression.Newton{Names: []string{"(Intercept)", "x"}, MaxRounds: 50, Bounded: within}, separated); !regression.Separation.Is(err) {
		t.Errorf("separated: %v", err)
	}
	if err := run(&regression.Newton{Names: []string{"(Intercept)", "x", "twice"}, MaxRounds: 50}, collinear); !regression.Collinear.Is(err) {
		t.Errorf("collinear: %v", err)
	}
	if err := run(&regression.Newton{Names: []string{"(Intercept)", "x"}, MaxRounds: 2}, collinear); !regression.NotConverged.Is(err) && err != nil {
		t.Errorf("two rounds: %v", err)
	}
}
