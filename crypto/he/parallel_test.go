package he

import (
	"slices"
	"sync"
	"testing"
)

// everywhere runs every task in a goroutine of its own.
func everywhere(n int, f func(int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

// TestParallel: shares, evaluation and fingerprints whose tasks run at the same time are
// those of one after the other. It is for the race detector:
//
//	go test -race ./crypto/he -run TestParallel
func TestParallel(t *testing.T) {
	for _, set := range []string{"F7", "G7"} { // one special prime, and several
		w := newWorld(t, set, 5, 2)
		crs, seed := seededKey("crs"), seeded("key")
		one, two := w.KeyShare(w.secrets[0], crs, seed, nil), w.KeyShare(w.secrets[0], crs, seed, everywhere)
		for i := range one {
			if !slices.EqualFunc(one[i], two[i], slices.Equal[[]uint64]) {
				t.Fatalf("%s: polynomial %d of a key share differs", set, i)
			}
		}
		if !slices.Equal(w.QP.Fingerprint(one, seed, nil), w.QP.Fingerprint(one, seed, everywhere)) {
			t.Errorf("%s: fingerprints differ", set)
		}
		rng := seededRand("parallel")
		g, v := w.totals(rng)
		gc, vc := w.encrypt(t, 0, split(rng, g, 2, w.T())), w.encrypt(t, 1, split(rng, v, 2, w.T()))
		payloads := []*Ciphertext{vc, gc, vc, vc}
		e := w.NewEvaluator(w.key)
		alone, together := e.Eval(w.circuit, gc, payloads, true, nil), e.Eval(w.circuit, gc, payloads, true, everywhere)
		for i := range alone {
			if !same(alone[i], together[i]) {
				t.Errorf("%s: output %d differs", set, i)
			}
		}
		// Encoders and opening shares of several goroutines.
		base := w.enc.Open(w.Base(alone[0]), alone[0].scale)
		everywhere(4, func(i int) {
			enc := w.enc.Copy()
			in := w.Inputs(w.circuit)
			a := in.Uniform(&crs, i)
			if _, err := enc.InputShare(in, w.secrets[0], a, g, seed); err != nil {
				t.Error(err)
			}
			w.OpenShare(w.secrets[0], alone[0], seed)
			if !slices.Equal(enc.Open(w.Base(alone[0]), alone[0].scale), base) {
				t.Error("copies of an encoder decode to different slots")
			}
		})
	}
}
