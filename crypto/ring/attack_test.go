package ring

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// A coordinator without alpha changes the sum and the tag. What the package comment
// claims to stop, and what each rule is for.

func tagOf(t *testing.T, alpha F127, v Vector) F127 {
	t.Helper()
	tag, err := Tag(alpha, v)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

var secretAlpha = F127{lo: 0x1234567890ABCDEF, hi: 0x0FEDCBA098765432}

// With powers from alpha^0, adding δ to the first element and to the tag would pass.
func TestTagCoversTheFirstElement(t *testing.T) {
	for _, width := range []Width{Width64, Width128} {
		x := vectorOf(t, width, []*big.Int{big.NewInt(5), big.NewInt(6)})
		forged := vectorOf(t, width, []*big.Int{big.NewInt(7), big.NewInt(6)})
		if tagOf(t, secretAlpha, forged).Equal(tagOf(t, secretAlpha, x).Add(F127FromUint64(2))) {
			t.Errorf("width %d: the first element has the weight 1", width)
		}
	}
}

// An element changed by p or 2p has the same image in F_p. Every such change leaves the
// range in which Tag answers.
func TestTagNoticesMultiplesOfP(t *testing.T) {
	twice := new(big.Int).Lsh(p127, 1)
	edge := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 126), big.NewInt(1))
	for _, x := range []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(-1), edge, new(big.Int).Neg(edge)} {
		for _, delta := range []*big.Int{p127, new(big.Int).Neg(p127), twice, new(big.Int).Neg(twice)} {
			v := NewVector(Width128, 1)
			if err := v.SetBig(0, wrap128(new(big.Int).Add(x, delta))); err != nil {
				t.Fatal(err)
			}
			tag, err := Tag(secretAlpha, v)
			honest := tagOf(t, secretAlpha, vectorOf(t, Width128, []*big.Int{x}))
			if !errors.Is(err, ErrTagRange) && tag.Equal(honest) {
				t.Errorf("%v changed by %v passes", x, delta)
			}
		}
	}
}

// wrap128 brings x into [−2^127, 2^127) as addition modulo 2^128 does.
func wrap128(x *big.Int) *big.Int {
	half := new(big.Int).Lsh(big.NewInt(1), 127)
	modulus := new(big.Int).Lsh(big.NewInt(1), 128)
	x = new(big.Int).Add(x, half)
	return x.Mod(x, modulus).Sub(x, half)
}

// Why the planner proves that nothing wraps: when something does, the tags do not add up.
func TestTagsAddUpUnlessSomethingWraps(t *testing.T) {
	most := new(big.Int).SetUint64(1<<63 - 1)
	x := vectorOf(t, Width64, []*big.Int{big.NewInt(-3), most})
	for _, c := range []struct {
		y     int64
		wraps bool
	}{{-1, false}, {0, false}, {1, true}} {
		y := vectorOf(t, Width64, []*big.Int{big.NewInt(-4), big.NewInt(c.y)})
		sum := x.Clone()
		if err := sum.Add(y); err != nil {
			t.Fatal(err)
		}
		adds := tagOf(t, secretAlpha, sum).Equal(tagOf(t, secretAlpha, x).Add(tagOf(t, secretAlpha, y)))
		if adds == c.wraps {
			t.Errorf("adding %d: tags add up %v", c.y, adds)
		}
	}
}

// Elements that change places keep their sum and not their tag.
func TestTagBindsPositions(t *testing.T) {
	a := vectorOf(t, Width64, []*big.Int{big.NewInt(1), big.NewInt(2)})
	b := vectorOf(t, Width64, []*big.Int{big.NewInt(2), big.NewInt(1)})
	if tagOf(t, secretAlpha, a).Equal(tagOf(t, secretAlpha, b)) {
		t.Error("positions do not matter")
	}
}

func TestVectorsDoNotPrint(t *testing.T) {
	v := vectorOf(t, Width128, []*big.Int{big.NewInt(4711), big.NewInt(1)})
	outer := struct{ V Vector }{v}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d", "%s"} {
		if s := fmt.Sprintf(verb, v); s != "[2 elements of 128 bits]" {
			t.Errorf("%s prints %s", verb, s)
		}
		if s := fmt.Sprintf(verb, outer); strings.Contains(s, "4711") || strings.Contains(s, "1267") {
			t.Errorf("%s prints %s", verb, s)
		}
	}
}

func TestShapesAreChecked(t *testing.T) {
	a, b := NewVector(Width64, 2), NewVector(Width128, 1)
	bad := Vector{Width: 7, Words: make([]uint64, 2)}
	half := Vector{Width: Width128, Words: make([]uint64, 3)}
	_, tagErr := Tag(secretAlpha, half)
	_, decodeErr := Decode(7, 1, make([]byte, 8))
	_, bigErr := FromBig(9, nil)
	for name, err := range map[string]error{
		"add of two widths": a.Add(b), "sub of two widths": a.Sub(b), "add of two lengths": a.Add(NewVector(Width64, 3)),
		"add, no width": bad.Add(bad), "half an element": half.Add(half), "tag of half an element": tagErr,
		"decode, no width": decodeErr, "big, no width": bigErr,
	} {
		if !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if bad.Len() != 0 {
		t.Error("a vector without width has a length")
	}
}
