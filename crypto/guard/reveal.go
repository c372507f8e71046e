package guard

import (
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// revealed is what a worker reveals when all are committed: its nonce, and a ciphertext for
// every later worker.
type revealed struct {
	nonce    [nonceSize]byte
	pairings map[session.Party]*pairing
}

func (m *revealed) message(parties session.Parties) []byte {
	w := begin(kindReveal)
	w.Fixed(m.nonce[:])
	encodePairings(w, parties, m.pairings)
	return w.Data()
}

func decodeRevealed(from session.Party, body []byte, parties session.Parties) (*revealed, error) {
	return decode(from, body, kindReveal, func(r *wire.Reader) (*revealed, error) {
		later := func(v session.Party) bool { return v > from }
		return &revealed{nonce: fixed32(r), pairings: decodePairings(r, parties, later)}, nil
	})
}

// reveals is the coordinator's message to one worker: the nonces of all, in order, and the
// ciphertexts of earlier workers for it.
type reveals struct {
	nonces   []byte
	pairings map[session.Party]*pairing
}

func (m *reveals) message(parties session.Parties) []byte {
	w := begin(kindReveals)
	w.Fixed(m.nonces)
	encodePairings(w, parties, m.pairings)
	return w.Data()
}

func decodeReveals(body []byte, to session.Party, parties session.Parties) (*reveals, error) {
	return decode(session.Coordinator, body, kindReveals, func(r *wire.Reader) (*reveals, error) {
		earlier := func(u session.Party) bool { return u < to }
		return &reveals{nonces: r.Fixed(nonceSize * len(parties)), pairings: decodePairings(r, parties, earlier)}, nil
	})
}

func encodePairings(w *wire.Writer, parties session.Parties, all map[session.Party]*pairing) {
	for _, u := range parties {
		if p, ok := all[u]; ok {
			p.encode(w)
		}
	}
}

// decodePairings reads one of each of the parties that has one.
func decodePairings(r *wire.Reader, parties session.Parties, has func(session.Party) bool) map[session.Party]*pairing {
	all := map[session.Party]*pairing{}
	for _, u := range parties {
		if has(u) {
			all[u] = decodePairing(r)
		}
	}
	return all
}
