package guard

import (
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// KeyID names a key set: the transcript of its making.
type KeyID [32]byte

// PublicKeys is what everybody, the coordinator too, knows of a key set.
type PublicKeys struct {
	ID      KeyID
	Set     string
	Parties session.Parties
	members [32]byte  // who stands at the positions of Parties
	common  [32]byte  // seed of the common random polynomials
	sums    []he.Poly // of the key shares
	key     *he.Key   // made of sums when it is needed
	used    bool      // an attempt has it, or had it
}

// membersOf stands for the names and identity keys of parties of a roster.
func membersOf(roster []job.Member, parties session.Parties) [32]byte {
	w := wire.NewWriter()
	parties.Encode(w)
	for _, p := range parties {
		w.String(roster[p-1].ID)
		w.Fixed(roster[p-1].Key.Marshal())
	}
	return session.Hash("tacit/guard/v1/members", w.Data())
}

// useUp takes the key set for an attempt with this roster and parameter set, once.
func (k *PublicKeys) useUp(roster []job.Member, set string) error {
	switch {
	case k.used:
		return fmt.Errorf("guard: key set %x was used before", k.ID[:4])
	case k.Set != set:
		return fmt.Errorf("guard: key set %x is for the parameter set %s, wanted %s", k.ID[:4], k.Set, set)
	case !k.Parties.Valid(len(roster)) || membersOf(roster, k.Parties) != k.members:
		return fmt.Errorf("guard: key set %x was made by others than the roster names", k.ID[:4])
	}
	k.used = true
	return nil
}

// KeySet is one worker's part of the keys of one release. It is used for one attempt
// and wiped. It does not print.
type KeySet struct {
	PublicKeys
	self   session.Party
	secret he.Secret
	pairs  map[session.Party]secret.Secret // with every other worker
}

// commonKey derives the key of a list of common random polynomials. (A key set is used
// once, so the lists are too.)
func commonKey(seed [32]byte, list string) prg.Key {
	return prg.Key(session.KDF(seed[:], "tacit/guard/v1/common list", []byte(list)))
}

// The lists of common random polynomials.
const (
	keyList   = "key"
	inputList = "input"
)

// relinearisation returns the key of the evaluation. Only the first call works; later
// ones return the same.
func (k *PublicKeys) relinearisation(p *he.Params) *he.Key {
	if k.key == nil {
		k.key = p.NewKey(k.sums, commonKey(k.common, keyList))
		k.sums = nil
	}
	return k.key
}

// Wipe overwrites the secrets. The key set cannot be used any more.
func (k *KeySet) Wipe() {
	k.used = true
	k.secret.Wipe()
	for _, s := range k.pairs {
		s.Wipe()
	}
}

// Format prints the id only.
func (k KeySet) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[key set %x]", k.ID[:4]) }

// Format prints the id only.
func (k PublicKeys) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[key set %x]", k.ID[:4]) }

// pairMasks returns the masks of a list with every other worker: they cancel in the sum
// over all. sgn(u,v) = +1 if u < v.
func (k *KeySet) pairMasks(c *circle, label string, without *defences) []mask.Mask {
	var all []mask.Mask
	for _, v := range k.Parties {
		if v != k.self {
			key := prg.Key(c.key(k.pairs[v].Bytes(), label))
			all = append(all, mask.Mask{Key: without.maskOf(key), Sub: k.self > v})
		}
	}
	return all
}

// Labels of masks. Each masks one list in one attempt.
const (
	labelKeyMask   = "tacit/guard/v1/key mask"
	labelSlotMask  = "tacit/guard/v1/slot mask"
	labelInputMask = "tacit/guard/v1/input mask"
	labelOpenMask  = "tacit/guard/v1/open mask"
)

// addMasks masks a list of polynomials.
func addMasks(b *he.Basis, list []he.Poly, masks []mask.Mask, par session.Parallel) {
	par.Run(len(list), func(j int) {
		for i := range masks {
			b.Mask(list[j], &masks[i].Key, j, masks[i].Sub)
		}
	})
}

func (k *PublicKeys) encode(w *wire.Writer) {
	w.Fixed(k.ID[:])
	w.String(k.Set)
	k.Parties.Encode(w)
	w.Fixed(k.members[:])
	w.Fixed(k.common[:])
}

// encodeSums appends the sums of the key shares.
func (k *PublicKeys) encodeSums(w *wire.Writer, p *he.Params) {
	buffer := make([]byte, 0, p.QP.Size())
	for _, s := range k.sums {
		w.Fixed(p.QP.Append(buffer, s))
	}
}

func decodePublicKeys(r *wire.Reader) (k PublicKeys, p *he.Params) {
	k.ID = fixed32(r)
	k.Set = r.String(maxSetName)
	k.Parties = session.DecodeParties(r, maxParties)
	k.members, k.common = fixed32(r), fixed32(r)
	p, err := he.Set(k.Set)
	if err != nil {
		r.Fail(err)
		return k, nil
	}
	return k, p
}

func (k *PublicKeys) decodeSums(r *wire.Reader, p *he.Params) {
	if p == nil {
		return
	}
	k.sums = make([]he.Poly, p.KeyPolys())
	for j := range k.sums {
		raw := r.Fixed(p.QP.Size())
		if r.Err() != nil {
			return
		}
		var err error
		if k.sums[j], err = p.QP.Decode(raw); err != nil {
			r.Fail(err)
			return
		}
	}
}

// Marshal returns the key set of a coordinator that has not been used yet.
func (k *PublicKeys) Marshal() []byte {
	p, err := he.Set(k.Set)
	if err != nil || k.sums == nil || k.used {
		panic("guard: a key set that was used is stored") // the caller's fault
	}
	w := begin(kindPublicKeys)
	k.encode(w)
	k.encodeSums(w, p)
	return w.Data()
}

// ParsePublicKeys reads what [PublicKeys.Marshal] returned. It returns [session.ErrState] if the
// bytes are damaged.
func ParsePublicKeys(b []byte) (*PublicKeys, error) {
	r := wire.NewReader(b)
	if kind(r.U8()) != kindPublicKeys {
		r.Fail(session.ErrState)
	}
	k, p := decodePublicKeys(r)
	k.decodeSums(r, p)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	return &k, nil
}

// Marshal returns the key set of a worker that has not been used yet, with its
// secrets: the caller seals it at rest.
func (k *KeySet) Marshal() []byte {
	p, err := he.Set(k.Set)
	if err != nil || k.sums == nil || k.used {
		panic("guard: a key set that was used is stored") // the caller's fault
	}
	w := begin(kindKeySet)
	k.PublicKeys.encode(w)
	w.U16(uint16(k.self))
	w.Fixed(k.secret.Seed().Bytes())
	for _, v := range k.Parties {
		if v != k.self {
			w.Fixed(k.pairs[v].Bytes())
		}
	}
	k.encodeSums(w, p)
	return w.Data()
}

// ParseKeySet reads what [KeySet.Marshal] returned. It returns [session.ErrState] if the bytes
// are damaged.
func ParseKeySet(b []byte) (*KeySet, error) {
	r := wire.NewReader(b)
	if kind(r.U8()) != kindKeySet {
		r.Fail(session.ErrState)
	}
	public, p := decodePublicKeys(r)
	k := &KeySet{PublicKeys: public, self: session.Party(r.U16()), pairs: map[session.Party]secret.Secret{}}
	seed := fixed32(r)
	for _, v := range k.Parties {
		if v != k.self {
			k.pairs[v] = secret.New(r.Fixed(pairSize))
		}
	}
	k.decodeSums(r, p)
	if !k.Parties.Has(k.self) {
		r.Fail(session.ErrOrder)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	k.secret = p.SecretOf(seed)
	return k, nil
}

const (
	pairSize   = 32
	maxParties = 500
)

// readSeed draws 32 bytes.
func readSeed(rand io.Reader) (seed [32]byte, err error) {
	if _, err = io.ReadFull(rand, seed[:]); err != nil {
		err = fmt.Errorf("guard: randomness: %w", err)
	}
	return seed, err
}
