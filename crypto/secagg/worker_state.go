package secagg

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// workerState is what a worker persists: from U3 on, nothing of its input and
// nothing that could open more than U3 allows.
type workerState struct {
	hash   [32]byte
	number uint32
	self   session.Party
	next   kind       // kindCertificate or kindNothing
	seen   [][32]byte // of the messages from kindRoster on, in order
	agreed agreed
}

// fromCoordinator lists the kinds of messages in the order of their rounds.
var fromCoordinator = []kind{kindRoster, kindPackets, kindSurvivors, kindCertificate}

func (*workerState) kind() kind { return kindWorkerState }

func (s *workerState) encode(w *wire.Writer) {
	w.Fixed(s.hash[:])
	w.U32(s.number)
	w.U16(uint16(s.self))
	w.Bool(s.next == kindNothing)
	for _, digest := range s.seen {
		w.Fixed(digest[:])
	}
	s.agreed.consensus.encode(w)
	s.agreed.opening.encode(w)
}

func decodeWorkerState(r *wire.Reader, n int) *workerState {
	s := &workerState{hash: fixed32(r), number: r.U32(), self: session.Party(r.U16()), next: kindCertificate}
	taken := 3
	if r.Bool() {
		s.next, taken = kindNothing, 4
	}
	for range taken {
		s.seen = append(s.seen, fixed32(r))
	}
	s.agreed.consensus = decodeConsensus(r, n)
	s.agreed.opening = decodeOpening(r, n)
	return s
}

func (w *Worker) state() []byte {
	s := &workerState{hash: w.ManifestHash(), number: w.Number, self: w.self, next: w.next, agreed: *w.agreed}
	for _, k := range fromCoordinator {
		if digest, ok := w.seen[k]; ok {
			s.seen = append(s.seen, digest)
		}
	}
	return marshal(s)
}

// RestoreWorker continues from a persisted state. Its Step(Start) returns what
// has to be said again. It returns [session.ErrState] if the state is damaged or of
// another job, attempt or position.
func RestoreWorker(cfg WorkerConfig, state []byte) (*Worker, error) {
	w, err := newWorker(cfg)
	if err != nil {
		return nil, err
	}
	s, err := unmarshal(state, kindWorkerState, func(r *wire.Reader) *workerState {
		return decodeWorkerState(r, w.N())
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	c := s.agreed.consensus
	if s.hash != w.ManifestHash() || s.number != w.Number || s.self != w.self ||
		!c.u3.Has(w.self) || !c.u3.Within(s.agreed.opening.of) {
		return nil, session.ErrState
	}
	w.next, w.agreed = s.next, &s.agreed
	for i, digest := range s.seen {
		w.seen[fromCoordinator[i]] = digest
	}
	return w, nil
}
