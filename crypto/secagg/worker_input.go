package secagg

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/share"
)

// heldShares is what a holder has of one dealer.
type heldShares struct{ pair, self share.Scalar }

// held is what a worker keeps of R2 until U3 is agreed.
type held struct {
	view   view
	u2     session.Parties
	shares map[session.Party]heldShares // of every member of U2, itself included
}

// opened is what a worker knows between the packets of R2 and its input.
type opened struct{ masks []mask.Mask }

// takePackets is the first half of R2.
func (w *Worker) takePackets(body []byte) ([]session.Effect, error) {
	m, err := unmarshal(body, kindPackets, w.decodePackets)
	if err != nil {
		return nil, &session.BlameError{Party: session.Coordinator, Err: err}
	}
	if err := w.checkPackets(m); err != nil {
		return nil, err
	}
	h, o, err := w.openPackets(m)
	if err != nil {
		return w.abort(err), nil // a dealer's signed packet is wrong; no other will come
	}
	w.held, w.opened = h, o
	w.taken(body, kindSurvivors)
	return w.sendInput(), nil
}

// checkPackets: enough members, all of U1, this worker among them, and each
// packet as its dealer signed it.
func (w *Worker) checkPackets(m *packets) error {
	switch {
	case w.without.tooFew(w.attempt, m.u2):
		return blame(session.Coordinator, "%d dealers, wanted at least %d", len(m.u2), w.MinContributors)
	case !m.u2.Has(w.self) || !m.u2.Within(w.dealt.roster.u1):
		return blame(session.Coordinator, "dealers are not of the roster, or lack this worker")
	}
	return w.par.Each(len(m.u2), func(i int) error {
		u := m.u2[i]
		if u == w.self {
			return nil
		}
		if err := m.packets[u].check(w.attempt, w.dealt.u1Hash, u, w.self); err != nil {
			return blame(session.Coordinator, "packet of worker %d is not valid", u)
		}
		return nil
	})
}

// openPackets opens every box and collects all masks: K_u, KA_u and K_uv for v in U2.
func (w *Worker) openPackets(m *packets) (*held, *opened, error) {
	shares := make([]heldShares, len(m.u2))
	pairs := make([]mask.Mask, len(m.u2))
	err := w.par.Each(len(m.u2), func(i int) (err error) {
		if v := m.u2[i]; v != w.self {
			shares[i], pairs[i], err = w.openPacket(m.packets[v], v)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	h := &held{
		view:   view{u1: w.dealt.u1Hash, u2: w.u2Hash(w.dealt.u1Hash, m.u2)},
		u2:     m.u2,
		shares: map[session.Party]heldShares{},
	}
	masks := []mask.Mask{w.fresh.analyst}
	for i, v := range m.u2 {
		if v == w.self {
			h.shares[v] = w.dealt.own
			masks = append(masks, w.ownMask()...)
			continue
		}
		h.shares[v] = shares[i]
		masks = append(masks, pairs[i])
	}
	return h, &opened{masks: masks}, nil
}

func (w *Worker) ownMask() []mask.Mask {
	if w.without.selfMask {
		return nil
	}
	return []mask.Mask{{Key: w.without.keyOf(w.selfMask(w.fresh.self.Bytes(), w.self))}}
}

// openPacket returns dealer v's shares and the mask with v, or blames v.
func (w *Worker) openPacket(p *packet, v session.Party) (s heldShares, m mask.Mask, err error) {
	content, err := w.fresh.channel.Open(w.boxInfo(v, w.self), p.ct, p.box)
	if err != nil {
		return s, m, blame(v, "%w", errSealed)
	}
	defer clear(content)
	shared := w.dealt.pairs[v]
	defer clear(shared[:])
	if v < w.self {
		shared = w.fresh.maskKey.Decapsulate([kem.CiphertextSize]byte(p.ct))
		if proof := w.confirmation(shared[:], v, w.self); !equal(proof[:], content[2*shareSize:]) {
			return s, m, blame(v, "%w: key confirmation", errSealed)
		}
	}
	if s, err = w.readShares(p, v, content[:2*shareSize]); err != nil {
		return s, m, err
	}
	key := w.without.keyOf(w.pairMask(shared[:], v, w.self))
	return s, mask.Mask{Key: key, Sub: w.self > v}, nil // sgn(u,v) = +1 if u < v
}

func (w *Worker) readShares(p *packet, v session.Party, content []byte) (s heldShares, err error) {
	pair := w.commitShare(pairKind, content[:shareSize], v, w.self)
	self := w.commitShare(selfKind, content[shareSize:], v, w.self)
	if pair != p.commitPair || self != p.commitSelf {
		return s, blame(v, "%w: commitment to a share", errSealed)
	}
	if s.pair, err = share.ParseScalar(content[:shareSize]); err == nil {
		s.self, err = share.ParseScalar(content[shareSize:])
	}
	if err != nil {
		return s, blame(v, "%w: %w", errSealed, err)
	}
	return s, nil
}

// takeInput keeps the input until its masks are known.
func (w *Worker) takeInput(x ring.Vector) ([]session.Effect, error) {
	if w.input != nil || w.next > kindSurvivors || (w.next == kindSurvivors && w.opened == nil) {
		return nil, session.ErrEvent
	}
	if x.Width != w.Width || x.Len() != w.Length || x.Check() != nil {
		return nil, fmt.Errorf("%w: %d elements of width %d, wanted %d of width %d",
			session.ErrInput, x.Len(), x.Width, w.Length, w.Width)
	}
	tag, err := mask.TagOf(w.alpha.Field(), x, w.par)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrInput, err)
	}
	w.input = &input{vector: x, tag: tag}
	return w.sendInput(), nil
}

// input is a worker's vector and its tag.
type input struct {
	vector ring.Vector
	tag    ring.F127
}

// sendInput is the second half of R2, when packets and input are there:
// y_u = x_u + G(KA_u) + G(K_u) + Σ sgn(u,v) G(K_uv), and the tag likewise.
func (w *Worker) sendInput() []session.Effect {
	if w.input == nil || w.opened == nil {
		return nil
	}
	y := w.input.vector
	mask.Add(y, w.opened.masks, w.par)
	m := &maskedInput{
		view:  w.held.view,
		tag:   mask.AddTags(w.input.tag, w.opened.masks),
		words: y.Append(make([]byte, 0, w.vectorBytes())),
	}
	m.evidence.ct = w.fresh.ct
	m.evidence.digest = w.inputDigest(m.tag, m.words)
	m.evidence.sig = w.sign(signInput, m.evidence.statement(w.attempt, w.self, m.view))
	w.forget()
	return []session.Effect{w.toCoordinator(m)}
}
