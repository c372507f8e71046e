package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/store"
)

const window = 720 * time.Hour

// accept stores the acceptance of a job with a question about table t.
func accept(t *testing.T, w *store.Worker, id byte) {
	t.Helper()
	o := offered(id)
	o.Asked = &store.Asked{Table: "t", Organisation: "University", Plan: []byte{'p', id}}
	must(t, w.Decide(o))
}

// wantAsked compares the first bytes of the jobs of the questions that count.
func wantAsked(t *testing.T, w *store.Worker, want ...byte) []store.Asked {
	t.Helper()
	all, err := w.Asked("t", window)
	must(t, err)
	var got []byte
	for _, a := range all {
		got = append(got, a.Job[0])
		if string(a.Plan) != string([]byte{'p', a.Job[0]}) || a.Organisation != "University" || a.Table != "t" {
			t.Errorf("question %+v", a)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("questions of jobs %v, want %v", got, want)
	}
	return all
}

// leaves records that the input of attempt 1 of a job without a price leaves.
func leaves(t *testing.T, w *store.Worker, id byte) {
	t.Helper()
	_, err := w.InputLeaves(store.JobID{id}, 1, 0)
	must(t, err)
}

// TestAskedFromTheDecision: a question counts from its acceptance, whatever a crash leaves of
// it, and stops only if the job ends and nothing of it has left.
func TestAskedFromTheDecision(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	accept(t, w, 1)
	accept(t, w, 2)
	accept(t, w, 3)
	refused := offered(4)
	refused.Accepted, refused.Asked = false, &store.Asked{Table: "t", Plan: []byte("p")}
	must(t, w.Decide(refused))
	wantAsked(t, w, 1, 2, 3)

	must(t, w.BeginAttempt(store.JobID{1}, 1))
	leaves(t, w, 1)
	must(t, w.BeginAttempt(store.JobID{2}, 1))
	must(t, w.Close()) // the process dies: nobody knows what became of the jobs
	w = worker(t, folder)
	wantAsked(t, w, 1, 2, 3)

	for id := byte(1); id <= 3; id++ {
		end(t, w, store.JobID{id}, store.Ending{How: "failed"})
	}
	if all := wantAsked(t, w, 1); all[0].Attempt != 1 {
		t.Errorf("attempt %d", all[0].Attempt)
	}
	if other, err := w.Asked("u", window); err != nil || len(other) != 0 {
		t.Errorf("another table: %v, %v", other, err)
	}
}

// TestReleaseCounts: the release is recorded with the question, in one step.
func TestReleaseCounts(t *testing.T) {
	w := worker(t, t.TempDir())
	accept(t, w, 1)
	must(t, w.BeginAttempt(store.JobID{1}, 7))
	must(t, w.Release(store.JobID{1}, 7, [32]byte{1}))
	end(t, w, store.JobID{1}, store.Ending{How: "released"})
	if all := wantAsked(t, w, 1); all[0].Attempt != 7 {
		t.Errorf("attempt %d", all[0].Attempt)
	}
}

// TestWindow: a question counts for the window after its input left, and as long as its job is
// not over; a clock that is set back makes nothing older, and one that ran ahead forgets
// nothing for good.
func TestWindow(t *testing.T) {
	w := worker(t, t.TempDir())
	start := time.Now()
	at := func(d time.Duration) { w.SetNow(func() time.Time { return start.Add(d) }) }
	leave := func(id byte) {
		accept(t, w, id)
		must(t, w.BeginAttempt(store.JobID{id}, 1))
		leaves(t, w, id)
		end(t, w, store.JobID{id}, store.Ending{How: "released"})
	}
	leave(1)
	accept(t, w, 2) // runs for ever
	at(window - time.Minute)
	wantAsked(t, w, 1, 2)
	at(window + time.Minute)
	wantAsked(t, w, 2)

	at(window - time.Hour)
	leave(3)
	at(-10 * window) // set back: what is asked now is not older than what was asked before
	leave(4)
	wantAsked(t, w, 1, 2, 3, 4)
	at(window - time.Hour + window - time.Minute)
	wantAsked(t, w, 2, 3, 4)

	at(10 * window) // runs ahead, and the store is pruned meanwhile
	_, err := w.Prune(window)
	must(t, err)
	at(0)
	wantAsked(t, w, 1, 2, 3, 4)
}

// TestAskedAtRest: what was asked is sealed.
func TestAskedAtRest(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	o := offered(1)
	o.Asked = &store.Asked{Table: "t", Plan: []byte("planted-constant")}
	must(t, w.Decide(o))
	must(t, w.Close())
	if found := inFolder(t, folder, "planted-constant"); found {
		t.Error("the plan is readable at rest")
	}
}

func inFolder(t *testing.T, folder, text string) bool {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		must(t, err)
		if bytes.Contains(data, []byte(text)) {
			return true
		}
	}
	return false
}
