//go:build tacitcrash

package enginetest_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/enginetest"
)

// TestBudgetKilledAtEveryPoint kills an owner at every durable step of a question with noise: it is charged
// once, whatever is repeated after that.
func TestBudgetKilledAtEveryPoint(t *testing.T) {
	for _, point := range []crashpoint.Point{
		crashpoint.WorkerDecisionBefore, crashpoint.WorkerDecisionAfter, crashpoint.WorkerInputBefore, crashpoint.WorkerInputAfter,
		crashpoint.WorkerPersistBefore, crashpoint.WorkerPersistAfter, crashpoint.WorkerReleaseBefore, crashpoint.WorkerReleaseAfter,
	} {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			s := enginetest.New(t, enginetest.Options{Owners: 4, Units: true, Cohort: 5, Rules: forTwo("")})
			s.StartCoordinator()
			others := []string{"owner1", "owner2", "owner4"}
			for _, id := range others {
				s.StartWorker(id)
			}
			p := s.StartProcess("owner3", point, 1)
			q := s.AskSQL(s.Client(), noisyCount)
			if !p.Killed(q.Done()) {
				t.Fatal("the point is never passed")
			}
			left := point != crashpoint.WorkerDecisionBefore && point != crashpoint.WorkerDecisionAfter && point != crashpoint.WorkerInputBefore
			switch lines := accounts(t, s, "owner3"); {
			case point == crashpoint.WorkerDecisionBefore:
				if len(lines) != 0 {
					t.Errorf("charged before the decision: %+v", lines)
				}
			case len(lines) != 1:
				t.Errorf("%d lines after the acceptance", len(lines))
			case lines[0].Debited != left:
				t.Errorf("debited is %v", lines[0].Debited)
			}
			s.StartWorker("owner3")
			answered(t, q)
			s.StopAll()
			price := priceOf(t, s, noisyCount)
			for _, id := range others {
				wantDebits(t, s, id, 1, price)
			}
			if left || len(accounts(t, s, "owner3")) > 0 { // else the others went on without it
				wantDebits(t, s, "owner3", 1, price)
			}
		})
	}
}
