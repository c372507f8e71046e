package guard

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// analystSide is a worker's mask with the analyst.
type analystSide struct {
	ct  [kem.CiphertextSize]byte
	key prg.Key
}

// Format prints nothing of the mask.
func (a analystSide) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[mask for the analyst]") }

// disagreement marks what ends an attempt: everybody's words are there, and they do not
// agree.
type disagreement struct{ error }

func (d disagreement) Unwrap() error { return d.error }

func disagrees(err error) bool {
	var d disagreement
	return errors.As(err, &d)
}

// shareInput commits to the shares of the input, when input and key set are there.
func (w *Worker) shareInput() ([]session.Effect, error) {
	if w.input == nil || w.keys == nil || w.shares != nil {
		return nil, nil
	}
	slots, err := w.shape.fill(*w.input, w.self == w.keys.Parties[0])
	if err != nil {
		return nil, err
	}
	list, err := w.encrypt(slots)
	for _, s := range slots {
		clear(s)
	}
	if err != nil {
		return nil, err
	}
	if err := w.maskForAnalyst(); err != nil {
		return nil, err
	}
	w.shares = &exchanger{
		exchange: w.release.inputExchange(), self: w.self, id: w.id, par: w.par, without: &w.without,
	}
	w.input = nil
	return say(w.shares.commit(list, w.analyst.ct[:])), nil
}

// encrypt makes the shares of the inputs: the slots get masks modulo t that cancel in
// the sum, so that a share would tell nothing of them even under a known key; the
// shares get masks that cancel too.
func (w *Worker) encrypt(slots [][]uint64) ([]he.Poly, error) {
	p, c := w.shape.params, &w.release.circle
	common := commonKey(w.keys.common, inputList)
	slotMasks := w.keys.pairMasks(c, labelSlotMask, &w.without)
	seeds := make([][32]byte, len(slots))
	for j := range seeds {
		var err error
		if seeds[j], err = readSeed(w.rand); err != nil {
			return nil, err
		}
	}
	list := make([]he.Poly, len(slots))
	encoder := p.NewEncoder()
	err := w.par.Each(len(slots), func(j int) (err error) {
		for _, m := range slotMasks {
			p.MaskSlots(slots[j], &m.Key, j, m.Sub)
		}
		a := w.without.commonOf(w.shape.inputs.Uniform(&common, j))
		list[j], err = encoder.Copy().InputShare(w.shape.inputs, w.keys.secret, a, slots[j], seeds[j])
		clear(seeds[j][:])
		return err
	})
	if err != nil {
		return nil, err
	}
	addMasks(w.shape.inputs, list, w.keys.pairMasks(c, labelInputMask, &w.without), w.par)
	return list, nil
}

// maskForAnalyst encapsulates to pk_A: the mask that only the analyst takes off.
func (w *Worker) maskForAnalyst() error {
	ct, shared, err := w.Encapsulate(w.rand)
	if err != nil {
		return err
	}
	w.analyst = &analystSide{ct: ct, key: w.release.analystMask(shared[:], ct[:], w.self)}
	clear(shared[:])
	return nil
}

// takeSums evaluates, makes the opening, stores it, and claims. The opening stays here
// until the claims of all agree.
func (w *Worker) takeSums(body []byte) ([]session.Effect, error) {
	evaluates := w.release.evaluators().Has(w.self) && !w.without.evaluation
	rest := 0
	if !evaluates {
		rest = w.release.outputSize()
	}
	sums, raw, err := w.shares.takeAggregate(body, rest)
	if err != nil {
		return nil, err
	}
	var outs []*he.Ciphertext
	if evaluates {
		outs = w.release.evaluate(sums, &w.keys.PublicKeys, w.par)
		raw = w.release.encodeOutputs(outs)
	} else if outs, err = w.release.decodeOutputs(raw); err != nil {
		return nil, blame(session.Coordinator, "outputs: %w", err)
	}
	h := &held{parties: w.keys.Parties, keyID: w.keys.ID, outputs: w.release.outputHash(raw)}
	if h.opening, err = w.open(outs); err != nil {
		return nil, err
	}
	w.shares.claim(h.outputs[:])
	h.beliefs = w.shares.beliefs
	w.held = h
	w.next = inputExchange + offClaims
	if !w.without.oneAnswer {
		w.forget()
		w.shares = w.claimed(h.beliefs)
	}
	state := session.Persist{State: w.state()}
	return append([]session.Effect{state}, say(h.beliefs.message(inputExchange))...), nil
}

// claimed returns the exchanger of inputs with what is needed to compare claims.
func (w *Worker) claimed(b beliefs) *exchanger {
	return &exchanger{
		exchange: w.release.inputExchange(), self: w.self, id: w.id, par: w.par, without: &w.without, beliefs: b,
	}
}

// open makes the shares of opening the outputs, with their masks and tag.
func (w *Worker) open(outs []*he.Ciphertext) ([]byte, error) {
	n := w.shape.params.Slots()
	seeds := make([][32]byte, len(outs))
	for i := range seeds {
		var err error
		if seeds[i], err = readSeed(w.rand); err != nil {
			return nil, err
		}
	}
	y := ring.NewVector(ring.Width64, w.release.vectorLength())
	w.par.Run(len(outs), func(i int) {
		copy(y.Words[i*n:], w.shape.params.OpenShare(w.keys.secret, outs[i], seeds[i]))
		clear(seeds[i][:])
	})
	tag, err := mask.TagOf(w.alpha.Field(), y, w.par)
	if err != nil {
		return nil, err
	}
	masks := append(w.keys.pairMasks(&w.release.circle, labelOpenMask, &w.without), mask.Mask{Key: w.analyst.key})
	mask.Add(y, masks, w.par)
	o := &opening{tag: mask.AddTags(tag, masks), words: y.Append(make([]byte, 0, 8*y.Len()))}
	e := &evidence{ct: w.analyst.ct, digest: w.release.vectorDigest(o)}
	base := w.release.baseHash(w.release.base(outs, w.par))
	o.sig = sign(w.id, signOpening, w.release.opened(w.shares.beliefs.challenge, base, w.self, e))
	return o.message(), nil
}

// takeClaims releases the job, once, and opens, if everybody saw the same sums and
// evaluated to the same outputs.
func (w *Worker) takeClaims(body []byte) ([]session.Effect, error) {
	_, claims, err := w.shares.takeClaims(body)
	if disagrees(err) {
		return w.abort(err), nil
	}
	if err != nil {
		return nil, err
	}
	for _, u := range w.held.parties {
		if !equal(claims[u].tail, w.held.outputs[:]) && !w.without.evaluation {
			return w.abort(w.otherOutputs(u)), nil
		}
	}
	w.next = kindNothing
	effects := []session.Effect{session.Persist{State: w.state()}}
	return append(append(effects, w.sendOpening()...), session.Done{}), nil
}

// otherOutputs says who is to blame for other outputs in the claim of worker u: u if both
// have evaluated the same sums; else it cannot be told from a lie of the coordinator.
func (w *Worker) otherOutputs(u session.Party) error {
	if e := w.release.evaluators(); e.Has(u) && e.Has(w.self) {
		return blame(u, "worker %d claims other outputs", u)
	}
	return fmt.Errorf("guard: %w: the outputs that worker %d claims are others than the coordinator's or the own", session.ErrCheck, u)
}

// sendOpening releases and sends. A release that is recorded already, under the same
// digest, is no second one.
func (w *Worker) sendOpening() []session.Effect {
	send := session.Send{To: session.Coordinator, Body: w.held.opening}
	if w.without.releaseOnce {
		return []session.Effect{send}
	}
	digest := w.release.releaseDigest(w.held.beliefs.challenge, w.held.outputs)
	return []session.Effect{session.Release{Digest: digest}, send}
}
