package survival

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/regression"
)

// Transform is the function g of time with which a coefficient may drift.
type Transform string

// Transforms: one less the Kaplan–Meier estimate just before the time, over all strata (R's default), or the time itself.
const (
	ByKaplanMeier Transform = "km"
	ByTime        Transform = "identity"
)

// Proportional is the score tests that coefficients β + θ g(t) do not drift with time, that is θ = 0: of each coefficient by
// itself, and of all together. The last is nil, and so are those of coefficients about which events at different times say
// nothing.
//
// At an event time with score s and information I the augmented model has the score (s, g s) and the information
// (I, g I; g I, g² I). θ is tested by what is left of its score when that of β is taken off, so that
// it does not matter that β is a small step from the maximum. (P. M. Grambsch, T. M. Therneau,
// Biometrika 81 (1994) 515–526, as the exact score test that R's survival has had since version 3.)
func Proportional(strata []CoxStratum, beta []float64, ties Ties, g Transform) (each []*regression.Test, all *regression.Test, f *fault.Fault) {
	p := len(beta)
	at := transformed(strata, g)
	score, drift := mat.NewVecDense(p, nil), mat.NewVecDense(p, nil)
	own, cross, own2 := mat.NewSymDense(p, nil), mat.NewSymDense(p, nil), mat.NewSymDense(p, nil)
	f = eachFailure(strata, beta, ties, func(bin *CoxBin, r *regression.Round) {
		t := at(bin.Time)
		for i := range p {
			score.SetVec(i, score.AtVec(i)+r.Score[i])
			drift.SetVec(i, drift.AtVec(i)+t*r.Score[i])
			for j := i; j < p; j++ {
				v := r.Information[i][j]
				own.SetSym(i, j, own.At(i, j)+v)
				cross.SetSym(i, j, cross.At(i, j)+t*v)
				own2.SetSym(i, j, own2.At(i, j)+t*t*v)
			}
		}
	})
	if f != nil {
		return nil, nil, f
	}
	var chol mat.Cholesky
	if !chol.Factorize(own) {
		return make([]*regression.Test, p), nil, nil
	}
	var solved mat.Dense
	var rest mat.VecDense
	_ = chol.SolveTo(&solved, cross) // an ill-conditioned information has been refused
	_ = chol.SolveVecTo(&rest, score)
	var taken mat.Dense
	taken.Mul(cross, &solved)
	left := mat.NewSymDense(p, nil)
	for i := range p {
		for j := i; j < p; j++ {
			left.SetSym(i, j, own2.At(i, j)-taken.At(i, j))
		}
	}
	rest.MulVec(cross, &rest)
	drift.SubVec(drift, &rest)
	for i := range p {
		each = append(each, nil)
		if v := left.At(i, i); v > 1e-9*own2.At(i, i) {
			each[i] = chiSquared(drift.AtVec(i)*drift.AtVec(i)/v, 1)
		}
	}
	if slices.Contains(each, nil) || !chol.Factorize(left) {
		return each, nil, nil
	}
	_ = chol.SolveVecTo(&rest, drift)
	return each, chiSquared(mat.Dot(&rest, drift), p), nil
}

func chiSquared(x float64, df int) *regression.Test {
	return &regression.Test{ChiSq: x, DF: df, P: distuv.ChiSquared{K: float64(df)}.Survival(x)}
}

// eachFailure visits the bins with events of each stratum, from the last time to the first, with the score and the information of
// the bin.
func eachFailure(strata []CoxStratum, beta []float64, ties Ties, visit func(*CoxBin, *regression.Round)) *fault.Fault {
	c := newCox(len(beta), ties)
	for _, s := range strata {
		c.risk = newMoments(len(beta))
		for i := len(s) - 1; i >= 0; i-- {
			c.risk.add(&s[i].Leaving, 1)
			if s[i].Events == 0 {
				continue
			}
			c.out = newCox(len(beta), ties).out
			copy(c.out.Score, s[i].X)
			if f := c.fail(&s[i]); f != nil {
				return f
			}
			visit(&s[i], c.out)
		}
	}
	return nil
}

// transformed is g of a time.
func transformed(strata []CoxStratum, g Transform) func(t float64) float64 {
	if g == ByTime {
		return func(t float64) float64 { return t }
	}
	leaving, events := map[float64]int64{}, map[float64]int64{}
	var times []float64
	n := int64(0)
	for _, s := range strata {
		for _, b := range s {
			if _, seen := leaving[b.Time]; !seen {
				times = append(times, b.Time)
			}
			leaving[b.Time] += b.N
			events[b.Time] += b.Events
			n += b.N
		}
	}
	slices.Sort(times)
	before, s := map[float64]float64{}, 1.0
	for _, t := range times {
		before[t] = 1 - s
		s *= 1 - float64(events[t])/float64(n)
		n -= leaving[t]
	}
	return func(t float64) float64 { return before[t] }
}

// HazardPoint is a point of a hazard that a Cox model predicts.
type HazardPoint struct {
	Time                  float64
	AtRisk, Events, Leave int64
	Hazard                float64 // cumulative
	Survival              float64 // e^−Hazard
	SE                    float64 // of Hazard, which is that of ln Survival
	Lower, Upper          float64 // of Survival, symmetric in its logarithm
}

// Baseline is the survival of somebody with terms x in each stratum, by N. Breslow's estimator, and with Efron's ties by that which goes with
// them; the last are R's survfit of a model. The sums were taken at the coefficients beta, and the model's coefficients are a small step
// further: what weights add up to there follows from their moments to the second order. (N. Breslow, JRSS B 34 (1972) 216–217;
// A. A. Tsiatis, Annals of Statistics 9 (1981) 93–108.)
func Baseline(strata []CoxStratum, beta []float64, ties Ties, fit *regression.Fit, x []float64, level float64) ([][]HazardPoint, *fault.Fault) {
	b := &baseline{x: x, step: make([]float64, len(beta)), covariance: fit.Covariance, z: distuv.UnitNormal.Quantile(1 - (1-level)/2)}
	eta := 0.0
	for i, c := range fit.Coefficients {
		b.step[i] = c.Estimate - beta[i]
		eta += c.Estimate * x[i]
	}
	b.scale = math.Exp(eta)
	var out [][]HazardPoint
	for _, s := range strata {
		curve, f := b.curve(s, ties)
		if f != nil {
			return nil, f
		}
		out = append(out, curve)
	}
	return out, nil
}

type baseline struct {
	x, step    []float64
	covariance [][]float64
	scale, z   float64
}

// rise is what the hazard of weight 1 goes up by at an event time, the variance of that, and the mean of the terms of those at risk times the rise.
type rise struct {
	hazard, variance float64
	mean             []float64
}

// curve goes through a stratum twice: back for those at risk, then forth for the hazard.
func (b *baseline) curve(s CoxStratum, ties Ties) ([]HazardPoint, *fault.Fault) {
	risk, n := newMoments(len(b.x)), int64(0)
	rises, atRisk := make([]*rise, len(s)), make([]int64, len(s))
	for i := len(s) - 1; i >= 0; i-- {
		risk.add(&s[i].Leaving, 1)
		n += s[i].N
		atRisk[i] = n
		if s[i].Events > 0 {
			var f *fault.Fault
			if rises[i], f = b.rise(&s[i], &risk, ties); f != nil {
				return nil, f
			}
		}
	}
	var out []HazardPoint
	hazard, variance, q := 0.0, 0.0, make([]float64, len(b.x))
	for i, bin := range s {
		if r := rises[i]; r != nil {
			hazard, variance = hazard+r.hazard, variance+r.variance
			for j := range q {
				q[j] += r.mean[j] - b.x[j]*r.hazard
			}
		}
		p := HazardPoint{Time: bin.Time, AtRisk: atRisk[i], Events: bin.Events, Leave: bin.N, Hazard: hazard * b.scale, SE: b.scale * math.Sqrt(variance+b.form(q))}
		p.Survival = math.Exp(-p.Hazard)
		p.Lower, p.Upper = p.Survival*math.Exp(-b.z*p.SE), math.Min(1, p.Survival*math.Exp(b.z*p.SE))
		out = append(out, p)
	}
	return out, nil
}

// rise is that of a bin: of Efron's ties one event after the other, each with less of those who fail at risk.
func (b *baseline) rise(bin *CoxBin, risk *Moments, ties Ties) (*rise, *fault.Fault) {
	r := &rise{mean: make([]float64, len(b.x))}
	at := newMoments(len(b.x))
	for l := range bin.Events {
		at.set(risk)
		if ties == Efron && l > 0 {
			at.add(&bin.Failing, -float64(l)/float64(bin.Events))
		}
		w, x := b.moved(&at)
		if !(w > 0) || math.IsInf(w, 0) {
			return nil, BadWeights.New("the weights of those at risk add up to %g", w)
		}
		r.hazard += 1 / w
		r.variance += 1 / w / w
		for j := range r.mean {
			r.mean[j] += x[j] / w / w
		}
	}
	return r, nil
}

// moved is Σ w and Σ w x at the model's coefficients.
func (b *baseline) moved(m *Moments) (w float64, x []float64) {
	w, x = m.W, slices.Clone(m.X)
	for i, d := range b.step {
		w += d * m.X[i]
		for j, e := range b.step {
			v := m.XX[max(i, j)][min(i, j)]
			w += d * e * v / 2
			x[i] += e * v
		}
	}
	return w, x
}

// form is q′ V q.
func (b *baseline) form(q []float64) (v float64) {
	for i := range q {
		for j := range q {
			v += q[i] * b.covariance[i][j] * q[j]
		}
	}
	return v
}
