package protocol

import (
	"crypto/rand"
	"strconv"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/identity"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/runner"
)

// Guarded reports whether a job is a guarded release.
func Guarded(m *cryptojob.Manifest) bool { return len(m.Guard) > 0 }

// Worker is what a worker brings to one attempt.
type Worker struct {
	Manifest *cryptojob.Manifest
	Alpha    cryptojob.Alpha
	Self     session.Party
	Identity *identity.Identity
	Attempt  uint32
	Barred   session.Parties // workers with whom this one begins nothing, sorted
	Keys     *guard.KeySet   // made ahead, of a guarded release; nil: none
}

func (w *Worker) masked() secagg.WorkerConfig {
	return secagg.WorkerConfig{
		Manifest: w.Manifest, Alpha: w.Alpha, Self: w.Self, Identity: w.Identity,
		Attempt: w.Attempt, Barred: w.Barred, Rand: rand.Reader, Parallel: runner.Parallel,
	}
}

func (w *Worker) guarded() guard.WorkerConfig {
	return guard.WorkerConfig{
		Manifest: w.Manifest, Alpha: w.Alpha, Self: w.Self, Identity: w.Identity,
		Attempt: w.Attempt, Barred: w.Barred, Keys: w.Keys, Rand: rand.Reader, Parallel: runner.Parallel,
	}
}

// NewWorker starts a worker's machine.
func NewWorker(w Worker) (session.Machine, error) {
	if Guarded(w.Manifest) {
		return guard.NewWorker(w.guarded())
	}
	return secagg.NewWorker(w.masked())
}

// RestoreWorker continues a worker's machine from its state.
func RestoreWorker(w Worker, state []byte) (session.Machine, error) {
	if Guarded(w.Manifest) {
		return guard.RestoreWorker(w.guarded(), state)
	}
	return secagg.RestoreWorker(w.masked(), state)
}

// Server is what the coordinator brings to one attempt.
type Server struct {
	Submission   *cryptojob.Submission
	Attempt      uint32
	Participants []session.Party
	Keys         *guard.PublicKeys // made ahead by the participants; nil: none
}

func (s *Server) masked() secagg.ServerConfig {
	return secagg.ServerConfig{
		Submission: s.Submission, Attempt: s.Attempt, Participants: s.Participants, Parallel: runner.Parallel,
	}
}

func (s *Server) guarded() guard.ServerConfig {
	return guard.ServerConfig{
		Submission: s.Submission, Attempt: s.Attempt, Participants: s.Participants, Keys: s.Keys, Parallel: runner.Parallel,
	}
}

// NewServer starts the coordinator's machine.
func NewServer(s Server) (session.Machine, error) {
	if Guarded(s.Submission.Manifest) {
		return guard.NewServer(s.guarded())
	}
	return secagg.NewServer(s.masked())
}

// RestoreServer continues the coordinator's machine from its state.
func RestoreServer(s Server, state []byte) (session.Machine, error) {
	if Guarded(s.Submission.Manifest) {
		return guard.RestoreServer(s.guarded(), state)
	}
	return secagg.RestoreServer(s.masked(), state)
}

var phaseNames = map[session.Phase]string{
	secagg.PhaseAdvertise: "advertise", secagg.PhaseShare: "share", secagg.PhaseInput: "input",
	secagg.PhaseAgree: "agree", secagg.PhaseOpen: "open",

	guard.PhaseHello: "guard-hello", guard.PhaseReveal: "guard-reveal", guard.PhaseKeyCommit: "guard-key-commit",
	guard.PhaseKeyShare: "guard-key-share", guard.PhaseKeyCheck: "guard-key-check", guard.PhaseReady: "guard-ready",
	guard.PhaseInput: "guard-input", guard.PhaseInputShare: "guard-share", guard.PhaseConfirm: "guard-confirm",
	guard.PhaseOpen: "guard-open",
}

// PhaseName names a phase for metrics.
func PhaseName(p session.Phase) string {
	if name, ok := phaseNames[p]; ok {
		return name
	}
	return strconv.Itoa(int(p))
}

// IsInput reports whether workers compute their input in this phase.
func IsInput(p session.Phase) bool { return p == secagg.PhaseInput || p == guard.PhaseInput }

// Sizes of a job in bytes.
type Sizes struct {
	Message int   // the longest message that a worker sends or gets, about
	Result  int   // what the analyst gets, about
	Worker  int64 // what a worker holds at once
}

// copies of its vector that a worker of a masked sum holds: vector, masked vector, stored
// state, message on its way.
const copies = 4

// SizesOf returns the sizes of a job whose manifest was checked.
func SizesOf(m *cryptojob.Manifest) (Sizes, error) {
	vector := m.Length * int(m.Width) / 8
	if !Guarded(m) {
		return Sizes{Message: vector, Result: vector, Worker: copies * int64(vector)}, nil
	}
	shape, err := guard.ParseShape(m.Guard, len(m.Roster))
	if err != nil {
		return Sizes{}, err
	}
	s, err := shape.Sizes()
	if err != nil {
		return Sizes{}, err
	}
	return Sizes{Message: max(s.Share, s.Key, s.Opening), Result: s.Result, Worker: s.Memory + int64(vector)}, nil
}
