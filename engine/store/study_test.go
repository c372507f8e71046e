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
		return w.Decide(store.Offered{ID: store.JobID{job}, Manifest: [32]byte{job}, Offer: []byte{1}, Analyst: "ada", Accepted: true, Expires: expires, Round: r})
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
	release := func(job byte) {
		t.Helper()
		must(w.BeginAttempt(store.JobID{job}, 1))
		must(w.Release(store.JobID{job}, 1, [32]byte{1}))
	}
	refused("a study that does not begin", 1, round(2))
	must(decide(2, round(1)))
	refused("a study that begins twice", 3, round(1))
	refused("a round before the first was released", 4, round(2))
	release(2)
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
	if _, err := w.End(store.JobID{8}, store.Ending{How: "failed"}); err != nil {
		t.Fatal(err)
	}
	must(decide(10, round(2))) // nothing of it was released
	release(10)
	refused("a round that was released, with other coefficients", 11, round(2))
	must(decide(12, round(3)))
}
