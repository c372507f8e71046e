package charter

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/fault"
)

// Codes of bundles.
var (
	ErrBundle = fault.Declare("TACIT-C002", "malformed bundle",
		"The file is no space.json as this version writes it.",
		"Get the file again from another member; do not edit it by hand.")
	ErrIdentity = fault.Declare("TACIT-C003", "identity does not fit the charter",
		"The bundle has a public identity too many or too few, or one whose fingerprint is not the member's key in the charter.",
		"Collect the .pub file of every member again, and compare the fingerprints with the members.")
	ErrChanged = fault.Declare("TACIT-C004", "charter changed after signing",
		"A member signed another charter than the one in the bundle: its text was changed afterwards.",
		"Find out who changed it. For an amendment raise the version, make a new bundle, and let the members sign again.")
	ErrSignature = fault.Declare("TACIT-C005", "bad signature",
		"A signature in the bundle is not that of the member it names.",
		"Get the file again from another member, or let that member sign again.")
	ErrSigner = fault.Declare("TACIT-C006", "unknown signer",
		"A signature, or the key that should sign, belongs to nobody in the charter, or one member signed twice.",
		"Sign with the key whose fingerprint is in the charter.")
	ErrNotActive = fault.Declare("TACIT-C007", "charter not active",
		"Fewer members have signed the charter than its amendment rule asks for.",
		"Let the missing members sign with \"tacit space sign\".")
	ErrOtherSpace = fault.Declare("TACIT-C008", "bundles of different charters",
		"The two bundles do not hold the same charter, so signatures of one say nothing about the other.",
		"Merge only copies of one bundle that different members signed.")
	ErrFile = fault.Declare("TACIT-C009", "space file cannot be read or written",
		"The file of the space does not exist, or its permissions do not allow it.",
		"Check the name and the permissions of file and folder.")
)

// Bundle is a charter with the public identities of its members and their signatures, and
// every version before it in the same manner: the file space.json. It is not safe for use
// while it is signed.
type Bundle struct {
	*version            // the newest
	earlier  []*version // oldest first

	revocations []*revocation // sorted

	without defences
}

// defences are the checks that attack tests take out.
type defences struct {
	approval bool // by the members of the version before
	link     bool // to the version before
	consent  bool // of members with a new key

	revocation bool // signatures of revocations
}

// NewBundle makes a bundle without signatures from the text of a first charter and the
// identity of each member. The faults are [ErrInvalid], [ErrIdentity] and [ErrChain].
func NewBundle(text []byte, identities map[string]identity.Public) (*Bundle, error) {
	v, err := newVersion(text, identities)
	if err != nil {
		return nil, err
	}
	if err := v.follows(nil); err != nil {
		return nil, err
	}
	return &Bundle{version: v}, nil
}

// checkIdentities: exactly one per member, with the fingerprint that the charter names.
func (c *Charter) checkIdentities(identities map[string]identity.Public) error {
	var wrong []string
	for _, m := range c.Members {
		public, ok := identities[m.ID]
		switch {
		case !ok:
			wrong = append(wrong, m.ID+": missing")
		case public.Fingerprint() != m.Key:
			wrong = append(wrong, m.ID+": fingerprint is not the key in the charter")
		}
	}
	for id := range identities {
		if c.Member(id) == nil {
			wrong = append(wrong, clip(id)+": no such member")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return ErrIdentity.New("identities of the members: %s", strings.Join(wrong, "; "))
}

// Charter returns what the members agreed on; nobody may write to it.
func (b *Bundle) Charter() *Charter { return b.charter }

// Text returns the text of the charter as it was proposed.
func (b *Bundle) Text() string { return b.text }

// Hash returns the hash of the charter.
func (b *Bundle) Hash() [32]byte { return b.hash }

// Identity returns the public identity of a member; for others the zero value,
// which verifies nothing and equals nothing.
func (b *Bundle) Identity(member string) identity.Public { return b.identities[member] }

// Holder returns the member whose identity this is, nil if it is nobody's.
func (b *Bundle) Holder(public identity.Public) *Member { return b.holder(public) }

func (b *version) holder(public identity.Public) *Member {
	for i := range b.charter.Members {
		m := &b.charter.Members[i]
		if b.identities[m.ID].Equal(public) {
			return m
		}
	}
	return nil
}

// ReadBundle reads and decodes a file. It does not verify: see [Bundle.Verify].
func ReadBundle(file string) (*Bundle, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, ErrFile.New("%w", err)
	}
	defer f.Close()
	data, err := readAtMost(f, MaxBundle)
	if err != nil {
		return nil, ErrFile.New("%w", err)
	}
	return ParseBundle(data)
}

// WriteFile replaces a file by the bundle, in one step and durably.
func (b *Bundle) WriteFile(file string) error {
	if err := replace(file, b.Marshal()); err != nil {
		return ErrFile.New("%w", err)
	}
	return nil
}

// replace writes data to a new file beside and renames it.
func replace(file string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".space-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
