package secagg

import (
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// advertisement is a worker's message of R0: pkm_u, derived from r_u; pkc_u,
// independent of it; H(r_u), H(b_u). The commitments are hashes of 252-bit
// secrets and not group elements, which a quantum adversary would invert.
type advertisement struct {
	maskKey    [kem.PublicKeySize]byte
	channelKey [kem.PublicKeySize]byte
	commitPair [32]byte
	commitSelf [32]byte
	sig        signature
}

func (*advertisement) kind() kind { return kindAdvertisement }

func (m *advertisement) encode(w *wire.Writer) {
	w.Fixed(m.maskKey[:])
	w.Fixed(m.channelKey[:])
	w.Fixed(m.commitPair[:])
	w.Fixed(m.commitSelf[:])
	w.Fixed(m.sig[:])
}

func decodeAdvertisement(r *wire.Reader) *advertisement {
	return &advertisement{
		maskKey:    [kem.PublicKeySize]byte(r.Fixed(kem.PublicKeySize)),
		channelKey: [kem.PublicKeySize]byte(r.Fixed(kem.PublicKeySize)),
		commitPair: fixed32(r),
		commitSelf: fixed32(r),
		sig:        readSignature(r),
	}
}

// statement is what worker u signs.
func (m *advertisement) statement(a attempt, u session.Party) [32]byte {
	return a.Digest(signAdvertise, session.PartyBytes(u),
		m.maskKey[:], m.channelKey[:], m.commitPair[:], m.commitSelf[:])
}

// check reports why u's advertisement is not usable. The keys are opened, so
// that nobody stumbles over them later.
func (m *advertisement) check(a attempt, u session.Party) error {
	if !a.Verify(u, signAdvertise, m.statement(a, u), m.sig[:]) {
		return blame(u, "signature of the advertisement is not valid")
	}
	for _, key := range [][]byte{m.maskKey[:], m.channelKey[:]} {
		if _, err := kem.ParsePublicKey(key); err != nil {
			return blame(u, "advertised key: %w", err)
		}
	}
	return nil
}

// roster is the coordinator's message of R1: the advertisements of U1.
type roster struct {
	u1  session.Parties
	ads map[session.Party]*advertisement
}

func (*roster) kind() kind { return kindRoster }

func (m *roster) encode(w *wire.Writer) {
	m.u1.Encode(w)
	for _, u := range m.u1 {
		m.ads[u].encode(w)
	}
}

func decodeRoster(r *wire.Reader, n int) *roster {
	m := &roster{u1: session.DecodeParties(r, n), ads: map[session.Party]*advertisement{}}
	for _, u := range m.u1 {
		m.ads[u] = decodeAdvertisement(r)
	}
	return m
}

// hash covers every byte of every advertisement.
func (m *roster) hash(a attempt) [32]byte { return a.Digest(labelU1, marshal(m)) }
