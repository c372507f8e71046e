package budget_test

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
)

// history is a naive owner: a list of everything that was ever asked, and a clock.
type history struct {
	rng     *rand.Rand
	account budget.Account
	now     time.Time
	asked   []*question
}

// question is one that was accepted. Its answer may have become known at any time from paid to known.
type question struct {
	line   budget.Line
	paid   time.Time
	known  time.Time
	opened bool
}

func newHistory(seed uint64) *history {
	rng := rand.New(rand.NewPCG(seed, seed))
	return &history{
		rng: rng,
		now: time.UnixMilli(1_790_000_000_000).UTC(),
		account: budget.Account{
			Table: "t", Organisation: "University", Analysts: []string{"ada", "bob"},
			Period: time.Duration(1+rng.IntN(1000)) * time.Second, Limit: dp.Rho(1 + rng.IntN(1000)),
		},
	}
}

func (h *history) lines() []budget.Line {
	var lines []budget.Line
	for _, q := range h.asked {
		lines = append(lines, q.line)
	}
	return lines
}

// pick returns a random number of milliseconds up to the period and a bit.
func (h *history) pick() time.Duration {
	return time.Duration(h.rng.Int64N(h.account.Period.Milliseconds()*5/4)) * time.Millisecond
}

// step does one thing that an owner does, as store and worker do it.
func (h *history) step() {
	live := slices.DeleteFunc(slices.Clone(h.asked), func(q *question) bool { return q.opened })
	switch what := h.rng.IntN(12); {
	case what < 4: // a question: reserved, if it fits
		price := dp.Rho(1 + h.rng.Uint64N(uint64(h.account.Limit)))
		s := h.account.At(h.now, h.lines())
		if price > s.Left() {
			return
		}
		who := [][2]string{{"ada", "University"}, {"bob", "University"}, {"ada", "Institute"}, {"eve", "University"}}[h.rng.IntN(4)]
		h.asked = append(h.asked, &question{line: budget.Line{
			Job: [16]byte{byte(len(h.asked) >> 8), byte(len(h.asked))}, Table: "t", Analyst: who[0], Organisation: who[1],
			Rho: price, Until: h.now.Add(h.pick() / 4),
		}})
	case what < 6 && len(live) > 0: // an input leaves
		q := live[h.rng.IntN(len(live))]
		if !q.line.Debited {
			q.paid, q.line.Debited, q.line.Until = h.now, true, later(q.line.Until, h.now)
		}
	case what < 8 && len(live) > 0: // a release
		q := live[h.rng.IntN(len(live))]
		if q.line.Debited && !h.now.After(q.line.Until) { // else it has expired
			q.opened, q.known = true, q.paid.Add(time.Duration(h.rng.Int64N(int64(q.line.Until.Sub(q.paid))+1)))
		}
	case what < 9 && len(live) > 0: // the end of a job of which nothing has left, or that is refunded on proof
		q := live[h.rng.IntN(len(live))]
		h.asked = slices.DeleteFunc(h.asked, func(other *question) bool { return other == q })
	default:
		h.now = h.now.Add(h.pick() / 3)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// used adds up by the definition: reservations, and debits until the period after their last time.
func (h *history) used(now time.Time) (spent, reserved *big.Int) {
	spent, reserved = new(big.Int), new(big.Int)
	for _, q := range h.asked {
		amount := new(big.Int).SetUint64(uint64(q.line.Rho))
		switch {
		case !q.line.Debited:
			reserved.Add(reserved, amount)
		case !now.After(q.line.Until.Add(h.account.Period)):
			spent.Add(spent, amount)
		}
	}
	return spent, reserved
}

// TestWindow: whatever is asked, paid, released and given back, an account is the sum of what counts, and in no span of
// time as long as the period do answers become known that cost more than the limit together.
func TestWindow(t *testing.T) {
	served := 0
	for seed := range uint64(1000) {
		h := newHistory(seed)
		for range 120 {
			h.step()
			at := h.now.Add(h.pick() - h.account.Period/2)
			spent, reserved := h.used(at)
			s := h.account.At(at, h.lines())
			if spent.Cmp(new(big.Int).SetUint64(uint64(s.Spent))) != 0 || reserved.Cmp(new(big.Int).SetUint64(uint64(s.Reserved))) != 0 {
				t.Fatalf("seed %d at %s: spent %s, reserved %s, want %s and %s", seed, at, s.Spent, s.Reserved, spent, reserved)
			}
			earlier := h.account.At(at.Add(-h.pick()), h.lines())
			if earlier.Spent < s.Spent || earlier.Reserved != s.Reserved {
				t.Fatalf("seed %d: a clock that is set back makes less count", seed)
			}
		}
		served += h.wantBounded(t, seed)
	}
	if served < 1000 {
		t.Errorf("%d questions were answered in all: too few for the test to say anything", served)
	}
}

// wantBounded looks at every span that ends when an answer became known, and returns how many did.
func (h *history) wantBounded(t *testing.T, seed uint64) (answers int) {
	t.Helper()
	for _, last := range h.asked {
		if !last.opened {
			continue
		}
		answers++
		sum := dp.Rho(0)
		for _, q := range h.asked {
			if q.opened && !q.known.After(last.known) && !q.known.Before(last.known.Add(-h.account.Period)) {
				sum += q.line.Rho
			}
		}
		if sum > h.account.Limit {
			t.Fatalf("seed %d: rho %s became known within %s, the limit is %s", seed, sum, h.account.Period, h.account.Limit)
		}
	}
	return answers
}

// TestFits: the time that a refused question is told is the first at which it fits, if what is reserved is spent and
// nothing more is asked; and the account renews at the first time at which something stops to count.
func TestFits(t *testing.T) {
	told := 0
	for seed := range uint64(300) {
		h := newHistory(seed)
		for range 60 {
			h.step()
		}
		price := dp.Rho(1 + h.rng.Uint64N(uint64(h.account.Limit)))
		if _, ever := h.account.Fits(h.account.Limit+1, h.now, h.lines()); ever {
			t.Fatalf("seed %d: more than the limit fits", seed)
		}
		at, ever := h.account.Fits(price, h.now, h.lines())
		if !ever || at.Before(h.now) {
			t.Fatalf("seed %d: fits at %s, %v, and it is %s", seed, at, ever, h.now)
		}
		spent := h.lines()
		for i := range spent {
			spent[i].Debited = true
		}
		left := func(when time.Time) dp.Rho { s := h.account.At(when, spent); return s.Left() }
		if left(at) < price {
			t.Fatalf("seed %d: it does not fit at %s", seed, at)
		}
		if at.After(h.now) {
			told++
			if before := at.Add(-time.Millisecond); left(before) >= price {
				t.Fatalf("seed %d: it fits at %s already", seed, before)
			}
		}
		h.wantRenewal(t, seed)
	}
	if told < 20 {
		t.Errorf("%d questions did not fit at once: too few", told)
	}
}

func (h *history) wantRenewal(t *testing.T, seed uint64) {
	t.Helper()
	lines := slices.DeleteFunc(h.lines(), func(l budget.Line) bool { return !l.Debited })
	renews := h.account.Renews(h.now, lines)
	now := h.account.At(h.now, lines)
	if renews.IsZero() {
		if now.Spent != 0 {
			t.Fatalf("seed %d: spent %s never renews", seed, now.Spent)
		}
		return
	}
	before, then := h.account.At(renews.Add(-time.Millisecond), lines), h.account.At(renews, lines)
	if before.Spent != now.Spent || then.Spent >= now.Spent {
		t.Fatalf("seed %d: spent %s now, %s before %s and %s then", seed, now.Spent, before.Spent, renews, then.Spent)
	}
}

// TestInstants: a debit counts at the last instant of the period, and not a millisecond later; a reservation always
// does; a price may be all that is left.
func TestInstants(t *testing.T) {
	until := time.UnixMilli(1_790_000_000_000).UTC()
	a := budget.Account{Table: "t", Analysts: []string{"ada"}, Period: time.Hour, Limit: 100}
	debit := []budget.Line{{Table: "t", Analyst: "ada", Rho: 60, Until: until, Debited: true}}
	held := []budget.Line{{Table: "t", Analyst: "ada", Rho: 60, Until: until}}
	for _, c := range []struct {
		after           time.Duration
		spent, reserved dp.Rho
	}{
		{-time.Hour, 60, 60},
		{0, 60, 60},
		{time.Hour - time.Millisecond, 60, 60},
		{time.Hour, 60, 60},
		{time.Hour + time.Nanosecond, 0, 60},
		{time.Hour + time.Millisecond, 0, 60},
		{1000 * time.Hour, 0, 60},
	} {
		if s := a.At(until.Add(c.after), debit); s.Spent != c.spent || s.Reserved != 0 || s.Left() != 100-c.spent {
			t.Errorf("a debit %s after its time: %+v", c.after, s)
		}
		if s := a.At(until.Add(c.after), held); s.Spent != 0 || s.Reserved != c.reserved || s.Left() != 100-c.reserved {
			t.Errorf("a reservation %s after its time: %+v", c.after, s)
		}
	}
	if at, ever := a.Fits(40, until, debit); !ever || !at.Equal(until) {
		t.Errorf("all that is left fits at %s, %v", at, ever)
	}
	if at, ever := a.Fits(41, until, debit); !ever || !at.Equal(until.Add(time.Hour+time.Millisecond)) {
		t.Errorf("one more fits at %s, %v", at, ever)
	}
	if at, ever := a.Fits(100, until, nil); !ever || !at.Equal(until) {
		t.Errorf("the whole limit fits at %s, %v", at, ever)
	}
}

// TestSums saturate, so that nothing that wraps around leaves something over.
func TestSums(t *testing.T) {
	a := budget.Account{Table: "t", Analysts: []string{"ada"}, Period: time.Hour, Limit: dp.MaxRho}
	line := budget.Line{Table: "t", Analyst: "ada", Rho: dp.MaxRho, Debited: true}
	s := a.At(time.Time{}, []budget.Line{line, line, line})
	if s.Spent != dp.MaxRho || s.Left() != 0 {
		t.Errorf("spent %s, left %s", s.Spent, s.Left())
	}
	s.Reserved = dp.MaxRho
	if s.Left() != 0 {
		t.Errorf("left %s", s.Left())
	}
	lowered := budget.State{Account: budget.Account{Limit: 10}, Spent: 60}
	if lowered.Left() != 0 {
		t.Errorf("left %s of a limit that was lowered", lowered.Left())
	}
}
