//go:build tacitcrash

package enginetest_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/worker"
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

// TestBudgetKilledAtTheEnd kills an owner while it ends a job: before that is stored, and after. Then a reservation
// goes back, a debit stays, and one that nothing was opened of is refunded: once, and never in part.
func TestBudgetKilledAtTheEnd(t *testing.T) {
	guarded := enginetest.Options{
		Owners: 3, Units: true, Cohort: 5, Rules: forTwo(""),
		Table: func(table *charter.Table) { table.Column("cost").Privacy = charter.Required },
	}
	masked := enginetest.Options{Owners: 3, Units: true, Cohort: 5, Rules: forTwo("")}
	parking := masked
	parking.Worker = func(id string, c *worker.Config) {
		if id == "owner1" {
			c.Approval = config.Approval{Rules: []config.ApprovalRule{{Name: "all of them", Then: config.ThenAsk}}}
		}
	}
	for name, c := range map[string]struct {
		opts          enginetest.Options
		sql           string
		ends          func(*enginetest.Space, *analyst.Client, *enginetest.Question) // makes the job end
		held          bool                                                           // before the end is stored: a line that is no debit
		debit         bool                                                           // after it
		refundEntries int
	}{
		"reservation": {parking, noisyCount, func(s *enginetest.Space, c *analyst.Client, q *enginetest.Question) {
			q.Until(enginetest.Parked("owner1"))
			s.Log.UntilTimes(2, "job accepted")
			cancel(t, c, q)
		}, true, false, 0},
		"debit": {masked, noisyCount, func(_ *enginetest.Space, _ *analyst.Client, q *enginetest.Question) { answered(t, q) }, false, true, 0},
		"refund": {guarded, noisyCost, func(s *enginetest.Space, c *analyst.Client, q *enginetest.Question) {
			s.Log.UntilTimes(2, "privacy budget debited")
			cancel(t, c, q)
		}, false, false, 1},
	} {
		for _, point := range crashpoint.Ends {
			t.Run(name+" "+string(point), func(t *testing.T) {
				s := enginetest.New(t, c.opts)
				if c.refundEntries > 0 {
					s.Gates["owner1"].Close()
				}
				s.StartCoordinator()
				s.StartWorker("owner1")
				s.StartWorker("owner2")
				p := s.StartProcess("owner3", point, 1)
				client := s.Client()
				q := s.AskSQL(client, c.sql)
				c.ends(s, client, q)
				if !p.Killed(nil) {
					t.Fatal("the point is never passed")
				}
				after := point == crashpoint.WorkerEndAfter
				switch lines := accounts(t, s, "owner3"); {
				case after && !c.debit:
					if len(lines) != 0 {
						t.Errorf("killed after the end, with %+v", lines)
					}
				case len(lines) != 1 || lines[0].Debited == c.held:
					t.Errorf("killed %s, with %+v", point, lines)
				}
				s.StartWorker("owner3")
				if !after {
					s.Log.Until("job is over\" role=owner3")
				}
				s.Gates["owner1"].Open()
				s.StopAll()
				n := 0
				if c.debit {
					n = 1
				}
				wantDebits(t, s, "owner3", n, priceOf(t, s, c.sql))
				seen := map[ledger.Kind]int{}
				for _, e := range s.Ledger("owner3").Entries {
					seen[e.Kind]++
				}
				if seen[ledger.Refunded] != c.refundEntries || seen[ledger.Ended] != 1 || seen[ledger.Debited] != n+c.refundEntries {
					t.Errorf("entries %v", seen)
				}
				if _, err := s.Ledger("owner3").Debits(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func cancel(t *testing.T, c *analyst.Client, q *enginetest.Question) {
	t.Helper()
	if err := c.Cancel(t.Context(), q.Job()); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Wait(); err == nil {
		t.Fatal("the question was answered")
	}
}
