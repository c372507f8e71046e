package ledger

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tacit-space/tacit/engine/fault"
)

// Every attack runs twice: with the defence, where it must be seen, and without,
// where it must not be, or the test would show nothing.

func want(t *testing.T, err error, kind *fault.Kind) {
	t.Helper()
	if !kind.Is(err) {
		t.Errorf("error %v, want %s", err, kind.Code)
	}
}

func pass(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("the attack fails without the defence too: %v", err)
	}
}

func busy(t testing.TB, w *world) *log {
	l := w.log(t, "north", Worker)
	for job := range byte(5) {
		l.add(served(job+1, "north")...)
	}
	return l
}

func TestEntryChanged(t *testing.T) {
	w := newWorld()
	x := busy(t, w).export()
	e, err := ParseEntry(x.Entries[4])
	if err != nil {
		t.Fatal(err)
	}
	e.Attempt++
	x.Entries[4] = e.Marshal()
	_, err = x.Verify(w.Space, Options{})
	want(t, err, Rewritten)
	_, err = x.Verify(w.Space, Options{without: defences{tree: true}})
	pass(t, err)
}

func TestEntryRemovedInTheMiddle(t *testing.T) {
	w := newWorld()
	x := busy(t, w).export()
	x.Entries = slices.Delete(x.Entries, 5, 6)
	_, err := x.Verify(w.Space, Options{})
	want(t, err, Rewritten)
	_, err = x.Verify(w.Space, Options{without: defences{tree: true, order: true}})
	pass(t, err)
}

func TestEntriesReordered(t *testing.T) {
	w := newWorld()
	x := busy(t, w).export()
	x.Entries[4], x.Entries[5] = x.Entries[5], x.Entries[4]
	_, err := x.Verify(w.Space, Options{})
	want(t, err, Rewritten)
	_, err = x.Verify(w.Space, Options{without: defences{tree: true, order: true}})
	pass(t, err)
}

// The member itself moves an entry and signs the tree again: the numbers show it.
func TestEntriesReorderedAndSigned(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	moved := w.log(t, "north", Worker)
	moved.bodies, moved.tree = nil, Tree{}
	l.bodies[4], l.bodies[5] = l.bodies[5], l.bodies[4]
	for _, body := range l.bodies {
		moved.put(body)
	}
	moved.sign()
	_, err := moved.export().Verify(w.Space, Options{})
	want(t, err, Rewritten)
	_, err = moved.export().Verify(w.Space, Options{without: defences{order: true}})
	pass(t, err)
}

// truncate cuts a ledger back to what it was with n entries, signed by its member.
func (l *log) truncate(n int) *Record {
	i := slices.IndexFunc(l.history, func(c Checkpoint) bool { return c.Size == uint64(n) })
	return &Record{Checkpoint: l.history[i].Note, Entries: l.bodies[:n]}
}

// The last entries are cut off together with the checkpoint: an old checkpoint is replayed.
// Only a later one that somebody kept shows it.
func TestTruncated(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	kept, err := w.keeper("south").Countersign(l.last(), w.Space)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(kept.Witnesses, []string{"south"}) {
		t.Errorf("witnesses %q", kept.Witnesses)
	}
	v, err := l.truncate(12).Export().Verify(w.Space, Options{})
	pass(t, err) // the defence is the kept checkpoint
	want(t, v.Extends(kept), Truncated)
	if findings := Compare([]*Verified{v}, []Checkpoint{kept}, w.Space); len(findings) != 1 || !findings[0].Grave {
		t.Errorf("findings %+v", findings)
	}
}

// Entries removed at the end, with the checkpoint left: nothing has to be kept.
func TestTruncatedBelowItsCheckpoint(t *testing.T) {
	w := newWorld()
	x := busy(t, w).export()
	x.Entries = x.Entries[:len(x.Entries)-1]
	_, err := x.Verify(w.Space, Options{})
	want(t, err, Rewritten)
	_, err = x.Verify(w.Space, Options{without: defences{tree: true}})
	pass(t, err)
}

// fork is another continuation of a ledger after n entries.
func (w *world) fork(t *testing.T, n int, more ...Entry) *log {
	l := busy(t, w)
	f := w.log(t, "north", Worker)
	f.bodies, f.tree, f.history, f.now = nil, Tree{}, nil, l.now
	for _, body := range l.bodies[:n] {
		f.put(body)
	}
	f.add(more...)
	return f
}

func TestForkShownToTwoReaders(t *testing.T) {
	w := newWorld()
	honest := busy(t, w).verified(w.Space)
	for name, other := range map[string]*log{
		"longer":  w.fork(t, 10, append(append(served(7, "north"), served(8, "north")...), append(served(9, "north"), served(10, "north")...)...)...),
		"shorter": w.fork(t, 10, served(7, "north")[:2]...),
		"same":    w.fork(t, 26, Entry{Kind: KeysMade, Digest: [32]byte{1}}),
	} {
		t.Run(name, func(t *testing.T) {
			v := other.verified(w.Space) // each by itself is in order
			want(t, Consistent(honest, v), Forked)
			want(t, Consistent(v, honest), Forked)
			if v.Size <= honest.Size {
				want(t, honest.Extends(other.last()), Forked)
			}
			findings := Compare([]*Verified{honest, v}, nil, w.Space)
			if len(findings) == 0 || !findings[0].Grave {
				t.Errorf("findings %+v", findings)
			}
		})
	}
}

// A part of a ledger proves that it continues what the other reader has, or does not.
func TestForkShownInParts(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	early := l.history[3]
	part := func(l *log, earlier ...Checkpoint) (*Verified, error) {
		x, err := l.record().Select(func(e Entry) bool { return e.Job == [16]byte{2} }, earlier)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseExport(x.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		return again.Verify(w.Space, Options{})
	}
	v, err := part(l, early)
	pass(t, err)
	if len(v.Entries) != 5 || v.Complete {
		t.Errorf("%d entries of the job, want 5", len(v.Entries))
	}
	pass(t, v.Extends(early))
	want(t, v.Extends(l.history[4]), NotProved)

	forked := w.fork(t, 10, served(7, "north")...)
	if forked.last().Size <= early.Size {
		t.Fatal("the fork is too short to say something")
	}
	_, err = part(forked, early)
	want(t, err, Forked)
}

func TestClockSetBack(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	l.now -= time.Hour.Milliseconds()
	l.add(served(6, "north")...)
	_, err := l.export().Verify(w.Space, Options{Tolerance: time.Minute})
	want(t, err, ClockBack)
	_, err = l.export().Verify(w.Space, Options{without: defences{clock: true}})
	pass(t, err)
	_, err = l.export().Verify(w.Space, Options{Tolerance: 2 * time.Hour})
	pass(t, err)
}

// Many small steps back are one large one.
func TestClockSetBackInSteps(t *testing.T) {
	w := newWorld()
	l := w.log(t, "north", Worker)
	for range 10 {
		l.now -= 21_000
		l.add(Entry{Kind: KeysMade, Digest: [32]byte{1}})
	}
	_, err := l.export().Verify(w.Space, Options{Tolerance: 30 * time.Second})
	want(t, err, ClockBack)
}

func TestClockAhead(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	now := time.UnixMilli(l.now)
	_, err := l.export().Verify(w.Space, Options{Now: now.Add(-time.Hour), Tolerance: time.Minute})
	want(t, err, ClockBack)
	_, err = l.export().Verify(w.Space, Options{Now: now, Tolerance: time.Minute})
	pass(t, err)
}

// Somebody without the member's key signs a checkpoint of another history.
func TestForgedCheckpoint(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	forge := func(by Keeper, origin Origin) []byte {
		c := Checkpoint{Origin: origin, Size: l.tree.Size(), Root: l.tree.Root()}
		signed, err := by.sign(&note.Note{Text: c.text()}, labelCheckpoint)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	origin := l.last().Origin
	for name, signed := range map[string][]byte{
		"another member":            forge(w.keeper("south"), origin),
		"another key, same name":    forge(Keeper{Member: "north", Identity: w.ids["south"]}, origin),
		"another space":             forge(w.keeper("north"), Origin{"other", "north", Worker, l.id}),
		"a role that it has not":    forge(w.keeper("north"), Origin{"lab", "north", Coordinator, l.id}),
		"a member that is none":     forge(w.keeper("north"), Origin{"lab", "east", Worker, l.id}),
		"a statement as checkpoint": statementAsCheckpoint(t, w, l),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := OpenCheckpoint(signed, w.Space)
			want(t, err, Forged)
			x := &Export{Checkpoint: signed, Complete: true, Entries: l.bodies}
			_, err = x.Verify(w.Space, Options{})
			want(t, err, Forged)
		})
	}
	_, err := OpenCheckpoint(forge(w.keeper("north"), origin), w.Space)
	pass(t, err)
}

// The text of a checkpoint, signed by the member itself under the label of a statement.
func statementAsCheckpoint(t *testing.T, w *world, l *log) []byte {
	signed, err := w.keeper("north").sign(&note.Note{Text: l.last().text()}, labelStatement)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// A signature with the right key hash over another text.
func TestCheckpointWithAnotherText(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	signed := slices.Clone(l.last().Note)
	at := len(l.last().Origin.String()) + 1
	signed[at] = '1' + (signed[at]-'0')%9 // another size
	_, err := OpenCheckpoint(signed, w.Space)
	want(t, err, Forged)
}

// The entries of one ledger under the checkpoint of another of the same member.
func TestEntriesOfAnotherLedger(t *testing.T) {
	w := newWorld()
	l, other := busy(t, w), w.log(t, "north", Worker)
	l.id[0]++
	c := l.sign()
	_, err := (&Export{Checkpoint: c.Note, Complete: true, Entries: l.bodies}).Verify(w.Space, Options{})
	want(t, err, Rewritten)
	want(t, other.verified(w.Space).Extends(c), Malformed)
}

// A proof of one entry does not fit another one, nor another place.
func TestProofOfAnotherEntry(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	x, err := l.record().Select(func(e Entry) bool { return e.Kind == Released }, nil)
	if err != nil {
		t.Fatal(err)
	}
	x.Proofs[0], x.Proofs[1] = x.Proofs[1], x.Proofs[0]
	_, err = x.Verify(w.Space, Options{})
	want(t, err, Rewritten)
	_, err = x.Verify(w.Space, Options{without: defences{tree: true}})
	pass(t, err)
}
