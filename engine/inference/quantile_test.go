package inference_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/engine/inference"
)

// sample is values as multiples of 1/10.
type sample []int64

func (s sample) rat(i int) *big.Rat { return big.NewRat(s[i], 10) }

// type7 is R's formula over sorted values.
func (s sample) type7(p *big.Rat) *big.Rat {
	slices.Sort(s)
	h := new(big.Rat).Mul(p, big.NewRat(int64(len(s)-1), 1))
	j := int(new(big.Int).Quo(h.Num(), h.Denom()).Int64())
	h.Sub(h, big.NewRat(int64(j), 1))
	x := s.rat(j)
	if j+1 < len(s) {
		x.Add(x, h.Mul(h, new(big.Rat).Sub(s.rat(j+1), s.rat(j))))
	}
	return x
}

// bin counts the values on a grid from lo with bins of width tenths.
func (s sample) bin(lo, width int64, bins int) *inference.Binned {
	b := &inference.Binned{
		Low: big.NewRat(lo, 10), Width: big.NewRat(width, 10), Unit: big.NewRat(1, 10), Counts: make([]int64, bins),
		Least: big.NewRat(-1000, 10), Most: big.NewRat(1000, 10),
	}
	for _, x := range s {
		switch i := (x - lo) / width; {
		case x < lo:
			b.Below++
		case i >= int64(bins):
			b.Above++
		default:
			b.Counts[i]++
		}
	}
	return b
}

// TestQuantiles: on the grid of the values quantiles are those of sorted data, to the last bit; on a coarser one, or one
// that does not reach all values, they lie within the bounds, which are no wider than a bin where the grid reaches.
func TestQuantiles(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	probabilities := []*big.Rat{
		new(big.Rat), big.NewRat(1, 20), big.NewRat(1, 4), big.NewRat(1, 3), big.NewRat(1, 2), big.NewRat(3, 4), big.NewRat(95, 100), big.NewRat(1, 1),
	}
	exact, wide := 0, 0
	for range 300 {
		s := make(sample, 1+rng.IntN(60))
		spread := []int64{3, 50, 2000}[rng.IntN(3)]
		for i := range s {
			s[i] = rng.Int64N(spread) - spread/2
		}
		for _, b := range []*inference.Binned{s.bin(-1000, 1, 2001), s.bin(-1000, 7, 287), s.bin(-20, 1, 40), s.bin(5, 5, 3)} {
			if b.N() != int64(len(s)) {
				t.Fatalf("%d values, wants %d", b.N(), len(s))
			}
			got, f := b.Quantiles(probabilities...)
			if f != nil {
				t.Fatal(f)
			}
			for i, q := range got {
				want := s.type7(probabilities[i])
				if q.Lower.Cmp(want) > 0 || q.Upper.Cmp(want) < 0 {
					t.Errorf("%v at %s: %v, wants %s", s, probabilities[i], q, want)
				}
				whole := b.Below == 0 && b.Above == 0
				if whole && b.Width.Cmp(b.Unit) == 0 && !q.Exact() {
					t.Errorf("%v is not exact", q)
				}
				if d := new(big.Rat).Sub(q.Upper, q.Lower); whole && d.Cmp(b.Width) >= 0 {
					t.Errorf("%v is wider than a bin", q)
				}
				if q.Exact() {
					exact++
					if x, _ := want.Float64(); q.Middle() != x {
						t.Errorf("%v as a double is %g", q, q.Middle())
					}
				} else {
					wide++
				}
			}
		}
	}
	if exact < 300 || wide < 300 {
		t.Errorf("%d exact, %d not", exact, wide)
	}
}

// TestInterval: the places of an interval have the probability that they promise, and no narrower ones have; R's
// qbinom(c(0.025, 0.975), 100, 0.5) is 40, 60.
func TestInterval(t *testing.T) {
	s := make(sample, 100)
	for i := range s {
		s[i] = int64(i)
	}
	lower, upper, ok := s.bin(0, 1, 1000).Interval(big.NewRat(1, 2), 0.95)
	if !ok || lower.Lower.Cmp(big.NewRat(39, 10)) != 0 || upper.Lower.Cmp(big.NewRat(60, 10)) != 0 {
		t.Errorf("values %v to %v, %t", lower.Lower, upper.Lower, ok)
	}
	if _, _, ok := s[:5].bin(0, 1, 1000).Interval(big.NewRat(1, 2), 0.95); ok {
		t.Error("an interval of five values") // P(all on one side) is 1/32 each
	}
	if _, _, ok := s[:6].bin(0, 1, 1000).Interval(big.NewRat(1, 2), 0.95); !ok {
		t.Error("no interval of six values")
	}
	coverage(t)
}

// coverage draws samples of a known median.
func coverage(t *testing.T) {
	const seed, n, rounds = 11, 40, 4000
	rng := rand.New(rand.NewPCG(seed, 0))
	inside := 0
	for range rounds {
		s := make(sample, n)
		for i := range s {
			s[i] = rng.Int64N(1001)
		}
		lower, upper, ok := s.bin(0, 1, 2000).Interval(big.NewRat(1, 2), 0.9)
		median := big.NewRat(50, 1)
		if ok && lower.Lower.Cmp(median) <= 0 && upper.Upper.Cmp(median) >= 0 {
			inside++
		}
	}
	if share := float64(inside) / rounds; share < 0.9 || share > 0.96 {
		t.Errorf("%g of intervals of level 0.9 hold the median (seed %d)", share, seed)
	}
}

func TestDistribution(t *testing.T) {
	s := sample{-30, 2, 2, 7, 100}
	steps, f := s.bin(0, 5, 2).Distribution()
	if f != nil {
		t.Fatal(f)
	}
	want := []struct {
		lower, upper float64
		upto         int64
	}{{-100, -0.1, 1}, {0, 0.4, 3}, {0.5, 0.9, 4}, {1, 100, 5}}
	if len(steps) != len(want) {
		t.Fatalf("%d steps", len(steps))
	}
	for i, w := range want {
		lower, upper := steps[i].Value.Ends()
		share, _ := steps[i].Share.Float64()
		if math.Abs(lower-w.lower) > 1e-12 || math.Abs(upper-w.upper) > 1e-12 || steps[i].Upto != w.upto || share != float64(w.upto)/5 {
			t.Errorf("step %d: [%g, %g], %d, %g", i, lower, upper, steps[i].Upto, share)
		}
	}
}

func TestNoQuantiles(t *testing.T) {
	if _, f := (sample{}).bin(0, 1, 5).Quantiles(big.NewRat(1, 2)); !inference.NoValues.Is(f) {
		t.Error(f)
	}
	if _, f := (sample{}).bin(0, 1, 5).Distribution(); !inference.NoValues.Is(f) {
		t.Error(f)
	}
	for _, p := range []*big.Rat{big.NewRat(-1, 10), big.NewRat(11, 10)} {
		if _, f := (sample{1}).bin(0, 1, 5).Quantiles(p); !inference.BadProbability.Is(f) {
			t.Error(f)
		}
	}
	bad := (sample{1}).bin(0, 1, 5)
	bad.Counts[2] = -1
	if _, f := bad.Quantiles(big.NewRat(1, 2)); !inference.BadGrid.Is(f) {
		t.Error(f)
	}
}
