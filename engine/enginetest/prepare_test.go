package enginetest_test

import (
	"os"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/transport"
)

const made = "key set made"

// ahead is a space with guarded rows whose coordinator makes one key set whenever it has a
// moment.
func ahead(t *testing.T, owners int) *enginetest.Space {
	return enginetest.New(t, enginetest.Options{
		Owners: owners, Cohort: 2,
		Coordinator: func(cfg *coordinator.Config) {
			cfg.Limits.KeysAhead = 1
			cfg.Timing.Idle = 10 * time.Millisecond
		},
	})
}

// TestKeysAhead: a question uses the key set up that was made before it, and another one
// is made after it.
func TestKeysAhead(t *testing.T) {
	s := ahead(t, 3).Start()
	s.Log.UntilTimes(4, made) // the coordinator's, and every owner's
	var phases []uint8
	answer := s.Ask(analyst.Options{OnProgress: func(p transport.Progress) { phases = append(phases, p.Phase) }})
	answer.Want(s.Owners...)
	for _, p := range phases {
		if p >= uint8(guard.PhaseHello) && p < uint8(guard.PhaseInput) {
			t.Fatalf("phase %d: keys were made for the question", p)
		}
	}
	s.Log.UntilTimes(8, made)
}

// TestKeysAheadSurviveRestarts: key sets are durable; if one owner's part is lost, the
// question is answered with fresh ones.
func TestKeysAheadSurviveRestarts(t *testing.T) {
	s := ahead(t, 3).Start()
	s.Log.UntilTimes(4, made)
	s.StopWorker(s.Owners[1])
	s.StopCoordinator()
	s.StartCoordinator()
	s.StartWorker(s.Owners[1])
	s.Ask(analyst.Options{}).Want(s.Owners...)

	s.Log.UntilTimes(8, made)
	s.StopWorker(s.Owners[2])
	if err := os.RemoveAll(s.Store(s.Owners[2])); err != nil {
		t.Fatal(err)
	}
	s.StartWorker(s.Owners[2])
	if got := s.Ask(analyst.Options{}).Want(s.Owners...); got.Provenance.Attempt != 2 {
		t.Errorf("attempt %d, wanted the second, with fresh keys", got.Provenance.Attempt)
	}
}
