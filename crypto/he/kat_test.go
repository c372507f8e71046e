package he

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/wire"
)

// TestKnownAnswers compares a SHA-256 of everything that travels or that workers have to
// agree on, with seeded randomness. A change here changes the wire: commit it with WIRE:,
// PARAMS: or KAT: and a line of the changelog, after
//
//	go test ./crypto/he -run TestKnownAnswers -rewrite
//
// The outputs of an evaluation are the same on every 64-bit machine; a compiler that fuses
// multiplication and addition of floating point may change an error of a share by one.
func TestKnownAnswers(t *testing.T) {
	datadriven.RunTest(t, "testdata/vectors/shares.kat", func(t *testing.T, d *datadriven.TestData) string {
		var k, n int
		d.ScanArgs(t, "k", &k)
		d.ScanArgs(t, "n", &n)
		return knownAnswer(t, d.Cmd, k, n)
	})
}

func knownAnswer(t *testing.T, set string, k, n int) string {
	t.Helper()
	w := newWorld(t, set, k, n)
	w.name = "" // of which seeds follow
	crs, in := seededKey("common"), w.Inputs(w.circuit)
	var lines []string
	record := func(name string, b *Basis, list ...Poly) {
		h := sha256.New()
		for _, p := range list {
			h.Write(b.Append(nil, p))
		}
		lines = append(lines, fmt.Sprintf("%s %x", name, h.Sum(nil)))
	}
	words := func(name string, list []uint64) {
		var data []byte
		for _, x := range list {
			data = binary.LittleEndian.AppendUint64(data, x)
		}
		lines = append(lines, fmt.Sprintf("%s %x", name, sha256.Sum256(data)))
	}
	fingerprint := func(name string, f Fingerprint) {
		to := wire.NewWriter()
		f.Encode(to)
		lines = append(lines, fmt.Sprintf("%s %x", name, sha256.Sum256(to.Data())))
	}
	record("common", w.QP, w.QP.Uniform(&crs, 0), w.QP.Uniform(&crs, 1))
	keys := w.KeyShare(w.secrets[0], crs, seeded("key"), nil)
	record("key share", w.QP, keys...)
	fingerprint("fingerprint", w.QP.Fingerprint(keys, seeded("challenge"), nil))
	mask := seededKey("mask")
	w.QP.Mask(keys[0], &mask, 0, true)
	record("masked", w.QP, keys[0])

	guards, values := make([][]uint64, n), make([][]uint64, n)
	for i := range n {
		guards[i], values[i] = make([]uint64, w.Slots()), make([]uint64, w.Slots())
		for j := range w.Slots() {
			guards[i][j], values[i][j] = uint64(j%(k+i+1)), uint64(j*j)%w.T()
		}
	}
	share, err := w.enc.InputShare(in, w.secrets[0], in.Uniform(&crs, 0), guards[0], seeded("input"))
	if err != nil {
		t.Fatal(err)
	}
	record("input share", in, share)
	g, v := w.encrypt(t, 0, guards), w.encrypt(t, 1, values)
	record("ciphertext", in, g.c[0], g.c[1], v.c[0], v.c[1])
	outs := w.NewEvaluator(w.key).Eval(w.circuit, g, []*Ciphertext{v}, true, nil)
	for i, out := range outs {
		record(fmt.Sprintf("output %d", i), w.Out, out.c[0], out.c[1])
	}
	bareScale, scale := w.Scales(w.circuit)
	lines = append(lines, fmt.Sprintf("scales %d %d", bareScale, scale))
	words("base", w.Base(outs[0]))
	words("open share", w.OpenShare(w.secrets[0], outs[0], seeded("open")))
	for i, out := range outs {
		words(fmt.Sprintf("opened %d", i), w.open(out))
	}
	return strings.Join(lines, "\n")
}
