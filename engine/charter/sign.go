package charter

import (
	"slices"
	"strings"

	"github.com/tacit-space/tacit/crypto/identity"
)

// signLabel separates signatures of charters from all other signatures of a member.
const signLabel = "tacit/charter/v1/sign"

// Status says who stands behind a charter.
type Status struct {
	Signed  []string // members with a valid signature, in the order of the charter
	Missing []string // the others
	Needed  int      // signatures that the amendment rule asks for
}

// Active reports whether enough members have signed.
func (s Status) Active() bool { return len(s.Signed) >= s.Needed }

// Sign adds the signature of the member whose identity this is, and returns its
// id. Signing again changes nothing. The faults are [ErrSigner] for a key that is
// no member's, and those of [Bundle.Verify].
func (b *Bundle) Sign(id *identity.Identity) (string, error) {
	m := b.Holder(id.Public())
	if m == nil {
		return "", ErrSigner.New("the key %s is no member's", id.Public().Fingerprint())
	}
	status, err := b.Verify()
	if err != nil {
		return "", err
	}
	if !slices.Contains(status.Signed, m.ID) {
		b.add(signature{member: m.ID, hash: b.hash, value: id.SignHybrid(signLabel, b.hash[:])})
	}
	return m.ID, nil
}

// add keeps the signatures in the order of the charter.
func (b *Bundle) add(s signature) {
	b.signatures = append(b.signatures, s)
	slices.SortStableFunc(b.signatures, func(x, y signature) int {
		return b.position(x.member) - b.position(y.member)
	})
}

func (b *Bundle) position(member string) int {
	return slices.IndexFunc(b.charter.Members, func(m Member) bool { return m.ID == member })
}

// Verify checks every signature and says who signed. Any signature that is not
// right spoils the bundle: [ErrChanged], [ErrSignature] or [ErrSigner].
func (b *Bundle) Verify() (Status, error) {
	signed := map[string]bool{}
	for _, s := range b.signatures {
		if b.charter.Member(s.member) == nil {
			return Status{}, ErrSigner.New("a signature names %q, who is no member", clip(s.member))
		}
		if signed[s.member] {
			return Status{}, ErrSigner.New("member %q signed twice", s.member)
		}
		signed[s.member] = true
		if !b.identities[s.member].VerifyHybrid(signLabel, s.hash[:], s.value) {
			return Status{}, ErrSignature.New("the signature of %q does not hold", s.member)
		}
		if s.hash != b.hash {
			return Status{}, ErrChanged.New("%q signed charter %x…, the text in the bundle has %x…", s.member, s.hash[:6], b.hash[:6])
		}
	}
	status := Status{Needed: b.charter.needed()}
	for _, m := range b.charter.Members {
		if signed[m.ID] {
			status.Signed = append(status.Signed, m.ID)
		} else {
			status.Missing = append(status.Missing, m.ID)
		}
	}
	return status, nil
}

// needed is the number of signatures that the amendment rule asks for.
func (c *Charter) needed() int {
	if c.Amend.Rule == Quorum {
		return c.Amend.Quorum
	}
	return len(c.Members)
}

// Active verifies the bundle and returns nil if the charter is active; otherwise
// [ErrNotActive] or a fault of [Bundle.Verify].
func (b *Bundle) Active() error {
	status, err := b.Verify()
	if err != nil {
		return err
	}
	if !status.Active() {
		return ErrNotActive.New("%d of %d needed signatures; not signed by %s",
			len(status.Signed), status.Needed, strings.Join(status.Missing, ", "))
	}
	return nil
}

// Merge adds the signatures of another copy of the same bundle. The faults are
// [ErrOtherSpace] and those of [Bundle.Verify] for either.
func (b *Bundle) Merge(other *Bundle) error {
	if other.hash != b.hash {
		return ErrOtherSpace.New("charter %x… and charter %x…", b.hash[:6], other.hash[:6])
	}
	mine, err := b.Verify()
	if err != nil {
		return err
	}
	if _, err := other.Verify(); err != nil {
		return err
	}
	for _, s := range other.signatures {
		if !slices.Contains(mine.Signed, s.member) {
			b.add(s)
		}
	}
	return nil
}
