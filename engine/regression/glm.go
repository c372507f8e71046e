package regression

import (
	"math"

	"github.com/tacit-space/tacit/engine/fault"
)

// BadOutcome is an outcome that a family does not have.
var BadOutcome = fault.Declare("TACIT-T063", "outcome outside the family",
	"The outcome of a logistic model is not 0 or 1, or that of a Poisson model is below 0.",
	"Code the outcome as the family has it, or choose another model.")

// Family is the distribution of the outcome of a generalised linear model, with its canonical link. With
// η = x'β + offset the log-likelihood is Σ yη − Σ b(η) + c(y), the score Σ (y − b′(η)) x and the information Σ b″(η) xx′.
// (J. A. Nelder, R. W. M. Wedderburn, JRSS A 135 (1972) 370–384.)
type Family string

// Families: outcomes 0 and 1 with the logit of their probability; counts with the logarithm of their mean.
const (
	Binomial Family = "binomial"
	Poisson  Family = "poisson"
)

// Cumulant is b(η).
func (f Family) Cumulant(eta float64) float64 {
	if f == Poisson {
		return math.Exp(eta)
	}
	return max(eta, 0) + math.Log1p(math.Exp(-math.Abs(eta))) // log(1 + e^η)
}

// Mean is b′(η).
func (f Family) Mean(eta float64) float64 {
	if f == Poisson {
		return math.Exp(eta)
	}
	return 1 / (1 + math.Exp(-eta))
}

// Variance is b″(η).
func (f Family) Variance(eta float64) float64 {
	if f == Poisson {
		return math.Exp(eta)
	}
	e := math.Exp(-math.Abs(eta)) // symmetric, and e ≤ 1
	return e / (1 + e) / (1 + e)
}

// Outcome is what a generalised linear model needs of n complete rows once: sums that do not depend on the coefficients.
type Outcome struct {
	N       int64
	Y       float64   // Σ y
	XY      []float64 // Σ x y
	YOffset float64   // Σ y offset
	// Of a Poisson model: Σ y log y (0 where y = 0), and Σ log y!.
	YLogY, LogFactorials float64
}

// Weighted is what it needs at the coefficients of each round. Of Information only [i][j] with j ≤ i is read.
type Weighted struct {
	Cumulant    float64     // Σ b(η)
	Mean        []float64   // Σ b′(η) x
	Information [][]float64 // Σ b″(η) xx′
}

// GLM is a generalised linear model that is fitted by rounds: Fisher scoring, which with a canonical link is Newton's
// method.
type GLM struct {
	Family    Family
	Intercept bool // column 0 of X is 1
	Offset    bool
	Outcome   *Outcome
}

// Second returns coefficients for the second round of a model with an offset, of which coefficients of 0 may be so
// far that steps from there go past the maximum: the intercept that makes the mean outcome about what it is. It is nil for
// other models. W is the first round at 0.
func (g *GLM) Second(w *Weighted) []float64 {
	if !g.Offset || !g.Intercept {
		return nil
	}
	link := math.Log
	if g.Family == Binomial {
		link = func(mean float64) float64 { return math.Log(mean) - math.Log1p(-mean) }
	}
	n := float64(g.Outcome.N)
	start := link(g.Outcome.Y/n) - link(w.Mean[0]/n)
	if math.IsNaN(start) || math.IsInf(start, 0) {
		return nil
	}
	second := make([]float64, len(w.Mean))
	second[0] = start
	return second
}

// Round makes the likelihood of a round, without the part c(y) that is the same in all.
func (g *GLM) Round(beta []float64, w *Weighted) *Round {
	p := len(beta)
	r := &Round{LogLik: g.Outcome.YOffset - w.Cumulant, Score: make([]float64, p)}
	for i := range p {
		r.LogLik += beta[i] * g.Outcome.XY[i]
		r.Score[i] = g.Outcome.XY[i] - w.Mean[i]
		r.Information = append(r.Information, make([]float64, p))
		for j := range i + 1 {
			r.Information[i][j] = w.Information[i][j]
			r.Information[j][i] = w.Information[i][j]
		}
	}
	return r
}

// Check refuses outcomes before the first round.
func (g *GLM) Check() *fault.Fault {
	o := g.Outcome
	switch {
	case o.Y < 0 || g.Family == Binomial && o.Y > float64(o.N):
		return BadOutcome.New("the sum of the outcome over %d rows is outside what the family %s has", o.N, g.Family)
	case o.Y == 0 || g.Family == Binomial && o.Y == float64(o.N):
		return ConstantOutcome.New("the outcome is the same in all %d rows", o.N)
	case float64(len(o.XY)) >= float64(o.N):
		return TooFewRows.New("%d complete rows, %d coefficients", o.N, len(o.XY))
	}
	return nil
}

// Deviances is what a fitted model leaves unexplained, as R's glm has it.
type Deviances struct {
	Residual   float64
	ResidualDF int64
	// Null is that of the model of the intercept alone, or of the offset alone without one; NaN for a
	// logistic model with an intercept and an offset, which would need rounds of its own.
	Null   float64
	NullDF int64
}

// Deviances returns 2 (log L of a model with a coefficient for each row − log L).
func (g *GLM) Deviances(fit *Fit) Deviances {
	o := g.Outcome
	d := Deviances{Residual: g.deviance(fit.LogLik), ResidualDF: o.N - int64(len(fit.Coefficients)), NullDF: o.N}
	if !g.Intercept {
		d.Null = g.deviance(fit.First.LogLik)
		return d
	}
	d.NullDF--
	n, y := float64(o.N), o.Y
	switch {
	case g.Family == Poisson:
		// At the beginning the coefficients are 0, so that Σ e^offset = Y + (log L without c there, negated).
		exposure := o.YOffset - fit.First.LogLik
		alpha := math.Log(y / exposure)
		d.Null = g.deviance(alpha*y + o.YOffset - y)
	case g.Offset:
		d.Null = math.NaN()
	default:
		d.Null = -2 * (y*math.Log(y/n) + (n-y)*math.Log(1-y/n))
	}
	return d
}

// deviance makes the deviance of a log-likelihood without c(y).
func (g *GLM) deviance(loglik float64) float64 {
	if g.Family == Poisson {
		return 2 * (g.Outcome.YLogY - g.Outcome.Y - loglik)
	}
	return -2 * loglik // with outcomes 0 and 1 the full model is certain of each
}

// LogLikelihood is log L of a fitted model, with c(y) = −log y! of a Poisson model.
func (g *GLM) LogLikelihood(fit *Fit) float64 { return fit.LogLik - g.Outcome.LogFactorials }

// AIC is Akaike's criterion, 2p − 2 log L.
func (g *GLM) AIC(fit *Fit) float64 {
	return 2*float64(len(fit.Coefficients)) - 2*g.LogLikelihood(fit)
}
