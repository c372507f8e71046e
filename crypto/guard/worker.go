package guard

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
)

// WorkerConfig is what a worker brings to one attempt.
type WorkerConfig struct {
	Manifest *job.Manifest      // verified: see [job.Offer.Verify]; its Guard is the shape
	Alpha    job.Alpha          // from [job.Offer.Open]
	Self     session.Party      // own position of the roster, from 1
	Identity *identity.Identity // of that position
	Attempt  uint32
	Barred   session.Parties // workers with whom this one begins nothing, sorted
	Keys     *KeySet         // made ahead, and claimed for this attempt alone; nil: one is made first
	Rand     io.Reader       // crypto/rand.Reader; [RestoreWorker] reads none
	Parallel session.Parallel

	without defences // by tests only
}

// Worker is one owner's role in one attempt: a [session.Machine].
//
// It answers the coordinator's messages. One that breaks a rule is refused with a
// [session.BlameError] and changes nothing; sums, claims or outputs that do not agree, although all
// have signed, end the attempt with an Abort, which blames a worker if nobody else can have
// done it.
type Worker struct {
	job.Attempt
	shape   *checked
	self    session.Party
	id      *identity.Identity
	alpha   job.Alpha
	barred  session.Parties
	rand    io.Reader
	par     session.Parallel
	without defences

	restored bool
	next     kind              // the coordinator's message that is expected next; 0 after the end
	seen     map[kind][32]byte // digests of the messages that were taken
	input    *Input            // until it is shared

	keygen  *keygen    // until there is a key set
	keys    *KeySet    // until the outputs are opened
	release *release   // from the key set on
	shares  *exchanger // from the commitment to the input on
	analyst *analystSide
	held    *held // from the claim on
}

// order lists the coordinator's messages in the order in which they come.
var order = []kind{
	kindHellos, kindReveals,
	keyExchange + offCommitments, keyExchange + offAudit, keyExchange + offAggregate, keyExchange + offClaims,
	inputExchange + offCommitments, inputExchange + offAudit, inputExchange + offAggregate, inputExchange + offClaims,
	kindNothing,
}

// NewWorker starts a worker on an attempt. It checks the parameters again.
func NewWorker(cfg WorkerConfig) (*Worker, error) {
	if cfg.Rand == nil {
		return nil, errors.New("guard: a worker needs randomness")
	}
	w, err := newWorker(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Keys != nil {
		err = w.useKeys(cfg.Keys)
	} else {
		w.next = kindHellos
		terms := attemptTerms(w.Attempt, w.shape.Set)
		if w.keygen, err = newKeygen(terms, cfg.Self, cfg.Identity, cfg.Rand, cfg.Parallel, &w.without); err == nil {
			w.keygen.barred = cfg.Barred
		}
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

func newWorker(cfg WorkerConfig) (*Worker, error) {
	if cfg.Manifest == nil || cfg.Identity == nil {
		return nil, errors.New("guard: a worker needs a manifest and an identity")
	}
	if err := cfg.Manifest.Check(); err != nil {
		return nil, err
	}
	member, ok := cfg.Manifest.Member(cfg.Self)
	if !ok || cfg.Self == session.Analyst || !member.Key.Equal(cfg.Identity.Public()) {
		return nil, fmt.Errorf("guard: position %d of the roster is not this identity", cfg.Self)
	}
	if !cfg.Alpha.Opens(cfg.Manifest) {
		return nil, errors.New("guard: alpha is not the one that the manifest commits to")
	}
	shape, err := shapeOf(cfg.Manifest)
	if err != nil {
		return nil, err
	}
	return &Worker{
		Attempt: job.NewAttempt(cfg.Manifest, cfg.Attempt), shape: shape,
		self: cfg.Self, id: cfg.Identity, alpha: cfg.Alpha, barred: cfg.Barred, rand: cfg.Rand, par: cfg.Parallel, without: cfg.without,
		seen: map[kind][32]byte{},
	}, nil
}

// shapeOf reads the shape of a manifest, and checks it for the whole roster.
func shapeOf(m *job.Manifest) (*checked, error) {
	s, err := parseShape(m.Guard)
	if err != nil {
		return nil, err
	}
	return s.check(len(m.Roster))
}

// attemptTerms are those of a key set that is made for an attempt.
func attemptTerms(a job.Attempt, set string) Terms {
	return Terms{Context: a.Digest("tacit/guard/v1/keys"), Set: set, Roster: a.Roster, Least: a.MinContributors}
}

// useKeys takes a key set up for this attempt.
func (w *Worker) useKeys(k *KeySet) error {
	switch {
	case k.self != w.self:
		return fmt.Errorf("guard: key set %x is of worker %d, wanted %d", k.ID[:4], k.self, w.self)
	case len(k.Parties) < w.MinContributors && !w.without.minContributors:
		return fmt.Errorf("%w: a key set of %d workers, wanted at least %d", session.ErrTooFew, len(k.Parties), w.MinContributors)
	case slices.ContainsFunc(k.Parties, w.barred.Has):
		return fmt.Errorf("%w: key set %x is of one, too", session.ErrBarred, k.ID[:4])
	}
	if err := k.useUp(w.Roster, w.shape.Set); err != nil {
		return err
	}
	w.keys = k
	w.release = newRelease(w.Attempt, w.shape, &k.PublicKeys)
	w.next = inputExchange + offCommitments
	return nil
}

// Step takes Start, Input and the coordinator's messages. Gone of the coordinator, and
// any Deadline (the driver's, when the manifest expires), end the attempt. The machine
// takes Body of a message over: it is not changed afterwards.
func (w *Worker) Step(ev session.Event) ([]session.Effect, error) {
	if w.next == 0 {
		return nil, session.ErrEnded
	}
	switch ev := ev.(type) {
	case session.Start:
		return w.start()
	case Input:
		return w.takeInput(ev)
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

// start says the first word or, after a restart, the claim or the opening again.
func (w *Worker) start() ([]session.Effect, error) {
	switch {
	case w.held != nil && w.next == kindNothing:
		return append(w.sendOpening(), session.Done{}), nil
	case w.held != nil:
		return say(w.held.beliefs.message(inputExchange)), nil
	case w.keygen != nil:
		return say(w.keygen.greeting.message()), nil
	}
	return nil, nil // with a key set that was made ahead the input comes first
}

// say sends to the coordinator.
func say(body []byte) []session.Effect {
	return []session.Effect{session.Send{To: session.Coordinator, Body: body}}
}

// receive takes the coordinator's messages in their order. One that was taken before is
// answered with the same bytes again where the answer may have got lost and is stored, and
// else ignored.
func (w *Worker) receive(m session.Message) ([]session.Effect, error) {
	if m.From != session.Coordinator {
		return nil, session.ErrUnknownSender
	}
	k := kindOf(m.Body)
	if !slices.Contains(order, k) || k == kindNothing {
		return nil, blame(session.Coordinator, "message of kind %#x", uint8(k))
	}
	digest := session.Hash("tacit/guard/v1/seen", m.Body)
	if old, taken := w.seen[k]; taken && !w.without.oneAnswer {
		return w.repeat(k, old == digest)
	}
	switch {
	case k < w.next && w.restored:
		return w.repeat(k, true) // a repetition, as far as a restored worker can tell
	case k < w.next && !w.without.oneAnswer:
		return nil, session.ErrLate
	case k > w.next:
		return nil, session.ErrEarly
	}
	effects, err := w.take(k, m.Body)
	if err == nil && w.next != 0 {
		w.seen[k] = digest
	}
	return effects, err
}

func (w *Worker) repeat(k kind, same bool) ([]session.Effect, error) {
	switch {
	case !same:
		return nil, blame(session.Coordinator, "second and different message of kind %#x", uint8(k))
	case k == inputExchange+offAggregate && w.held != nil && w.next != kindNothing:
		return say(w.held.beliefs.message(inputExchange)), nil
	case k == inputExchange+offClaims:
		return w.sendOpening(), nil
	}
	return nil, nil
}

func (w *Worker) take(k kind, body []byte) ([]session.Effect, error) {
	switch {
	case k == keyExchange+offClaims:
		return w.takeKeyClaims(body)
	case k < keyExchange+offClaims:
		return w.answer(w.keygen.take(k, body))
	case w.shares == nil:
		return nil, session.ErrEarly // the own input is not there yet
	}
	switch k {
	case inputExchange + offCommitments:
		return w.answer(w.shares.takeCommitments(body))
	case inputExchange + offAudit:
		return w.answer(nil, w.shares.takeAudit(body))
	case inputExchange + offAggregate:
		return w.takeSums(body)
	}
	return w.takeClaims(body)
}

// answer sends body, if there is one, and waits for the next message, or passes the error
// on.
func (w *Worker) answer(body []byte, err error) ([]session.Effect, error) {
	if err != nil {
		return nil, err
	}
	w.following()
	if body == nil {
		return nil, nil
	}
	return say(body), nil
}

// following sets the next message that is expected.
func (w *Worker) following() { w.next = order[slices.Index(order, w.next)+1] }

// takeKeyClaims ends the making of the key set.
func (w *Worker) takeKeyClaims(body []byte) ([]session.Effect, error) {
	keys, err := w.keygen.takeClaims(body)
	if disagrees(err) {
		return w.abort(err), nil
	}
	if err != nil {
		return nil, err
	}
	w.keygen = nil
	if err := w.useKeys(keys); err != nil {
		return w.abort(err), nil
	}
	effects, err := w.shareInput()
	if err != nil {
		return w.abort(err), nil
	}
	return effects, nil
}

// takeInput keeps the input until there is a key set.
func (w *Worker) takeInput(in Input) ([]session.Effect, error) {
	if w.input != nil || w.shares != nil || w.held != nil {
		return nil, session.ErrEvent
	}
	if _, err := w.shape.fill(in, false); err != nil {
		return nil, err
	}
	w.input = &in
	effects, err := w.shareInput()
	if err != nil {
		w.input = nil
	}
	return effects, err
}

// forget drops everything that is secret and not needed any more.
func (w *Worker) forget() {
	if w.keygen != nil {
		w.keygen.wipe()
	}
	if w.keys != nil {
		w.keys.Wipe()
	}
	if w.analyst != nil {
		w.analyst.key = prg.Key{}
	}
	w.keygen, w.keys, w.input, w.shares, w.analyst = nil, nil, nil, nil, nil
}

// abort ends the attempt and forgets its secrets.
func (w *Worker) abort(err error) []session.Effect {
	w.forget()
	w.held, w.next = nil, 0
	return session.End(err)
}

// Format prints the position only.
func (w *Worker) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[guarded worker %d of attempt %d]", w.self, w.Number)
}
