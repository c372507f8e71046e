package enginetest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// asking has three owners; at owner1 a person decides, and a coordinator that does not wait long for others.
func asking(t *testing.T, change ...func(*worker.Config)) *enginetest.Space {
	return enginetest.New(t, enginetest.Options{
		Owners:      3,
		Coordinator: func(c *coordinator.Config) { c.Timing.Admission = 3 * time.Second },
		Worker: func(id string, c *worker.Config) {
			c.Poll = 5 * time.Millisecond
			if id != "owner1" {
				return
			}
			c.Approval = config.Approval{Rules: []config.ApprovalRule{{Name: "all of them", Then: config.ThenAsk}}}
			for _, f := range change {
				f(c)
			}
		},
	})
}

func own(s *enginetest.Space) *identity.Identity { return s.Identity("owner1") }

// kindsOf lists the entries of a job in the ledger of a member whose role is stopped.
func kindsOf(s *enginetest.Space, job store.JobID, member string) string {
	var kinds []string
	for _, e := range s.LedgersAgree(job)[member] {
		kinds = append(kinds, e.Kind.String()+" "+e.Member)
	}
	return strings.Join(kinds, ", ")
}

func TestApprovedByAPerson(t *testing.T) {
	s := asking(t).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	waiting := s.Waiting("owner1")
	if len(waiting) != 1 || waiting[0].ID != q.Job() || waiting[0].Analyst != enginetest.AnalystID {
		t.Fatalf("waiting %+v", waiting)
	}
	status, err := s.Client().Show(t.Context(), q.Job())
	if err != nil || status.State != transport.Submitted || !slices.ContainsFunc(status.Members, func(m transport.MemberStatus) bool {
		return m.Member == "owner1" && m.State == "parked"
	}) {
		t.Errorf("the analyst sees %+v, %v", status, err)
	}
	s.Answer("owner1", own(s), approval.Approve)
	q.Want(s.Owners...)
	if len(s.Waiting("owner1")) != 0 {
		t.Error("it still waits")
	}
	if got := kindsOf(s, q.Job(), "owner1"); !strings.HasPrefix(got, "asked , parked owner1, approved owner1, accepted owner1, begun") {
		t.Errorf("ledger: %s", got)
	}
	_, got, _ := strings.Cut(kindsOf(s, q.Job(), "hub"), "parked owner1")
	if !strings.Contains(got, "accepted owner1") || strings.Contains(got, "parked") {
		t.Errorf("ledger of the coordinator: %s", got)
	}
}

// TestRefusedByAPerson: the reason is the owner's, unless the person says otherwise.
func TestRefusedByAPerson(t *testing.T) {
	for _, tell := range []bool{false, true} {
		s := asking(t).Start()
		q := s.Ask(analyst.Options{})
		q.Until(enginetest.Parked("owner1"))
		s.Answer("owner1", own(s), approval.Refuse, func(a *approval.Answer) { a.Reason, a.Tell = "not while the audit runs", tell })
		_, err := q.Wait()
		wantCode(t, err, coordinator.TooFew)
		if !strings.Contains(err.Error(), worker.Denied.Code) {
			t.Errorf("no code: %v", err)
		}
		status, err := s.Client().Show(t.Context(), q.Job())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(status)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "audit") != tell {
			t.Errorf("told %v: %s", tell, text)
		}
		if got := kindsOf(s, q.Job(), "owner1"); got != "asked , parked owner1, denied owner1, refused owner1" {
			t.Errorf("ledger: %s", got)
		}
	}
}

// TestFourEyes: two approvers with keys of their own; the owner's own key is on no list.
func TestFourEyes(t *testing.T) {
	ruth, paul := identity.FromSeed([32]byte{1}), identity.FromSeed([32]byte{2})
	s := asking(t, func(c *worker.Config) {
		c.Approval.Needed = 2
		c.Approval.Approvers = []config.Approver{
			{Name: "ruth", Key: ruth.Public().Fingerprint()}, {Name: "paul", Key: paul.Public().Fingerprint()},
		}
	}).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	s.Answer("owner1", own(s), approval.Approve)
	s.Log.Until(approval.NotApprover.Code)
	s.Answer("owner1", ruth, approval.Approve)
	s.Answer("owner1", ruth, approval.Approve, func(a *approval.Answer) { a.Time++ })
	s.Answer("owner1", paul, approval.Approve, func(a *approval.Answer) { a.Job[0]++ })
	s.Log.Until(approval.OtherCase.Code)
	if len(s.Waiting("owner1")) != 1 {
		t.Fatal("one approver was enough")
	}
	s.Answer("owner1", paul, approval.Approve)
	q.Want(s.Owners...)
	if got := kindsOf(s, q.Job(), "owner1"); !strings.HasPrefix(got, "asked , parked owner1, approved ruth, approved paul, accepted owner1") {
		t.Errorf("ledger: %s", got)
	}
}

// TestNobodyAnswers: after the owner's deadline the question is refused, with a code of its own.
func TestNobodyAnswers(t *testing.T) {
	var ahead atomic.Int64
	s := asking(t, func(c *worker.Config) {
		c.Approval.Expire = config.Duration(time.Hour)
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	ahead.Store(int64(time.Hour + time.Second))
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), worker.Unanswered.Code) {
		t.Errorf("no code: %v", err)
	}
}

// TestTheQuestionExpires while a person is asked: the analyst hears whom it was waiting for.
func TestTheQuestionExpires(t *testing.T) {
	s := asking(t).Start()
	q := s.Ask(analyst.Options{Lifetime: 5 * time.Second})
	_, err := q.Wait()
	wantCode(t, err, coordinator.Expired)
	if !strings.Contains(err.Error(), "waiting for a person at owner1") {
		t.Errorf("%v", err)
	}
}

// TestRestartWhileAPersonIsAsked: both sides keep what they know, and an answer that is given while the
// worker is down counts when it is back.
func TestRestartWhileAPersonIsAsked(t *testing.T) {
	s := asking(t).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	s.StopCoordinator()
	s.StartCoordinator()
	s.StopWorker("owner1")
	s.Answer("owner1", own(s), approval.Approve)
	if len(s.Waiting("owner1")) != 1 {
		t.Fatal("decided by nobody")
	}
	again := s.Resume(q.Job(), analyst.Options{})
	again.Until(enginetest.Parked("owner1")) // who comes later hears it too
	s.StartWorker("owner1")
	again.Want(s.Owners...)
}

// TestEverythingIsCheckedAgain when people have approved.
func TestEverythingIsCheckedAgain(t *testing.T) {
	var narrower atomic.Bool
	s := asking(t, func(c *worker.Config) {
		if narrower.Load() {
			c.Accept.Analysts = []string{enginetest.OtherAnalystID}
		}
	}).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	s.StopWorker("owner1")
	narrower.Store(true)
	s.Answer("owner1", own(s), approval.Approve)
	s.StartWorker("owner1")
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), policy.OwnRule.Code) {
		t.Errorf("%v", err)
	}
}

// TestNobodyIsBotheredInVain: what is refused anyway does not wait.
func TestNobodyIsBotheredInVain(t *testing.T) {
	s := asking(t, func(c *worker.Config) { c.Accept.Analysts = []string{enginetest.OtherAnalystID} }).Start()
	q := s.Ask(analyst.Options{})
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if q.Saw(enginetest.Parked("owner1")) || !strings.Contains(err.Error(), policy.OwnRule.Code) {
		t.Errorf("%v", err)
	}
}

// TestRuleRefuses: by a rule, whatever people would say.
func TestRuleRefuses(t *testing.T) {
	s := asking(t, func(c *worker.Config) {
		c.Approval.Rules = []config.ApprovalRule{{Name: "not ada", Analysts: []string{enginetest.AnalystID}, Then: config.ThenRefuse}}
	}).Start()
	_, err := s.Ask(analyst.Options{}).Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), policy.ByApprovalRule.Code) {
		t.Errorf("%v", err)
	}
	s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{}).Want(s.Owners...)
}

// TestTooManyWait: of one analyst, and in all.
func TestTooManyWait(t *testing.T) {
	s := asking(t, func(c *worker.Config) { c.Approval.MaxParked, c.Approval.MaxOfAnalyst = 2, 1 }).Start()
	first := s.Ask(analyst.Options{})
	first.Until(enginetest.Parked("owner1"))
	refused := func(id string) {
		t.Helper()
		_, err := s.AskWith(s.ClientOf(id), analyst.Options{}).Wait()
		wantCode(t, err, coordinator.TooFew)
		if !strings.Contains(err.Error(), worker.TooManyParked.Code) {
			t.Errorf("%v", err)
		}
	}
	refused(enginetest.AnalystID)
	s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{}).Until(enginetest.Parked("owner1"))
	if err := s.Client().Cancel(context.Background(), first.Job()); err != nil {
		t.Fatal(err)
	}
	first.Wait()
	s.Log.Until("job is over")
	if waiting := s.Waiting("owner1"); len(waiting) != 1 || waiting[0].ID == first.Job() {
		t.Fatalf("a cancelled question waits: %d", len(waiting))
	}
	s.Ask(analyst.Options{}).Until(enginetest.Parked("owner1")) // there is room again
}

// TestStopAll: nothing leaves after it, whatever was going on, and until the end of it.
func TestStopAll(t *testing.T) {
	s := asking(t, func(c *worker.Config) { c.Approval.Rules[0].Analysts = []string{enginetest.OtherAnalystID} })
	reached := s.Gates["owner1"].Close()
	s.Start()
	running := s.Ask(analyst.Options{})
	s.Await(reached)
	waits := s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{})
	waits.Until(enginetest.Parked("owner1"))
	if err := s.Join("owner1").StopAll(); err != nil {
		t.Fatal(err)
	}
	s.Gates["owner1"].Open()
	stopped := func(q *enginetest.Question) {
		t.Helper()
		if _, err := q.Wait(); err == nil || !strings.Contains(err.Error(), worker.Stopped.Code) {
			t.Errorf("%v, want %s", err, worker.Stopped.Code)
		}
	}
	stopped(running)
	stopped(waits)
	stopped(s.Ask(analyst.Options{}))
	s.StopWorker("owner1")
	s.StartWorker("owner1") // it holds across a restart
	stopped(s.Ask(analyst.Options{}))
	if log := s.Log.String(); strings.Contains(log, `msg="input leaves" role=owner1`) {
		t.Error("an input left")
	}
	if err := s.Join("owner1").ServeAgain(); err != nil {
		t.Fatal(err)
	}
	s.Log.Until("serving again")
	s.Ask(analyst.Options{}).Want(s.Owners...)
	s.StopWorker("owner1")
	record, err := store.ReadLedger(s.Store("owner1"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []ledger.Kind
	for _, body := range record.Entries {
		e, err := ledger.ParseEntry(body)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == ledger.Stopped || e.Kind == ledger.Resumed || e.Kind == ledger.Released {
			kinds = append(kinds, e.Kind)
		}
	}
	if !slices.Equal(kinds, []ledger.Kind{ledger.Stopped, ledger.Resumed, ledger.Released}) {
		t.Errorf("ledger: %v", kinds)
	}
}

// TestStopBetweenTheSteps: the store alone refuses what would bring a job forward; the worker, that has not
// looked yet, ends the job.
func TestStopBetweenTheSteps(t *testing.T) {
	s := asking(t, func(c *worker.Config) { c.Approval.Rules, c.Poll = nil, time.Hour })
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	if err := s.Join("owner1").StopAll(); err != nil {
		t.Fatal(err)
	}
	s.Gates["owner1"].Open()
	if _, err := q.Wait(); err == nil || !strings.Contains(err.Error(), worker.Stopped.Code) {
		t.Errorf("%v", err)
	}
	s.StopWorker("owner1")
	if got := s.Releases("owner1"); len(got) != 0 {
		t.Errorf("released in %v", got)
	}
}

// TestStopWhileDown: a worker that comes back withdraws from what it had accepted, and says why.
func TestStopWhileDown(t *testing.T) {
	s := asking(t, func(c *worker.Config) { c.Approval = config.Approval{} })
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	s.StopWorker("owner1")
	if err := s.Join("owner1").StopAll(); err != nil {
		t.Fatal(err)
	}
	s.StartWorker("owner1")
	if _, err := q.Wait(); err == nil || !strings.Contains(err.Error(), worker.Stopped.Code) {
		t.Errorf("%v", err)
	}
}

// TestDifferencingAsks: a small difference is shown to a person, who may allow it; by the owner's own rule or by
// the charter's.
func TestDifferencingAsks(t *testing.T) {
	for _, own := range []string{"charter", "ask"} {
		mode := map[string]string{"charter": charter.DifferencingAsk, "ask": charter.DifferencingNote}[own]
		s := guardedSpace(t, mode, own).Start()
		first := s.AskSQL(s.Client(), everything)
		answered(t, first)
		sql, _ := butThree(s)
		q := s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), sql)
		var asked []string
		for _, id := range s.Owners {
			q.Until(func(p transport.Progress) bool { return p.Member == id && (p.Event == "parked" || p.Event == "joined") })
			if q.Saw(enginetest.Parked(id)) {
				asked = append(asked, id)
			}
		}
		if len(asked) == 0 {
			t.Fatal("nobody was asked")
		}
		for _, id := range asked {
			grounds, err := approval.ParseGrounds(s.Waiting(id)[0].Grounds)
			if err != nil || grounds.Rule != "" || len(grounds.Findings) == 0 || store.JobID(grounds.Findings[0].Job) != first.Job() {
				t.Errorf("%s is shown %+v, %v", id, grounds, err)
			}
			s.Answer(id, s.Identity(id), approval.Approve)
		}
		answered(t, q)
	}
}

// TestApprovedWithLessThanIsKnown: people approved a question before another one made it dangerous. They are asked
// again, and what they said before counts no more, also if somebody puts it back.
func TestApprovedWithLessThanIsKnown(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingAsk)
	for _, id := range s.Owners {
		s.SetWorker(id, func(c *worker.Config) {
			c.Approval.Rules = []config.ApprovalRule{{Name: "bob", Analysts: []string{enginetest.OtherAnalystID}, Then: config.ThenAsk}}
		})
	}
	s.Start()
	sql, _ := butThree(s)
	q := s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), sql)
	for _, id := range s.Owners {
		q.Until(enginetest.Parked(id))
	}
	answered(t, s.AskSQL(s.Client(), everything))
	var asked []string
	for _, id := range s.Owners {
		old := s.Waiting(id)[0]
		s.Answer(id, s.Identity(id), approval.Approve)
		about := " role=" + id + " job=" + q.Job().String()
		s.Log.UntilTimes(2, `msg="job waits for a person"`+about, `msg="job accepted"`+about)
		if len(s.Waiting(id)) == 0 {
			continue // none of the three rows is here
		}
		asked = append(asked, id)
		s.Answer(id, s.Identity(id), approval.Approve, func(a *approval.Answer) {
			g, _ := approval.ParseGrounds(old.Grounds)
			a.Shown = g.Hash()
		})
		s.Log.UntilTimes(len(asked), approval.OtherCase.Code)
	}
	if len(asked) == 0 {
		t.Fatal("nobody was asked again")
	}
	s.Answer(asked[0], s.Identity(asked[0]), approval.Refuse) // not before all were asked: one refusal ends the job
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
}

// TestDifferencingStricter: refuse is stricter than ask.
func TestDifferencingStricter(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingRefuse, "ask").Start()
	answered(t, s.AskSQL(s.Client(), everything))
	sql, _ := butThree(s)
	wantRefusal(t, s.AskSQL(s.Client(), sql), differencing.Earlier.Code)
}

// TestNotice: a person is told, once, that a question waits; a receiver that fails is tried again, and costs the job
// nothing.
func TestNotice(t *testing.T) {
	var ahead atomic.Int64
	var tries atomic.Int32
	bodies := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if tries.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		bodies <- string(body)
	}))
	defer server.Close()
	s := asking(t, func(c *worker.Config) {
		c.Approval.Notify.URL = server.URL
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}).Start()
	q := s.AskSQL(s.Client(), "SELECT COUNT(*) AS n FROM visits WHERE cost < 54321")
	q.Until(enginetest.Parked("owner1"))
	first := <-bodies
	s.Log.Until("notice not posted")
	s.StopWorker("owner1")
	ahead.Store(int64(time.Minute))
	s.StartWorker("owner1")
	if again := <-bodies; again != first {
		t.Errorf("%s, and then %s", first, again)
	}
	s.Log.Until("notice posted")
	s.Answer("owner1", own(s), approval.Approve)
	answered(t, q)
	if tries.Load() != 2 {
		t.Errorf("%d tries", tries.Load())
	}
	var notice struct {
		Type string
		Data struct{ Job, Owner, Analyst, Table string }
	}
	if err := json.Unmarshal([]byte(first), &notice); err != nil || notice.Data.Job != q.Job().String() || notice.Data.Table != "visits" || notice.Data.Owner != "owner1" {
		t.Errorf("%s: %v", first, err)
	}
	if strings.Contains(first, "54321") {
		t.Error("the notice holds a constant of the question")
	}
}
