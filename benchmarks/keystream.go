package benchmarks

import "github.com/tacit-space/tacit/crypto/prg"

// maskLikeAClient adds as many masks to one vector as a client of that size has,
// block by block.
func maskLikeAClient(size maskedSumSize) {
	const block = 8192
	v := make([]uint64, size.length)
	for first := 0; first < len(v); first += block {
		part := v[first:min(first+block, len(v))]
		for k := range size.workers {
			prg.AddAt(part, &prg.Key{byte(k)}, uint64(first), k%2 == 0)
		}
	}
}
