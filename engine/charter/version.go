package charter

import (
	"encoding/hex"
	"slices"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/fault"
)

// ErrChain is raised for versions that are not one history.
var ErrChain = fault.Declare("TACIT-C010", "versions do not follow from each other",
	"An amended charter names the hash of the version before, and its bundle holds every version since the first. Here one is missing, or does not fit.",
	"Get the file again from another member. An amendment is made with \"tacit space amend\", from the active space.json.")

// version is one version of a charter, with who is in it and who signed it.
type version struct {
	text       string
	charter    *Charter
	hash       [32]byte
	identities map[string]identity.Public
	signatures []signature
}

// signature is one member's hybrid signature over the hash of a charter.
type signature struct {
	member string
	// key is the fingerprint that the member had in the version before, "" for the key that
	// it has in this one.
	key   string
	hash  [32]byte // what was signed
	value []byte
}

// newVersion reads a text and compares the identities with its members. The faults are
// [ErrInvalid] and [ErrIdentity].
func newVersion(text []byte, identities map[string]identity.Public) (*version, error) {
	c, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return versionOf(text, c, identities)
}

// versionOf is [newVersion] of a text that was read already.
func versionOf(text []byte, c *Charter, identities map[string]identity.Public) (*version, error) {
	if err := c.checkIdentities(identities); err != nil {
		return nil, err
	}
	kept := make(map[string]identity.Public, len(identities))
	for id, public := range identities {
		kept[id] = public
	}
	return &version{text: string(text), charter: c, hash: c.Hash(), identities: kept}, nil
}

// follows checks that v amends before; the first version follows nil.
func (v *version) follows(before *version) error {
	c := v.charter
	switch {
	case before == nil && c.Previous == "":
		return nil
	case before == nil:
		return ErrChain.New("version %d amends another one, which is missing", c.Version)
	case c.Space != before.charter.Space:
		return ErrChain.New("version %d is of space %q, the one before of %q", c.Version, c.Space, before.charter.Space)
	case c.Version != before.charter.Version+1:
		return ErrChain.New("version %d comes after version %d", c.Version, before.charter.Version)
	case c.Previous != hex.EncodeToString(before.hash[:]):
		return ErrChain.New("version %d amends %.12s…, the version before is %x…", c.Version, clip(c.Previous), before.hash[:6])
	}
	return nil
}

// checkPrevious: the hash of a charter, for later versions only.
func (c *Charter) checkPrevious(k check) {
	if c.Previous == "" {
		return
	}
	raw, err := hex.DecodeString(c.Previous)
	if err != nil || hex.EncodeToString(raw) != c.Previous || len(raw) != 32 {
		k.fail("not a hash of a charter: 64 digits and letters a to f, as \"tacit space verify\" prints it")
	} else if c.Version == 1 {
		k.fail("belongs to later versions: the first amends nothing")
	}
}

// writePrevious adds nothing for a first version, so that its hash is what it was before
// charters named the one before.
func (c *Charter) writePrevious(w *wire.Writer) {
	if c.Previous != "" {
		w.String("previous")
		w.String(c.Previous)
	}
}

// Edition names one version of a space's charter.
type Edition struct {
	Version int
	Hash    [32]byte
	Charter *Charter // nobody may write to it
}

// chain returns all versions, oldest first.
func (b *Bundle) chain() []*version { return append(slices.Clip(b.earlier), b.version) }

// Editions returns all versions, oldest first; the last is that of [Bundle.Charter].
func (b *Bundle) Editions() []Edition {
	var out []Edition
	for _, v := range b.chain() {
		out = append(out, Edition{v.charter.Version, v.hash, v.charter})
	}
	return out
}

// Edition returns the version with this hash, and false if the space never had it.
func (b *Bundle) Edition(hash [32]byte) (Edition, bool) {
	for _, e := range b.Editions() {
		if e.Hash == hash {
			return e, true
		}
	}
	return Edition{}, false
}

// At returns the bundle as it was at an earlier version, with the revocations until then; nil if the
// space never had it.
func (b *Bundle) At(hash [32]byte) *Bundle {
	chain := b.chain()
	for i, v := range chain {
		if v.hash != hash {
			continue
		}
		old := &Bundle{version: v, earlier: chain[:i:i], without: b.without}
		for _, r := range b.revocations {
			if old.versionOf(r.under) != nil {
				old.revocations = append(old.revocations, r)
			}
		}
		return old
	}
	return nil
}

// IdentityIn returns the identity that a member had in a version, by its number; for others
// the zero value.
func (b *Bundle) IdentityIn(number int, member string) identity.Public {
	for _, v := range b.chain() {
		if v.charter.Version == number {
			return v.identities[member]
		}
	}
	return identity.Public{}
}
