package charter

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/fault"
)

// Codes of revocations.
var (
	ErrRevocation = fault.Declare("TACIT-C016", "bad revocation",
		"A revocation in the bundle names a member, a key or a version that the space never had, or is not signed by whom it says.",
		"Get the file again from another member, or let the revocation be signed again.")
	ErrUnrevoked = fault.Declare("TACIT-C017", "revocation is missing",
		"This store knows that a member's key is revoked, and the file does not say so: somebody gave this role an old space.json.",
		"Start with the newest space.json, or add the revocation to this one with \"tacit space merge\".")
	ErrRevoked = fault.Declare("TACIT-C018", "key is revoked",
		"The key of the member is revoked for the whole space.",
		"Make a new key, and have the charter amended with it (tacit space rotate).")
)

// revokeLabel separates revocations from all other signatures of a member.
const revokeLabel = "tacit/charter/v1/revoke"

// revocation says that a key of a member counts no more, from a version of the charter on and for ever. It
// is in force when that key has signed it itself, or enough other members of that version have; whatever
// is signed later, it stays so.
type revocation struct {
	member string
	key    string   // fingerprint
	under  [32]byte // hash of the version
	reason string   // for people
	signed []signature
}

// statement is what is signed.
func (r *revocation) statement(space string) [32]byte {
	w := wire.NewWriter()
	w.String(space)
	w.String(r.member)
	w.String(r.key)
	w.Fixed(r.under[:])
	w.String(r.reason)
	return session.Hash(revokeLabel, w.Data())
}

// Revocation is a revocation, whether it is in force or waits for signatures.
type Revocation struct {
	Member  string
	Key     string // fingerprint
	Version int    // of the charter, under which it was signed
	Reason  string
	Signed  []string // by whom, in the order of the charter
	Missing []string // others who can sign, while it is not in force
	Needed  int      // signatures of others; 0: the key has signed itself
}

// InForce reports whether the key counts no more.
func (r *Revocation) InForce() bool { return r.Needed == 0 || len(r.Signed) >= r.Needed }

// Digest names the revoked key for the ledger, whatever reason was given.
func (r *Revocation) Digest() [32]byte {
	return session.Hash("tacit/charter/v1/revoked", []byte(r.Member+"\n"+r.Key))
}

// Revoke adds a signature of the holder of a key to the revocation of a member's key, which is made if there
// is none. A member can revoke its own key alone; of others, as many have to sign as amend the charter,
// but never the one who is revoked. The bundle has to be active. The faults are [ErrNoMember],
// [ErrSigner], [ErrRevocation] and those of [Bundle.Active].
func (b *Bundle) Revoke(member, reason string, by *identity.Identity) (Revocation, error) {
	if err := b.Active(); err != nil {
		return Revocation{}, err
	}
	m, signer := b.charter.Member(member), b.holder(by.Public())
	if m == nil {
		return Revocation{}, ErrNoMember.New("%q is no member of space %s", clip(member), b.charter.Space)
	}
	if signer == nil {
		return Revocation{}, ErrSigner.New("the key %s is no member's", by.Public().Fingerprint())
	}
	if why := unprintable(reason); reason == "" || len(reason) > MaxTitle || why != "" {
		return Revocation{}, ErrRevocation.New("the reason wants a line of 1 to %d bytes", MaxTitle).With("Give a short --reason.")
	}
	r := b.waiting(m)
	if r == nil {
		if len(b.revocations) == MaxRevocations {
			return Revocation{}, ErrRevocation.New("the bundle has %d revocations, which is as many as it holds", MaxRevocations)
		}
		r = &revocation{member: member, key: m.Key, under: b.hash, reason: reason}
		b.revocations = append(b.revocations, r)
		b.sortRevocations()
	}
	r.sign(b.version, signer.ID, by)
	return b.judge(r)
}

// waiting returns a revocation of the member's key under the newest version, nil if there is none.
func (b *Bundle) waiting(m *Member) *revocation {
	i := slices.IndexFunc(b.revocations, func(r *revocation) bool { return r.key == m.Key && r.under == b.hash })
	if i < 0 {
		return nil
	}
	return b.revocations[i]
}

func (r *revocation) sign(v *version, member string, by *identity.Identity) {
	if r.has(member) {
		return
	}
	statement := r.statement(v.charter.Space)
	r.signed = append(r.signed, signature{member: member, value: by.SignHybrid(revokeLabel, statement[:])})
	r.sort(v)
}

func (r *revocation) has(member string) bool {
	return slices.ContainsFunc(r.signed, func(s signature) bool { return s.member == member })
}

// sort puts the signatures in the order of the charter.
func (r *revocation) sort(v *version) {
	slices.SortStableFunc(r.signed, func(x, y signature) int { return v.position(x.member) - v.position(y.member) })
}

// sortRevocations gives a bundle one encoding whatever the order of merges was.
func (b *Bundle) sortRevocations() {
	slices.SortFunc(b.revocations, func(x, y *revocation) int {
		return cmp.Or(b.number(x.under)-b.number(y.under), strings.Compare(x.key, y.key), strings.Compare(x.reason, y.reason))
	})
}

// number of the version with a hash, 0 if there is none.
func (b *Bundle) number(hash [32]byte) int {
	e, _ := b.Edition(hash)
	return e.Version
}

// judge verifies a revocation and says how it stands.
func (b *Bundle) judge(r *revocation) (Revocation, error) {
	v := b.versionOf(r.under)
	if v == nil {
		return Revocation{}, ErrRevocation.New("a revocation of %q is under a version that the space never had", clip(r.member))
	}
	m := v.charter.Member(r.member)
	if m == nil || m.Key != r.key {
		return Revocation{}, ErrRevocation.New("a revocation names %q with a key that is not its own in version %d", clip(r.member), v.charter.Version)
	}
	statement := r.statement(v.charter.Space)
	for i, s := range r.signed {
		if v.charter.Member(s.member) == nil || slices.ContainsFunc(r.signed[:i], func(o signature) bool { return o.member == s.member }) {
			return Revocation{}, ErrRevocation.New("a signature under the revocation of %q is of nobody, or twice there", r.member)
		}
		if !b.without.revocation && !v.identities[s.member].VerifyHybrid(revokeLabel, statement[:], s.value) {
			return Revocation{}, ErrRevocation.New("the signature of %q under the revocation of %q does not hold", s.member, r.member)
		}
	}
	return r.standing(v), nil
}

// standing counts the signatures of a revocation that was verified.
func (r *revocation) standing(v *version) Revocation {
	out := Revocation{Member: r.member, Key: r.key, Version: v.charter.Version, Reason: r.reason}
	if !r.has(r.member) {
		out.Needed = v.charter.needed(len(v.charter.Members) - 1)
	}
	for _, m := range v.charter.Members {
		switch {
		case r.has(m.ID):
			out.Signed = append(out.Signed, m.ID)
		case m.ID != r.member:
			out.Missing = append(out.Missing, m.ID)
		}
	}
	if out.InForce() {
		out.Missing = nil
	}
	return out
}

func (b *Bundle) versionOf(hash [32]byte) *version {
	for _, v := range b.chain() {
		if v.hash == hash {
			return v
		}
	}
	return nil
}

// Revocations returns all revocations of a verified bundle.
func (b *Bundle) Revocations() []Revocation {
	out := make([]Revocation, 0, len(b.revocations))
	for _, r := range b.revocations {
		if v := b.versionOf(r.under); v != nil {
			out = append(out, r.standing(v))
		}
	}
	return out
}

// Revoked returns the revocations that are in force, one for each key.
func (b *Bundle) Revoked() []Revocation {
	var out []Revocation
	for _, r := range b.Revocations() {
		if r.InForce() && !slices.ContainsFunc(out, func(o Revocation) bool { return o.Key == r.Key && o.Member == r.Member }) {
			out = append(out, r)
		}
	}
	return out
}

// Barred returns the fault of a member of the charter whose key is revoked, nil for all others.
func (b *Bundle) Barred(member string) *fault.Fault { return b.charter.Barred(member, b.Revoked()) }

// Barred is [Bundle.Barred] with the revocations that are in force.
func (c *Charter) Barred(member string, revoked []Revocation) *fault.Fault {
	m := c.Member(member)
	if m == nil {
		return nil
	}
	for _, r := range revoked {
		if r.Key == m.Key {
			return ErrRevoked.New("the key of %s is revoked", member)
		}
	}
	return nil
}

// Serves checks that neither the member's key nor that of the coordinator is revoked. The fault is
// [ErrRevoked].
func (c *Charter) Serves(member string, revoked []Revocation) error {
	if f := c.Barred(c.TheCoordinator().ID, revoked); f != nil {
		return f
	}
	if f := c.Barred(member, revoked); f != nil {
		return f
	}
	return nil
}

// votes returns the members of a version who decide about the next: those whose keys were not
// revoked until then.
func (b *Bundle) votes(v *version) []Member {
	var revoked []string
	for _, r := range b.Revoked() {
		if r.Version <= v.charter.Version {
			revoked = append(revoked, r.Key)
		}
	}
	return slices.DeleteFunc(slices.Clone(v.charter.Members), func(m Member) bool { return slices.Contains(revoked, m.Key) })
}

// checkRevocations verifies all of them.
func (b *Bundle) checkRevocations() error {
	for _, r := range b.revocations {
		if _, err := b.judge(r); err != nil {
			return err
		}
	}
	return nil
}

// mergeRevocations adds those of a verified bundle of the same history.
func (b *Bundle) mergeRevocations(other *Bundle) error {
	for _, theirs := range other.revocations {
		i := slices.IndexFunc(b.revocations, func(r *revocation) bool {
			return r.statement(b.charter.Space) == theirs.statement(b.charter.Space)
		})
		if i < 0 {
			b.revocations = append(b.revocations, &revocation{
				member: theirs.member, key: theirs.key, under: theirs.under, reason: theirs.reason, signed: slices.Clone(theirs.signed),
			})
			continue
		}
		for _, s := range theirs.signed {
			if !b.revocations[i].has(s.member) {
				b.revocations[i].signed = append(b.revocations[i].signed, s)
			}
		}
		b.revocations[i].sort(b.versionOf(theirs.under))
	}
	if len(b.revocations) > MaxRevocations {
		return ErrRevocation.New("%d revocations, at most %d", len(b.revocations), MaxRevocations)
	}
	b.sortRevocations()
	return nil
}

// revocationJSON is a revocation in the file.
type revocationJSON struct {
	Member     string            `json:"member"`
	Key        string            `json:"key"`
	Charter    string            `json:"charter"` // hex of the hash of the version
	Reason     string            `json:"reason"`
	Signatures []revocationsJSON `json:"signatures"`
}

type revocationsJSON struct {
	Member    string `json:"member"`
	Signature string `json:"signature"` // base64
}

func (r *revocation) json() revocationJSON {
	out := revocationJSON{r.member, r.key, hex.EncodeToString(r.under[:]), r.reason, []revocationsJSON{}}
	for _, s := range r.signed {
		out.Signatures = append(out.Signatures, revocationsJSON{s.member, encode64(s.value)})
	}
	return out
}

// parse only decodes; what it says is for [Bundle.Verify].
func (file *revocationJSON) parse() (*revocation, error) {
	if len(file.Signatures) > MaxMembers {
		return nil, fmt.Errorf("%d signatures, at most %d", len(file.Signatures), MaxMembers)
	}
	if len(file.Reason) > MaxTitle || file.Reason == "" || unprintable(file.Reason) != "" {
		return nil, fmt.Errorf("a reason is not one short line")
	}
	under, err := hex.DecodeString(file.Charter)
	if err != nil || len(under) != 32 {
		return nil, fmt.Errorf("no hash of a charter")
	}
	r := &revocation{member: file.Member, key: file.Key, under: [32]byte(under), reason: file.Reason}
	for _, s := range file.Signatures {
		value, err := decode64(s.Signature)
		if err != nil {
			return nil, fmt.Errorf("a signature is not base64")
		}
		r.signed = append(r.signed, signature{member: s.Member, value: value})
	}
	return r, nil
}

// parseRevocations decodes the list of a file.
func (b *Bundle) parseRevocations(list []revocationJSON) error {
	if len(list) > MaxRevocations {
		return fmt.Errorf("%d revocations, at most %d", len(list), MaxRevocations)
	}
	for i := range list {
		r, err := list[i].parse()
		if err != nil {
			return fmt.Errorf("revocations[%d]: %w", i, err)
		}
		b.revocations = append(b.revocations, r)
	}
	b.sortRevocations()
	return nil
}
