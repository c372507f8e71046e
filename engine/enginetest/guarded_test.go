package enginetest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/guard"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// small is the cohort of the spaces below where it does not matter: the smallest
// parameters are the quickest.
const small = 5

// guardedPhases are the phases of an attempt that makes its own key set.
var guardedPhases = []session.Phase{
	guard.PhaseHello, guard.PhaseReveal, guard.PhaseKeyCommit, guard.PhaseKeyShare, guard.PhaseKeyCheck,
	guard.PhaseInput, guard.PhaseInputShare, guard.PhaseConfirm, guard.PhaseOpen,
}

// The exact answer where k units are, nothing but that there are fewer elsewhere; by
// rows and by units; the receipt names everybody, and the traffic is about what the
// statement said.
func TestGuardedAnswers(t *testing.T) {
	for _, c := range []struct {
		owners, cohort int
		units          bool
	}{{3, 2, false}, {3, 10, true}, {5, 20, false}, {20, 10, true}} {
		t.Run(fmt.Sprintf("%d owners, k = %d, units %t", c.owners, c.cohort, c.units), func(t *testing.T) {
			metrics := obs.NewMetrics("worker")
			s := enginetest.New(t, enginetest.Options{
				Owners: c.owners, Cohort: c.cohort, Units: c.units,
				Worker: func(id string, c *worker.Config) {
					if id == "owner2" {
						c.Metrics = metrics
					}
				},
			}).Start()
			answer := s.Ask(analyst.Options{}).Want(s.Owners...)
			p := answer.Provenance
			if len(p.Participants) != c.owners || p.Signatures != c.owners || p.Attempt != 1 || p.MarginBits < 40 || !strings.Contains(p.Protocol, "guarded release") {
				t.Errorf("provenance %+v", p)
			}
			if !strings.Contains(p.Leakage, fmt.Sprintf("only where at least %d privacy units contribute", c.cohort)) {
				t.Errorf("the statement does not say what is suppressed:\n%s", p.Leakage)
			}
			m, err := cryptojob.ParseManifest(answer.Manifest)
			if err != nil {
				t.Fatal(err)
			}
			if in, err := guard.VerifyReceipt(m, answer.Receipt); err != nil || len(in) != c.owners {
				t.Errorf("the receipt names %v: %v", in, err)
			}
			near(t, "sent", bytesOf(t, metrics, obs.Out), p.Upload)
			near(t, "received", bytesOf(t, metrics, obs.In), p.Download)
		})
	}
}

// near wants an estimate within a tenth of what was counted.
func near(t *testing.T, what string, counted, estimate int64) {
	t.Helper()
	if counted == 0 || estimate < counted*9/10 || estimate > counted*11/10 {
		t.Errorf("a worker %s %d bytes, the statement says %d", what, counted, estimate)
	}
}

var byteCounter = regexp.MustCompile(`tacit_bytes_total\{direction="(\w+)",role="worker"\} (\S+)`)

func bytesOf(t *testing.T, m *obs.Metrics, direction string) int64 {
	t.Helper()
	page := httptest.NewRecorder()
	m.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range byteCounter.FindAllStringSubmatch(page.Body.String(), -1) {
		if line[1] == direction {
			n, err := strconv.ParseFloat(line[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			return int64(n)
		}
	}
	t.Fatalf("no bytes %s in %s", direction, page.Body.String())
	return 0
}

// Whoever evaluates again, the answer is the same, and so is what was foretold of its cost.
func TestVerificationModes(t *testing.T) {
	for _, mode := range []string{"all", "some", "none"} {
		t.Run(mode, func(t *testing.T) {
			metrics := obs.NewMetrics("worker")
			s := enginetest.New(t, enginetest.Options{
				Owners: 5, Cohort: small, Verification: mode,
				Worker: func(_ string, c *worker.Config) { c.Metrics = metrics },
			}).Start()
			p := s.Ask(analyst.Options{}).Want(s.Owners...).Provenance
			near(t, "sent", bytesOf(t, metrics, obs.Out)/5, p.Upload)
			near(t, "received", bytesOf(t, metrics, obs.In)/5, p.Download)
		})
	}
}

// A table whose rows anybody may count, with one column that asks for ten: one release
// has both.
func TestMixedJob(t *testing.T) {
	for _, units := range []bool{false, true} {
		s := enginetest.New(t, enginetest.Options{Owners: 3, CostCohort: 10, Units: units}).Start()
		answer := s.Ask(analyst.Options{}).Want(s.Owners...)
		if !strings.Contains(answer.Provenance.Leakage, "not guarded, released whatever stands behind them: COUNT(*)") {
			t.Errorf("the statement does not say what is open:\n%s", answer.Provenance.Leakage)
		}
	}
}

func TestGuardedJobsAtTheSameTime(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Cohort: small}).Start()
	var wg sync.WaitGroup
	c := s.Client()
	for range 6 {
		q := s.AskWith(c, analyst.Options{})
		wg.Go(func() { q.Want(s.Owners...) })
	}
	wg.Wait()
}

// A worker goes in any phase and does not come back: the others begin again without it,
// unless it was needed no more. Where everybody may have released it is waited for.
func TestGuardedWorkerLeavesInEachPhase(t *testing.T) {
	for _, phase := range []session.Phase{guard.PhaseHello, guard.PhaseKeyShare, guard.PhaseInput, guard.PhaseInputShare, guard.PhaseConfirm, guard.PhaseOpen} {
		t.Run(fmt.Sprint(phase), func(t *testing.T) {
			s := enginetest.New(t, enginetest.Options{
				Owners: 5, Cohort: small,
				Coordinator: func(c *coordinator.Config) {
					c.Timing.Absence = time.Millisecond
					c.Timing.Regroup = 100 * time.Millisecond
				},
			}).Start()
			q := s.Ask(analyst.Options{})
			q.Until(inPhase(uint8(phase)))
			s.StopWorker("owner5")
			q.Until(func(p transport.Progress) bool {
				return p.Attempt > 1 || p.Phase == uint8(guard.PhaseOpen) || p.State == transport.Released
			})
			if !q.Saw(func(p transport.Progress) bool { return p.Attempt > 1 }) {
				s.StartWorker("owner5")
			}
			answer := q.WantOfParticipants(4)
			if len(answer.Provenance.Participants) == 4 && answer.Provenance.Attempt < 2 {
				t.Error("an attempt lost a worker and went on")
			}
			releasedOnce(t, s)
		})
	}
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

// releasedNothing wants no release in the stores of the stopped workers.
func releasedNothing(t *testing.T, s *enginetest.Space) {
	t.Helper()
	for _, id := range s.Owners {
		s.StopWorker(id)
		if attempts := s.Releases(id); len(attempts) > 0 {
			t.Errorf("%s released in the attempts %v", id, attempts)
		}
	}
}

// If too few are left, the job fails, with a code, and nobody has released anything.
func TestGuardedTooFewAreLeft(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: small,
		Coordinator: func(c *coordinator.Config) {
			c.Timing.Absence, c.Timing.Regroup, c.Timing.Patience = time.Millisecond, 50*time.Millisecond, 100*time.Millisecond
		},
	})
	reached := s.Gates["owner3"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	s.StopWorker("owner3")
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFewConnected)
	s.StartWorker("owner3")
	releasedNothing(t, s)
}

// A worker that is needed and does not come back fails the job in the end; if the others may
// have released, no other attempt is begun.
func TestGuardedWorkerNeverComesBack(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: small, Coordinator: func(c *coordinator.Config) { c.Timing.Absence = time.Millisecond },
	}).Start()
	q := s.Ask(analyst.Options{Lifetime: 10 * time.Second})
	q.Until(inPhase(uint8(guard.PhaseConfirm)))
	s.StopWorker("owner3")
	if answer, err := q.Wait(); err != nil {
		wantCode(t, err, coordinator.Expired)
	} else if len(answer.Provenance.Participants) != 3 { // it had opened
		t.Errorf("answered over %d", len(answer.Provenance.Participants))
	}
	if q.Saw(func(p transport.Progress) bool { return p.Attempt > 1 && p.Phase == uint8(guard.PhaseOpen) }) {
		t.Error("another attempt was begun, of too few")
	}
}

func TestGuardedOwnerRefuses(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 5, Cohort: small,
		Worker: func(id string, c *worker.Config) {
			if id == "owner2" {
				c.Accept = config.Accept{MinCohort: small + 1}
			}
		},
	})
	s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	q.Until(func(p transport.Progress) bool {
		return p.Event == "refused" && p.Member == "owner2" && p.Fault != nil && p.Fault.Code == policy.OwnRule.Code
	})
	s.Gates["owner1"].Open()
	q.Want("owner1", "owner3", "owner4", "owner5")
}

// The owner's data fail in the middle of an attempt: the others begin another one.
func TestGuardedDataFail(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 5, Cohort: small})
	s.Gates["owner3"].Fail(source.ErrChanged.New("a file was replaced"))
	s.Start()
	answer := s.Ask(analyst.Options{}).Want("owner1", "owner2", "owner4", "owner5")
	if answer.Provenance.Attempt != 2 {
		t.Errorf("attempt %d", answer.Provenance.Attempt)
	}
	releasedOnce(t, s)
}

// An owner whose query hangs costs one attempt: the next does without it, although it is
// connected.
func TestGuardedWorkerHangs(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 5, Cohort: small, Coordinator: func(c *coordinator.Config) { c.Timing.Input = 2 * time.Second },
	})
	s.Gates["owner3"].Close()
	s.Start()
	answer := s.Ask(analyst.Options{}).Want("owner1", "owner2", "owner4", "owner5")
	if answer.Provenance.Attempt != 2 {
		t.Errorf("attempt %d", answer.Provenance.Attempt)
	}
	s.Gates["owner3"].Open()
}

// If the one that hangs is needed, it is waited for again.
func TestGuardedWorkerHangsAndIsNeeded(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: small, Coordinator: func(c *coordinator.Config) { c.Timing.Input = 2 * time.Second },
	})
	s.Gates["owner3"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	q.Until(func(p transport.Progress) bool { return p.Attempt == 2 })
	s.Gates["owner3"].Open()
	q.Want(s.Owners...)
}

// An owner that loses its state in every attempt is done without after the second.
func TestGuardedWorkerIsUnsteady(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 5, Cohort: small})
	reached := s.Gates["owner3"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	for range 2 {
		s.Await(reached)
		s.StopWorker("owner3")
		reached = s.Gates["owner3"].Close()
		s.StartWorker("owner3")
	}
	if answer := q.Want("owner1", "owner2", "owner4", "owner5"); answer.Provenance.Attempt != 3 {
		t.Errorf("attempt %d", answer.Provenance.Attempt)
	}
	s.Gates["owner3"].Open()
}

func TestGuardedCoordinatorRestartsInEachPhase(t *testing.T) {
	for _, phase := range guardedPhases {
		t.Run(fmt.Sprint(phase), func(t *testing.T) {
			s := enginetest.New(t, enginetest.Options{Owners: 4, Cohort: small}).Start()
			q := s.Ask(analyst.Options{})
			q.Until(inPhase(uint8(phase)))
			s.StopCoordinator()
			s.StartCoordinator()
			q.Want(s.Owners...)
			releasedOnce(t, s)
		})
	}
}

func TestGuardedWorkerRestartsInEachPhase(t *testing.T) {
	for _, phase := range guardedPhases {
		t.Run(fmt.Sprint(phase), func(t *testing.T) {
			s := enginetest.New(t, enginetest.Options{Owners: 5, Cohort: small}).Start()
			q := s.Ask(analyst.Options{})
			q.Until(inPhase(uint8(phase)))
			s.StopWorker("owner3")
			s.StartWorker("owner3")
			q.WantOfParticipants(4)
			releasedOnce(t, s)
		})
	}
}

// Roles are stopped and started at random while a question runs: the answer over those
// who took part, and one release.
func TestGuardedRestartsAtRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range 4 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			s := enginetest.New(t, enginetest.Options{
				Owners: 5, Cohort: small, Coordinator: func(c *coordinator.Config) { c.Limits.MaxAttempts = 20 },
			}).Start()
			q := s.Ask(analyst.Options{})
			for range 1 + random.IntN(3) {
				phase := guardedPhases[random.IntN(len(guardedPhases))]
				q.Until(func(p transport.Progress) bool {
					return p.Attempt > 0 && p.Phase >= uint8(phase) || p.State == transport.Released
				})
				if random.IntN(3) == 0 {
					s.StopCoordinator()
					s.StartCoordinator()
					continue
				}
				id := s.Owners[random.IntN(len(s.Owners))]
				s.StopWorker(id)
				s.StartWorker(id)
			}
			q.WantOfParticipants(4)
			releasedOnce(t, s)
		})
	}
}

func TestGuardedConnectionsAreCut(t *testing.T) {
	questionsOverCutConnections(t, enginetest.Options{Owners: 4, Cohort: small}, 3, 4)
}

// releasedInOneAttemptEach wants no worker to have released more than the jobs, and as many as an opening needs
// to have released each of them.
func releasedInOneAttemptEach(t *testing.T, s *enginetest.Space, jobs int) {
	t.Helper()
	c := s.Bundle.Charter()
	all, needed := 0, charter.Threshold(len(s.Owners), c.Rules.ToleratedCorruption)
	if c.Tables[0].K() > 1 {
		needed = len(s.Owners) // nothing guarded opens without everybody
	}
	for _, id := range s.Owners {
		s.StopWorker(id)
		n := len(s.Releases(id))
		if n > jobs {
			t.Errorf("%s released %d times, want at most %d", id, n, jobs)
		}
		all += n
	}
	if all < jobs*needed {
		t.Errorf("%d releases, want at least %d of each of %d jobs", all, needed, jobs)
	}
}

func TestGuardedClientResumes(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Cohort: small})
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	id := q.Job()
	q.Kill()
	s.Gates["owner1"].Open()
	s.Resume(id, analyst.Options{}).Want(s.Owners...)
	_, err := s.Resume(id, analyst.Options{}).Wait()
	wantCode(t, err, analyst.Answered)
}

// Neither the coordinator nor any log has an owner's number or a total, released or
// not; and the analyst has no total that was suppressed.
func TestNoPlaintextOfAGuardedJob(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Cohort: 20, Units: true}).Start()
	answer := s.Ask(analyst.Options{}).Want(s.Owners...)
	s.StopCoordinator()
	stored := filesOf(t, s, enginetest.CoordinatorID)
	if !strings.Contains(stored, "visits") {
		t.Error("the search finds nothing, not even the name of the table: it proves nothing")
	}
	var shown strings.Builder
	if err := answer.Table.WriteJSON(&shown, answer.Provenance); err != nil {
		t.Fatal(err)
	}
	atAnalyst := shown.String() + string(answer.Receipt) + filesOf(t, s, enginetest.AnalystID)
	hidden := 0
	for _, region := range []string{"east", "north", "south"} {
		numbers := map[string]int64{}
		_, numbers["result"] = s.Cell(region, s.Owners...)
		for _, id := range s.Owners {
			_, numbers[id] = s.Cell(region, id)
		}
		suppressed := s.Units(region, true, s.Owners...) < 20
		for name, value := range numbers {
			if value < 1_000_000 {
				continue // may occur by chance
			}
			for _, form := range forms(value) {
				if strings.Contains(stored, form) || strings.Contains(s.Log.String(), form) {
					t.Errorf("the coordinator or a log has the %s of the %s", name, region)
				}
				if (suppressed || name != "result") && strings.Contains(atAnalyst, form) {
					t.Errorf("the analyst has the %s of the %s", name, region)
				}
				if suppressed && name == "result" {
					hidden++
				}
			}
			if name == "result" && !suppressed && !strings.Contains(shown.String(), strconv.FormatInt(value, 10)) {
				t.Errorf("the search does not find the released result of the %s", region)
			}
		}
	}
	t.Logf("%d forms of suppressed results were looked for", hidden)
}

func filesOf(t *testing.T, s *enginetest.Space, member string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(s.Store(member), "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}
