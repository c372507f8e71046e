package inference

import (
	"math"
	"sort"

	"github.com/tacit-space/tacit/engine/fault"
)

// Fisher is the exact test of a 2×2 table.
type Fisher struct {
	P            float64 // two-sided: all tables that are no more likely
	OddsRatio    float64 // conditional maximum likelihood; may be 0 or +Inf
	Lower, Upper float64 // exact; Upper may be +Inf
}

// Exact is R's fisher.test of a 2×2 table. Its time grows with the root of the counts. A table that its margins leave no
// choice, as one with an empty row, has no test.
func (t TwoByTwo) Exact(level float64) (*Fisher, *fault.Fault) {
	if min(t.A, t.B, t.C, t.D) < 0 {
		return nil, BadCounts.New("a count below 0")
	}
	h := newHypergeometric(t)
	if h.lo == h.hi {
		return nil, EmptyMargin.New("a row or column of the table has nobody")
	}
	f := &Fisher{P: h.noMoreLikely(t.A), OddsRatio: h.estimate(t.A), Upper: math.Inf(1)}
	alpha := (1 - level) / 2
	if t.A > h.lo {
		f.Lower = solve(func(psi float64) float64 { return h.above(psi, t.A-1) - alpha })
	}
	if t.A < h.hi {
		f.Upper = solve(func(psi float64) float64 { return h.above(psi, t.A) - 1 + alpha })
	}
	return f, nil
}

// hypergeometric is the distribution of A with all margins fixed: of k draws among m + n, those from the m.
type hypergeometric struct {
	m, n, k int64
	lo, hi  int64 // of A
}

func newHypergeometric(t TwoByTwo) *hypergeometric {
	m, n, k := t.A+t.B, t.C+t.D, t.A+t.C
	return &hypergeometric{m, n, k, max(0, k-n), min(k, m)}
}

// ratio is P(x + 1) / P(x) at an odds ratio; it falls with x, to 0 at hi.
func (h *hypergeometric) ratio(psi float64, x int64) float64 {
	return psi * float64(h.m-x) * float64(h.k-x) / (float64(x+1) * float64(h.n-h.k+x+1))
}

// mode is the most likely A.
func (h *hypergeometric) mode(psi float64) int64 {
	return h.lo + int64(sort.Search(int(h.hi-h.lo), func(i int) bool { return h.ratio(psi, h.lo+int64(i)) < 1 }))
}

// negligible is how much less likely than the mode an A is that is left out.
const negligible = 1e-25

// weights are the probabilities of first, first + 1, … at an odds ratio, without negligible ones.
func (h *hypergeometric) weights(psi float64) (first int64, w []float64) {
	mode := h.mode(psi)
	var below []float64
	first = mode
	for p := 1.0; first > h.lo; first-- {
		if p /= h.ratio(psi, first-1); p < negligible {
			break
		}
		below = append(below, p)
	}
	for i := len(below) - 1; i >= 0; i-- {
		w = append(w, below[i])
	}
	w = append(w, 1)
	for p, x := 1.0, mode; x < h.hi; x++ {
		if p *= h.ratio(psi, x); p < negligible {
			break
		}
		w = append(w, p)
	}
	sum := 0.0
	for _, p := range w {
		sum += p
	}
	for i := range w {
		w[i] /= sum
	}
	return first, w
}

// above is P(A > a) at the odds ratio exp(logPsi).
func (h *hypergeometric) above(logPsi float64, a int64) (p float64) {
	first, w := h.weights(math.Exp(logPsi))
	for i, x := range w {
		if first+int64(i) > a {
			p += x
		}
	}
	return p
}

// log is the logarithm of P(x) at the odds ratio 1.
func (h *hypergeometric) log(x int64) float64 {
	choose := func(n, k int64) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	return choose(h.m, x) + choose(h.n, h.k-x) - choose(h.m+h.n, h.k)
}

// noMoreLikely sums the probabilities of all x that are as likely as a or less, at the odds ratio 1. As in R, one that is
// 1e-7 more likely still is as likely.
func (h *hypergeometric) noMoreLikely(a int64) float64 {
	most, mode := h.log(a)+1e-7, h.mode(1)
	up := mode + int64(sort.Search(int(h.hi-mode+1), func(i int) bool { return h.log(mode+int64(i)) <= most }))
	down := mode - int64(sort.Search(int(mode-h.lo+1), func(i int) bool { return h.log(mode-int64(i)) <= most }))
	if up == mode { // the mode itself is as likely
		return 1
	}
	p := 0.0
	if up <= h.hi {
		for x, q := up, math.Exp(h.log(up)); x <= h.hi && q > p*negligible; x++ {
			p, q = p+q, q*h.ratio(1, x)
		}
	}
	if down >= h.lo {
		lower := 0.0
		for x, q := down, math.Exp(h.log(down)); q > lower*negligible; x-- {
			if lower += q; x == h.lo {
				break
			}
			q /= h.ratio(1, x-1)
		}
		p += lower
	}
	return min(1, p)
}

// estimate is the odds ratio at which A is expected.
func (h *hypergeometric) estimate(a int64) float64 {
	switch a {
	case h.lo:
		return 0
	case h.hi:
		return math.Inf(1)
	}
	return solve(func(logPsi float64) float64 {
		first, w := h.weights(math.Exp(logPsi))
		mean := 0.0
		for i, p := range w {
			mean += p * float64(first+int64(i)-a)
		}
		return mean
	})
}

// solve finds the odds ratio at which an increasing function of its logarithm is 0, by bisection.
func solve(f func(logPsi float64) float64) float64 {
	low, high := -700.0, 700.0
	for range 70 {
		if mid := (low + high) / 2; f(mid) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Exp((low + high) / 2)
}
