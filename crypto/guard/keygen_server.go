package guard

import (
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// keyServer is the coordinator's side of making a key set.
type keyServer struct {
	circle
	params *he.Params
	par    session.Parallel

	greetings map[session.Party]*hello
	hellos    [32]byte
	reveals   map[session.Party]*revealed
	common    [32]byte
	exchange  *collector
}

func newKeyServer(t Terms, parties session.Parties, par session.Parallel) (*keyServer, error) {
	p, err := he.Set(t.Set)
	if err != nil {
		return nil, err
	}
	return &keyServer{
		circle: circle{context: t.Context, roster: t.Roster, parties: parties}, params: p, par: par,
		greetings: map[session.Party]*hello{}, reveals: map[session.Party]*revealed{},
	}, nil
}

func (k *keyServer) takeHello(from session.Party, body []byte) error {
	h, err := decode(from, body, kindHello, func(r *wire.Reader) (*hello, error) { return decodeHello(r), nil })
	if err != nil {
		return err
	}
	if err := k.checkHello(from, h); err != nil {
		return err
	}
	k.greetings[from] = h
	return nil
}

// closeHellos returns the message to all.
func (k *keyServer) closeHellos() []byte {
	body := encodeHellos(k.parties, k.greetings)
	k.hellos = k.hellosHash(body[1:])
	return body
}

func (k *keyServer) takeReveal(from session.Party, body []byte) error {
	m, err := decodeRevealed(from, body, k.parties)
	if err != nil {
		return err
	}
	if k.nonceCommit(from, m.nonce) != k.greetings[from].commit {
		return blame(from, "nonce is not the one that was committed to")
	}
	err = k.par.Each(len(k.parties), func(i int) error {
		if p, ok := m.pairings[k.parties[i]]; ok {
			return k.checkPairing(k.hellos, from, k.parties[i], p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.reveals[from] = m
	return nil
}

// closeReveals returns the message to each.
func (k *keyServer) closeReveals() map[session.Party][]byte {
	var nonces []byte
	for _, u := range k.parties {
		nonces = append(nonces, k.reveals[u].nonce[:]...)
	}
	all := map[session.Party][]byte{}
	for _, v := range k.parties {
		m := reveals{nonces: nonces, pairings: map[session.Party]*pairing{}}
		for _, u := range k.parties {
			if u < v {
				m.pairings[u] = k.reveals[u].pairings[v]
			}
		}
		all[v] = m.message(k.parties)
	}
	k.common = k.commonSeed(k.hellos, nonces)
	k.exchange = newCollector(k.circle.keyExchange(k.params, k.common), k.par)
	return all
}

// closeClaims returns the message to all, and the key set.
func (k *keyServer) closeClaims() ([]byte, *PublicKeys) {
	body, transcript := k.exchange.closeClaims()
	return body, &PublicKeys{
		ID: KeyID(transcript), Set: k.params.Name(), Parties: k.parties, members: membersOf(k.roster, k.parties),
		common: k.common, sums: k.exchange.sum,
	}
}
