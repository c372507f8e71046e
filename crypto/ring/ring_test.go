package ring

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

var p127 = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))

func bigOf(a F127) *big.Int {
	b := a.Bytes()
	return littleEndian(b[:])
}

func littleEndian(b []byte) *big.Int {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func fieldOf(x *big.Int) F127 {
	x = new(big.Int).Mod(x, p127)
	b := x.FillBytes(make([]byte, 16))
	slices.Reverse(b)
	f, err := ParseF127(b)
	if err != nil {
		panic(err)
	}
	return f
}

func TestFieldAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	edge := []*big.Int{
		big.NewInt(0), big.NewInt(1), big.NewInt(2), new(big.Int).Sub(p127, big.NewInt(1)), new(big.Int).Sub(p127, big.NewInt(2)),
		new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int).Lsh(big.NewInt(1), 126), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(1)),
	}
	for range 200 {
		x := new(big.Int).SetUint64(r.Uint64())
		edge = append(edge, x.Lsh(x, 62).Or(x, new(big.Int).SetUint64(r.Uint64())).Mod(x, p127))
	}
	for _, x := range edge {
		for _, y := range edge {
			a, b := fieldOf(x), fieldOf(y)
			same(t, "+", a.Add(b), new(big.Int).Add(x, y))
			same(t, "-", a.Sub(b), new(big.Int).Sub(x, y))
			same(t, "*", a.Mul(b), new(big.Int).Mul(x, y))
		}
		same(t, "neg", fieldOf(x).Neg(), new(big.Int).Neg(x))
		same(t, "pow", fieldOf(x).Pow(77), new(big.Int).Exp(x, big.NewInt(77), p127))
	}
}

func same(t *testing.T, op string, got F127, want *big.Int) {
	t.Helper()
	if want = new(big.Int).Mod(want, p127); bigOf(got).Cmp(want) != 0 {
		t.Fatalf("%s: %v, want %v", op, bigOf(got), want)
	}
}

func TestFieldDecoding(t *testing.T) {
	p := bytes.Repeat([]byte{0xFF}, 16)
	p[15] = 0x7F
	for name, b := range map[string][]byte{"p": p, "all ones": bytes.Repeat([]byte{0xFF}, 16), "short": p[:15], "long": append(bytes.Clone(p), 0)} {
		if _, err := ParseF127(b); !errors.Is(err, ErrNotCanonical) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p[0] = 0xFE
	if f, err := ParseF127(p); err != nil || !f.Add(F127FromUint64(1)).IsZero() {
		t.Errorf("p-1: %v", err)
	}
	if s := fmt.Sprintf("%v %#v", F127FromUint64(9), F127FromUint64(9)); s != "[field] [field]" {
		t.Error(s)
	}
}

func TestVectorsAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, width := range []Width{Width64, Width128} {
		modulus := new(big.Int).Lsh(big.NewInt(1), uint(width))
		half := new(big.Int).Rsh(modulus, 1)
		xs, ys := make([]*big.Int, 100), make([]*big.Int, 100)
		for i := range xs {
			xs[i], ys[i] = randomSigned(r, width), randomSigned(r, width)
		}
		xs[0], ys[0] = new(big.Int).Neg(half), new(big.Int).Sub(half, big.NewInt(1))
		x, y := vectorOf(t, width, xs), vectorOf(t, width, ys)
		sum, diff := x.Clone(), x.Clone()
		if sum.Add(y) != nil || diff.Sub(y) != nil {
			t.Fatal("shapes")
		}
		for i := range xs {
			for op, c := range map[string]struct{ got, want *big.Int }{
				"x": {x.Big(i), xs[i]}, "+": {sum.Big(i), new(big.Int).Add(xs[i], ys[i])}, "-": {diff.Big(i), new(big.Int).Sub(xs[i], ys[i])},
			} {
				want := new(big.Int).Add(c.want, half)
				want.Mod(want, modulus).Sub(want, half)
				if c.got.Cmp(want) != 0 {
					t.Fatalf("width %d, %s: %v, want %v", width, op, c.got, want)
				}
			}
		}
		if _, err := FromBig(width, []*big.Int{half}); !errors.Is(err, ErrRange) {
			t.Errorf("2^(width-1): %v", err)
		}
		if _, err := FromBig(width, []*big.Int{new(big.Int).Sub(new(big.Int).Neg(half), big.NewInt(1))}); !errors.Is(err, ErrRange) {
			t.Errorf("-2^(width-1)-1: %v", err)
		}
		back, err := Decode(width, x.Len(), x.Append(nil))
		if err != nil || !back.Equal(x) {
			t.Errorf("codec: %v", err)
		}
		if _, err := Decode(width, x.Len()+1, x.Append(nil)); !errors.Is(err, ErrShape) {
			t.Errorf("wrong length: %v", err)
		}
	}
}

func randomSigned(r *rand.Rand, width Width) *big.Int {
	x := big.NewInt(int64(r.Uint64()))
	if width == Width128 {
		x.Lsh(x, 64).Add(x, new(big.Int).SetUint64(r.Uint64()))
	}
	return x.Rsh(x, uint(r.IntN(int(width))))
}

func vectorOf(t *testing.T, width Width, xs []*big.Int) Vector {
	t.Helper()
	v, err := FromBig(width, xs)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The tag is the polynomial over the signed integers, in parts or as a whole, and
// linear while nothing wraps.
func TestTag(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, width := range []Width{Width64, Width128} {
		alpha := fieldOf(new(big.Int).Lsh(new(big.Int).SetUint64(r.Uint64()), 50))
		xs := make([]*big.Int, 33)
		want, power := new(big.Int), big.NewInt(1)
		for j := range xs {
			xs[j] = randomSigned(r, width)
			xs[j].Rsh(xs[j], 3)
			power = new(big.Int).Mod(new(big.Int).Mul(power, bigOf(alpha)), p127)
			want.Add(want, new(big.Int).Mul(xs[j], power))
		}
		v := vectorOf(t, width, xs)
		whole, err := Tag(alpha, v)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "tag", whole, want)
		var parts F127
		for first := 0; first < 33; first += 10 {
			part, err := TagAt(alpha, v.Slice(first, min(first+10, 33)), uint64(first))
			if err != nil {
				t.Fatal(err)
			}
			parts = parts.Add(part)
		}
		if !parts.Equal(whole) {
			t.Errorf("width %d: parts do not add up", width)
		}
	}
}

func TestTagRange(t *testing.T) {
	bound := new(big.Int).Lsh(big.NewInt(1), 126)
	one := big.NewInt(1)
	for _, c := range []struct {
		x  *big.Int
		ok bool
	}{{new(big.Int).Sub(bound, one), true}, {bound, false}, {new(big.Int).Sub(one, bound), true}, {new(big.Int).Neg(bound), false}, {big.NewInt(-1), true}} {
		_, err := Tag(F127FromUint64(2), vectorOf(t, Width128, []*big.Int{c.x}))
		if (err == nil) != c.ok {
			t.Errorf("%v: %v", c.x, err)
		}
	}
}

func BenchmarkAdd64(b *testing.B) {
	v, w := NewVector(Width64, 1<<20), NewVector(Width64, 1<<20)
	b.SetBytes(8 << 20)
	for b.Loop() {
		_ = v.Add(w)
	}
}

func BenchmarkAdd128(b *testing.B) {
	v, w := NewVector(Width128, 1<<20), NewVector(Width128, 1<<20)
	b.SetBytes(16 << 20)
	for b.Loop() {
		_ = v.Add(w)
	}
}

func BenchmarkCopy64(b *testing.B) {
	v, w := NewVector(Width64, 1<<20), NewVector(Width64, 1<<20)
	b.SetBytes(8 << 20)
	for b.Loop() {
		copy(v.Words, w.Words)
	}
}

func BenchmarkTag128(b *testing.B) {
	v := NewVector(Width128, 1<<20)
	b.SetBytes(16 << 20)
	for b.Loop() {
		_, _ = Tag(F127FromUint64(3), v)
	}
}

func BenchmarkDecode64(b *testing.B) {
	enc := NewVector(Width64, 1<<20).Append(nil)
	b.SetBytes(8 << 20)
	for b.Loop() {
		_, _ = Decode(Width64, 1<<20, enc)
	}
}

func BenchmarkAppend64(b *testing.B) {
	v, to := NewVector(Width64, 1<<20), make([]byte, 0, 8<<20)
	b.SetBytes(8 << 20)
	for b.Loop() {
		v.Append(to)
	}
}

func BenchmarkTag64(b *testing.B) {
	v := NewVector(Width64, 1<<20)
	b.SetBytes(8 << 20)
	for b.Loop() {
		_, _ = Tag(F127FromUint64(3), v)
	}
}
