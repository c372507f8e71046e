//go:build tacitcrash

package enginetest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/worker"
)

// askingProcess has the worker of owner1, at which a person decides, in a process that is killed at a point.
func askingProcess(t *testing.T, point crashpoint.Point, change ...func(*worker.Config)) (*enginetest.Space, *enginetest.Process) {
	s := asking(t, change...)
	s.StartCoordinator()
	for _, id := range s.Owners[1:] {
		s.StartWorker(id)
	}
	return s, s.StartProcess("owner1", point, 1)
}

// killedAndBack waits until the process was killed, and starts the worker again.
func killedAndBack(t *testing.T, s *enginetest.Space, p *enginetest.Process, or <-chan struct{}) {
	t.Helper()
	if !p.Killed(or) {
		t.Fatal("the point is never passed")
	}
	s.StartWorker("owner1")
}

// entered counts entries of a job in the ledger of owner1: what people and owner decided is there once.
func entered(t *testing.T, s *enginetest.Space, q *enginetest.Question, want ...ledger.Kind) {
	t.Helper()
	enteredOnce(t, s, q.Job())
	have := map[ledger.Kind]bool{}
	for _, e := range s.LedgersAgree(q.Job())["owner1"] {
		have[e.Kind] = true
	}
	for _, kind := range want {
		if !have[kind] {
			t.Errorf("no entry %s", kind)
		}
	}
}

// TestKilledWhileAPersonApproves: whenever the owner is killed between the offer and its acceptance, one approval
// is enough, counts once, and the question is answered.
func TestKilledWhileAPersonApproves(t *testing.T) {
	for _, point := range []crashpoint.Point{
		crashpoint.WorkerParkBefore, crashpoint.WorkerParkAfter, crashpoint.WorkerApprovalBefore,
		crashpoint.WorkerDecisionBefore, crashpoint.WorkerDecisionAfter, crashpoint.WorkerClaimBefore,
	} {
		t.Run(string(point), func(t *testing.T) {
			s, p := askingProcess(t, point)
			q := s.Ask(analyst.Options{})
			if !q.UntilOr(p.Done(), enginetest.Parked("owner1")) {
				killedAndBack(t, s, p, nil)
				q.Until(enginetest.Parked("owner1"))
				s.Answer("owner1", own(s), approval.Approve)
			} else {
				s.Answer("owner1", own(s), approval.Approve)
				killedAndBack(t, s, p, q.Done())
			}
			q.WantOfParticipants(s.Least())
			entered(t, s, q, ledger.Parked, ledger.Approved, ledger.Accepted, ledger.Released)
			releasedOnce(t, s)
		})
	}
}

// TestKilledWhileAPersonRefuses: a refusal that is stored holds, and is told.
func TestKilledWhileAPersonRefuses(t *testing.T) {
	for _, point := range []crashpoint.Point{crashpoint.WorkerDismissBefore, crashpoint.WorkerDismissAfter} {
		t.Run(string(point), func(t *testing.T) {
			s, p := askingProcess(t, point)
			q := s.Ask(analyst.Options{})
			q.Until(enginetest.Parked("owner1"))
			s.Answer("owner1", own(s), approval.Refuse)
			killedAndBack(t, s, p, nil) // the question may end before
			if _, err := q.Wait(); err == nil || !strings.Contains(err.Error(), worker.Denied.Code) {
				t.Errorf("%v", err)
			}
			entered(t, s, q, ledger.Parked, ledger.Denied, ledger.Refused)
		})
	}
}

// TestKilledWhileStopping: a job that everything was stopped under is withdrawn from after the restart.
func TestKilledWhileStopping(t *testing.T) {
	for _, point := range []crashpoint.Point{crashpoint.WorkerHaltBefore, crashpoint.WorkerHaltAfter} {
		t.Run(string(point), func(t *testing.T) {
			s := asking(t, func(c *worker.Config) { c.Approval = config.Approval{} })
			reached := s.Gates["owner2"].Close()
			s.StartCoordinator()
			for _, id := range s.Owners[1:] {
				s.StartWorker(id)
			}
			p := s.StartProcess("owner1", point, 1)
			q := s.Ask(analyst.Options{})
			s.Await(reached)
			if err := s.Join("owner1").StopAll(); err != nil {
				t.Fatal(err)
			}
			killedAndBack(t, s, p, nil) // the question may end before
			s.Log.Until("verdict=withdrawn")
			s.Gates["owner2"].Open()
			// If its input had left before, that counts, and nobody can finish the attempt.
			_, err := q.Wait()
			if err == nil || !coordinator.Stuck.Is(err) && !strings.Contains(err.Error(), worker.Stopped.Code) {
				t.Errorf("%v", err)
			}
			s.StopWorker("owner1")
			entered(t, s, q, ledger.Withdrawn)
			if got := s.Releases("owner1"); len(got) != 0 {
				t.Errorf("released in %v", got)
			}
		})
	}
}

// TestKilledWhilePosting: a notice whose try was counted and not made is made later, and then no more.
func TestKilledWhilePosting(t *testing.T) {
	posts := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posts <- fmt.Sprintf("%s %s", r.Header.Get("webhook-id"), body)
	}))
	defer server.Close()
	s, p := askingProcess(t, crashpoint.WorkerNoticeBefore, func(c *worker.Config) { c.Approval.Notify.URL = server.URL })
	q := s.Ask(analyst.Options{})
	if !p.Killed(q.Done()) {
		t.Fatal("the point is never passed")
	}
	s.SetWorker("owner1", func(c *worker.Config) { c.Now = func() time.Time { return time.Now().Add(time.Minute) } })
	s.StartWorker("owner1")
	if got := <-posts; !strings.HasPrefix(got, "msg_"+q.Job().String()+" ") {
		t.Errorf("posted %s", got)
	}
	s.Log.Until("notice posted")
	s.StopWorker("owner1")
	s.StartWorker("owner1")
	s.Answer("owner1", own(s), approval.Approve)
	q.WantOfParticipants(s.Least())
	if len(posts) != 0 {
		t.Errorf("posted again: %s", <-posts)
	}
}
