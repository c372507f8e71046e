package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// entriesOfEveryKind has an entry of each kind, with all that it can have.
func entriesOfEveryKind() []Entry {
	var all []Entry
	for k := Opened; k.known(); k++ {
		e := Entry{
			Seq: uint64(k), Time: start, Kind: k, Job: [16]byte{1}, Manifest: [32]byte{2}, About: about, Member: "north",
			Code: "TACIT-W110", State: "released", Attempt: 3, Digest: [32]byte{4}, Version: 5, Usage: Usage{6, 7}, Amount: 8, Until: 9,
		}
		all = append(all, e.clean())
	}
	return all
}

func TestEntriesRoundTrip(t *testing.T) {
	for _, e := range entriesOfEveryKind() {
		got, err := ParseEntry(e.Marshal())
		if err != nil || got != e {
			t.Errorf("%s: %+v, %v", e.Kind, got, err)
		}
		if k, ok := ParseKind(e.Kind.String()); !ok || k != e.Kind {
			t.Errorf("%s does not read back", e.Kind)
		}
		if len(e.Text()) < 5 {
			t.Errorf("%s shows as %q", e.Kind, e.Text())
		}
	}
}

func TestMalformedEntries(t *testing.T) {
	good := Entry{Kind: Ended, Job: [16]byte{1}, State: "released", Code: "TACIT-W110"}.Marshal()
	if _, err := ParseEntry(good); err != nil {
		t.Fatal(err)
	}
	bad := map[string][]byte{
		"nothing":       {},
		"cut":           good[:len(good)-1],
		"more":          append(slices.Clone(good), 0),
		"version":       append([]byte{2}, good[1:]...),
		"kind 0":        append(append(slices.Clone(good[:17]), 0), good[18:]...),
		"unknown kind":  append(append(slices.Clone(good[:17]), 99), good[18:]...),
		"upper case":    bytes.Replace(good, []byte("released"), []byte("Released"), 1),
		"no code":       bytes.Replace(good, []byte("TACIT-W110"), []byte("TACIT-W11x"), 1),
		"negative time": append(append(slices.Clone(good[:16]), 0xff), good[17:]...),
	}
	for name, b := range bad {
		if e, err := ParseEntry(b); err == nil {
			t.Errorf("%s was read as %+v", name, e)
		}
	}
}

// What a peer says never keeps an entry from being written, and is not written raw.
func TestHostileTexts(t *testing.T) {
	long := strings.Repeat("ä", 500)
	e := Entry{Kind: Asked, About: Subject{Analyst: long, Purpose: "a\x00b\n\x1b[31m\xff" + long, Table: long}}
	got, err := ParseEntry(e.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.About.Purpose, "a?b??[31m\ufffd") || !utf8.ValidString(got.About.Purpose) || len(got.About.Purpose) > maxPurpose {
		t.Errorf("purpose %q", got.About.Purpose)
	}
	for _, k := range []Kind{Refused, Ended} {
		e := Entry{Kind: k, Member: long, Code: "DROP TABLE", State: "Robert'); --"}
		if got, err := ParseEntry(e.Marshal()); err != nil || got.Code != "" || k == Ended && got.State != "unknown" {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// The tree is that of RFC 6962, as tlog computes it, for every size.
func TestTreeIsThatOfTlog(t *testing.T) {
	var tree Tree
	var bodies [][]byte
	for n := range 70 {
		all, err := hashesOf(bodies)
		if err != nil {
			t.Fatal(err)
		}
		root, err := tlog.TreeHash(int64(n), &all)
		if err != nil || tree.Root() != root {
			t.Fatalf("root of %d leaves is %s, want %s, %v", n, tree.Root(), root, err)
		}
		again, err := TreeOf(tree.Size(), tree.Edge())
		if err != nil || again.Root() != root || again.Size() != uint64(n) {
			t.Fatalf("the edge of %d leaves does not read back: %v", n, err)
		}
		if _, err := TreeOf(tree.Size()+1, tree.Edge()); err == nil && n > 0 && n%2 == 0 {
			t.Errorf("the edge of %d leaves is one of %d", n, n+1)
		}
		bodies = append(bodies, []byte{byte(n)})
		tree.Append(bodies[n])
	}
}

// TestRandomLedgers: whatever was appended, every part of it verifies, every two states are
// consistent, and one changed bit anywhere is seen.
func TestRandomLedgers(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	w := newWorld()
	kinds := entriesOfEveryKind()[1:]
	for range 8 {
		l := w.log(t, "north", Worker)
		for range 1 + r.IntN(40) {
			e := kinds[r.IntN(len(kinds))]
			e.Attempt, e.Job[0] = r.Uint32(), byte(r.IntN(3))
			l.add(e.clean())
		}
		old := l.history[r.IntN(len(l.history))]
		full := l.verified(w.Space)
		if err := full.Extends(old); err != nil {
			t.Fatal(err)
		}
		job := [16]byte{byte(r.IntN(3))}
		x, err := l.record().Select(func(e Entry) bool { return e.Job == job }, []Checkpoint{old})
		if err != nil {
			t.Fatal(err)
		}
		part, err := x.Verify(w.Space, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errorsOf(part.Extends(old), Consistent(part, full)); err != nil {
			t.Fatal(err)
		}
		for _, x := range []*Export{x, l.export()} {
			flip(t, w, r, x.Marshal())
		}
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// flip changes single bits of an export: none of the results verifies.
func flip(t *testing.T, w *world, r *rand.Rand, file []byte) {
	t.Helper()
	for range 30 {
		changed := slices.Clone(file)
		at := r.IntN(len(changed))
		changed[at] ^= 1 << r.IntN(8)
		x, err := ParseExport(changed)
		if err != nil {
			continue
		}
		if _, err := x.Verify(w.Space, Options{}); err == nil {
			t.Fatalf("bit of byte %d changed, and the export verifies", at)
		}
	}
}

func TestStatement(t *testing.T) {
	w := newWorld()
	l := w.log(t, "north", Worker)
	l.now = time.Date(2026, 10, 31, 23, 59, 0, 0, time.UTC).UnixMilli()
	l.add(served(1, "north")...)
	l.now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	l.add(served(2, "north")...).add(refusal(3, "north")...)
	made, err := w.keeper("north").State(l.verified(w.Space), "2026-11", nil, time.UnixMilli(l.now))
	if err != nil {
		t.Fatal(err)
	}
	l.add(served(4, "north")...)
	s, err := OpenStatement(made.Note, w.Space)
	if err != nil {
		t.Fatal(err)
	}
	if s.Counts != (Counts{Asked: 2, Accepted: 1, Refused: 1, Released: 1, Sent: 1000, Compute: 20}) {
		t.Errorf("counts %+v", s.Counts)
	}
	pass(t, s.Check(l.verified(w.Space)))

	lie := *s
	lie.Counts.Released = 1000
	want(t, lie.Check(l.verified(w.Space)), WrongStatement)
	_, err = OpenStatement(bytes.Replace(made.Note, []byte("released: 1\n"), []byte("released: 9\n"), 1), w.Space)
	want(t, err, Forged)
	_, err = OpenStatement(l.last().Note, w.Space)
	want(t, err, Forged)
	want(t, s.Check(w.fork(t, 10, served(2, "north")...).verified(w.Space)), Forked)
	if _, err := w.keeper("south").State(l.verified(w.Space), "2026-11", nil, time.Now()); !NotProved.Is(err) {
		t.Errorf("a statement about the ledger of another member: %v", err)
	}
	for _, period := range []string{"2026", "2026-13", "2026-1", "november", ""} {
		if _, _, err := Month(period); !Malformed.Is(err) {
			t.Errorf("period %q: %v", period, err)
		}
	}
}

func TestCountersignaturesAddUp(t *testing.T) {
	w := newWorld()
	c := busy(t, w).last()
	for _, member := range []string{"south", "west", "south"} {
		var err error
		if c, err = w.keeper(member).Countersign(c, w.Space); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(c.Witnesses, []string{"south", "west"}) {
		t.Errorf("witnesses %q", c.Witnesses)
	}
	_, err := OpenCheckpoint(bytes.Replace(c.Note, []byte("south "), []byte("south A"), 1), w.Space)
	if err == nil {
		t.Error("a countersignature that is none was accepted")
	}
}

func FuzzEntry(f *testing.F) {
	for _, e := range entriesOfEveryKind() {
		f.Add(e.Marshal())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEntry(b)
		if err == nil && !bytes.Equal(e.Marshal(), b) {
			t.Errorf("%x is not the one encoding of %+v", b, e)
		}
	})
}

func FuzzExport(f *testing.F) {
	w := newWorld()
	l := busy(f, w)
	f.Add(l.export().Marshal())
	part, err := l.record().Select(func(e Entry) bool { return e.Kind == Released }, l.history[:2])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(part.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := ParseExport(b)
		if err != nil {
			return
		}
		if !bytes.Equal(x.Marshal(), b) {
			t.Error("an export has two encodings")
		}
		_, _ = x.Verify(w.Space, Options{})
	})
}

func FuzzNotes(f *testing.F) {
	w := newWorld()
	l := busy(f, w)
	f.Add(l.last().Note)
	s, err := w.keeper("north").State(l.verified(w.Space), "2026-11", nil, time.UnixMilli(start))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Note)
	f.Add([]byte(s.Text()))
	s.Units = []Units{Coarse("patients", 123, 10), Coarse("visits", 7, 20)}
	f.Add([]byte(s.Text()))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = OpenCheckpoint(b, w.Space)
		_, _ = OpenStatement(b, w.Space)
		if c, err := parseCheckpoint(string(b)); err == nil && c.text() != string(b) {
			t.Error("a checkpoint has two texts")
		}
		if s, err := parseStatement(string(b)); err == nil && s.Text() != string(b) {
			t.Error("a statement has two texts")
		}
	})
}

// What a ledger is made of is kept for years: these bytes do not change.
func TestKnownAnswer(t *testing.T) {
	w := newWorld()
	l := &log{t: t, keeper: w.keeper("north"), role: Worker, now: start, id: [8]byte{4}}
	for _, e := range entriesOfEveryKind()[:Debited] { // the kinds that there were then
		e.Seq--
		l.put(e.Marshal())
	}
	c := l.sign()
	const text = "tacit/lab/north/worker/0400000000000000\n13\nBzw2kHAC7HC92U+LExYB7ptqzFB9tSG08Il7Nnui3Xc=\n"
	if c.text() != text {
		t.Errorf("checkpoint %q", c.text())
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(c.Note)); sum != "d71810fe1f2ac89d40876f5b1bc1eb5034030e0dc2e365c4a65bdbf3b60f2471" {
		t.Errorf("the signed note has the hash %s", sum)
	}
	if _, err := l.export().Verify(w.Space, Options{}); err != nil {
		t.Error(err)
	}
}
