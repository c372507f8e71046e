package guard

import (
	"io"
	"slices"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
)

// keygen is a worker's side of making a key set. Each method takes one message of the
// coordinator and returns the answer; on an error nothing has changed.
type keygen struct {
	circle
	terms   Terms
	params  *he.Params
	self    session.Party
	id      *identity.Identity
	rand    io.Reader
	par     session.Parallel
	barred  session.Parties
	without *defences

	greeting *greeting
	others   *hellos
	hellos   [32]byte
	keys     *KeySet
	exchange *exchanger
}

func newKeygen(t Terms, self session.Party, id *identity.Identity, rand io.Reader, par session.Parallel, without *defences) (*keygen, error) {
	p, err := he.Set(t.Set)
	if err != nil {
		return nil, err
	}
	k := &keygen{
		circle: circle{context: t.Context, roster: t.Roster}, terms: t, params: p,
		self: self, id: id, rand: rand, par: par, without: without,
	}
	k.greeting, err = newGreeting(&k.circle, self, id, rand)
	return k, err
}

// take answers a message that comes before the claims; an audit has no answer.
func (k *keygen) take(of kind, body []byte) ([]byte, error) {
	switch of {
	case kindHellos:
		return k.takeHellos(body)
	case kindReveals:
		return k.takeReveals(body)
	case keyExchange + offCommitments:
		return k.exchange.takeCommitments(body)
	case keyExchange + offAudit:
		return nil, k.exchange.takeAudit(body)
	}
	return k.takeAggregate(body)
}

// takeHellos: enough workers, each with its own signature, this one as it said hello.
// The answer reveals the nonce, and has a ciphertext for every later worker.
func (k *keygen) takeHellos(body []byte) ([]byte, error) {
	m, err := decodeHellos(body, len(k.terms.Roster))
	if err != nil {
		return nil, err
	}
	own, in := m.of[k.self]
	switch {
	case len(m.parties) < k.terms.Least && !k.without.minContributors:
		return nil, blame(session.Coordinator, "%d workers, wanted at least %d", len(m.parties), k.terms.Least)
	case !in || *own != *k.greeting.hello:
		return nil, blame(session.Coordinator, "the own hello is not among the hellos")
	case slices.ContainsFunc(m.parties, k.barred.Has):
		return nil, blame(session.Coordinator, "the hellos have a worker that is barred")
	}
	err = k.par.Each(len(m.parties), func(i int) error {
		u := m.parties[i]
		if err := k.checkHello(u, m.of[u]); err != nil {
			return blame(session.Coordinator, "hello of worker %d is not valid", u)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	k.others, k.hellos, k.parties = m, k.hellosHash(body[1:]), m.parties
	k.keys = &KeySet{
		PublicKeys: PublicKeys{Set: k.terms.Set, Parties: m.parties, members: membersOf(k.roster, m.parties)},
		self:       k.self, pairs: map[session.Party]secret.Secret{},
	}
	return k.reveal()
}

func (k *keygen) reveal() ([]byte, error) {
	m := revealed{nonce: k.greeting.nonce, pairings: map[session.Party]*pairing{}}
	for _, v := range k.parties {
		if v <= k.self {
			continue
		}
		key, err := kem.ParsePublicKey(k.others.of[v].key[:])
		if err != nil {
			return nil, err
		}
		ct, shared, err := kem.Encapsulate(key, k.rand)
		if err != nil {
			return nil, err
		}
		k.pair(v, k.self, v, shared[:])
		clear(shared[:])
		m.pairings[v] = &pairing{ct: ct, sig: sign(k.id, signPairing, k.paired(k.hellos, k.self, v, ct[:]))}
	}
	return m.message(k.parties), nil
}

// pair keeps the secret with another worker; u < v.
func (k *keygen) pair(other, u, v session.Party, shared []byte) {
	pair := k.pairSecret(k.hellos, u, v, shared)
	k.keys.pairs[other] = secret.New(pair[:])
	clear(pair[:])
}

// takeReveals has everybody's nonce, and the ciphertexts of earlier workers. From now on
// the common random polynomials are known; the answer commits to the key share.
func (k *keygen) takeReveals(body []byte) ([]byte, error) {
	m, err := decodeReveals(body, k.self, k.parties)
	if err != nil {
		return nil, err
	}
	for i, u := range k.parties {
		nonce := [nonceSize]byte(m.nonces[i*nonceSize:])
		if k.nonceCommit(u, nonce) != k.others.of[u].commit {
			return nil, blame(session.Coordinator, "nonce of worker %d is not the one that it committed to", u)
		}
	}
	for u, p := range m.pairings {
		if err := k.checkPairing(k.hellos, u, k.self, p); err != nil && !k.without.pairing {
			return nil, blame(session.Coordinator, "ciphertext of worker %d is not valid", u)
		}
	}
	for u, p := range m.pairings {
		shared := k.greeting.key.Decapsulate(p.ct)
		k.pair(u, u, k.self, shared[:])
		clear(shared[:])
	}
	return k.share(k.commonSeed(k.hellos, m.nonces))
}

// share makes the key share, masked, and commits to it.
func (k *keygen) share(common [32]byte) ([]byte, error) {
	s, err := k.params.NewSecret(k.rand)
	if err != nil {
		return nil, err
	}
	seed, err := readSeed(k.rand)
	if err != nil {
		return nil, err
	}
	k.keys.common, k.keys.secret = common, s
	list := k.params.KeyShare(s, commonKey(common, keyList), seed, k.par)
	clear(seed[:])
	addMasks(k.params.QP, list, k.keys.pairMasks(&k.circle, labelKeyMask, k.without), k.par)
	k.greeting.key.Wipe()
	k.exchange = &exchanger{
		exchange: k.circle.keyExchange(k.params, common), self: k.self, id: k.id, par: k.par, without: k.without,
	}
	return k.exchange.commit(list, nil), nil
}

// keyExchange is the exchange of key shares, bound to all that was said before.
func (c *circle) keyExchange(p *he.Params, common [32]byte) exchange {
	bound := *c
	bound.context = c.digest("tacit/guard/v1/key exchange", common[:])
	return exchange{circle: bound, name: "key", base: keyExchange, basis: p.QP, count: p.KeyPolys()}
}

// takeAggregate returns the claim about the own share.
func (k *keygen) takeAggregate(body []byte) ([]byte, error) {
	sums, _, err := k.exchange.takeAggregate(body, 0)
	if err != nil {
		return nil, err
	}
	k.keys.sums = sums
	return k.exchange.claim(nil), nil
}

// takeClaims returns the key set.
func (k *keygen) takeClaims(body []byte) (*KeySet, error) {
	transcript, _, err := k.exchange.takeClaims(body)
	if err != nil {
		return nil, err
	}
	k.keys.ID = KeyID(transcript)
	return k.keys, nil
}

// wipe forgets what a key set that is not finished has.
func (k *keygen) wipe() {
	k.greeting.key.Wipe()
	if k.keys != nil {
		k.keys.Wipe()
	}
}
