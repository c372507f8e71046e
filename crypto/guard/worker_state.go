package guard

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// held is what a worker keeps from its claim on, and all that it persists: what it will
// open, with every mask on it, and what it compares the claims of all with before. Its
// secrets are gone by then.
type held struct {
	parties session.Parties
	keyID   KeyID
	beliefs beliefs
	outputs [32]byte
	opening []byte
}

// state is what is persisted.
func (w *Worker) state() []byte {
	hash := w.ManifestHash()
	out := begin(kindWorkerState)
	out.Fixed(hash[:])
	out.U32(w.Number)
	out.U16(uint16(w.self))
	out.Bool(w.next == kindNothing)
	w.held.encode(out)
	return out.Data()
}

func (h *held) encode(w *wire.Writer) {
	h.parties.Encode(w)
	w.Fixed(h.keyID[:])
	w.Fixed(h.beliefs.challenge[:])
	h.beliefs.sum.Encode(w)
	h.beliefs.audited.Encode(w)
	h.beliefs.own.encode(w)
	w.Fixed(h.outputs[:])
	w.Fixed(h.opening)
}

// RestoreWorker continues from a persisted state; it uses neither Rand nor Keys. Its Step(Start{}) returns what has to be
// said again. It returns [session.ErrState] if the state is damaged or of another job, attempt or
// position.
func RestoreWorker(cfg WorkerConfig, state []byte) (*Worker, error) {
	w, err := newWorker(cfg)
	if err != nil {
		return nil, err
	}
	r := wire.NewReader(state)
	if kind(r.U8()) != kindWorkerState || fixed32(r) != w.ManifestHash() ||
		r.U32() != w.Number || session.Party(r.U16()) != w.self {
		return nil, session.ErrState
	}
	w.next, w.restored = inputExchange+offClaims, true
	if r.Bool() {
		w.next = kindNothing
	}
	w.decodeHeld(r)
	if !w.held.parties.Has(w.self) {
		r.Fail(session.ErrOrder)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	return w, nil
}

func (w *Worker) decodeHeld(r *wire.Reader) {
	h := &held{parties: session.DecodeParties(r, w.N()), keyID: fixed32(r)}
	w.release = newRelease(w.Attempt, w.shape, &PublicKeys{ID: h.keyID, Parties: h.parties})
	inputs := w.release.inputExchange()
	h.beliefs = beliefs{
		challenge: fixed32(r), sum: inputs.basis.DecodeFingerprint(r), audited: inputs.basis.DecodeFingerprint(r),
		own: inputs.decodeClaim(r),
	}
	h.outputs = fixed32(r)
	h.opening = r.Fixed(w.release.openingSize())
	w.held = h
	w.shares = w.claimed(h.beliefs)
}
