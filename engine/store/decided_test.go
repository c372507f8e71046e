package store_test

import (
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

// TestReadDecisions: what was decided, by which rule, is read beside the role; what waits is not decided.
func TestReadDecisions(t *testing.T) {
	folder := t.TempDir()
	if _, err := store.ReadDecisions(folder); !ledger.NoLedger.Is(err) {
		t.Errorf("no store: %v", err)
	}
	w := worker(t, folder)
	yes, no, gone := offered(1), offered(2), offered(3)
	yes.Rule = "charter: rules"
	no.Accepted, no.Rule, no.Reason = false, "own: accept.hours", store.Reason{Code: "TACIT-W146", Message: "not now"}
	gone.Rule = "own: friends"
	for _, o := range []store.Offered{yes, no, gone} {
		must(t, w.Decide(o))
	}
	why := store.Reason{Code: "TACIT-W206"}
	end(t, w, gone.ID, store.Ending{How: store.WithdrawnEnding, Reason: why})
	must(t, w.Park(offered(4), store.Parking{Max: 10, MaxOfAnalyst: 10, Deadline: time.Now().Add(time.Hour), Grounds: []byte("grounds"), Notes: []byte("{}")}))
	got, err := store.ReadDecisions(folder)
	must(t, err)
	want := map[store.JobID]store.Decided{
		yes.ID:  {Job: yes.ID, Analyst: yes.Analyst, Accepted: true, Rule: yes.Rule},
		no.ID:   {Job: no.ID, Analyst: no.Analyst, Rule: no.Rule, Reason: no.Reason},
		gone.ID: {Job: gone.ID, Analyst: gone.Analyst, Accepted: true, Rule: gone.Rule, Reason: why, Ending: store.WithdrawnEnding},
	}
	if len(got) != len(want) {
		t.Fatalf("%d decisions, want %d", len(got), len(want))
	}
	for _, d := range got {
		if d != want[d.Job] {
			t.Errorf("got %+v, want %+v", d, want[d.Job])
		}
	}
	if _, err := store.ReadDecisions(analystFolder(t)); !ledger.NoLedger.Is(err) {
		t.Errorf("the store of an analyst: %v", err)
	}
}
