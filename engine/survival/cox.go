package survival

import (
	"math"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/regression"
)

// BadWeights are weighted sums that no data have.
var BadWeights = fault.Declare("TACIT-T033", "weighted sums that cannot be",
	"The weights of those at risk do not add up to more than 0 where somebody has the event, are smaller than those of the people with the event, or are not finite.",
	"Centre the terms on typical values, or report it with the question.")

// Ties is how a Cox model treats events at one time.
type Ties string

// Ties: Efron's approximation (R's default), and Breslow's.
const (
	Efron   Ties = "efron"
	Breslow Ties = "breslow"
)

// Moments are the sums over some people of their weight w = exp(x'β): Σ w, Σ w x, Σ w xx'.
// X and XX have the length of β; of XX only [i][j] with j ≤ i is read.
type Moments struct {
	W  float64
	X  []float64
	XX [][]float64
}

// CoxBin is what a Cox model needs of those who leave at one point of the time grid, at the coefficients
// of a round.
type CoxBin struct {
	Time    float64   // of the point; N and it are read by [Proportional] and [Baseline] only
	N       int64     // people who leave
	Leaving Moments   // of all who leave
	Failing Moments   // of those of them who have the event; read with Efron's ties only
	Events  int64     // how many have the event
	X       []float64 // Σ x of those who have the event, without weights
}

// CoxStratum is the people of one stratum by when they leave: bins in the order of time.
type CoxStratum []CoxBin

// PartialLikelihood returns D. R. Cox's log partial likelihood, its score and its information at the
// coefficients for which the sums were taken. Those of strata add up: nobody is compared with anybody of another
// stratum. Within a bin events come before censoring.
//
// Let R be all who leave at a bin or later and D those with the event at it. Breslow's contribution is
// Σ_D x'β − d log Σ_R w. Efron's replaces the second term by the sum over l = 0 … d−1 of
// log(Σ_R w − l/d Σ_D w). (D. R. Cox, JRSS B 34 (1972) 187–220; N. Breslow, Biometrics 30 (1974) 89–99;
// B. Efron, JASA 72 (1977) 557–565.)
func PartialLikelihood(strata []CoxStratum, beta []float64, ties Ties) (*regression.Round, *fault.Fault) {
	c := newCox(len(beta), ties)
	events := int64(0)
	for _, s := range strata {
		c.risk = newMoments(len(beta))
		for i := len(s) - 1; i >= 0; i-- {
			c.risk.add(&s[i].Leaving, 1)
			if s[i].Events == 0 {
				continue
			}
			events += s[i].Events
			for j, x := range s[i].X {
				c.out.Score[j] += x
				c.out.LogLik += x * beta[j]
			}
			if f := c.fail(&s[i]); f != nil {
				return nil, f
			}
		}
	}
	if events == 0 {
		return nil, NoEvents.New("there is no event")
	}
	return c.out, nil
}

// cox adds up a partial likelihood from the last time to the first.
type cox struct {
	ties     Ties
	risk, at Moments // of those at risk; less those who have failed already of a tie
	mean     []float64
	out      *regression.Round
}

func newCox(p int, ties Ties) *cox {
	out := &regression.Round{Score: make([]float64, p)}
	for range p {
		out.Information = append(out.Information, make([]float64, p))
	}
	return &cox{ties: ties, at: newMoments(p), mean: make([]float64, p), out: out}
}

// fail adds the events of a bin.
func (c *cox) fail(bin *CoxBin) *fault.Fault {
	if c.ties == Breslow {
		return c.step(&c.risk, float64(bin.Events))
	}
	for l := range bin.Events {
		c.at.set(&c.risk)
		if l > 0 {
			c.at.add(&bin.Failing, -float64(l)/float64(bin.Events))
		}
		if f := c.step(&c.at, 1); f != nil {
			return f
		}
	}
	return nil
}

// step subtracts times · log Σ w, and its derivatives: the weighted mean and covariance of x.
func (c *cox) step(m *Moments, times float64) *fault.Fault {
	if !(m.W > 0) || math.IsInf(m.W, 0) {
		return BadWeights.New("the weights of those at risk add up to %g", m.W)
	}
	c.out.LogLik -= times * math.Log(m.W)
	for i := range c.mean {
		c.mean[i] = m.X[i] / m.W
		c.out.Score[i] -= times * c.mean[i]
	}
	for i := range c.mean {
		for j := range i + 1 {
			v := times * (m.XX[i][j]/m.W - c.mean[i]*c.mean[j])
			c.out.Information[i][j] += v
			if i != j {
				c.out.Information[j][i] += v
			}
		}
	}
	return nil
}

func newMoments(p int) Moments {
	m := Moments{X: make([]float64, p)}
	for i := range p {
		m.XX = append(m.XX, make([]float64, i+1))
	}
	return m
}

func (m *Moments) set(o *Moments) {
	m.W = o.W
	copy(m.X, o.X)
	for i := range m.XX {
		copy(m.XX[i], o.XX[i][:i+1])
	}
}

func (m *Moments) add(o *Moments, times float64) {
	m.W += times * o.W
	for i := range m.X {
		m.X[i] += times * o.X[i]
		for j := range i + 1 {
			m.XX[i][j] += times * o.XX[i][j]
		}
	}
}
