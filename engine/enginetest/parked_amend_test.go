package enginetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/worker"
)

// TestParkedOverAnAmendment: what waits for a person ends with the version that it was asked under, also at an owner
// who cannot open it any more.
func TestParkedOverAnAmendment(t *testing.T) {
	s := asking(t).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	q.Kill()
	s.StopAll()
	s.RotateKey("owner1")
	s.Start()
	_, err := s.Resume(q.Job(), analyst.Options{}).Wait()
	wantCode(t, err, charter.ErrSuperseded)
	s.Log.Until(`msg="job refused" role=owner1`) // the analyst hears of the amendment from the coordinator, perhaps before
	if n := len(s.Waiting("owner1")); n != 0 {
		t.Errorf("%d jobs wait", n)
	}
	s.StopAll()
	if got := kindsOf(s, q.Job(), "owner1"); !strings.HasPrefix(got, "asked , parked owner1, refused owner1") {
		t.Errorf("ledger: %s", got)
	}
}

// TestParkedAndRevoked: nobody has to answer a question of a revoked key.
func TestParkedAndRevoked(t *testing.T) {
	s := newRevocable(t, enginetest.Options{Owners: 3}, func(id string, c *worker.Config) {
		c.Poll = 5 * time.Millisecond
		if id == "owner1" {
			c.Approval = config.Approval{Rules: []config.ApprovalRule{{Name: "all of them", Then: config.ThenAsk}}}
		}
	})
	s.Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	b := s.revoke(enginetest.AnalystID, enginetest.AnalystID)
	s.tell(b, "owner1")
	s.Log.Until(`msg="job refused"`)
	if n := len(s.Waiting("owner1")); n != 0 {
		t.Errorf("%d jobs wait", n)
	}
	_, err := q.Wait()
	if err == nil || !strings.Contains(err.Error(), "owner1 refused ("+charter.ErrRevoked.Code) {
		t.Errorf("error %v", err)
	}
}
