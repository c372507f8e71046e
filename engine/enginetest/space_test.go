package enginetest_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

func five(t *testing.T) *enginetest.Space {
	return enginetest.New(t, enginetest.Options{Owners: 5})
}

func wantCode(t *testing.T, err error, kind *fault.Kind) {
	t.Helper()
	if !kind.Is(err) {
		t.Fatalf("error %v, want code %s (%s)", err, kind.Code, kind.Title)
	}
}

// heard matches the arrival of a member's message in a phase.
func heard(member string, phase uint8) func(transport.Progress) bool {
	return func(p transport.Progress) bool { return p.Event == "heard" && p.Member == member && p.Phase == phase }
}

func inPhase(phase uint8) func(transport.Progress) bool {
	return func(p transport.Progress) bool { return p.Attempt > 0 && p.Phase >= phase }
}

func event(word, member string) func(transport.Progress) bool {
	return func(p transport.Progress) bool { return p.Event == word && p.Member == member }
}

func TestRightAnswer(t *testing.T) {
	for _, owners := range []int{3, 4, 5} {
		s := enginetest.New(t, enginetest.Options{Owners: owners}).Start()
		answer := s.Ask(analyst.Options{Purpose: "planning"}).Want(s.Owners...)
		p := answer.Provenance
		if len(p.Participants) != owners || len(p.Missing) != 0 || p.Signatures < 3 || p.Attempt != 1 {
			t.Errorf("%d owners: provenance %+v", owners, p)
		}
		if p.Purpose != "planning" || !strings.Contains(p.SQL, "SUM(cost)") || p.Plan == "" || p.Leakage == "" || p.Software != "test" {
			t.Errorf("%d owners: provenance %+v", owners, p)
		}
		m, err := cryptojob.ParseManifest(answer.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		if in, err := secagg.VerifyReceipt(m, answer.Receipt); err != nil || len(in) != owners {
			t.Errorf("%d owners: the receipt names %v: %v", owners, in, err)
		}
	}
}

func TestWorkerLeavesBeforeItsInput(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners:      5,
		Coordinator: func(c *coordinator.Config) { c.Timing.Absence = time.Millisecond },
	})
	reached := s.Gates["owner5"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	s.StopWorker("owner5")
	answer := q.Want(s.Owners[:4]...)
	if missing := answer.Provenance.Missing; len(missing) != 1 || missing[0].Member != "owner5" {
		t.Errorf("missing %+v", missing)
	}
}

func TestWorkerLeavesAfterItsInput(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners:      5,
		Coordinator: func(c *coordinator.Config) { c.Timing.Absence = time.Millisecond },
	})
	s.Gates["owner4"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	q.Until(heard("owner5", uint8(secagg.PhaseInput)))
	s.StopWorker("owner5")
	q.Until(event("dropped", "owner5"))
	s.Gates["owner4"].Open()
	q.Want(s.Owners...)
}

func TestOwnerRefuses(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 5,
		Worker: func(id string, c *worker.Config) {
			if id == "owner2" {
				c.Accept = config.Accept{Tables: []string{"others"}}
			}
		},
	}).Start()
	q := s.Ask(analyst.Options{})
	q.Want("owner1", "owner3", "owner4", "owner5")
	status, err := s.Client().Show(t.Context(), q.Job())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(status.Members, func(m transport.MemberStatus) bool {
		return m.Member == "owner2" && m.State == "refused" && m.Fault != nil && m.Fault.Code == policy.OwnRule.Code
	}) {
		t.Errorf("members %+v", status.Members)
	}
}

func TestTooFewOwnersAccept(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3,
		Worker: func(id string, c *worker.Config) {
			if id == "owner2" {
				c.Accept = config.Accept{Tables: []string{"others"}}
			}
		},
	}).Start()
	q := s.Ask(analyst.Options{})
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), "owner2 refused ("+policy.OwnRule.Code+": "+policy.OwnRule.Title+")") {
		t.Errorf("the error does not say who refused: %v", err)
	}
	_, err = s.Resume(q.Job(), analyst.Options{}).Wait()
	wantCode(t, err, analyst.Answered)
}

func TestOwnersDoNotAnswer(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners:      3,
		Coordinator: func(c *coordinator.Config) { c.Timing.Admission = 300 * time.Millisecond },
	})
	s.StartCoordinator()
	s.StartWorker("owner1")
	_, err := s.Ask(analyst.Options{}).Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), "no answer: owner2, owner3") {
		t.Errorf("the error does not say who is silent: %v", err)
	}
}

// The owner's data fail after it had accepted: it withdraws with the code, and
// the others go on.
func TestDataFail(t *testing.T) {
	s := five(t)
	s.Gates["owner3"].Fail(source.ErrChanged.New("a file was replaced"))
	s.Start()
	q := s.Ask(analyst.Options{})
	q.Want("owner1", "owner2", "owner4", "owner5")
	q.Until(func(p transport.Progress) bool {
		return p.Event == "withdrawn" && p.Member == "owner3" && p.Fault.Code == source.ErrChanged.Code
	})
}

// An error without a code may hold a value: its text stays with the owner.
func TestDataFailWithoutCode(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	s.Gates["owner3"].Fail(errors.New("planted-value"))
	s.Start()
	_, err := s.Ask(analyst.Options{}).Wait()
	wantCode(t, err, coordinator.TooFew)
	if strings.Contains(err.Error(), "planted-value") || !strings.Contains(err.Error(), worker.Broken.Code) {
		t.Errorf("the error shows too much or too little: %v", err)
	}
}

func TestCancel(t *testing.T) {
	s := five(t)
	reached := s.Gates["owner5"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	if err := s.Client().Cancel(t.Context(), q.Job()); err != nil {
		t.Fatal(err)
	}
	_, err := q.Wait()
	wantCode(t, err, analyst.Cancelled)
	if err := s.Client().Cancel(t.Context(), q.Job()); err != nil {
		t.Errorf("cancelling again: %v", err)
	}
	s.StopCoordinator()
	if got := s.State(q.Job()).State; got != store.Cancelled {
		t.Errorf("state %s", got)
	}
}

func TestExpires(t *testing.T) {
	s := five(t)
	reached := s.Gates["owner5"].Close()
	s.Gates["owner4"].Close()
	s.Start()
	q := s.Ask(analyst.Options{Lifetime: 2 * time.Second})
	s.Await(reached, q.Done()) // on a slow machine the time is up before the inputs are computed
	_, err := q.Wait()
	wantCode(t, err, coordinator.Expired)
}

func TestClockOfTheCoordinatorIsAhead(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners:      3,
		Coordinator: func(c *coordinator.Config) { c.Now = func() time.Time { return time.Now().Add(100 * time.Hour) } },
	}).Start()
	_, err := s.Ask(analyst.Options{}).Wait()
	wantCode(t, err, coordinator.Expired)
}

func TestClockOfAWorkerIsAhead(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3,
		Worker: func(id string, c *worker.Config) {
			if id == "owner1" {
				c.Now = func() time.Time { return time.Now().Add(100 * time.Hour) }
			}
		},
	}).Start()
	_, err := s.Ask(analyst.Options{}).Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), policy.Expired.Code) {
		t.Errorf("error %v does not name the worker's code", err)
	}
}

// The coordinator is stopped and started again on its store while the job is in
// a phase. The answer is right, whether the attempt went on or was repeated.
func TestCoordinatorRestartsInEachPhase(t *testing.T) {
	for phase := range uint8(5) {
		t.Run(strconv.Itoa(int(phase)), func(t *testing.T) {
			s := five(t).Start()
			q := s.Ask(analyst.Options{})
			q.Until(inPhase(phase))
			s.StopCoordinator()
			s.StartCoordinator()
			q.Want(s.Owners...)
		})
	}
}

// Inputs are held, so the coordinator certainly loses the attempt, and begins
// another one with fresh keys.
func TestCoordinatorLosesTheAttempt(t *testing.T) {
	s := five(t)
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	s.StopCoordinator()
	s.StartCoordinator()
	q.Until(func(p transport.Progress) bool { return p.Attempt == 2 })
	s.Gates["owner1"].Open()
	if answer := q.Want(s.Owners...); answer.Provenance.Attempt != 2 {
		t.Errorf("attempt %d", answer.Provenance.Attempt)
	}
}

func TestWorkerRestartsInEachPhase(t *testing.T) {
	for phase := range uint8(5) {
		t.Run(strconv.Itoa(int(phase)), func(t *testing.T) {
			s := five(t).Start()
			q := s.Ask(analyst.Options{})
			q.Until(inPhase(phase))
			s.StopWorker("owner3")
			s.StartWorker("owner3")
			q.WantOfParticipants(4)
		})
	}
}

// A worker that restarts before its input has lost the attempt, and says so;
// as everybody is needed, another attempt begins.
func TestWorkerRestartsDuringItsQuery(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	reached := s.Gates["owner2"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	s.StopWorker("owner2")
	s.Gates["owner2"].Open()
	s.StartWorker("owner2")
	if answer := q.Want(s.Owners...); answer.Provenance.Attempt != 2 {
		t.Errorf("attempt %d, want a second one", answer.Provenance.Attempt)
	}
}

// A worker that lost its store is out of the attempt at once; the others go on.
func TestWorkerLosesItsStore(t *testing.T) {
	s := five(t)
	reached := s.Gates["owner2"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	s.StopWorker("owner2")
	if err := os.RemoveAll(s.Store("owner2")); err != nil {
		t.Fatal(err)
	}
	s.StartWorker("owner2")
	q.Until(event("dropped", "owner2"))
	q.Want("owner1", "owner3", "owner4", "owner5")
}

func TestEverythingRestarts(t *testing.T) {
	s := five(t)
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	id := q.Job()
	q.Kill()
	s.StopCoordinator()
	for _, owner := range s.Owners {
		s.StopWorker(owner)
	}
	s.Gates["owner1"].Open()
	s.Start()
	s.Resume(id, analyst.Options{}).Want(s.Owners...)
}

func TestJobsAtTheSameTime(t *testing.T) {
	for _, jobs := range []int{2, 20} {
		t.Run(strconv.Itoa(jobs), func(t *testing.T) {
			s := five(t).Start()
			var wg sync.WaitGroup
			c := s.Client()
			for range jobs {
				q := s.AskWith(c, analyst.Options{})
				wg.Go(func() { q.Want(s.Owners...) })
			}
			wg.Wait()
		})
	}
}

func TestKilledClientResumes(t *testing.T) {
	s := five(t)
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	id := q.Job()
	q.Kill()
	pending, err := s.Client().Pending()
	if err != nil || len(pending) != 1 || pending[0] != id {
		t.Fatalf("pending %v, %v", pending, err)
	}
	s.Gates["owner1"].Open()
	s.Resume(id, analyst.Options{}).Want(s.Owners...)
	_, err = s.Resume(id, analyst.Options{}).Wait()
	wantCode(t, err, analyst.Answered)
	_, err = s.Resume(store.JobID{1}, analyst.Options{}).Wait()
	wantCode(t, err, analyst.Unknown)
}

// The secret is erased only once the answer is delivered.
func TestAnswerNotDelivered(t *testing.T) {
	s := five(t).Start()
	full := errors.New("disk full")
	q := s.Ask(analyst.Options{Deliver: func(*analyst.Answer) error { return full }})
	if _, err := q.Wait(); !errors.Is(err, full) {
		t.Fatalf("error %v", err)
	}
	s.Resume(q.Job(), analyst.Options{}).Want(s.Owners...)
}

func TestSecondInstance(t *testing.T) {
	s := five(t).Start()
	s.Ask(analyst.Options{}).Want(s.Owners...) // so everybody has a store
	err := coordinator.Run(context.Background(), s.CoordinatorConfig())
	wantCode(t, err, store.InUse)
	err = worker.Run(context.Background(), s.WorkerConfig("owner1"))
	wantCode(t, err, store.InUse)
}

func TestNothingRunsOn(t *testing.T) {
	s := five(t)
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	q.Kill()
	s.StopCoordinator()
	for _, id := range s.Owners {
		s.StopWorker(id)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, frame := range []string{"engine/coordinator.", "engine/worker.", "engine/runner."} {
		if strings.Contains(string(stacks), frame) {
			t.Errorf("a goroutine is still in %s:\n%s", frame, stacks)
		}
	}
}

// The coordinator never holds an input or a result in the clear: neither its
// store nor any log has one of the numbers, in text or in binary.
func TestNoPlaintextAtTheCoordinator(t *testing.T) {
	s := five(t).Start()
	s.Ask(analyst.Options{}).Want(s.Owners...)
	s.StopCoordinator()
	var stored strings.Builder
	files, err := filepath.Glob(filepath.Join(s.Store(enginetest.CoordinatorID), "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stored.Write(content)
	}
	if !strings.Contains(stored.String(), "visits") {
		t.Error("the search finds nothing, not even the name of the table: it proves nothing")
	}
	for name, value := range numbers(s) {
		for _, form := range forms(value) {
			if strings.Contains(stored.String(), form) {
				t.Errorf("the store has %s", name)
			}
			if strings.Contains(s.Log.String(), form) {
				t.Errorf("a log has %s", name)
			}
		}
	}
}

// numbers returns every owner's sum of every cell, and the results.
func numbers(s *enginetest.Space) map[string]int64 {
	all := map[string]int64{}
	for _, region := range []string{"north", "south"} {
		_, all["the result of "+region] = s.Cell(region, s.Owners...)
		for _, id := range s.Owners {
			_, all["the sum of "+id+" for "+region] = s.Cell(region, id)
		}
	}
	return all
}

func forms(value int64) []string {
	return []string{
		strconv.FormatInt(value, 10),
		string(binary.LittleEndian.AppendUint64(nil, uint64(value))),
		string(binary.BigEndian.AppendUint64(nil, uint64(value))),
	}
}
