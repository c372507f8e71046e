package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
)

// Labels of the signatures of an identity.
const (
	labelCheckpoint = "tacit/ledger/v1/checkpoint"
	labelStatement  = "tacit/ledger/v1/statement"
)

// Keeper is the member who keeps a ledger, and signs for it.
type Keeper struct {
	Space    string // id
	Member   string // id
	Identity *identity.Identity
	Charter  [32]byte // hash of the charter that it has pinned
	Version  uint32   // of that charter

	Earlier []charter.Pin     // versions that this one amends, oldest first
	Former  []identity.Public // keys that the member had in them, and has no more

	Revoked []charter.Revocation // that are in force

	without defences
}

// KeeperOf returns the keeper of the ledgers of the member whose identity it is. One that
// is nobody's can keep none.
func KeeperOf(b *charter.Bundle, id *identity.Identity) Keeper {
	ch := b.Charter()
	k := Keeper{Space: ch.Space, Identity: id, Charter: b.Hash(), Version: uint32(ch.Version)}
	if m := b.Holder(id.Public()); m != nil {
		k.Member = m.ID
	}
	pins := b.Pins()
	k.Earlier, k.Former = pins[:len(pins)-1], formerKeys(b, k.Member)
	k.Revoked = b.Revoked()
	return k
}

// formerKeys returns the keys that a member had in earlier versions and has no more, oldest
// first.
func formerKeys(b *charter.Bundle, member string) []identity.Public {
	var former []identity.Public
	for _, e := range b.Editions() {
		old := b.IdentityIn(e.Version, member)
		same := func(p identity.Public) bool { return p.Equal(old) }
		if old.Fingerprint() != "" && !same(b.Identity(member)) && !slices.ContainsFunc(former, same) {
			former = append(former, old)
		}
	}
	return former
}

// Continues checks that the charter is, or amends, one that was in force before. The faults
// are those of [charter.Continues].
func (k Keeper) Continues(served charter.Pin) error {
	if k.without.pin {
		return nil
	}
	return charter.Continues(served, append(slices.Clip(k.Earlier), charter.Pin{Version: int(k.Version), Hash: k.Charter}))
}

// NewlyRevoked returns the entries of revocations that a ledger does not have yet; known are the
// digests of those that it has. One that it has and that is not in force any more is a
// [charter.ErrUnrevoked].
func (k Keeper) NewlyRevoked(known [][32]byte) ([]Entry, error) {
	var fresh []Entry
	var now [][32]byte
	for _, r := range k.Revoked {
		digest := r.Digest()
		now = append(now, digest)
		if !slices.Contains(known, digest) {
			fresh = append(fresh, Entry{Kind: Revoked, Member: r.Member, Digest: digest, Version: uint32(r.Version)})
		}
	}
	for _, digest := range known {
		if !slices.Contains(now, digest) && !k.without.pin {
			return nil, charter.ErrUnrevoked.New("this store knows of %d revocations, one of which is not in the file", len(known))
		}
	}
	return fresh, nil
}

// Trust returns a space in which only the keeper is known.
func (k Keeper) Trust() *Space {
	return &Space{
		ID: k.Space,
		Identity: func(member string) identity.Public {
			if member != k.Member {
				return identity.Public{}
			}
			return k.Identity.Public()
		},
		Former:  func(string) []identity.Public { return k.Former },
		HasRole: func(string, Role) bool { return true },
	}
}

// sign signs the text of a note.
func (k Keeper) sign(n *note.Note, label string) ([]byte, error) {
	return note.Sign(n, signer{verifier{k.Member, label, k.Identity.Public()}, k.Identity})
}

// signer is a [note.Signer] for an identity.
type signer struct {
	verifier
	identity *identity.Identity
}

// Sign implements [note.Signer].
func (s signer) Sign(msg []byte) ([]byte, error) { return s.identity.SignHybrid(s.label, msg), nil }

// verifier is a [note.Verifier] for a public identity.
type verifier struct {
	member, label string
	public        identity.Public
}

// Name implements [note.Verifier].
func (v verifier) Name() string { return v.member }

// KeyHash implements [note.Verifier]: the beginning of SHA-256 over the name and the
// encoded key, whose first byte 0xff stands for an algorithm that has no number.
func (v verifier) KeyHash() uint32 {
	h := sha256.New()
	h.Write([]byte(v.member + "\n\xff" + v.label))
	h.Write(v.public.Marshal())
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// Verify implements [note.Verifier].
func (v verifier) Verify(msg, sig []byte) bool { return v.public.VerifyHybrid(v.label, msg, sig) }

// verifiers finds the members of a space.
type verifiers struct {
	space *Space
	label string
}

// Verifier implements [note.Verifiers].
func (v verifiers) Verifier(name string, hash uint32) (note.Verifier, error) {
	for _, public := range v.space.keysOf(name) {
		found := verifier{name, v.label, public}
		if public.Fingerprint() != "" && found.KeyHash() == hash {
			return found, nil
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}
