package secagg

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Input is the worker's vector, noise included, as one event at any time
// before the masked input is due. The machine takes the vector over and masks it
// in place.
type Input struct{ Vector ring.Vector }

// IsEvent marks the type as a [session.Event].
func (Input) IsEvent() {}

// WorkerConfig is what a worker brings to one attempt.
type WorkerConfig struct {
	Manifest *job.Manifest      // verified: see [job.Offer.Verify]
	Alpha    job.Alpha          // from [job.Offer.Open]
	Self     session.Party      // own position of the roster, from 1
	Identity *identity.Identity // of that position
	Attempt  uint32
	Barred   session.Parties  // workers with whom this one begins nothing, sorted
	Rand     io.Reader        // crypto/rand.Reader; [RestoreWorker] reads none
	Parallel session.Parallel // nil: one block after the other

	without defences // by tests only
}

// Worker is one owner's role in one attempt: a [session.Machine].
//
// It answers the coordinator's messages of R1 … R4. A message that breaks a rule
// is refused with a [session.BlameError] and changes nothing; a packet of another worker
// that was signed and is wrong ends the attempt with an Abort that blames that worker.
type Worker struct {
	attempt
	self    session.Party
	id      *identity.Identity
	alpha   job.Alpha
	barred  session.Parties
	rand    io.Reader
	par     session.Parallel
	without defences

	next  kind              // the coordinator's message that is expected next; 0 after the end
	seen  map[kind][32]byte // digests of the coordinator's messages that were taken
	input *input            // until it is masked

	fresh  *fresh  // R0 until the input is masked
	dealt  *dealt  // R1 until the input is masked
	opened *opened // R2 until the input is masked
	held   *held   // R2 until U3 is agreed
	agreed *agreed // R3 until the end
}

// NewWorker starts a worker on an attempt with fresh secrets: 192 bytes of Rand
// now, and a number that t and U1 fix in R1. It checks the parameters again.
func NewWorker(cfg WorkerConfig) (*Worker, error) {
	if cfg.Rand == nil {
		return nil, errors.New("secagg: a worker needs randomness")
	}
	w, err := newWorker(cfg)
	if err != nil {
		return nil, err
	}
	w.next = kindRoster
	w.fresh, err = newFresh(w)
	return w, err
}

// errGuarded keeps a job whose cells are released from a minimum of units on only from
// being run as a sum that opens whatever is in it.
var errGuarded = errors.New("secagg: the manifest asks for a guarded release")

func newWorker(cfg WorkerConfig) (*Worker, error) {
	if cfg.Manifest == nil || cfg.Identity == nil {
		return nil, errors.New("secagg: a worker needs a manifest and an identity")
	}
	if err := cfg.Manifest.Check(); err != nil && !cfg.without.parameterCheck {
		return nil, err
	}
	if len(cfg.Manifest.Guard) > 0 {
		return nil, errGuarded
	}
	member, ok := cfg.Manifest.Member(cfg.Self)
	if !ok || cfg.Self == session.Analyst || !member.Key.Equal(cfg.Identity.Public()) {
		return nil, fmt.Errorf("secagg: position %d of the roster is not this identity", cfg.Self)
	}
	if !cfg.Alpha.Opens(cfg.Manifest) {
		return nil, job.ErrAlpha
	}
	return &Worker{
		attempt: newAttempt(cfg.Manifest, cfg.Attempt),
		self:    cfg.Self,
		id:      cfg.Identity,
		alpha:   cfg.Alpha,
		barred:  cfg.Barred,
		rand:    cfg.Rand,
		par:     cfg.Parallel,
		without: cfg.without,
		seen:    map[kind][32]byte{},
	}, nil
}

// Step takes Start, Input and the coordinator's messages. Gone of the
// coordinator, and any Deadline (the driver's, when the manifest expires), end
// the attempt. The machine takes Body of a message over: it is not changed
// afterwards.
func (w *Worker) Step(ev session.Event) ([]session.Effect, error) {
	if w.next == 0 {
		return nil, session.ErrEnded
	}
	switch ev := ev.(type) {
	case session.Start:
		return w.start()
	case Input:
		return w.takeInput(ev.Vector)
	case session.Message:
		return w.receive(ev)
	case session.Deadline:
		return w.abort(session.ErrGone), nil
	case session.Gone:
		if ev.Party == session.Coordinator {
			return w.abort(session.ErrGone), nil
		}
		return nil, nil
	}
	return nil, session.ErrEvent
}

// start sends the advertisement or, after a restart, the agreement or the
// opening again.
func (w *Worker) start() ([]session.Effect, error) {
	switch w.next {
	case kindRoster:
		return w.advertise(), nil
	case kindCertificate:
		return w.sendAgreement(), nil
	case kindNothing:
		return append(w.sendOpening(), session.Done{}), nil
	}
	return nil, session.ErrEvent
}

// receive takes the coordinator's messages in their order. One that was taken
// before is answered with the same bytes again if it may have been the answer
// that got lost (after U3 is fixed, when the coordinator restarts too), and
// else ignored.
func (w *Worker) receive(m session.Message) ([]session.Effect, error) {
	if m.From != session.Coordinator {
		return nil, session.ErrUnknownSender
	}
	k, digest := kindOf(m.Body), session.Hash("tacit/secagg/v1/seen", m.Body)
	if old, taken := w.seen[k]; taken && !w.without.oneAnswer {
		return w.repeat(k, old == digest)
	}
	if err := w.due(k); err != nil {
		return nil, err
	}
	return w.take(k, m.Body)
}

func (w *Worker) repeat(k kind, same bool) ([]session.Effect, error) {
	switch {
	case !same:
		return nil, blame(session.Coordinator, "second and different message of kind %#x", uint8(k))
	case k == kindSurvivors && w.next == kindCertificate:
		return w.sendAgreement(), nil
	case k == kindCertificate:
		return w.sendOpening(), nil
	}
	return nil, nil
}

// due reports whether a message of kind k is the one that comes next.
func (w *Worker) due(k kind) error {
	switch {
	case k != kindRoster && k != kindPackets && k != kindSurvivors && k != kindCertificate:
		return blame(session.Coordinator, "message of kind %#x", uint8(k))
	case k < w.next && !w.without.oneAnswer:
		return session.ErrLate
	case k > w.next:
		return session.ErrEarly
	case k == kindSurvivors && w.opened != nil:
		return session.ErrEarly
	}
	return nil
}

func (w *Worker) take(k kind, body []byte) ([]session.Effect, error) {
	switch k {
	case kindRoster:
		return w.takeRoster(body)
	case kindPackets:
		return w.takePackets(body)
	case kindSurvivors:
		return w.takeSurvivors(body)
	}
	return w.takeCertificate(body)
}

// taken notes that a message was taken, and which comes next.
func (w *Worker) taken(body []byte, next kind) {
	w.seen[kindOf(body)] = session.Hash("tacit/secagg/v1/seen", body)
	w.next = next
}

func (w *Worker) toCoordinator(m message) session.Effect {
	return session.Send{To: session.Coordinator, Body: marshal(m)}
}

// forget drops what is needed only until the input is masked.
func (w *Worker) forget() {
	if w.fresh != nil {
		w.fresh.wipe()
	}
	if w.dealt != nil {
		clear(w.dealt.pairs)
	}
	if w.opened != nil {
		clear(w.opened.masks)
	}
	w.input, w.fresh, w.dealt, w.opened = nil, nil, nil, nil
}

// forgetShares drops the shares of other dealers: of each but the one that may be opened.
func (w *Worker) forgetShares() {
	if w.held != nil {
		clear(w.held.shares)
	}
	w.held = nil
}

// abort ends the attempt and forgets its secrets.
func (w *Worker) abort(err error) []session.Effect {
	w.forget()
	w.forgetShares()
	w.agreed, w.next = nil, 0
	return session.End(err)
}

// sign signs a statement with the identity key.
func (w *Worker) sign(label string, statement [32]byte) signature {
	return signature(w.id.Sign(label, statement[:]))
}

// Format prints the position only.
func (w *Worker) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[worker %d of attempt %d]", w.self, w.Number)
}

func (w *Worker) decodeRoster(r *wire.Reader) *roster           { return decodeRoster(r, w.N()) }
func (w *Worker) decodePackets(r *wire.Reader) *packets         { return decodePackets(r, w.self, w.N()) }
func (w *Worker) decodeSurvivors(r *wire.Reader) *survivors     { return decodeSurvivors(r, w.N()) }
func (w *Worker) decodeCertificate(r *wire.Reader) *certificate { return decodeCertificate(r, w.N()) }
