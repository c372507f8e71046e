package statistic_test

import (
	"math"
	"testing"
)

// Distributions of oracles: densities integrated numerically, and quantiles found by bisection. Nothing here is
// fast, and nothing is shared with what the product uses.

// integrate is ∫ f from a to b, by the tanh-sinh rule: right to about 14 digits for smooth f.
func integrate(f func(x float64) float64, a, b float64) float64 {
	const h = 1.0 / 64
	half, sum := (b-a)/2, 0.0
	for k := -250; k <= 250; k++ {
		t := float64(k) * h
		u := math.Pi / 2 * math.Sinh(t)
		// 1 − |tanh u|, without cancellation
		rest := 2 / (math.Exp(2*math.Abs(u)) + 1)
		if rest == 0 {
			continue
		}
		x := a + half*rest
		if u > 0 {
			x = b - half*rest
		}
		cosh := math.Cosh(u)
		if w := math.Pi / 2 * math.Cosh(t) / (cosh * cosh); x > a && x < b && !math.IsInf(cosh, 0) {
			sum += w * f(x)
		}
	}
	return sum * h * half
}

func logGamma(x float64) float64 { y, _ := math.Lgamma(x); return y }

// normalTail is P(Z > z).
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// studentTail is P(T > t), with t = √df tan θ.
func studentTail(t, df float64) float64 {
	if t < 0 {
		return 1 - studentTail(-t, df)
	}
	c := math.Exp(logGamma((df+1)/2)-logGamma(df/2)) / math.Sqrt(math.Pi)
	// the angle to a right one, so that the far tail is not lost
	end := math.Atan2(math.Sqrt(df), t)
	return c * integrate(func(a float64) float64 { return math.Pow(math.Sin(a), df-1) }, 0, end)
}

// chiTail is P(χ² > x), with x = s².
func chiTail(x, k float64) float64 {
	if x <= 0 {
		return 1
	}
	density := func(s float64) float64 {
		return math.Exp(math.Ln2 + (k-1)*math.Log(s) - s*s/2 - k/2*math.Ln2 - logGamma(k/2))
	}
	from := math.Sqrt(x)
	if from < math.Sqrt(k) { // most is above: integrate what is below
		return 1 - integrate(density, 0, from)
	}
	return integrate(density, from, from+1) + integrate(density, from+1, from+4) + integrate(density, from+4, from+20)
}

// fisherTail is P(F > f): of a beta variable, with y = sin² θ.
func fisherTail(f, d1, d2 float64) float64 {
	c := math.Exp(math.Ln2 + logGamma((d1+d2)/2) - logGamma(d1/2) - logGamma(d2/2))
	return c * integrate(func(a float64) float64 { return math.Pow(math.Sin(a), d2-1) * math.Pow(math.Cos(a), d1-1) }, 0, math.Atan2(math.Sqrt(d2), math.Sqrt(d1*f)))
}

// bisect finds where a function that rises from below 0 to above it is 0.
func bisect(f func(x float64) float64, low, high float64) float64 {
	for range 200 {
		if mid := low + (high-low)/2; f(mid) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2
}

// normalQuantile is z with P(|Z| ≤ z) = level.
func normalQuantile(level float64) float64 {
	return bisect(func(z float64) float64 { return (1-level)/2 - normalTail(z) }, 0, 10)
}

// studentQuantile is t with P(|T| ≤ t) = level.
func studentQuantile(level, df float64) float64 {
	high := 1.0
	for studentTail(high, df) > (1-level)/2 {
		high *= 2
	}
	low := 0.0
	for range 60 {
		if mid := (low + high) / 2; studentTail(mid, df) > (1-level)/2 {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

func total(xs []float64) (sum float64) {
	for _, x := range xs {
		sum += x
	}
	return sum
}

// spread is number, mean and variance over n − 1: two passes; NaN where there is none.
func spread(xs []float64) (n, mean, variance float64) {
	n = float64(len(xs))
	mean = total(xs) / n
	for _, x := range xs {
		variance += (x - mean) * (x - mean)
	}
	if n < 2 {
		return n, mean, math.NaN()
	}
	return n, mean, variance / (n - 1)
}

// solveLinear solves a x = b by Gauss's elimination with pivots; a and b are not kept. It returns nil for a singular a.
func solveLinear(a [][]float64, b []float64) []float64 {
	n := len(b)
	m := make([][]float64, n)
	for i := range n {
		m[i] = append(append([]float64{}, a[i]...), b[i])
	}
	for i := range n {
		pivot := i
		for r := i; r < n; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[pivot][i]) {
				pivot = r
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		if m[i][i] == 0 {
			return nil
		}
		for r := range n {
			if r == i {
				continue
			}
			by := m[r][i] / m[i][i]
			for c := i; c <= n; c++ {
				m[r][c] -= by * m[i][c]
			}
		}
	}
	x := make([]float64, n)
	for i := range n {
		x[i] = m[i][n] / m[i][i]
	}
	return x
}

// invert returns the inverse of a, column by column.
func invert(a [][]float64) [][]float64 {
	n := len(a)
	out := make([][]float64, n)
	for j := range n {
		unit := make([]float64, n)
		unit[j] = 1
		out[j] = solveLinear(a, unit)
	}
	return out // of a symmetric matrix rows are columns
}

// The distributions against printed tables (and R).
func TestOracleDistributions(t *testing.T) {
	for what, x := range map[string][2]float64{
		"normal":            {normalQuantile(0.95), 1.959963984540054},
		"Student, 3 df":     {studentQuantile(0.95, 3), 3.182446305284263},
		"Student, 1 df":     {studentTail(1, 1), 0.25},
		"Student, 100 df":   {studentTail(3, 100), 0.001703957671692}, // pt(3, 100, lower = FALSE)
		"χ², 1 df":          {chiTail(3.841458820694124, 1), 0.05},
		"χ², 5 df":          {chiTail(0.5, 5), 0.9921232878}, // pchisq
		"F(2, 10)":          {fisherTail(4.102821015, 2, 10), 0.05},
		"∫ 1/√x from 0":     {integrate(func(x float64) float64 { return 1 / math.Sqrt(x) }, 0, 1), 2},
		"a polynomial's ∫":  {integrate(func(x float64) float64 { return 5 * x * x * x * x }, -1, 2), 33},
		"an inverse matrix": {invert([][]float64{{2, 1}, {1, 3}})[0][1], -0.2},
	} {
		if math.Abs(x[0]-x[1]) > 2e-8*max(1, math.Abs(x[1])) {
			t.Errorf("%s: %.12g, want %.12g", what, x[0], x[1])
		}
	}
}
