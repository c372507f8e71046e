package query

import "math/big"

// Sums are the sums of a plan as far as they are released: element cell*len(Sums)+s is
// sum s of the cell.
type Sums interface {
	// At returns element i, a signed integer, which the caller does not change. It is
	// not called for a suppressed element.
	At(i int) *big.Int
	// Suppressed returns 0 if element i is released, else k >= 2: nothing is known of
	// the element but that fewer than k privacy units stand behind it.
	Suppressed(i int) int
	// Lock returns which of [plan.Guards] holds a suppressed element back beside its own guard, -1 if none does.
	Lock(i int) int
}

// Open returns sums that are all released.
func Open(elements interface{ At(i int) *big.Int }) Sums { return open{elements} }

type open struct {
	elements interface{ At(i int) *big.Int }
}

func (o open) At(i int) *big.Int { return o.elements.At(i) }

func (open) Suppressed(int) int { return 0 }

func (open) Lock(int) int { return -1 }

// cell is what expressions are evaluated over.
type cell struct {
	sums   Sums
	first  int   // index of the first sum of the cell
	keys   []any // value of each key
	number int   // from 1
	memos  []memo
	trace

	noising *noising // of the column that is evaluated; nil: no noise
}

// trace is what an evaluation met on its way.
type trace struct {
	problem string // why the value is NULL, if it is
	below   int    // largest k of the suppressed sums that were read; 0: none was
	noisy   bool   // a sum with noise was read
}

// memo is a kept value; cell says of which.
type memo struct {
	cell  int
	value any
	trace
}

// withheld stands for a suppressed value in a row; the number is its k.
type withheld int

// placeholder is read where a sum is suppressed. What is computed from it is never
// shown, since the trace says so.
var placeholder = new(big.Int)

// sum is the one place where released sums enter expressions.
func (x *cell) sum(i int) *big.Int {
	if k := x.sums.Suppressed(x.first + i); k > 0 {
		x.below = max(x.below, k)
		return placeholder
	}
	x.noisy = x.noisy || x.noising.noised(i)
	return x.sums.At(x.first + i)
}

// apart evaluates n by itself and leaves the trace of x as it was. A suppressed value
// is nil and has no problem.
func (x *cell) apart(n *node) (any, trace) {
	outer := x.trace
	x.trace = trace{}
	v := n.eval(x)
	met := x.trace
	x.trace = outer
	if met.below > 0 {
		return nil, trace{below: met.below}
	}
	return v, met
}

// meet adds what a part of the evaluation met.
func (x *cell) meet(t trace) {
	if t.problem != "" {
		x.problem = t.problem
	}
	x.below = max(x.below, t.below)
	x.noisy = x.noisy || t.noisy
}
