package budget_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/ledger"
)

const begin = 1_790_000_000_000

// books are the accounts and the ledger of an owner that keeps both as it should.
type books struct {
	lines   []budget.Line
	entries []ledger.Entry
}

func (b *books) add(e ledger.Entry) {
	e.Seq, e.Time = uint64(len(b.entries)), begin+1000*int64(len(b.entries))
	b.entries = append(b.entries, e)
}

// serve has one question with noise: asked and debited, then released, refunded, or neither.
func (b *books) serve(job byte, rho dp.Rho, released, refunded bool) {
	id := [16]byte{job}
	until := time.UnixMilli(begin + int64(time.Hour/time.Millisecond)).UTC()
	b.add(ledger.Entry{Kind: ledger.Asked, Job: id, About: ledger.Subject{Analyst: "ada", Table: "t"}})
	b.add(ledger.Entry{Kind: ledger.Accepted, Job: id, Member: "north"})
	b.add(ledger.Entry{Kind: ledger.Debited, Job: id, Amount: uint64(rho), Until: until.UnixMilli()})
	if released {
		b.add(ledger.Entry{Kind: ledger.Released, Job: id, Attempt: 1})
	}
	b.add(ledger.Entry{Kind: ledger.Ended, Job: id, State: "released"})
	if refunded {
		b.add(ledger.Entry{Kind: ledger.Refunded, Job: id, Amount: uint64(rho)})
		return
	}
	b.lines = append(b.lines, budget.Line{Job: id, Table: "t", Analyst: "ada", Organisation: "University", Rho: rho, Until: until, Debited: true})
}

func (b *books) err() error {
	a := budget.NewAudit(b.lines)
	for i := range b.entries {
		a.Add(&b.entries[i])
	}
	return a.Err()
}

// some is a random owner's books, with reservations, which are in no ledger.
func some(rng *rand.Rand) *books {
	b := &books{}
	for job := range byte(3 + rng.IntN(10)) {
		end := rng.IntN(3)
		b.serve(job+1, dp.Rho(2+rng.IntN(1000)), end == 0, end == 1)
	}
	b.serve(100, 500, true, false)
	b.lines = append(b.lines, budget.Line{Job: [16]byte{200}, Table: "t", Analyst: "ada", Rho: 7})
	rng.Shuffle(len(b.lines), func(i, j int) { b.lines[i], b.lines[j] = b.lines[j], b.lines[i] })
	return b
}

// debit returns a random line that is a debit.
func (b *books) debit(rng *rand.Rand) *budget.Line {
	for {
		if l := &b.lines[rng.IntN(len(b.lines))]; l.Debited {
			return l
		}
	}
}

// TestAudit: books that were kept as they should fit; whatever gives budget back in the accounts, and not in the
// ledger, does not.
func TestAudit(t *testing.T) {
	const seed = 11
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	changes := map[string]func(*books){
		"a debit is gone": func(b *books) {
			job := b.debit(rng).Job
			b.lines = slices.DeleteFunc(b.lines, func(l budget.Line) bool { return l.Job == job })
		},
		"a debit is a reservation": func(b *books) { b.debit(rng).Debited = false },
		"another amount":           func(b *books) { b.debit(rng).Rho-- },
		"a shorter time":           func(b *books) { l := b.debit(rng); l.Until = l.Until.Add(-time.Millisecond) },
		"another table":            func(b *books) { b.debit(rng).Table = "u" },
		"another analyst":          func(b *books) { b.debit(rng).Analyst = "eve" },
		"another job":              func(b *books) { b.debit(rng).Job[15]++ },
		"a debit that is in no ledger": func(b *books) {
			l := *b.debit(rng)
			l.Job[15]++
			b.lines = append(b.lines, l)
		},
		"a refund that the accounts do not have": func(b *books) {
			l := b.debit(rng)
			b.add(ledger.Entry{Kind: ledger.Refunded, Job: l.Job, Amount: uint64(l.Rho)})
		},
	}
	for range 300 {
		if err := some(rng).err(); err != nil {
			t.Fatal(err)
		}
		for name, change := range changes {
			b := some(rng)
			change(b)
			if err := b.err(); !budget.Unfit.Is(err) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	// A refund, and a debit of the same job after it: that one has to be there.
	b := &books{}
	b.serve(1, 10, false, true)
	b.serve(1, 10, false, false)
	if err := b.err(); err != nil {
		t.Error(err)
	}
	b.lines = nil
	if err := b.err(); !budget.Unfit.Is(err) {
		t.Errorf("the second debit of a job is gone: %v", err)
	}
}
