package noise_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/big"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/engine/noise"
	"github.com/tacit-space/tacit/engine/plan"
)

// seeded is a reader of test randomness.
type seeded struct {
	seed byte
	n    int
	left []byte
}

func (s *seeded) Read(b []byte) (int, error) {
	for len(s.left) < len(b) {
		block := sha256.Sum256([]byte{s.seed, byte(s.n), byte(s.n >> 8)})
		s.n++
		s.left = append(s.left, block[:]...)
	}
	copy(b, s.left)
	s.left = s.left[len(b):]
	return len(b), nil
}

// three sums: the second is exact.
func three(t *testing.T) *plan.Noise {
	t.Helper()
	n := &plan.Noise{Sums: make([]*plan.Noisy, 3)}
	for i, largest := range []uint64{1, 0, 1 << 20} {
		if largest == 0 {
			continue
		}
		l := dp.Literal{Range: largest, Groups: 2, Honest: 3, Rho: 50_000_000}
		f, err := l.Refine()
		if err != nil {
			t.Fatal(err)
		}
		l.Range *= f
		m, err := dp.NewMechanism(l)
		if err != nil {
			t.Fatal(err)
		}
		n.Sums[i] = &plan.Noisy{Mechanism: m, Factor: f, Largest: largest}
	}
	return n
}

// TestAdd: noised elements are the factor times what they were, and noise below its bound; the others
// stay; and in both widths the same.
func TestAdd(t *testing.T) {
	const cells = 50
	n := three(t)
	if n.Sums[0].Factor < 2 {
		t.Fatal("the factor has nothing to do")
	}
	values := []int64{7, -3, -1 << 20}
	results := map[ring.Width][]*big.Int{}
	for _, width := range []ring.Width{ring.Width64, ring.Width128} {
		v := ring.NewVector(width, 3*cells)
		for i := range 3 * cells {
			words := int(width) / 64
			v.Words[i*words] = uint64(values[i%3])
			if words == 2 {
				v.Words[i*words+1] = uint64(values[i%3] >> 63)
			}
		}
		d, err := noise.Draw(n, cells, &seeded{seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Add(v); err != nil {
			t.Fatal(err)
		}
		moved := 0
		for i := range 3 * cells {
			x, s := v.Big(i), n.Sums[i%3]
			results[width] = append(results[width], x)
			if s == nil {
				if x.Int64() != values[i%3] {
					t.Fatalf("exact element %d is %s", i, x)
				}
				continue
			}
			x = new(big.Int).Sub(x, new(big.Int).Mul(big.NewInt(values[i%3]), new(big.Int).SetUint64(s.Factor)))
			if x.CmpAbs(new(big.Int).SetUint64(s.Mechanism.Share().Bound())) >= 0 {
				t.Fatalf("element %d: noise %s", i, x)
			}
			if x.Sign() != 0 {
				moved++
			}
		}
		if moved < cells {
			t.Errorf("noise in %d of %d elements", moved, 2*cells)
		}
	}
	for i := range results[ring.Width64] {
		if results[ring.Width64][i].Cmp(results[ring.Width128][i]) != 0 {
			t.Fatalf("element %d differs with the width", i)
		}
	}
}

// TestOnce: what was drawn is in one vector only, and of another shape is refused.
func TestOnce(t *testing.T) {
	n := three(t)
	d, err := noise.Draw(n, 4, &seeded{seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Add(ring.NewVector(ring.Width64, 9)); !noise.ErrDraw.Is(err) {
		t.Errorf("another shape: %v", err)
	}
	if err := d.Add(ring.NewVector(ring.Width64, 12)); err != nil {
		t.Error(err)
	}
	again := ring.NewVector(ring.Width64, 12)
	if err := d.Add(again); !noise.ErrDraw.Is(err) {
		t.Errorf("a second vector: %v", err)
	}
	for _, w := range again.Words {
		if w != 0 {
			t.Fatal("noise in a second vector")
		}
	}
}

// TestFailingRandomness: no noise, no vector.
func TestFailingRandomness(t *testing.T) {
	if d, err := noise.Draw(three(t), 4, io.LimitReader(&seeded{seed: 3}, 40)); !noise.ErrDraw.Is(err) || d != nil {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := noise.Draw(three(t), 4, bytes.NewReader(nil)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestNothingIsPrinted: noise is a secret under every verb.
func TestNothingIsPrinted(t *testing.T) {
	d, err := noise.Draw(three(t), 4, &seeded{seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb, d); text != secret.Shown {
			t.Errorf("%s", text)
		}
	}
}
