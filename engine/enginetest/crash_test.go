//go:build tacitcrash

package enginetest_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

func TestMain(m *testing.M) {
	enginetest.RunChild()
	os.Exit(m.Run())
}

// maxPassages bounds how often one point is tried: a message is sent many times.
const maxPassages = 25

// TestKilledAtEveryPoint kills a role with SIGKILL at every passage of every
// crash point, starts it again, and wants the right answer over those who took
// part, and no worker to have released twice.
func TestKilledAtEveryPoint(t *testing.T) {
	killEverywhere(t, enginetest.Options{Owners: 5}, func(n int) int { return n + 1 })
}

// TestGuardedKilledAtEveryPoint is the same for a guarded release, which has about twice
// as many rounds: of the messages of the coordinator, about one of each round is tried.
func TestGuardedKilledAtEveryPoint(t *testing.T) {
	killEverywhere(t, enginetest.Options{Owners: 4, Cohort: small}, func(n int) int {
		if n < 10 {
			return n + 1
		}
		return n + 3
	})
}

// killEverywhere tries the passages 1, next(1), … of every point.
func killEverywhere(t *testing.T, opts enginetest.Options, next func(int) int) {
	for _, point := range crashpoint.All {
		role, _, _ := strings.Cut(string(point), ".")
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			for n, tried := 1, 0; tried < maxPassages; n, tried = next(n), tried+1 {
				killed := false
				t.Run(fmt.Sprint(n), func(t *testing.T) { killed = roles[role](t, enginetest.New(t, opts), point, n) })
				if t.Failed() {
					return
				}
				if !killed {
					if n == 1 {
						t.Error("the point is never passed")
					}
					return
				}
			}
		})
	}
}

// roles kill and restart each role, and report whether the point was reached.
var roles = map[string]func(*testing.T, *enginetest.Space, crashpoint.Point, int) bool{
	"coordinator": killCoordinator,
	"worker":      killWorker,
	"analyst":     killAnalyst,
}

func killCoordinator(t *testing.T, s *enginetest.Space, point crashpoint.Point, n int) bool {
	s.ReserveAddress()
	p := s.StartProcess(enginetest.CoordinatorID, point, n)
	p.Listening()
	for _, id := range s.Owners {
		s.StartWorker(id)
	}
	q := s.Ask(analyst.Options{})
	if !p.Killed(ended(q)) {
		q.WantOfParticipants(s.Least())
		return false
	}
	s.StartCoordinator()
	finish(s, q)
	enteredOnce(t, s, q.Job())
	releasedOnce(t, s)
	return true
}

func killWorker(t *testing.T, s *enginetest.Space, point crashpoint.Point, n int) bool {
	s.StartCoordinator()
	p := s.StartProcess("owner3", point, n)
	for _, id := range s.Owners {
		if id != "owner3" {
			s.StartWorker(id)
		}
	}
	q := s.Ask(analyst.Options{})
	killed := p.Killed(q.Done())
	if killed {
		s.StartWorker("owner3")
	}
	q.WantOfParticipants(s.Least())
	if killed {
		enteredOnce(t, s, q.Job())
		releasedOnce(t, s)
	}
	return killed
}

func killAnalyst(t *testing.T, s *enginetest.Space, point crashpoint.Point, n int) bool {
	s.Start()
	p := s.StartProcess(enginetest.AnalystID, point, n)
	if !p.Killed(nil) {
		return false
	}
	pending, err := s.Client().Pending()
	if err != nil {
		t.Fatal(err)
	}
	switch point {
	case crashpoint.AnalystQuestionBefore, crashpoint.AnalystEraseAfter:
		if len(pending) != 0 {
			t.Errorf("%d questions are pending, want none", len(pending))
		}
		return true
	}
	if len(pending) != 1 {
		t.Fatalf("%d questions are pending, want one", len(pending))
	}
	s.Resume(pending[0], analyst.Options{}).WantOfParticipants(s.Least())
	enteredOnce(t, s, pending[0])
	return true
}

// ended is closed when a question ended for another reason than the network.
func ended(q *enginetest.Question) <-chan struct{} {
	end := make(chan struct{})
	go func() {
		if notNetwork(q) {
			close(end)
		}
	}()
	return end
}

// finish waits for the answer; a client that gave up on the network resumes.
func finish(s *enginetest.Space, q *enginetest.Question) {
	<-q.Done()
	if notNetwork(q) {
		q.WantOfParticipants(s.Least())
		return
	}
	s.Resume(q.Job(), analyst.Options{}).WantOfParticipants(s.Least())
}

// notNetwork reports whether a question that ended did not end for the network.
func notNetwork(q *enginetest.Question) bool {
	_, err := q.Wait()
	return !strings.HasPrefix(fault.Code(err), "TACIT-N")
}

// enteredOnce: the ledgers verify and agree, and no member lost or doubled an entry.
func enteredOnce(t *testing.T, s *enginetest.Space, job store.JobID) {
	t.Helper()
	for id, entries := range s.LedgersAgree(job) {
		seen := map[string]int{}
		for _, e := range entries {
			seen[fmt.Sprint(e.Kind, " ", e.Member, " ", e.Attempt)]++
		}
		for what, n := range seen {
			if n > 1 {
				t.Errorf("%s entered %q %d times", id, what, n)
			}
		}
		if entries[0].Kind != ledger.Asked {
			t.Errorf("%s entered %s before the question", id, entries[0].Kind)
		}
	}
}
