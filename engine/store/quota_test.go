package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/store"
)

// counted is a question of an analyst about a table, bounded by quotas.
func counted(id byte, analyst, table string, quotas ...store.Quota) store.Offered {
	o := offered(id)
	o.Counting = &store.Counting{Table: table, Analyst: analyst, Organisation: "University", Quotas: quotas}
	return o
}

func ofAnalyst(analyst string, questions int) store.Quota {
	return store.Quota{Rule: "charter: rules.quotas[0]", Analysts: []string{analyst}, Questions: questions, Period: 24 * time.Hour}
}

var universityQuota = store.Quota{Rule: "charter: rules.quotas[1]", Organisation: "University", Questions: 2, Period: 24 * time.Hour}

func wantSpent(t *testing.T, err error, again time.Time) {
	t.Helper()
	var spent *store.Spent
	if !errors.As(err, &spent) || !spent.Again.Equal(again) {
		t.Fatalf("got %v (%+v), want room again at %s", err, spent, again)
	}
}

// TestQuota: what counts are accepted questions of the last period, and a refused one does not.
func TestQuota(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	start := time.Now().UTC().Truncate(time.Millisecond)
	at := func(d time.Duration) { w.SetNow(func() time.Time { return start.Add(d) }) }
	at(0)
	must(t, w.Decide(counted(1, "ada", "t", ofAnalyst("ada", 2))))
	refused := counted(2, "ada", "t")
	refused.Accepted = false
	must(t, w.Decide(refused))
	at(time.Hour)
	must(t, w.Decide(counted(3, "ada", "t", ofAnalyst("ada", 2))))
	end(t, w, store.JobID{3}, store.Ending{How: "cancelled"}) // it was accepted all the same
	wantSpent(t, w.Decide(counted(4, "ada", "t", ofAnalyst("ada", 2))), start.Add(24*time.Hour))
	if _, err := w.Job(store.JobID{4}); !errors.Is(err, store.ErrMissing) {
		t.Errorf("a question without room is stored: %v", err)
	}
	wantSpent(t, w.Room(counted(4, "ada", "t", ofAnalyst("ada", 1)).Counting), start.Add(25*time.Hour))
	must(t, w.Room(counted(4, "ada", "t", ofAnalyst("ada", 3)).Counting))
	must(t, w.Room(counted(4, "bob", "t", ofAnalyst("bob", 1)).Counting))
	tables := ofAnalyst("ada", 1)
	tables.Tables = []string{"u"}
	must(t, w.Room(counted(4, "ada", "t", tables).Counting))

	// Of several quotas the one that has no room for the longest time says when.
	wantSpent(t, w.Room(counted(4, "ada", "t", ofAnalyst("ada", 2), ofAnalyst("ada", 1)).Counting), start.Add(25*time.Hour))

	must(t, w.Close())
	w = worker(t, folder)
	at(24 * time.Hour)
	must(t, w.Decide(counted(4, "ada", "t", ofAnalyst("ada", 2))))
}

// TestColludersShareAQuota is the attack of two analysts of one organisation: a quota of the organisation counts both,
// and one that left it or was renamed too.
func TestColludersShareAQuota(t *testing.T) {
	w := worker(t, t.TempDir())
	must(t, w.Decide(counted(1, "ada", "t", universityQuota)))
	must(t, w.Decide(counted(2, "bob", "t", universityQuota)))
	var spent *store.Spent
	if err := w.Decide(counted(3, "ada", "t", universityQuota)); !errors.As(err, &spent) {
		t.Fatalf("a third question of two colluders: %v", err)
	}
	renamed := universityQuota
	renamed.Organisation, renamed.Analysts = "Academy", []string{"ada", "bob"}
	if err := w.Decide(counted(3, "ada", "t", renamed)); !errors.As(err, &spent) {
		t.Fatalf("a third question under a new name: %v", err)
	}
	// With a quota of each analyst only, the attack succeeds.
	must(t, w.Decide(counted(3, "ada", "t", ofAnalyst("ada", 2))))
}

// TestQuotaRace: of many questions at once no more are accepted than there is room for.
func TestQuotaRace(t *testing.T) {
	w := worker(t, t.TempDir())
	var accepted atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			err := w.Decide(counted(byte(i+1), fmt.Sprintf("analyst%d", i%2), "t", store.Quota{Organisation: "University", Questions: 5, Period: time.Hour}))
			var spent *store.Spent
			switch {
			case err == nil:
				accepted.Add(1)
			case !errors.As(err, &spent):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if accepted.Load() != 5 {
		t.Errorf("%d questions accepted, 5 allowed", accepted.Load())
	}
}

// TestClockDoesNotRenewAQuota: neither set back, nor ahead and back again; and pruning forgets nothing that may still count.
func TestClockDoesNotRenewAQuota(t *testing.T) {
	w := worker(t, t.TempDir())
	start := time.Now().UTC().Truncate(time.Millisecond)
	at := func(d time.Duration) { w.SetNow(func() time.Time { return start.Add(d) }) }
	const year = 365 * 24 * time.Hour
	q := ofAnalyst("ada", 1)
	q.Period = year
	at(0)
	must(t, w.Decide(counted(1, "ada", "t", q)))
	var spent *store.Spent
	for _, d := range []time.Duration{-1000 * 24 * time.Hour, -time.Hour, 0, year - 1} {
		at(d)
		if _, err := w.Prune(0); err != nil {
			t.Fatal(err)
		}
		if err := w.Room(counted(2, "ada", "t", q).Counting); !errors.As(err, &spent) {
			t.Errorf("after %s: %v", d, err)
		}
	}
	at(year) // by a clock that is ahead; a question of then counts from then on
	must(t, w.Decide(counted(2, "ada", "t", q)))
	at(time.Hour)
	must(t, w.Decide(counted(3, "bob", "t")))
	at(year + 2*time.Hour)
	q.Analysts = []string{"bob"}
	if err := w.Room(counted(4, "bob", "t", q).Counting); !errors.As(err, &spent) {
		t.Errorf("a clock that was ahead and put back renewed the quota: %v", err)
	}
}

// TestRuleIsKept: with a decision, the rule that made it.
func TestRuleIsKept(t *testing.T) {
	w := worker(t, t.TempDir())
	o := offered(1)
	o.Accepted, o.Rule = false, "own: accept.purposes"
	must(t, w.Decide(o))
	got, err := w.Job(store.JobID{1})
	must(t, err)
	if got.Rule != o.Rule {
		t.Errorf("rule %q", got.Rule)
	}
}
