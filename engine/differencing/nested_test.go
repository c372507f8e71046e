package differencing

import (
	"math/rand/v2"
	"testing"
)

// TestNestedAgainstCounts: over random units of three series, found is what the units of every two
// cells say when they are counted.
func TestNestedAgainstCounts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	nested, other := 0, 0
	for range 200 {
		c := &Comparison{Places: []Place{{0, 0, 3}, {0, 3, 57}, {1, 5, 7}, {Word: 0}}}
		for range c.Places {
			c.Series = append(c.Series, Series{K: 2 + rng.IntN(Cap-1)})
		}
		c.pairs = []*pair{{i: 0, j: 1}, {i: 0, j: 2}, {i: 1, j: 2}, {i: 0, j: 3}}
		c.nest()
		var units [][]uint64
		for range rng.IntN(60) {
			words := make([]uint64, c.Words())
			if rng.IntN(3) > 0 { // in the first of each series
				words[0], words[1] = 1|1<<3, 1<<5
			}
			for range rng.IntN(3) {
				at := c.Places[rng.IntN(3)]
				bit := at.bit(rng.IntN(min(at.Bits, 4)))
				words[bit/wordBits] ^= 1 << (bit % wordBits)
			}
			units = append(units, words)
			c.Unit(words)
		}
		for _, p := range c.pairs[:3] {
			s, u := c.Places[p.i], c.Places[p.j]
			for a := range s.Bits {
				for b := range u.Bits {
					left, right := 0, 0
					for _, words := range units {
						has := func(bit int) bool { return words[bit/wordBits]>>(bit%wordBits)&1 == 1 }
						switch x, y := has(s.bit(a)), has(u.bit(b)); {
						case x && !y:
							left++
						case y && !x:
							right++
						}
					}
					want := min(left, right) == 0 && max(left, right) > 0 && max(left, right) < max(c.Series[p.i].K, c.Series[p.j].K)
					if got := c.found(p, a, b); got != want {
						t.Fatalf("%d units in the first only, %d in the second only: %v", left, right, got)
					}
					if want {
						nested++
					} else {
						other++
					}
				}
			}
		}
		if c.found(c.pairs[3], 0, 0) {
			t.Fatal("a wide series has no bits")
		}
	}
	if nested < 100 || other < 100 {
		t.Errorf("%d nested, %d not: the draw is one-sided", nested, other)
	}
}
