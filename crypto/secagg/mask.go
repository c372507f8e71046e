package secagg

import (
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
)

// Parallel runs f(0) … f(n-1), in any order, perhaps at the same time, and
// returns when all have returned. Nil runs them one after the other: this
// package starts no goroutines.
type Parallel func(n int, f func(i int))

func (p Parallel) run(n int, f func(i int)) {
	if p != nil {
		p(n, f)
		return
	}
	for i := range n {
		f(i)
	}
}

// each runs f for 0 … n-1 by way of par and returns the first error in order.
func (p Parallel) each(n int, f func(i int) error) error {
	errs := make([]error, n)
	p.run(n, func(i int) { errs[i] = f(i) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// blockWords is the part of a vector that is masked with all keys before the
// next part: 64 KiB, which stays in the second-level cache of a core.
const blockWords = 8192

// mask is a mask and its sign.
type mask struct {
	key prg.Key
	sub bool
}

// addMasks adds ±G(K) of every mask to v.
func addMasks(v ring.Vector, masks []mask, par Parallel) {
	step := blockWords / v.Width.Words()
	blocks := (v.Len() + step - 1) / step
	par.run(blocks, func(i int) {
		first := i * step
		block := v.Slice(first, min(first+step, v.Len()))
		for k := range masks {
			prg.AddVector(block, &masks[k].key, uint64(first), masks[k].sub)
		}
	})
}

// addTagMasks returns tag plus ± the masks' field elements.
func addTagMasks(tag ring.F127, masks []mask) ring.F127 {
	for k := range masks {
		m := prg.Tag(&masks[k].key)
		if masks[k].sub {
			m = m.Neg()
		}
		tag = tag.Add(m)
	}
	return tag
}

// tagOf returns Σ_j alpha^j x[j], in parts.
func tagOf(alpha ring.F127, x ring.Vector, par Parallel) (ring.F127, error) {
	blocks := (x.Len() + blockWords - 1) / blockWords
	tags, errs := make([]ring.F127, blocks), make([]error, blocks)
	par.run(blocks, func(i int) {
		first := i * blockWords
		block := x.Slice(first, min(first+blockWords, x.Len()))
		tags[i], errs[i] = ring.TagAt(alpha, block, uint64(first))
	})
	var tag ring.F127
	for i := range blocks {
		if errs[i] != nil {
			return ring.F127{}, errs[i]
		}
		tag = tag.Add(tags[i])
	}
	return tag, nil
}
