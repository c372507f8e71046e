package mask

import (
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// blockWords is the part of a vector that is masked with all keys before the
// next part: 64 KiB, which stays in the second-level cache of a core.
const blockWords = 8192

// Mask is a mask and its sign.
type Mask struct {
	Key prg.Key
	Sub bool // true: it is subtracted
}

// Add adds ±G(K) of every mask to v, in place.
func Add(v ring.Vector, masks []Mask, par session.Parallel) {
	step := blockWords / v.Width.Words()
	blocks := (v.Len() + step - 1) / step
	par.Run(blocks, func(i int) {
		first := i * step
		block := v.Slice(first, min(first+step, v.Len()))
		for k := range masks {
			prg.AddVector(block, &masks[k].Key, uint64(first), masks[k].Sub)
		}
	})
}

// AddTags returns tag plus ± the masks' field elements.
func AddTags(tag ring.F127, masks []Mask) ring.F127 {
	for k := range masks {
		m := prg.Tag(&masks[k].Key)
		if masks[k].Sub {
			m = m.Neg()
		}
		tag = tag.Add(m)
	}
	return tag
}

// TagOf returns Σ_j alpha^j x[j], in parts. The error is that of [ring.TagAt]: an
// element is out of range.
func TagOf(alpha ring.F127, x ring.Vector, par session.Parallel) (ring.F127, error) {
	blocks := (x.Len() + blockWords - 1) / blockWords
	tags, errs := make([]ring.F127, blocks), make([]error, blocks)
	par.Run(blocks, func(i int) {
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
