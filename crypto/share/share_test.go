package share

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

func TestAnyThresholdSharesRecover(t *testing.T) {
	for _, c := range []struct{ t, n int }{{1, 1}, {1, 3}, {3, 3}, {4, 5}, {7, 10}, {67, 100}} {
		secret, err := RandomScalar(rand.NewChaCha8([32]byte{1}))
		if err != nil {
			t.Fatal(err)
		}
		shares, err := Split(secret, c.t, c.n, rand.NewChaCha8([32]byte{1}))
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []int{0, c.n - c.t} {
			got, err := Recover(c.t, shares[from:from+c.t])
			if err != nil || !got.Equal(secret) {
				t.Errorf("(%d,%d) from %d: wrong secret, %v", c.t, c.n, from, err)
			}
		}
		if c.t > 1 {
			wrong, err := Recover(c.t-1, shares[:c.t-1])
			if err != nil || wrong.Equal(secret) {
				t.Errorf("(%d,%d): one share too few gives the secret, %v", c.t, c.n, err)
			}
		}
	}
}

// A polynomial by hand: 5 + 2x over the integers.
func TestSmallPolynomial(t *testing.T) {
	got, err := Recover(2, []Share{{1, Scalar{7}}, {3, Scalar{11}}})
	if err != nil || got != (Scalar{5}) {
		t.Fatalf("%x, %v", got[:], err)
	}
}

func TestRefusedSets(t *testing.T) {
	one := Scalar{1}
	for name, err := range map[string]error{
		"twice":     second(Recover(2, []Share{{1, one}, {1, one}})),
		"zero":      second(Recover(2, []Share{{0, one}, {1, one}})),
		"too few":   second(Recover(2, []Share{{1, one}})),
		"too many":  second(Recover(1, []Share{{1, one}, {2, one}})),
		"none":      second(Recover(0, nil)),
		"t above n": second(Split(one, 4, 3, rand.NewChaCha8([32]byte{1}))),
		"t zero":    second(Split(one, 0, 3, rand.NewChaCha8([32]byte{1}))),
		"many":      second(Split(one, 2, 1<<16, rand.NewChaCha8([32]byte{1}))),
	} {
		if !errors.Is(err, ErrShares) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wide := Scalar{}
	for i := range wide {
		wide[i] = 0xFF
	}
	if _, err := Recover(1, []Share{{1, wide}}); !errors.Is(err, ErrScalar) {
		t.Errorf("share above the order: %v", err)
	}
	if _, err := ParseScalar(wide[:]); !errors.Is(err, ErrScalar) {
		t.Errorf("scalar above the order: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestScalarsDoNotPrint(t *testing.T) {
	if s := fmt.Sprintf("%v %x %#v", Scalar{1}, Share{1, Scalar{0xAB}}, Scalar{7}); s != "[scalar] {1 [scalar]} [scalar]" {
		t.Error(s)
	}
}

// One basis, many secrets; and a basis takes its ids from the caller as they are now.
func TestBasis(t *testing.T) {
	ids := []uint16{9, 2, 65535}
	basis, err := NewBasis(ids)
	if err != nil {
		t.Fatal(err)
	}
	ids[0] = 0
	for i := range 3 {
		secret := Scalar{byte(i), 77}
		shares, err := Split(secret, 3, 65535, rand.NewChaCha8([32]byte{1}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := basis.Recover([]Scalar{shares[8].Value, shares[1].Value, shares[65534].Value})
		if err != nil || !got.Equal(secret) {
			t.Errorf("secret %d: %v", i, err)
		}
	}
	for name, values := range map[string][]Scalar{"none": nil, "few": make([]Scalar, 2), "many": make([]Scalar, 4)} {
		if _, err := basis.Recover(values); !errors.Is(err, ErrShares) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// t−1 shares fit every secret: for each there is a t-th share that gives it.
func TestFewerSharesSayNothing(t *testing.T) {
	shares, err := Split(Scalar{1}, 3, 3, rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	basis, err := NewBasis([]uint16{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	// secret = λ1·s1 + λ2·s2 + λ3·x has a solution x for the secret 42.
	zero, err := basis.Recover([]Scalar{shares[0].Value, shares[1].Value, {}})
	if err != nil {
		t.Fatal(err)
	}
	x := element(t, Scalar{42})
	x.Subtract(x, element(t, zero))
	x.Multiply(x, edwards25519.NewScalar().Invert(basis.coefficients[2]))
	got, err := basis.Recover([]Scalar{shares[0].Value, shares[1].Value, Scalar(x.Bytes())})
	if err != nil || got != (Scalar{42}) {
		t.Errorf("no share gives the secret 42: %v", err)
	}
}

func element(t *testing.T, s Scalar) *edwards25519.Scalar {
	t.Helper()
	e, err := s.element()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Randomness is an argument: so many bytes, and an error for fewer.
func TestRandomnessIsAnArgument(t *testing.T) {
	stream := bytes.Repeat([]byte{0xFF}, 64*3)
	r := bytes.NewReader(stream)
	if _, err := Split(Scalar{1}, 4, 5, r); err != nil || r.Len() != 0 {
		t.Errorf("%v, %d bytes not read", err, r.Len())
	}
	if _, err := Split(Scalar{1}, 4, 5, bytes.NewReader(stream[1:])); err == nil {
		t.Error("split with a byte too few")
	}
	if _, err := RandomScalar(bytes.NewReader(stream[:63])); err == nil {
		t.Error("a scalar of 63 bytes")
	}
	// 2^512 − 1 modulo l, by math/big.
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	wide := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 512), big.NewInt(1))
	want := wide.Mod(wide, order).FillBytes(make([]byte, 32))
	slices.Reverse(want)
	if got, err := RandomScalar(bytes.NewReader(stream)); err != nil || !bytes.Equal(got[:], want) {
		t.Errorf("%x, %v", got[:], err)
	}
}

func FuzzParseScalar(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Add(bytes.Repeat([]byte{0xFF}, 32))
	order, _ := hex.DecodeString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	f.Add(order)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseScalar(b)
		if err != nil {
			return
		}
		if !bytes.Equal(s[:], b) {
			t.Fatal("two encodings of one scalar")
		}
		got, err := Recover(1, []Share{{7, s}})
		if err != nil || got != s {
			t.Fatalf("a share of one is not the secret, %v", err)
		}
	})
}

// FuzzRecover: whatever ids and values arrive, an answer or an error.
func FuzzRecover(f *testing.F) {
	f.Add(2, []byte{1, 0, 2, 0})
	f.Add(2, []byte{1, 0, 1, 0})
	f.Fuzz(func(t *testing.T, threshold int, ids []byte) {
		var shares []Share
		seen := map[uint16]bool{0: true}
		usable := true
		for ; len(ids) >= 2 && len(shares) < 100; ids = ids[2:] {
			id := uint16(ids[0]) | uint16(ids[1])<<8
			usable = usable && !seen[id]
			seen[id] = true
			shares = append(shares, Share{id, Scalar{byte(id)}})
		}
		usable = usable && len(shares) == threshold && threshold > 0
		if _, err := Recover(threshold, shares); (err == nil) != usable {
			t.Fatalf("threshold %d, %d shares: %v", threshold, len(shares), err)
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	for b.Loop() {
		if _, err := Split(Scalar{1}, 67, 100, rand.NewChaCha8([32]byte{1})); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecover100(b *testing.B) {
	shares, _ := Split(Scalar{1}, 67, 100, rand.NewChaCha8([32]byte{1}))
	ids, values := make([]uint16, 67), make([]Scalar, 67)
	for i := range ids {
		ids[i], values[i] = shares[i].ID, shares[i].Value
	}
	for b.Loop() {
		basis, err := NewBasis(ids)
		if err != nil {
			b.Fatal(err)
		}
		for range 100 {
			if _, err := basis.Recover(values); err != nil {
				b.Fatal(err)
			}
		}
	}
}
