package mask_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
)

// sizes are around the size of a block, 8192 words.
var sizes = []struct {
	width  ring.Width
	length int
}{{64, 1}, {64, 8191}, {64, 8192}, {64, 8193}, {64, 20000}, {128, 1}, {128, 4095}, {128, 4096}, {128, 4097}, {128, 10001}}

// backwards is a Parallel that runs the last first.
func backwards(n int, f func(i int)) {
	for i := n - 1; i >= 0; i-- {
		f(i)
	}
}

func masks(n int) []mask.Mask {
	all := make([]mask.Mask, n)
	for i := range all {
		all[i] = mask.Mask{Key: prg.Key{byte(i + 1)}, Sub: i%2 == 1}
	}
	return all
}

func random(width ring.Width, length int) ring.Vector {
	r := rand.New(rand.NewPCG(1, uint64(length)))
	v := ring.NewVector(width, length)
	for j := range length {
		x := r.Int64()
		v.Words[j*width.Words()] = uint64(x)
		if width == ring.Width128 {
			v.Words[2*j+1] = uint64(x >> 63)
		}
	}
	return v
}

// In blocks, in whatever order, the masks are those of the whole vector.
func TestAddInBlocks(t *testing.T) {
	for _, s := range sizes {
		want := random(s.width, s.length)
		for _, m := range masks(3) {
			prg.AddVector(want, &m.Key, 0, m.Sub)
		}
		one, other := random(s.width, s.length), random(s.width, s.length)
		mask.Add(one, masks(3), nil)
		mask.Add(other, masks(3), backwards)
		if !one.Equal(want) || !other.Equal(want) {
			t.Errorf("%d elements of %d bits", s.length, s.width)
		}
	}
}

// A mask and its opposite cancel, in vector and tag; a mask alone changes both.
func TestMasksCancel(t *testing.T) {
	add := masks(4)
	var sub []mask.Mask
	for _, m := range add {
		sub = append(sub, mask.Mask{Key: m.Key, Sub: !m.Sub})
	}
	for _, s := range sizes {
		v, tag := random(s.width, s.length), ring.F127FromUint64(5)
		mask.Add(v, add, nil)
		tag = mask.AddTags(tag, add)
		if v.Equal(random(s.width, s.length)) || tag.Equal(ring.F127FromUint64(5)) {
			t.Error("the masks hide nothing")
		}
		mask.Add(v, sub, nil)
		tag = mask.AddTags(tag, sub)
		if !v.Equal(random(s.width, s.length)) || !tag.Equal(ring.F127FromUint64(5)) {
			t.Errorf("%d elements of %d bits: the masks do not cancel", s.length, s.width)
		}
	}
}

// In blocks, in whatever order, the tag is that of the whole vector.
func TestTagInBlocks(t *testing.T) {
	alpha := ring.F127FromUint64(1 << 60)
	for _, s := range sizes {
		v := random(s.width, s.length)
		want, err := ring.Tag(alpha, v)
		one, err1 := mask.TagOf(alpha, v, nil)
		other, err2 := mask.TagOf(alpha, v, backwards)
		if err != nil || err1 != nil || err2 != nil || !one.Equal(want) || !other.Equal(want) {
			t.Errorf("%d elements of %d bits: %v %v %v", s.length, s.width, err, err1, err2)
		}
	}
	v := ring.NewVector(128, 10001)
	v.Words[2*9000+1] = 1 << 62
	if _, err := mask.TagOf(alpha, v, backwards); err == nil {
		t.Error("an element of 2^126 has a tag")
	}
}
