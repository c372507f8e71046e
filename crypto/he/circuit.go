package he

import "math/bits"

// Limits of k.
const (
	MinK = 2
	MaxK = 20
)

// Circuit is how x·P(g) is computed with few multiplications in a row, for
//
//	P(x) = x (x−1) … (x−k+1),
//
// which is zero modulo the prime t exactly for x = 0 … k−1 among 0 … t−1.
//
// With u = g(g−k+1) the factors are g−i and g−(k−1−i) taken together, u + i(k−1−i), for
// 0 <= i < k/2, and for odd k the single g−(k−1)/2. They are split into groups A_1 … A_r,
// the product of A_j having depth at most D−r+j−1, and w·P = ((w·A_1)·A_2)…·A_r for any
// w of depth 0. D = ceil(log2(k+1)) multiplications in a row are the least that a
// product of degree k+1 takes.
type Circuit struct {
	k, depth int
	groups   [][]factor
}

// factor is u + add, or g + add if single.
type factor struct {
	single bool
	add    int64
}

// NewCircuit returns the circuit of k, in [MinK, MaxK].
func NewCircuit(k int) (*Circuit, error) {
	if k < MinK || k > MaxK {
		return nil, refuse("k = %d outside [%d, %d]", k, MinK, MaxK)
	}
	c := &Circuit{k: k, depth: bits.Len(uint(k))}
	r := 1
	for 1<<c.depth-1<<(c.depth-r) < k {
		r++
	}
	left := factors(k)
	c.groups = make([][]factor, r)
	for j := r - 1; j >= 0; j-- {
		n := fit(left, 1<<(c.depth-r+j))
		c.groups[j], left = left[:n], left[n:]
	}
	return c, nil
}

// factors lists the pairs, then the single one.
func factors(k int) []factor {
	var all []factor
	for i := range k / 2 {
		all = append(all, factor{add: int64(i * (k - 1 - i))})
	}
	if k%2 == 1 {
		all = append(all, factor{single: true, add: -int64(k-1) / 2})
	}
	return all
}

// fit returns how many of the factors have a degree of at most degree together.
func fit(all []factor, degree int) (n int) {
	for _, f := range all {
		if degree -= f.degree(); degree < 0 {
			break
		}
		n++
	}
	return n
}

func (f factor) degree() int {
	if f.single {
		return 1
	}
	return 2
}

// K returns k.
func (c *Circuit) K() int { return c.k }

// Depth returns D.
func (c *Circuit) Depth() int { return c.depth }

// Products returns the number of multiplications for so many payloads, and if bare
// for P and g·P too.
func (c *Circuit) Products(payloads int, bare bool) int {
	n := 1 // u
	for _, g := range c.groups {
		n += len(g) - 1
	}
	if bare {
		n += len(c.groups) - 1
		payloads++
	}
	return n + payloads*len(c.groups)
}

// Eval returns P(x) modulo t, as people would.
func (c *Circuit) Eval(x, t uint64) uint64 {
	product := uint64(1)
	for i := range uint64(c.k) {
		product = mulMod(product, (x%t+t-i)%t, t)
	}
	return product
}

// algebra is what a circuit is evaluated in: ciphertexts, noise, scales, numbers.
type algebra[E any] interface {
	mul(a, b E, depth int) E // depth is that of the result
	plus(a E, c int64) E
}

// prepare returns the products of the groups.
func prepare[E any](c *Circuit, alg algebra[E], g E) []E {
	u := alg.mul(g, alg.plus(g, -int64(c.k-1)), 1)
	products := make([]E, len(c.groups))
	for j, group := range c.groups {
		products[j] = product(alg, group, g, u, c.depth-len(c.groups)+j)
	}
	return products
}

// product multiplies factors as a tree whose root has the given depth at most; every
// multiplication is done as late as that allows, where ciphertexts are smallest.
func product[E any](alg algebra[E], group []factor, g, u E, depth int) E {
	if len(group) == 1 {
		if group[0].single {
			return alg.plus(g, group[0].add)
		}
		return alg.plus(u, group[0].add)
	}
	half := len(group) / 2
	var sides [2]E
	both(alg, func(i int) {
		side := [2][]factor{group[:half], group[half:]}[i]
		sides[i] = product(alg, side, g, u, depth-1)
	})
	return alg.mul(sides[0], sides[1], depth)
}

// both runs f(0) and f(1), at the same time where the algebra can.
func both[E any](alg algebra[E], f func(i int)) {
	if a, ok := alg.(interface{ both(func(i int)) }); ok {
		a.both(f)
		return
	}
	f(0)
	f(1)
}

// times returns w·P.
func times[E any](c *Circuit, alg algebra[E], w E, groups []E) E {
	for j, a := range groups {
		w = alg.mul(w, a, c.depth-len(groups)+j+1)
	}
	return w
}

// bare returns P.
func bare[E any](c *Circuit, alg algebra[E], groups []E) E {
	p := groups[0]
	for j, a := range groups[1:] {
		p = alg.mul(p, a, c.depth-len(groups)+j+2)
	}
	return p
}
