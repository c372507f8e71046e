package enginetest_test

import (
	"database/sql"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/worker"
)

const noisyCount = "SELECT COUNT(*) AS n FROM visits WITH PRIVACY (epsilon 1, delta 1e-6)"

// noisyCost is answered by a guarded release, where the column cost requires noise.
const noisyCost = "SELECT COUNT(*) AS n, SUM(cost) AS cost FROM visits WITH PRIVACY (epsilon 1, delta 1e-6, only required)"

// forTwo is a budget of two questions with epsilon 1, and not of three.
func forTwo(per string) func(*charter.Rules) {
	return func(r *charter.Rules) {
		r.Privacy = charter.Privacy{
			MaxEpsilon: "1", MaxDelta: "1e-6",
			Budget: charter.Budget{Epsilon: "1.6", Delta: "1e-6", Period: charter.Duration(24 * time.Hour), Per: per},
		}
	}
}

func sameOrganisation(m *charter.Member) {
	if m.ID == enginetest.AnalystID || m.ID == enginetest.OtherAnalystID {
		m.Organisation = "University"
	}
}

func priceOf(t *testing.T, s *enginetest.Space, sql string) dp.Rho {
	t.Helper()
	q, err := query.Compile(sql, s.Bundle.Charter())
	if err != nil {
		t.Fatal(err)
	}
	price, ok := plan.Price(&q.Plan, s.Bundle.Charter())
	if !ok {
		t.Fatal("the question costs nothing")
	}
	return price
}

// accounts returns the lines of an owner, which have to be those of its ledger.
func accounts(t *testing.T, s *enginetest.Space, id string) []budget.Line {
	t.Helper()
	b, err := store.ReadBudget(s.Store(id))
	if err != nil {
		t.Fatal(err)
	}
	v, err := b.Ledger.Export().Verify(ledger.In(s.Bundle), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(v); err != nil {
		t.Fatal(err)
	}
	return b.Lines
}

// wantDebits wants so many debits of a price, and nothing else.
func wantDebits(t *testing.T, s *enginetest.Space, id string, n int, price dp.Rho) {
	t.Helper()
	lines := accounts(t, s, id)
	if len(lines) != n {
		t.Fatalf("%s has %d lines, want %d", id, len(lines), n)
	}
	for _, l := range lines {
		if !l.Debited || l.Rho != price {
			t.Errorf("%s has %+v, want a debit of %s", id, l, price)
		}
	}
}

// TestBudgetRunsOut: whoever asks the same again and again to average the noise away is refused, also if the
// analysts of one organisation take turns. Nothing that leaves holds less noise for it.
func TestBudgetRunsOut(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Units: true, Cohort: 5, Rules: forTwo(charter.PerOrganisation), Member: sameOrganisation}).Start()
	answered(t, s.AskSQL(s.Client(), noisyCount))
	answered(t, s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), noisyCount))
	wantRefusal(t, s.AskSQL(s.Client(), noisyCount), budget.Spent.Code)
	wantRefusal(t, s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), noisyCount), budget.Spent.Code)
	s.StopAll()
	for _, id := range s.Owners {
		wantDebits(t, s, id, 2, priceOf(t, s, noisyCount))
	}
}

// TestBudgetOfEachAnalyst: where each analyst has an account, what one spends is not missing to another.
func TestBudgetOfEachAnalyst(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Units: true, Cohort: 5, Rules: forTwo(charter.PerAnalyst), Member: sameOrganisation}).Start()
	for range 2 {
		answered(t, s.AskSQL(s.Client(), noisyCount))
	}
	wantRefusal(t, s.AskSQL(s.Client(), noisyCount), budget.Spent.Code)
	answered(t, s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), noisyCount))
}

// TestBudgetAtOnce: questions that are asked at the same time do not spend more than there is at any owner.
func TestBudgetAtOnce(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Units: true, Cohort: 5, Rules: forTwo(charter.PerOrganisation)}).Start()
	var questions []*enginetest.Question
	for range 6 {
		questions = append(questions, s.AskSQL(s.Client(), noisyCount))
	}
	done := 0
	for _, q := range questions {
		if _, err := q.Wait(); err == nil {
			done++
		}
	}
	t.Logf("%d of 6 answered at once", done)
	for ; done < 2; done++ { // those that took each other's places hold nothing any more
		answered(t, s.AskSQL(s.Client(), noisyCount))
	}
	wantRefusal(t, s.AskSQL(s.Client(), noisyCount), budget.Spent.Code)
	s.StopAll()
	for _, id := range s.Owners {
		wantDebits(t, s, id, 2, priceOf(t, s, noisyCount))
	}
}

// cancelled is a question that its analyst cancels when the inputs of two of three owners have left, and none was
// released.
func cancelled(t *testing.T, opts enginetest.Options, sql string) *enginetest.Space {
	t.Helper()
	s := enginetest.New(t, opts)
	reached := s.Gates["owner3"].Close()
	s.Start()
	c := s.Client()
	q := s.AskSQL(c, sql)
	s.Await(reached)
	s.Log.UntilTimes(2, "privacy budget debited")
	if err := c.Cancel(t.Context(), q.Job()); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Wait(); err == nil {
		t.Fatal("the question was answered")
	}
	s.Log.UntilTimes(3, "job is over", "how=cancelled")
	s.Gates["owner3"].Open()
	s.StopAll()
	return s
}

// TestNoRefundOnAWord: that the coordinator calls a job cancelled is no proof that nothing was opened: t
// owners can open what another one sent.
func TestNoRefundOnAWord(t *testing.T) {
	s := cancelled(t, enginetest.Options{Owners: 3, Units: true, Cohort: 5, Rules: forTwo("")}, noisyCount)
	price := priceOf(t, s, noisyCount)
	wantDebits(t, s, "owner1", 1, price)
	wantDebits(t, s, "owner2", 1, price)
	wantDebits(t, s, "owner3", 0, price) // nothing of it has left
}

// TestRefundOfAGuardedRelease: nothing opens without the opening of every owner, so one that has opened nothing
// has the proof itself.
func TestRefundOfAGuardedRelease(t *testing.T) {
	metrics := obs.NewMetrics("worker")
	s := cancelled(t, enginetest.Options{
		Owners: 3, Units: true, Cohort: 5, Rules: forTwo(""),
		Table:  func(table *charter.Table) { table.Column("cost").Privacy = charter.Required },
		Worker: func(_ string, c *worker.Config) { c.Metrics = metrics }, // of all three together
	}, noisyCost)
	wantMetrics(t, metrics, `tacit_budget_questions_total{role="worker",step="debited"} 2`, `tacit_budget_questions_total{role="worker",step="refunded"} 2`)
	for _, id := range s.Owners {
		wantDebits(t, s, id, 0, 0)
	}
	refunded := 0
	for _, e := range s.Ledger("owner1").Entries {
		if e.Kind == ledger.Refunded {
			refunded++
		}
	}
	if refunded != 1 {
		t.Errorf("%d refunds in the ledger", refunded)
	}
}

func wantMetrics(t *testing.T, m *obs.Metrics, lines ...string) {
	t.Helper()
	page := httptest.NewRecorder()
	m.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range lines {
		if !strings.Contains(page.Body.String(), line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

// TestOtherPriceThanReserved: what was reserved is changed while the question waits for its input. The owner withdraws
// from that question, and serves the next one.
func TestOtherPriceThanReserved(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 4, Units: true, Cohort: 5, Rules: forTwo("")})
	reached := s.Gates["owner3"].Close()
	s.Start()
	q := s.AskSQL(s.Client(), noisyCount)
	s.Await(reached)
	db, err := sql.Open("sqlite", filepath.Join(s.Store("owner3"), "tacit.db"))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := db.Exec("UPDATE debit SET rho = rho - 1 WHERE NOT debited")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := changed.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%d reservations, %v", n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.Gates["owner3"].Open()
	answered(t, q)
	s.Log.Until(budget.Mispriced.Code)
	answered(t, s.AskSQL(s.Client(), noisyCount))
	s.StopAll()
	price := priceOf(t, s, noisyCount)
	wantDebits(t, s, "owner1", 2, price)
	wantDebits(t, s, "owner3", 1, price) // of the second; what was reserved for the first went back
}
