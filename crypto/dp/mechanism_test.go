package dp

import (
	"errors"
	"math"
	"math/big"
	"testing"
)

// The variance of a sum is what is promised with all shares, after drop-outs down to n_min,
// and if the noise of the T corrupt workers is known to the attacker: 2·10^5 sums each, within 4.5
// standard deviations of the estimate (false reject 7e-6), and χ² against the convolution of the
// exact tables (false reject 1e-5).
func TestVarianceOfSums(t *testing.T) {
	const all, least, corrupt, sums = 10, 8, 2, 200_000
	m := must(NewMechanism(Literal{Range: 20, Groups: 1, Honest: least - corrupt, Rho: must(ParseRho("0.5"))}))
	g := must(NewGaussian(m.Share()))
	s := seeded(700)
	promised, _ := m.Promised().Float64()
	for name, c := range map[string]struct {
		shares int
		want   float64
	}{
		"all workers":      {all, promised * all / (least - corrupt)},
		"after drop-outs":  {least, promised * least / (least - corrupt)},
		"only honest ones": {least - corrupt, promised},
	} {
		square, counts := 0.0, map[int64]int{}
		for range sums {
			z := int64(0)
			for range c.shares {
				z += g.one(s)
			}
			square += float64(z) * float64(z)
			counts[z]++
		}
		got := square / sums
		if math.Abs(got-c.want) > 4.5*c.want*math.Sqrt(2.0/sums) {
			t.Errorf("%s, seed 700: variance %v, want %v", name, got, c.want)
		}
		if d := m.Sigma(c.shares)*m.Sigma(c.shares)/c.want - 1; math.Abs(d) > 1e-9 {
			t.Errorf("%s: Sigma is off by %v", name, d)
		}
		if p := chiSquare(convolution(m.Share(), c.shares), counts, sums); p < falseReject {
			t.Errorf("%s, seed 700: p = %.2g", name, p)
		}
	}
	if wanted := m.Literal().wanted(); m.Share().Rat().Cmp(wanted) < 0 {
		t.Errorf("a share of %v, wants at least %v", m.Share(), wanted)
	}
}

// convolution is the exact table of the sum of n draws of N_Z(0, share).
func convolution(share Variance, n int) map[int64]float64 {
	one := gaussianTable(share.Sigma()*share.Sigma(), int(12*share.Sigma())+3)
	sum := map[int64]float64{0: 1}
	for range n {
		next := map[int64]float64{}
		for x, p := range sum {
			if p < 1e-300 {
				continue
			}
			for y, q := range one {
				next[x+y] += p * q
			}
		}
		sum = next
	}
	return sum
}

// KLS, section 3: the sum of n discrete Gaussians is close to one discrete Gaussian, each
// probability by a factor of at most exp(±5·Σ_{k=1..n−1} exp(−2π²σ²k/(k+1))). Where it is visible in
// floats, σ² = 1/2 to 1.
func TestSumIsCloseToAGaussian(t *testing.T) {
	for _, text := range []string{"1/2", "3/5", "4/5", "1"} {
		v := mustVariance(text)
		square := v.Sigma() * v.Sigma()
		bound := 0.0
		for n := 2; n <= 5; n++ {
			k := float64(n - 1)
			bound += 5 * math.Exp(-2*math.Pi*math.Pi*square*k/(k+1))
			sum, single := convolution(v, n), gaussianTable(square*float64(n), 60)
			worst := 0.0
			for x := int64(-5); x <= 5; x++ {
				worst = max(worst, math.Abs(math.Log(sum[x]/single[x])))
			}
			if worst > bound || worst < bound/1000 && bound > 1e-9 {
				t.Errorf("σ² = %s, n = %d: off by %v, bound %v", text, n, worst, bound)
			}
		}
	}
}

// The inflation that is charged is at least τ.
func TestInflation(t *testing.T) {
	for _, variance := range []uint64{9, 10, 16, 40} {
		for _, n := range []int{1, 2, 3, 10, MaxHonest} {
			tau := 0.0
			for k := 1.0; k < float64(n); k++ {
				tau += 10 * math.Exp(-2*math.Pi*math.Pi*float64(variance)*k/(k+1))
			}
			got, _ := inflation(must(NewVariance(variance, 1)), n).Float64()
			if got < tau || (n == 1) != (got == 0) || got > 1e-30 {
				t.Errorf("σ² = %d, n = %d: %v, τ = %v", variance, n, got, tau)
			}
		}
	}
}

// KLS, Proposition 14: D_α(Z_n ‖ Z_n + Δ) <= α·ρ for the ρ that is charged, computed from the
// exact tables of the sum of the honest shares, for a share of hardly more than 3 units.
func TestDivergenceIsWhatIsCharged(t *testing.T) {
	for _, l := range []Literal{
		{Range: 4, Groups: 1, Honest: 1, Rho: 800_000_000},
		{Range: 6, Groups: 1, Honest: 3, Rho: 600_000_000},
		{Range: 9, Groups: 1, Honest: 5, Rho: 850_000_000},
		{Range: 30, Groups: 1, Honest: 4, Rho: 24_355_970},
	} {
		m := must(NewMechanism(l))
		p := convolution(m.Share(), l.Honest)
		rho := float64(m.Charge()) / nano
		for _, alpha := range []float64{1.5, 2, 4, 8} {
			sum := 0.0
			for x, px := range p {
				if q := p[x-int64(l.Range)]; px > 0 && q > 1e-120 {
					sum += math.Exp(alpha*math.Log(px) - (alpha-1)*math.Log(q))
				}
			}
			d := math.Log(sum) / (alpha - 1)
			if d > alpha*rho*(1+1e-9) || d < alpha*rho*(1-1e-4) {
				t.Errorf("%+v, α = %v: divergence %v, charged %v", l, alpha, d, alpha*rho)
			}
		}
	}
}

// What is charged never exceeds what was allowed, and is below it by no more than the grid and the
// rounding to nanounits.
func TestCharge(t *testing.T) {
	for _, r := range []uint64{1, 3, 20, 12345, 1 << 20, 1_000_000_007, MaxRange} {
		for _, groups := range []uint32{1, 2, 10, MaxGroups} {
			for _, honest := range []int{1, 2, 7, MaxHonest} {
				for _, rho := range []Rho{1, 1234, 24_355_970, nano, MaxRho} {
					l := Literal{Range: r, Groups: groups, Honest: honest, Rho: rho}
					checkCharge(t, l)
				}
			}
		}
	}
}

func checkCharge(t *testing.T, l Literal) {
	t.Helper()
	f := must(l.Refine())
	if f > 1 {
		if _, err := NewMechanism(l); !errors.Is(err, ErrScale) {
			t.Fatalf("%+v: %v", l, err)
		}
		coarse := l
		coarse.Range *= f - 1
		if _, err := NewMechanism(coarse); coarse.Range > 0 && coarse.Range <= MaxRange && !errors.Is(err, ErrScale) {
			t.Errorf("%+v: a factor %d is enough, not %d", l, f-1, f)
		}
		l.Range *= f
		if l.Range > MaxRange {
			return
		}
	}
	m, err := NewMechanism(l)
	if l.wanted().Cmp(new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), maxLogVariance))) > 0 {
		if !errors.Is(err, ErrRange) {
			t.Errorf("%+v: %v", l, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%+v: %v", l, err)
	}
	low := float64(l.Rho)*(1-math.Exp2(-21)) - 1
	if m.Charge() > l.Rho || float64(m.Charge()) < low || m.Share().Sigma() < 3 {
		t.Errorf("%+v: charged %v, share %v", l, m.Charge(), m.Share())
	}
	if m.Promised().Cmp(sum(m.Share(), l.Honest)) != 0 {
		t.Errorf("%+v: promises %v", l, m.Promised())
	}
}

// The figures of the documents through all steps: ε = 1 and δ = 1e-6 give σ = 4.53·Δ for the honest workers.
func TestSigmaOfAnEpsilon(t *testing.T) {
	rho := must(must(ParseEpsilon("1")).Rho(must(ParseDelta("1e-6"))))
	m := must(NewMechanism(Literal{Range: 1000, Groups: 1, Honest: 4, Rho: rho}))
	if s := m.Sigma(4) / 1000; math.Abs(s-4.530877) > 1e-5 {
		t.Errorf("σ/Δ = %v", s)
	}
	e := must(m.Charge().Epsilon(must(ParseDelta("1e-6"))))
	if e > nano || e < nano-100 {
		t.Errorf("ε = %v", e)
	}
}

func TestLiteralRefused(t *testing.T) {
	good := Literal{Range: 100, Groups: 1, Honest: 3, Rho: 1_000_000}
	if _, err := NewMechanism(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Literal){
		"no range":    func(l *Literal) { l.Range = 0 },
		"range":       func(l *Literal) { l.Range = MaxRange + 1 },
		"no groups":   func(l *Literal) { l.Groups = 0 },
		"groups":      func(l *Literal) { l.Groups = MaxGroups + 1 },
		"no honest":   func(l *Literal) { l.Honest = 0 },
		"less honest": func(l *Literal) { l.Honest = -3 },
		"honest":      func(l *Literal) { l.Honest = MaxHonest + 1 },
		"no rho":      func(l *Literal) { l.Rho = 0 },
		"rho":         func(l *Literal) { l.Rho = MaxRho + 1 },
	} {
		l := good
		change(&l)
		_, err1 := NewMechanism(l)
		_, err2 := l.Refine()
		if !errors.Is(err1, ErrRange) || !errors.Is(err2, ErrRange) {
			t.Errorf("%s: %v, %v", name, err1, err2)
		}
	}
}

// The interval holds what it says, by the exact tables of the sum, and is at most two
// units wider to each side than necessary.
func TestHalfWidthIsExact(t *testing.T) {
	for _, text := range []string{"9", "20/3", "100", "1000/7"} {
		for _, n := range []int{1, 2, 5} {
			v := mustVariance(text)
			p := convolution(v, n)
			for _, level := range []float64{0.5, 0.9, 0.95, 0.99, 0.999999} {
				h := must(HalfWidth(v, n, level))
				if in := inside(p, int64(h)); in < level {
					t.Errorf("σ² = %s, n = %d: ±%d holds %v, want %v", text, n, h, in, level)
				}
				if in := inside(p, int64(h)-3); in >= level {
					t.Errorf("σ² = %s, n = %d: ±%d holds %v already, level %v", text, n, h-3, in, level)
				}
			}
		}
	}
}

func inside(p map[int64]float64, h int64) float64 {
	out := 0.0
	for x, px := range p {
		if max(x, -x) > h {
			out += px
		}
	}
	return 1 - out
}

// For a large σ it is the normal quantile; 10^5 sums are covered as often as the level says, within
// 4.5 standard deviations (false reject 7e-6).
func TestHalfWidthCovers(t *testing.T) {
	m := must(NewMechanism(Literal{Range: 1 << 20, Groups: 10, Honest: 3, Rho: 24_355_970}))
	h := must(m.HalfWidth(5, 0.95))
	if z := float64(h) / m.Sigma(5); math.Abs(z-1.959964) > 1e-5 {
		t.Errorf("%v standard deviations", z)
	}
	g, s := must(NewGaussian(m.Share())), seeded(800)
	in, sums := 0.0, 100_000.0
	for range int(sums) {
		z := int64(0)
		for range 5 {
			z += g.one(s)
		}
		if uint64(max(z, -z)) <= h {
			in++
		}
	}
	if d := (in/sums - 0.95) / math.Sqrt(0.95*0.05/sums); math.Abs(d) > 4.5 {
		t.Errorf("seed 800: %v are covered", in/sums)
	}
}

func TestHalfWidthRefuses(t *testing.T) {
	v := mustVariance("9")
	for _, level := range []float64{0, 0.49, 1, -1, math.NaN(), math.Inf(1)} {
		if _, err := HalfWidth(v, 1, level); !errors.Is(err, ErrRange) {
			t.Errorf("level %v: %v", level, err)
		}
	}
	for _, n := range []int{0, -1, MaxHonest + 1} {
		if _, err := HalfWidth(v, n, 0.95); !errors.Is(err, ErrRange) {
			t.Errorf("%d shares: %v", n, err)
		}
	}
	if _, err := HalfWidth(Variance{}, 1, 0.95); !errors.Is(err, ErrRange) {
		t.Error(err)
	}
	if h := must(HalfWidth(mustVariance("1267650600228229401496703205376"), MaxHonest, maxLevel)); h < 1<<57 || h > 1<<59 {
		t.Errorf("the largest is %d", h)
	}
}
