package enginetest_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/worker"
)

// TestLedgersOfAQuestion: every member enters its part, once, and the parts fit.
func TestLedgersOfAQuestion(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 5, MinContributors: 3, Worker: func(id string, cfg *worker.Config) {
		if id == "owner2" {
			cfg.Accept.Analysts = []string{} // serves nobody
		}
	}}).Start()
	q := s.Ask(analyst.Options{})
	q.WantOfParticipants(4)
	about := s.LedgersAgree(q.Job())

	count := func(id string, kind ledger.Kind) (n int) {
		for _, e := range about[id] {
			if e.Kind == kind {
				n++
			}
		}
		return n
	}
	for _, id := range append([]string{enginetest.CoordinatorID, enginetest.AnalystID}, s.Owners...) {
		if n := count(id, ledger.Asked); n != 1 {
			t.Errorf("%s entered the question %d times", id, n)
		}
		if about[id][0].About != about["owner1"][0].About {
			t.Errorf("%s describes the question as %+v", id, about[id][0].About)
		}
	}
	refused := about["owner2"][1]
	if refused.Kind != ledger.Refused || refused.Code != policy.OwnRule.Code || refused.Member != "owner2" {
		t.Errorf("owner2 entered %+v", refused)
	}
	if count(enginetest.CoordinatorID, ledger.Accepted) != 4 || count(enginetest.CoordinatorID, ledger.Refused) != 1 ||
		count(enginetest.CoordinatorID, ledger.Released) != 1 || count(enginetest.AnalystID, ledger.Ended) != 1 {
		t.Errorf("coordinator %+v, analyst %+v", about[enginetest.CoordinatorID], about[enginetest.AnalystID])
	}
	released := 0
	for _, id := range s.Owners {
		released += count(id, ledger.Released)
	}
	if released == 0 || released > 4 {
		t.Errorf("%d owners released", released)
	}
}
