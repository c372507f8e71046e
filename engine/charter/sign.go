package charter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/crypto/identity"
)

// signLabel separates signatures of charters from all other signatures of a member.
const signLabel = "tacit/charter/v1/sign"

// Status says who stands behind a version of a charter. Of the first version its own
// members decide, by its own rule. Of an amendment the members of the version before
// decide, by the rule of that version and with the keys that they have there; and whoever
// is new, or has a new key, has to sign with it.
type Status struct {
	Signed  []string // members who decide and have a valid signature, in the order of the charter
	Missing []string // the others who decide
	Needed  int      // signatures of them that the amendment rule asks for
	Joining []string // members of an amendment with a new key, who have not signed with it
}

// Active reports whether the version is in force.
func (s Status) Active() bool {
	return s.Needed > 0 && len(s.Signed) >= s.Needed && len(s.Joining) == 0
}

// Sign adds the signature of the member whose identity this is, and returns its
// id. Signing again changes nothing. An amendment may be signed by members of the version
// before, too. The faults are [ErrSigner] for a key that is no member's, and those of
// [Bundle.Verify].
func (b *Bundle) Sign(id *identity.Identity) (string, error) {
	mine := b.signersOf(id.Public())
	if len(mine) == 0 {
		return "", ErrSigner.New("the key %s is no member's", id.Public().Fingerprint())
	}
	if _, err := b.Verify(); err != nil {
		return "", err
	}
	for _, s := range mine {
		if !b.has(s) {
			s.hash, s.value = b.hash, id.SignHybrid(signLabel, b.hash[:])
			b.add(s)
		}
	}
	return mine[0].member, nil
}

// signersOf returns the signatures, still without a value, that the holder of a key can make: two
// if it goes by another id in the version before.
func (b *Bundle) signersOf(public identity.Public) []signature {
	var mine []signature
	if m := b.holder(public); m != nil {
		mine = append(mine, signature{member: m.ID})
	}
	if before := b.before(); before != nil {
		m := before.holder(public)
		if m != nil && !slices.ContainsFunc(mine, func(s signature) bool { return s.member == m.ID }) {
			mine = append(mine, signature{member: m.ID, key: m.Key})
		}
	}
	return mine
}

// before returns the version that the newest one amends, nil for the first.
func (b *Bundle) before() *version {
	if len(b.earlier) == 0 {
		return nil
	}
	return b.earlier[len(b.earlier)-1]
}

// has reports whether the same key has signed.
func (b *version) has(s signature) bool {
	return slices.ContainsFunc(b.signatures, func(o signature) bool { return o.member == s.member && o.key == s.key })
}

// add keeps the signatures in the order of the charter; those of members who left come last.
func (b *version) add(s signature) {
	b.signatures = append(b.signatures, s)
	slices.SortStableFunc(b.signatures, func(x, y signature) int {
		return b.position(x.member) - b.position(y.member)
	})
}

func (b *version) position(member string) int {
	i := slices.IndexFunc(b.charter.Members, func(m Member) bool { return m.ID == member })
	if i < 0 {
		return len(b.charter.Members)
	}
	return i
}

// Verify checks every signature of every version, and says who signed the newest. Any
// signature that is not right spoils the bundle: [ErrChanged], [ErrSignature] or
// [ErrSigner], and [ErrRevocation] of a revocation; so does an earlier version that never
// became active: [ErrChain].
func (b *Bundle) Verify() (Status, error) {
	if err := b.checkRevocations(); err != nil {
		return Status{}, err
	}
	var before *version
	for _, v := range b.earlier {
		status, err := b.status(v, before)
		if err != nil {
			return Status{}, err
		}
		if !status.Active() {
			return Status{}, ErrChain.New("version %d was amended, and was never active: %s", v.charter.Version, status.lacks())
		}
		before = v
	}
	return b.status(b.version, before)
}

// status verifies the signatures of one version; before is the one that it amends.
func (b *Bundle) status(v, before *version) (Status, error) {
	for i, s := range v.signatures {
		if err := v.check(s, before); err != nil {
			return Status{}, err
		}
		if slices.ContainsFunc(v.signatures[:i], func(o signature) bool { return o.member == s.member && o.key == s.key }) {
			return Status{}, ErrSigner.New("member %q signed twice", s.member)
		}
	}
	if before == nil || b.without.approval {
		return v.decided(v.charter.Members, v.charter.needed(len(v.charter.Members))), nil
	}
	voters := b.votes(before)
	status := v.decided(voters, before.charter.needed(len(voters)))
	if !b.without.consent {
		status.Joining = v.joining(before)
	}
	return status, nil
}

// check verifies one signature.
func (b *version) check(s signature, before *version) error {
	public, known := b.keyOf(s, before)
	if !known {
		return ErrSigner.New("a signature names %q, who is no member", clip(s.member))
	}
	if !public.VerifyHybrid(signLabel, s.hash[:], s.value) {
		return ErrSignature.New("the signature of %q does not hold", s.member)
	}
	if s.hash != b.hash {
		return ErrChanged.New("%q signed charter %x…, the text in the bundle has %x…", s.member, s.hash[:6], b.hash[:6])
	}
	return nil
}

// keyOf returns whose key should have made a signature. A key that the member has in both
// versions has one name only.
func (b *version) keyOf(s signature, before *version) (identity.Public, bool) {
	if s.key == "" {
		return b.identities[s.member], b.charter.Member(s.member) != nil
	}
	if before == nil {
		return identity.Public{}, false
	}
	m, now := before.charter.Member(s.member), b.charter.Member(s.member)
	known := m != nil && m.Key == s.key && (now == nil || now.Key != s.key)
	return before.identities[s.member], known
}

// decided says which members of voters, who decide about b, have signed it with the keys that
// they have there.
func (b *version) decided(voters []Member, needed int) Status {
	status := Status{Needed: needed}
	for _, m := range voters {
		if b.signedWith(m) {
			status.Signed = append(status.Signed, m.ID)
		} else {
			status.Missing = append(status.Missing, m.ID)
		}
	}
	return status
}

// signedWith reports whether a member has signed with a key of its own, of this version or of the one
// before.
func (b *version) signedWith(m Member) bool {
	if now := b.charter.Member(m.ID); now != nil && now.Key == m.Key {
		return b.has(signature{member: m.ID})
	}
	return b.has(signature{member: m.ID, key: m.Key})
}

// joining returns the members with a key that they did not have before, who have not signed with it.
func (b *version) joining(before *version) []string {
	var missing []string
	for _, m := range b.charter.Members {
		was := before.charter.Member(m.ID)
		if (was == nil || was.Key != m.Key) && !b.signedWith(m) {
			missing = append(missing, m.ID)
		}
	}
	return missing
}

// needed is the number of signatures of n members that the amendment rule asks for.
func (c *Charter) needed(n int) int {
	if c.Amend.Rule == Quorum {
		return min(c.Amend.Quorum, n)
	}
	return n
}

// Active verifies the bundle and returns nil if the charter is active; otherwise
// [ErrNotActive] or a fault of [Bundle.Verify].
func (b *Bundle) Active() error {
	status, err := b.Verify()
	if err != nil {
		return err
	}
	if !status.Active() {
		return ErrNotActive.New("%s", status.lacks())
	}
	return nil
}

// lacks says what is missing for the version to be active.
func (s Status) lacks() string {
	var parts []string
	if len(s.Signed) < s.Needed || s.Needed == 0 {
		parts = append(parts, fmt.Sprintf("%d of %d needed signatures; not signed by %s", len(s.Signed), s.Needed, strings.Join(s.Missing, ", ")))
	}
	if len(s.Joining) > 0 {
		parts = append(parts, "not signed with their new keys by "+strings.Join(s.Joining, ", "))
	}
	return strings.Join(parts, "; ")
}

// Merge adds the signatures and revocations of another copy of the same bundle, or of what it was at
// an earlier version. The faults are [ErrOtherSpace] and those of [Bundle.Verify] for either.
func (b *Bundle) Merge(other *Bundle) error {
	if _, same := b.Edition(other.hash); !same {
		return ErrOtherSpace.New("charter %x… and charter %x…", b.hash[:6], other.hash[:6])
	}
	if _, err := b.Verify(); err != nil {
		return err
	}
	if _, err := other.Verify(); err != nil {
		return err
	}
	mine := b.chain()
	for i, v := range other.chain() { // the same versions: each names the one before
		for _, s := range v.signatures {
			if !mine[i].has(s) {
				mine[i].add(s)
			}
		}
	}
	if err := b.mergeRevocations(other); err != nil {
		return err
	}
	_, err := b.Verify()
	return err
}
