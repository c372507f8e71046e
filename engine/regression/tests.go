package regression

import (
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Test is a χ² test of a whole model against none.
type Test struct {
	ChiSq float64
	DF    int
	P     float64
}

func chiSquared(x float64, df int) Test {
	return Test{x, df, distuv.ChiSquared{K: float64(df)}.Survival(x)}
}

// LikelihoodRatio is 2 (log L − log L at the beginning); all coefficients have to begin at 0.
func (f *Fit) LikelihoodRatio() Test {
	return chiSquared(2*(f.LogLik-f.First.LogLik), len(f.Coefficients))
}

// Wald is β'Iβ.
func (f *Fit) Wald() Test {
	p := len(f.Coefficients)
	beta, cov := mat.NewVecDense(p, nil), mat.NewSymDense(p, nil)
	for i, c := range f.Coefficients {
		beta.SetVec(i, c.Estimate)
		for j := i; j < p; j++ {
			cov.SetSym(i, j, f.Covariance[i][j])
		}
	}
	return chiSquared(quadratic(cov, beta), p)
}

// Score is U'I⁻¹U at the beginning (of a Cox model of one group without ties the log-rank test).
func (f *Fit) Score() Test {
	p := len(f.Coefficients)
	u, info := mat.NewVecDense(p, f.First.Score), mat.NewSymDense(p, nil)
	for i := range p {
		for j := i; j < p; j++ {
			info.SetSym(i, j, f.First.Information[i][j])
		}
	}
	return chiSquared(quadratic(info, u), p)
}

// quadratic is v'A⁻¹v for a matrix that a fit has shown to be positive definite.
func quadratic(a *mat.SymDense, v *mat.VecDense) float64 {
	var chol mat.Cholesky
	chol.Factorize(a)
	var x mat.VecDense
	_ = chol.SolveVecTo(&x, v) // an ill-conditioned matrix was refused by the fit
	return mat.Dot(v, &x)
}
