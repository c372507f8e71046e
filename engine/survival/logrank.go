package survival

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Weight is how a log-rank test weighs times.
type Weight string

// Weights: 1; the number at risk (E. A. Gehan 1965, N. Breslow 1970); the pooled curve just before the
// time (R. Peto, J. Peto 1972, as R's survdiff with rho = 1).
const (
	Unweighted Weight = "logrank"
	Wilcoxon   Weight = "wilcoxon"
	Peto       Weight = "peto"
)

// Test is a log-rank test.
type Test struct {
	Groups []Group
	ChiSq  float64
	DF     int
	P      float64
}

// Group is one group of a test.
type Group struct {
	N                  int64
	Observed, Expected float64 // events, weighted as the test is
	Variance           float64 // of Observed − Expected
}

// LogRank compares groups within strata: strata[s][g] are the counts of group g in stratum s; all strata have
// the same groups. Observed, expected and variances add up over strata.
func LogRank(strata [][]Counts, weight Weight) (*Test, *fault.Fault) {
	if len(strata) == 0 || len(strata[0]) < 2 {
		return nil, OneGroup.New("there are fewer than two groups")
	}
	groups := len(strata[0])
	t := &Test{Groups: make([]Group, groups)}
	v := mat.NewSymDense(groups, nil)
	for _, stratum := range strata {
		if f := t.add(stratum, weight, v); f != nil {
			return nil, f
		}
	}
	return t, t.finish(v)
}

// add adds what one stratum contributes.
func (t *Test) add(groups []Counts, weight Weight, v *mat.SymDense) *fault.Fault {
	r := &riskSet{groups: groups, next: make([]int, len(groups)), atRisk: make([]int64, len(groups)), events: make([]int64, len(groups))}
	for g := range groups {
		if f := groups[g].check(); f != nil {
			return f
		}
		r.atRisk[g] = groups[g].N()
		t.Groups[g].N += r.atRisk[g]
	}
	s := 1.0 // pooled curve
	for r.advance() {
		n, d := float64(total(r.atRisk)), float64(total(r.events))
		if d == 0 {
			continue
		}
		w := 1.0
		switch weight {
		case Wilcoxon:
			w = n
		case Peto:
			w = s
		}
		t.at(r, n, d, w, v)
		s *= (n - d) / n
	}
	return nil
}

// at adds one time to observed, expected and the hypergeometric covariance.
func (t *Test) at(r *riskSet, n, d, w float64, v *mat.SymDense) {
	for g := range t.Groups {
		share := float64(r.atRisk[g]) / n
		t.Groups[g].Observed += w * float64(r.events[g])
		t.Groups[g].Expected += w * d * share
		if n <= 1 {
			continue
		}
		common := w * w * d * (n - d) / (n - 1) * share
		for h := g; h < len(t.Groups); h++ {
			term := -common * float64(r.atRisk[h]) / n
			if g == h {
				term += common
			}
			v.SetSym(g, h, v.At(g, h)+term)
		}
	}
}

// finish computes χ² over the groups that vary: u' V⁻¹ u without the last of them.
func (t *Test) finish(v *mat.SymDense) *fault.Fault {
	var used []int
	for g := range t.Groups {
		t.Groups[g].Variance = v.At(g, g)
		if v.At(g, g) > 0 {
			used = append(used, g)
		}
	}
	if len(used) < 2 {
		if t.observed() == 0 {
			return NoEvents.New("there is no event in any group")
		}
		return OneGroup.New("at every event only one group is at risk")
	}
	free := used[:len(used)-1]
	sub, u := mat.NewSymDense(len(free), nil), mat.NewVecDense(len(free), nil)
	for i, g := range free {
		u.SetVec(i, t.Groups[g].Observed-t.Groups[g].Expected)
		for j := i; j < len(free); j++ {
			sub.SetSym(i, j, v.At(g, free[j]))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(sub) {
		return OneGroup.New("the groups are never at risk together")
	}
	var x mat.VecDense
	if err := chol.SolveVecTo(&x, u); err != nil && math.IsInf(chol.Cond(), 1) {
		return OneGroup.New("the groups are never at risk together")
	}
	t.ChiSq, t.DF = mat.Dot(u, &x), len(free)
	t.P = distuv.ChiSquared{K: float64(t.DF)}.Survival(t.ChiSq)
	return nil
}

func (t *Test) observed() (sum float64) {
	for _, g := range t.Groups {
		sum += g.Observed
	}
	return sum
}

// riskSet walks through the times of several groups.
type riskSet struct {
	groups  []Counts
	next    []int
	atRisk  []int64 // just before the time
	events  []int64 // at it
	leaving []int64 // after the time before
}

// advance goes to the next time at which anybody of any group leaves.
func (r *riskSet) advance() bool {
	if r.leaving == nil {
		r.leaving = make([]int64, len(r.groups))
	}
	now := math.Inf(1)
	for g, c := range r.groups {
		r.atRisk[g] -= r.leaving[g]
		r.leaving[g], r.events[g] = 0, 0
		if r.next[g] < len(c.Times) {
			now = min(now, c.Times[r.next[g]])
		}
	}
	if math.IsInf(now, 1) {
		return false
	}
	for g, c := range r.groups {
		if i := r.next[g]; i < len(c.Times) && c.Times[i] == now {
			r.events[g], r.leaving[g] = c.Events[i], c.Events[i]+c.Censored[i]
			r.next[g]++
		}
	}
	return true
}

func total(n []int64) (sum int64) {
	for _, x := range n {
		sum += x
	}
	return sum
}
