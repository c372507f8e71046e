package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/store"
)

// A later round is accepted once, after the round before was released here, and by no other.
func TestStudyRounds(t *testing.T) {
	w, err := store.OpenWorker(t.TempDir(), key, keeper)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	expires := time.Now().Add(time.Hour)
	round := func(n int) *store.Round {
		return &store.Round{Study: [32]byte{7}, Analyst: "ada", Form: [32]byte{9}, Number: n, Expires: expires}
	}
	decide := func(job byte, r *store.Round) error {
		o := store.Offered{ID: store.JobID{job}, Manifest: [32]byte{job}, Offer: []byte{1}, Analyst: "ada", Accepted: true, Expires: expires, Round: r}
		if r.Number == 1 {
			o.Asked = &store.Asked{Table: "t", Plan: []byte{1}}
		}
		return w.Decide(o)
	}
	refused := func(what string, job byte, r *store.Round) {
		t.Helper()
		if err := decide(job, r); !errors.Is(err, store.ErrRound) {
			t.Errorf("%s: %v", what, err)
		}
		if r.Number > 1 {
			if err := w.Continues(r); !errors.Is(err, store.ErrRound) {
				t.Errorf("%s would be accepted: %v", what, err)
			}
		}
		if _, err := w.Job(store.JobID{job}); !errors.Is(err, store.ErrMissing) {
			t.Errorf("%s left a decision: %v", what, err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	input := func(job byte) {
		t.Helper()
		must(w.BeginAttempt(store.JobID{job}, 1))
		_, err := w.InputLeaves(store.JobID{job}, 1, 0)
		must(err)
	}
	end := func(job byte, how string) {
		t.Helper()
		_, err := w.End(store.JobID{job}, store.Ending{How: how})
		must(err)
	}
	refused("a study that does not begin", 1, round(2))
	must(decide(2, round(1)))
	refused("a study that begins twice", 3, round(1))
	refused("a round before an input of the first left", 4, round(2))
	input(2)
	must(w.Release(store.JobID{2}, 1, [32]byte{1}))
	other := round(2)
	other.Analyst = "bob"
	refused("a round of another analyst", 5, other)
	other = round(2)
	other.Form = [32]byte{8}
	refused("a round about something else", 6, other)
	refused("a round that is skipped", 7, round(3))
	must(w.Continues(round(2)))
	must(decide(8, round(2)))
	refused("the same round while it runs", 9, round(2))
	end(8, "failed")
	refused("the round after one that failed", 10, round(3))
	must(decide(10, round(2))) // nothing of it was released
	input(10)
	must(w.Release(store.JobID{10}, 1, [32]byte{1}))
	refused("a round that was released, with other coefficients", 11, round(2))
	end(10, "failed")
	refused("a round that was released, and is said to have failed", 11, round(2))
	must(decide(12, round(3)))
	input(12)
	end(12, "released") // by others, who were enough
	refused("a round that was released by others", 13, round(3))
	must(decide(13, round(4)))
	must(decide(14, round(5))) // before the end of round 4 was heard of
	refused("a round that was left behind", 15, round(4))
	input(14)
	must(w.Release(store.JobID{14}, 1, [32]byte{1}))
	end(14, store.WithdrawnEnding)
	refused("a round that this owner left", 15, round(5))
	refused("a round after one that this owner left", 15, round(6))
}

// What was accepted before everything was stopped is not gone on with after it.
func TestStopEndsStudies(t *testing.T) {
	w, err := store.OpenWorker(t.TempDir(), key, keeper)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	expires := time.Now().Add(time.Hour)
	r := store.Round{Study: [32]byte{7}, Analyst: "ada", Number: 1, Expires: expires}
	o := store.Offered{ID: store.JobID{1}, Offer: []byte{1}, Analyst: "ada", Accepted: true, Expires: expires, Round: &r, Asked: &store.Asked{Table: "t", Plan: []byte{1}}}
	next := r
	next.Number = 2
	if err := errors.Join(w.Decide(o), w.BeginAttempt(o.ID, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.InputLeaves(o.ID, 1, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Release(o.ID, 1, [32]byte{}), w.Continues(&next), w.StopAll(), w.ServeAgain()); err != nil {
		t.Fatal(err)
	}
	if err := w.Continues(&next); !errors.Is(err, store.ErrRound) {
		t.Error("after a stop:", err)
	}
}

// A study is as young as its last round: later questions are compared with it as long.
func TestStudyStaysYoung(t *testing.T) {
	w, err := store.OpenWorker(t.TempDir(), key, keeper)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	now := time.Now()
	w.SetNow(func() time.Time { return now })
	expires := now.Add(30 * time.Hour)
	for n := 1; n <= 2; n++ {
		id := store.JobID{byte(n)}
		o := store.Offered{ID: id, Manifest: [32]byte{byte(n)}, Offer: []byte{1}, Analyst: "ada", Accepted: true, Expires: expires, Round: &store.Round{Analyst: "ada", Number: n, Expires: expires}}
		if n == 1 {
			o.Asked = &store.Asked{Table: "t", Plan: []byte{1}}
		}
		if err := errors.Join(w.Decide(o), w.BeginAttempt(id, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.InputLeaves(id, 1, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.End(id, store.Ending{How: "released"}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(20 * time.Hour)
	}
	found, err := w.Asked("t", 30*time.Hour)
	if err != nil || len(found) != 1 {
		t.Errorf("%d questions count, want the one of the study: %v", len(found), err)
	}
}
