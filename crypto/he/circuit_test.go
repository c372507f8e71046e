package he

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// number is a value modulo t and how many multiplications in a row it took.
type number struct {
	v     uint64
	depth int // of the deadline that it was made for: its level
	least int // of the multiplications themselves
}

// numbers is the algebra of plaintexts. It counts multiplications and refuses one whose
// operand is not there yet.
type numbers struct {
	testing.TB
	t     uint64
	count int
	least int // of all results: what is really needed
}

func (a *numbers) mul(x, y number, depth int) number {
	a.Helper()
	if x.depth >= depth || y.depth >= depth {
		a.Fatalf("operands of depths %d and %d are multiplied at depth %d", x.depth, y.depth, depth)
	}
	a.count++
	least := max(x.least, y.least) + 1
	a.least = max(a.least, least)
	return number{mulMod(x.v, y.v, a.t), depth, least}
}

func (a *numbers) plus(x number, c int64) number {
	x.v = uint64((int64(x.v) + c%int64(a.t) + int64(a.t)) % int64(a.t))
	return x
}

// TestCircuit: for every k and for small, large and random x the circuit gives P(x) and
// w·P(x), in ceil(log2(k+1)) multiplications in a row, of which there are as many as
// Products says.
func TestCircuit(t *testing.T) {
	const mod = 0x3ffe8001
	rng := rand.New(rand.NewPCG(1, 1))
	for k := MinK; k <= MaxK; k++ {
		c, err := NewCircuit(k)
		if err != nil {
			t.Fatal(err)
		}
		depth := 0
		for 1<<depth < k+1 {
			depth++
		}
		if c.Depth() != depth || c.K() != k {
			t.Fatalf("k = %d has depth %d, wants %d", k, c.Depth(), depth)
		}
		inputs := []uint64{mod - 1, mod - 2, mod - uint64(k), mod / 2, mod/2 + 1}
		for x := range uint64(3 * k) {
			inputs = append(inputs, x)
		}
		for range 50 {
			inputs = append(inputs, rng.Uint64N(mod))
		}
		for _, x := range inputs {
			w := rng.Uint64N(mod)
			want := uint64(1)
			for i := range uint64(k) {
				want = mulMod(want, (x+mod-i)%mod, mod)
			}
			if (want == 0) != (x < uint64(k)) || c.Eval(x, mod) != want {
				t.Fatalf("k = %d: P(%d) = %d, Eval gives %d", k, x, want, c.Eval(x, mod))
			}
			alg := &numbers{TB: t, t: mod}
			groups := prepare[number](c, alg, number{v: x})
			payload := times[number](c, alg, number{v: w}, groups)
			if payload.v != mulMod(want, w, mod) || payload.depth != depth || payload.least != depth || alg.least != depth {
				t.Fatalf("k = %d: w·P(%d) is wrong, or not of depth %d: %+v", k, x, depth, payload)
			}
			if alg.count != c.Products(1, false) {
				t.Fatalf("k = %d: %d products, Products says %d", k, alg.count, c.Products(1, false))
			}
			if p := bare[number](c, alg, groups); p.v != want || p.depth > depth {
				t.Fatalf("k = %d: P(%d) is wrong: %+v", k, x, p)
			}
			times[number](c, alg, number{v: x}, groups)
			times[number](c, alg, number{v: w}, groups)
			if alg.count != c.Products(2, true) {
				t.Fatalf("k = %d: %d products, Products says %d", k, alg.count, c.Products(2, true))
			}
		}
	}
}

// TestCircuitProducts: the numbers of multiplications that the measurements and the
// documents are about.
func TestCircuitProducts(t *testing.T) {
	for _, c := range []struct{ k, packed, one, eight int }{{3, 3, 6, 20}, {5, 4, 7, 21}, {10, 6, 9, 23}, {20, 11, 14, 28}} {
		circuit, err := NewCircuit(c.k)
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]int{circuit.Products(1, false), circuit.Products(1, true), circuit.Products(8, true)}; got != [3]int{c.packed, c.one, c.eight} {
			t.Errorf("k = %d: %v products, wants %v", c.k, got, c)
		}
	}
}

func TestCircuitRefuses(t *testing.T) {
	for _, k := range []int{-1, 0, 1, MaxK + 1, 1 << 40} {
		if _, err := NewCircuit(k); !errors.Is(err, ErrParameters) {
			t.Errorf("k = %d: %v", k, err)
		}
	}
}

// TestGroups: the groups hold every factor once, and no group is of more degree than its
// depth allows.
func TestGroups(t *testing.T) {
	for k := MinK; k <= MaxK; k++ {
		c, _ := NewCircuit(k)
		total := 0
		for j, g := range c.groups {
			degree := 0
			for _, f := range g {
				degree += f.degree()
			}
			if len(g) == 0 || degree > 1<<(c.depth-len(c.groups)+j) {
				t.Errorf("k = %d: group %d has degree %d", k, j, degree)
			}
			total += degree
		}
		if total != k || c.depth != bits.Len(uint(k)) {
			t.Errorf("k = %d: degree %d", k, total)
		}
	}
}
