package guard

import "math/bits"

// field is the integers modulo the prime t of the slots, in the analyst's hands: what it
// divides are released values.
type field uint64

func (t field) mul(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return bits.Rem64(hi, lo, uint64(t))
}

// centred returns x in (−t/2, t/2).
func (t field) centred(x uint64) int64 {
	if x > uint64(t)/2 {
		return int64(x) - int64(t)
	}
	return int64(x)
}

func (t field) power(x, e uint64) uint64 {
	out := uint64(1)
	for ; e > 0; e >>= 1 {
		if e&1 == 1 {
			out = t.mul(out, x)
		}
		x = t.mul(x, x)
	}
	return out
}

// inverse returns 1/x for every x that is not zero, and 0 for zeros, with one
// inversion (Montgomery's trick).
func (t field) inverse(xs []uint64) []uint64 {
	before := make([]uint64, len(xs)) // products of all earlier ones
	product := uint64(1)
	for i, x := range xs {
		before[i] = product
		if x != 0 {
			product = t.mul(product, x)
		}
	}
	inv := t.power(product, uint64(t)-2)
	for i := len(xs) - 1; i >= 0; i-- {
		if xs[i] == 0 {
			before[i] = 0
			continue
		}
		before[i], inv = t.mul(before[i], inv), t.mul(inv, xs[i])
	}
	return before
}
