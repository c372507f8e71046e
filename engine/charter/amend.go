package charter

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/fault"
)

// ErrAmendment is raised for a text that cannot amend a charter.
var ErrAmendment = fault.Declare("TACIT-C011", "no amendment of this charter",
	"The text is not the next version of the charter in the bundle.",
	"Begin with the text of the active version, raise its version by one, and leave the line \"previous\" to \"tacit space amend\".")

// Amend returns a bundle with one more version, without signatures, from its text and the
// identities of members who are new or have a new key. A text that does not name the version
// before gets the line that does. The bundle has to be active. The faults are
// [ErrAmendment], [ErrInvalid], [ErrIdentity] and those of [Bundle.Active].
func (b *Bundle) Amend(text []byte, joining map[string]identity.Public) (*Bundle, error) {
	if err := b.Active(); err != nil {
		return nil, err
	}
	text, err := b.linked(text)
	if err != nil {
		return nil, err
	}
	c, err := Parse(text)
	if err != nil {
		return nil, err
	}
	identities := maps.Clone(joining)
	if identities == nil {
		identities = map[string]identity.Public{}
	}
	for _, m := range c.Members {
		if known := b.identities[m.ID]; known.Fingerprint() == m.Key {
			identities[m.ID] = known
		}
	}
	v, err := versionOf(text, c, identities)
	if err != nil {
		return nil, err
	}
	if err := v.follows(b.version); err != nil {
		return nil, err
	}
	chain := b.chain()
	if len(chain) == MaxVersions {
		return nil, ErrAmendment.New("the space has had %d versions, which is as many as a bundle holds", MaxVersions).
			With("Found the space anew, with a first version and empty stores.")
	}
	next := &Bundle{version: v, earlier: chain, revocations: slices.Clone(b.revocations), without: b.without}
	for _, m := range c.Members {
		if next.Barred(m.ID) != nil {
			return nil, ErrAmendment.New("the key of %s is revoked", m.ID).With("Give the member a new key (tacit space rotate), or remove it.")
		}
	}
	if size := len(next.Marshal()); size > MaxBundle {
		return nil, ErrAmendment.New("the bundle would have %d bytes, at most %d", size, MaxBundle).
			With("Found the space anew, with a first version and empty stores.")
	}
	return next, nil
}

// linked returns the text with the line that names the version before.
func (b *Bundle) linked(text []byte) ([]byte, error) {
	c, err := Parse(text)
	if err != nil {
		return nil, err
	}
	want := hex.EncodeToString(b.hash[:])
	switch next := b.charter.Version + 1; {
	case c.Space != b.charter.Space:
		return nil, ErrAmendment.New("the text is of space %q, the bundle of %q", c.Space, b.charter.Space)
	case c.Version != next:
		return nil, ErrAmendment.New("the text is version %d; after version %d comes version %d", c.Version, b.charter.Version, next)
	case c.Previous == want:
		return text, nil
	case c.Previous != "":
		return nil, ErrAmendment.New("the text amends %.12s…, version %d is %.12s…", c.Previous, b.charter.Version, want)
	}
	linked := versionLine.ReplaceAll(text, fmt.Appendf(nil, "${1}\nprevious: %q${2}", want))
	if again, err := Parse(linked); err != nil || again.Previous != want {
		return nil, ErrAmendment.New("the text does not name the version before").
			With("Add this line below \"version\": previous: %q", want)
	}
	return linked, nil
}

// versionLine is where the line "previous" goes: below it, with the same end.
var versionLine = regexp.MustCompile(`(?m)^(version:[^\r\n]*)(\r?)$`)
