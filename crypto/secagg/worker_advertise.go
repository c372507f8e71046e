package secagg

import (
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/share"
)

// fresh is what a worker draws for one attempt and forgets when its input is
// masked.
type fresh struct {
	pair    secret.Secret  // r_u
	self    secret.Secret  // b_u
	maskKey kem.PrivateKey // of pkm_u, derived from r_u
	channel kem.PrivateKey // of pkc_u, independent of r_u
	ct      [kem.CiphertextSize]byte
	analyst mask.Mask // KA_u
	ad      *advertisement
}

// newFresh reads 192 bytes.
func newFresh(w *Worker) (*fresh, error) {
	pair, err := share.RandomScalar(w.rand)
	if err != nil {
		return nil, err
	}
	self, err := share.RandomScalar(w.rand)
	if err != nil {
		return nil, err
	}
	channel, err := kem.GenerateKey(w.rand)
	if err != nil {
		return nil, err
	}
	f := &fresh{
		pair: secret.New(pair[:]), self: secret.New(self[:]), channel: channel,
		maskKey: w.attempt.maskKeyOf(pair[:], w.self),
	}
	if err := f.maskForAnalyst(w); err != nil {
		return nil, err
	}
	f.ad = &advertisement{
		maskKey: f.maskKey.Public().Bytes(), channelKey: channel.Public().Bytes(),
		commitPair: w.without.commitment(w.attempt, labelCommitPair, pair[:], w.self),
		commitSelf: w.without.commitment(w.attempt, labelCommitSelf, self[:], w.self),
	}
	f.ad.sig = w.sign(signAdvertise, f.ad.statement(w.attempt, w.self))
	return f, nil
}

// maskForAnalyst encapsulates to pk_A: the mask that only the analyst takes off.
func (f *fresh) maskForAnalyst(w *Worker) error {
	ct, shared, err := w.Encapsulate(w.rand)
	if err != nil {
		return err
	}
	f.ct = ct
	f.analyst = mask.Mask{Key: w.without.analystKeyOf(w.attempt, shared[:], ct[:], w.self)}
	clear(shared[:])
	return nil
}

func (f *fresh) wipe() {
	f.pair.Wipe()
	f.self.Wipe()
	f.maskKey.Wipe()
	f.channel.Wipe()
	f.analyst.Key = prg.Key{}
}

// maskKeyOf derives the key pair of pkm_u from r_u; the coordinator does it
// again for a worker that dropped out.
func (a attempt) maskKeyOf(pair []byte, u session.Party) kem.PrivateKey {
	return kem.DeriveKey(a.Key(pair, labelMaskKey, session.PartyBytes(u)))
}

// commitment returns the hash of a worker's secret. It is bound to the worker,
// so that nobody can take over another's.
func (a attempt) commitment(label string, scalar []byte, u session.Party) [32]byte {
	return a.Digest(label, session.PartyBytes(u), scalar)
}

// advertise is R0.
func (w *Worker) advertise() []session.Effect {
	return []session.Effect{w.toCoordinator(w.fresh.ad)}
}
