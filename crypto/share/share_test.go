package share

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
)

func TestAnyThresholdSharesRecover(t *testing.T) {
	for _, c := range []struct{ t, n int }{{1, 1}, {1, 3}, {3, 3}, {4, 5}, {7, 10}, {67, 100}} {
		secret, err := RandomScalar(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		shares, err := Split(secret, c.t, c.n, rand.Reader)
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
		"t above n": second(Split(one, 4, 3, rand.Reader)),
		"t zero":    second(Split(one, 0, 3, rand.Reader)),
		"many":      second(Split(one, 2, 1<<16, rand.Reader)),
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

func BenchmarkSplit(b *testing.B) {
	for b.Loop() {
		if _, err := Split(Scalar{1}, 67, 100, rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecover100(b *testing.B) {
	shares, _ := Split(Scalar{1}, 67, 100, rand.Reader)
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
