package guard

import (
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Terms are what a key set is made for.
type Terms struct {
	Context [32]byte     // what everything is bound to, never used before
	Set     string       // name of the parameter set
	Roster  []job.Member // position i is for session.Party(i+1)
	Least   int          // workers that must take part, at least 3
}

const nonceSize = 32

// hello is a worker's first word: a key for pairwise secrets, and a commitment to its
// nonce. The common random polynomials come from all nonces, so that nobody who sees
// others' nonces can still choose its own.
type hello struct {
	key    [kem.PublicKeySize]byte
	commit [32]byte
	sig    signature
}

func (h *hello) encode(w *wire.Writer) {
	w.Fixed(h.key[:])
	w.Fixed(h.commit[:])
	w.Fixed(h.sig[:])
}

func decodeHello(r *wire.Reader) *hello {
	return &hello{key: [kem.PublicKeySize]byte(r.Fixed(kem.PublicKeySize)), commit: fixed32(r), sig: readSignature(r)}
}

const signHello = "tacit/guard/v1/sign hello"

func (c *circle) hello(u session.Party, h *hello) [32]byte {
	return c.digest("tacit/guard/v1/hello", session.PartyBytes(u), h.key[:], h.commit[:])
}

func (c *circle) checkHello(u session.Party, h *hello) error {
	if !c.verify(u, signHello, c.hello(u, h), h.sig) {
		return blame(u, "signature of the hello is not valid")
	}
	if _, err := kem.ParsePublicKey(h.key[:]); err != nil {
		return blame(u, "key: %w", err)
	}
	return nil
}

func (c *circle) nonceCommit(u session.Party, nonce [nonceSize]byte) [32]byte {
	return c.digest("tacit/guard/v1/nonce", session.PartyBytes(u), nonce[:])
}

// pairing is what worker u sends to a later worker: the ciphertext of their secret.
type pairing struct {
	ct  [kem.CiphertextSize]byte
	sig signature
}

func (p *pairing) encode(w *wire.Writer) {
	w.Fixed(p.ct[:])
	w.Fixed(p.sig[:])
}

func decodePairing(r *wire.Reader) *pairing {
	return &pairing{ct: [kem.CiphertextSize]byte(r.Fixed(kem.CiphertextSize)), sig: readSignature(r)}
}

const signPairing = "tacit/guard/v1/sign pairing"

// paired is what u signs for v, bound to all hellos that u saw.
func (c *circle) paired(hellos [32]byte, u, v session.Party, ct []byte) [32]byte {
	return c.digest("tacit/guard/v1/pairing", hellos[:], session.PartyBytes(u), session.PartyBytes(v), ct)
}

func (c *circle) checkPairing(hellos [32]byte, u, v session.Party, p *pairing) error {
	if !c.verify(u, signPairing, c.paired(hellos, u, v, p.ct[:]), p.sig) {
		return blame(u, "signature of the ciphertext for worker %d is not valid", v)
	}
	return nil
}

// pairSecret is what u < v share, from the shared secret of the ciphertext.
func (c *circle) pairSecret(hellos [32]byte, u, v session.Party, shared []byte) [32]byte {
	return c.key(shared, "tacit/guard/v1/pair", hellos[:], session.PartyBytes(u), session.PartyBytes(v))
}

// hellosHash stands for all hellos, as they came.
func (c *circle) hellosHash(all []byte) [32]byte { return c.digest("tacit/guard/v1/hellos", all) }

// commonSeed follows from the nonces of all, in order.
func (c *circle) commonSeed(hellos [32]byte, nonces []byte) [32]byte {
	return c.digest("tacit/guard/v1/common", hellos[:], nonces)
}

// encodeHellos is the message of the coordinator with all hellos.
func encodeHellos(parties session.Parties, all map[session.Party]*hello) []byte {
	w := begin(kindHellos)
	parties.Encode(w)
	for _, u := range parties {
		all[u].encode(w)
	}
	return w.Data()
}

type hellos struct {
	parties session.Parties
	of      map[session.Party]*hello
}

func decodeHellos(body []byte, n int) (*hellos, error) {
	return decode(session.Coordinator, body, kindHellos, func(r *wire.Reader) (*hellos, error) {
		m := &hellos{parties: session.DecodeParties(r, n)}
		m.of = readList(r, m.parties, decodeHello)
		return m, nil
	})
}

// greeting is the secret side of a hello.
type greeting struct {
	key   kem.PrivateKey
	nonce [nonceSize]byte
	hello *hello
}

// Format prints nothing of the greeting.
func (g greeting) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[greeting]") }

func newGreeting(c *circle, self session.Party, id *identity.Identity, rand io.Reader) (*greeting, error) {
	key, err := kem.GenerateKey(rand)
	if err != nil {
		return nil, err
	}
	g := &greeting{key: key}
	if _, err := io.ReadFull(rand, g.nonce[:]); err != nil {
		return nil, fmt.Errorf("guard: randomness: %w", err)
	}
	g.hello = &hello{key: key.Public().Bytes(), commit: c.nonceCommit(self, g.nonce)}
	g.hello.sig = sign(id, signHello, c.hello(self, g.hello))
	return g, nil
}

func (g *greeting) message() []byte {
	w := begin(kindHello)
	g.hello.encode(w)
	return w.Data()
}
