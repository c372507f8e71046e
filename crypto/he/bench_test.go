package he

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tacit-space/tacit/crypto/prg"
)

func BenchmarkEval(b *testing.B) {
	for _, c := range []struct {
		set      string
		k        int
		payloads int
		bare     bool
	}{{"G15", 10, 1, false}, {"G15", 10, 1, true}, {"G15", 10, 2, true}, {"G15", 5, 1, false}, {"G31", 20, 1, false}} {
		b.Run(fmt.Sprintf("%s/k=%d/payloads=%d/bare=%v", c.set, c.k, c.payloads, c.bare), func(b *testing.B) {
			w := newWorld(b, c.set, c.k, 2)
			rng := rand.New(rand.NewPCG(1, 1))
			g := w.encrypt(b, 0, split(rng, make([]uint64, w.Slots()), 2, w.T()))
			payloads := make([]*Ciphertext, c.payloads)
			for i := range payloads {
				payloads[i] = g
			}
			e := w.NewEvaluator(w.key)
			b.ReportMetric(float64(w.circuit.Products(c.payloads, c.bare)), "products")
			for b.Loop() {
				e.Eval(w.circuit, g, payloads, c.bare, nil)
			}
		})
	}
}

func BenchmarkShares(b *testing.B) {
	w := newWorld(b, "G15", 10, 2)
	in := w.Inputs(w.circuit)
	crs := prg.Key(seeded("bench"))
	a := in.Uniform(&crs, 0)
	slots := make([]uint64, w.Slots())
	out := w.NewEvaluator(w.key).Eval(w.circuit, w.encrypt(b, 0, [][]uint64{slots, slots}), nil, true, nil)[0]
	share, err := w.enc.InputShare(in, w.secrets[0], a, slots, seeded("bench"))
	if err != nil {
		b.Fatal(err)
	}
	keyShares := w.KeyShare(w.secrets[0], crs, seeded("bench"), nil)
	packed := in.Append(nil, share)
	b.Run("secret", func(b *testing.B) {
		for b.Loop() {
			w.SecretOf(seeded("bench"))
		}
	})
	b.Run("input", func(b *testing.B) {
		for b.Loop() {
			_, _ = w.enc.InputShare(in, w.secrets[0], a, slots, seeded("bench"))
		}
	})
	b.Run("key", func(b *testing.B) {
		for b.Loop() {
			w.KeyShare(w.secrets[0], crs, seeded("bench"), nil)
		}
	})
	b.Run("mask", func(b *testing.B) {
		for b.Loop() {
			in.Mask(share, &crs, 0, false)
		}
	})
	b.Run("fingerprint", func(b *testing.B) {
		for b.Loop() {
			in.Fingerprint([]Poly{share}, seeded("bench"), nil)
		}
	})
	b.Run("fingerprint key", func(b *testing.B) {
		for b.Loop() {
			w.QP.Fingerprint(keyShares, seeded("bench"), nil)
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(in.Size()))
		for b.Loop() {
			packed = in.Append(packed[:0], share)
		}
	})
	b.Run("add encoded", func(b *testing.B) {
		b.SetBytes(int64(in.Size()))
		for b.Loop() {
			_ = in.AddEncoded(share, packed)
		}
	})
	b.Run("open share", func(b *testing.B) {
		for b.Loop() {
			w.OpenShare(w.secrets[0], out, seeded("bench"))
		}
	})
	b.Run("open", func(b *testing.B) {
		base := w.Base(out)
		for b.Loop() {
			w.enc.Open(base, out.scale)
		}
	})
}
