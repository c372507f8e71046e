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
	for _, point := range crashpoint.All {
		role, _, _ := strings.Cut(string(point), ".")
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			for n := 1; n <= maxPassages; n++ {
				killed := false
				t.Run(fmt.Sprint(n), func(t *testing.T) { killed = roles[role](t, point, n) })
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
var roles = map[string]func(*testing.T, crashpoint.Point, int) bool{
	"coordinator": killCoordinator,
	"worker":      killWorker,
	"analyst":     killAnalyst,
}

func killCoordinator(t *testing.T, point crashpoint.Point, n int) bool {
	s := five(t)
	s.ReserveAddress()
	p := s.StartProcess(enginetest.CoordinatorID, point, n)
	p.Listening()
	for _, id := range s.Owners {
		s.StartWorker(id)
	}
	q := s.Ask(analyst.Options{})
	if !p.Killed(ended(q)) {
		q.WantOfParticipants(4)
		return false
	}
	s.StartCoordinator()
	finish(s, q)
	releasedOnce(t, s)
	return true
}

func killWorker(t *testing.T, point crashpoint.Point, n int) bool {
	s := five(t)
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
	q.WantOfParticipants(4)
	if killed {
		releasedOnce(t, s)
	}
	return killed
}

func killAnalyst(t *testing.T, point crashpoint.Point, n int) bool {
	s := five(t).Start()
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
	s.Resume(pending[0], analyst.Options{}).WantOfParticipants(4)
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
		q.WantOfParticipants(4)
		return
	}
	s.Resume(q.Job(), analyst.Options{}).WantOfParticipants(4)
}

// notNetwork reports whether a question that ended did not end for the network.
func notNetwork(q *enginetest.Question) bool {
	_, err := q.Wait()
	return !strings.HasPrefix(fault.Code(err), "TACIT-N")
}

// releasedOnce looks into the stores of the stopped workers: whoever released
// did so in one attempt, and all in the same.
func releasedOnce(t *testing.T, s *enginetest.Space) {
	t.Helper()
	attempts := map[uint32]int{}
	for _, id := range s.Owners {
		s.StopWorker(id)
		for _, attempt := range s.Releases(id) {
			attempts[attempt]++
		}
	}
	if len(attempts) != 1 {
		t.Errorf("releases by attempt: %v, want those of one attempt", attempts)
	}
}
