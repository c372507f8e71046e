package ledger

import "testing"

// big returns an export of n entries and more.
func big(b *testing.B, w *world, n int) *Export {
	l := w.log(b, "north", Worker)
	for i := 0; len(l.bodies) < n; i++ {
		for _, e := range served(byte(i), "north") {
			l.now++
			e.Seq, e.Time = l.tree.Size(), l.now
			l.put(e.Marshal())
		}
	}
	l.sign()
	return l.export()
}

// BenchmarkVerify reads and verifies a whole export; the target is 50 000 entries/s.
func BenchmarkVerify(b *testing.B) {
	w := newWorld()
	file := big(b, w, 100_000).Marshal()
	for b.Loop() {
		x, err := ParseExport(file)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := x.Verify(w.Space, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkVerifyParts verifies every entry by its own proof.
func BenchmarkVerifyParts(b *testing.B) {
	w := newWorld()
	whole := big(b, w, 20_000)
	x, err := (&Record{Checkpoint: whole.Checkpoint, Entries: whole.Entries}).Select(func(Entry) bool { return true }, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := x.Verify(w.Space, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*20_000/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkCheckpoint signs the state of a ledger, as every append does.
func BenchmarkCheckpoint(b *testing.B) {
	w := newWorld()
	l := w.log(b, "north", Worker)
	for b.Loop() {
		if _, err := l.keeper.Checkpoint(Worker, l.id, &l.tree); err != nil {
			b.Fatal(err)
		}
	}
}
