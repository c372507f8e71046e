//go:build e2e

package e2e

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/lab"
)

// points are the durable steps of coordinator and worker at which the real binary is
// killed; package enginetest tries every passage of each inside one space.
var points = []string{
	"coordinator.job.before", "coordinator.job.after",
	"coordinator.decision.before", "coordinator.decision.after",
	"coordinator.persist.before", "coordinator.persist.after",
	"coordinator.send.after", "coordinator.result.before", "coordinator.result.after",
	"worker.decision.before", "worker.decision.after",
	"worker.persist.before", "worker.persist.after",
	"worker.release.before", "worker.release.after", "worker.send.after",
}

// Whichever process is killed, at whichever step, and started again: the answer is
// that over those who took part, or the question fails with a code. It is never
// wrong, and never hangs.
func TestKillMinusNine(t *testing.T) {
	killMinusNine(t, newSpace(t, killed9), points)
}

// TestGuardedKillMinusNine is the same for a guarded release: an attempt that loses a
// process is repeated with fresh keys, or, once it may have been released, continued. It
// kills in later passages too, as there are more messages and states.
func TestGuardedKillMinusNine(t *testing.T) {
	later := []string{
		"coordinator.send.after:12", "coordinator.send.after:30", "coordinator.send.after:46",
		"coordinator.persist.before:2", "coordinator.persist.after:2",
		"worker.send.after:4", "worker.send.after:7", "worker.send.after:9",
		"worker.persist.before:2", "worker.persist.after:2",
	}
	killMinusNine(t, newGuardedSpace(t, killed9, 77, 88), append(slices.Clone(points), later...))
}

var killed9 = [owners][2]int64{{1, 10}, {200, 3000}, {40_000, 500_000}, {6_000_000, -70_000_000}, {800_000_000, 9_000_000_000}}

func killMinusNine(t *testing.T, s *space, points []string) {
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			s := s.in(t)
			name := owner(2)
			if strings.HasPrefix(point, "coordinator.") {
				name = lab.CoordinatorID
			}
			doomed := s.replace(name, "TACIT_TEST_CRASH="+point)
			a := s.ask()
			select {
			case err := <-doomed.ended:
				if !killed(err) {
					t.Fatalf("the process ended with %v", err)
				}
			case <-time.After(time.Minute):
				t.Fatal("the point is never passed")
			}
			s.start(name)
			got := <-a.out
			if got.err == nil {
				s.check(got.text)
				return
			}
			if !regexp.MustCompile(`"code":"TACIT-[JN]\d{3}"`).MatchString(got.err.Error()) {
				t.Fatal(got.err)
			}
			t.Logf("failed cleanly: %v", got.err)
		})
	}
}

// An analyst's client that is killed leaves a question that can be resumed once.
func TestKilledAnalystResumes(t *testing.T) {
	values := [owners][2]int64{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}}
	t.Run("open", func(t *testing.T) { killedAnalyst(t, newSpace(t, values)) })
	t.Run("guarded", func(t *testing.T) { killedAnalyst(t, newGuardedSpace(t, values, 11)) })
}

func killedAnalyst(t *testing.T, s *space) {
	for _, point := range []string{"analyst.question.after", "analyst.submit.after", "analyst.open.before", "analyst.erase.before"} {
		got := <-s.ask("TACIT_TEST_CRASH=" + point).out
		if !killed(got.err) {
			t.Fatalf("%s: the client ended with %v", point, got.err)
		}
		job := s.openQuestion()
		out, err := tacit(t, nil, "--config", s.Profile(), "resume", job, "--format", "json")
		if err != nil {
			t.Fatalf("%s: %v", point, err)
		}
		s.check(out)
		if _, err := tacit(t, nil, "--config", s.Profile(), "resume", job); err == nil {
			t.Errorf("%s: the answer was opened twice", point)
		}
	}
}

// openQuestion returns the one question whose answer was not delivered.
func (s *space) openQuestion() string {
	s.t.Helper()
	out, err := tacit(s.t, nil, "--config", s.Profile(), "jobs", "--format", "json")
	if err != nil {
		s.t.Fatal(err)
	}
	var list []struct {
		Job  string
		Open bool
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		s.t.Fatal(err)
	}
	var open []string
	for _, j := range list {
		if j.Open {
			open = append(open, j.Job)
		}
	}
	if len(open) != 1 {
		s.t.Fatalf("%d open questions, want 1: %s", len(open), out)
	}
	return open[0]
}
