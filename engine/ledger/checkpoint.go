package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tacit-space/tacit/crypto/identity"
)

// MaxNote is the largest signed note, in bytes: that of about a hundred signatures.
const MaxNote = 512 << 10

// Checkpoint is what a member signed about the state of its ledger.
type Checkpoint struct {
	Origin    Origin
	Size      uint64
	Root      tlog.Hash
	Witnesses []string // other members who signed it, sorted
	Note      []byte   // the signed note
}

// maxSize bounds sizes, so that they fit tlog's int64.
const maxSize = 1 << 48

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// Checkpoint signs the state of a ledger.
func (k Keeper) Checkpoint(role Role, id [8]byte, t *Tree) (Checkpoint, error) {
	c := Checkpoint{Origin: Origin{k.Space, k.Member, role, id}, Size: t.size, Root: t.Root()}
	var err error
	c.Note, err = k.sign(&note.Note{Text: c.text()}, labelCheckpoint)
	return c, err
}

// OpenCheckpoint verifies a checkpoint: the member whose ledger it is signed it, and is
// what the first line says; no signature of a member is wrong. Errors: [Malformed],
// [Forged].
func OpenCheckpoint(signed []byte, in *Space) (Checkpoint, error) {
	n, err := openNote(signed, in, labelCheckpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := c.Origin.signed(n, in); err != nil {
		return Checkpoint{}, err
	}
	for _, s := range n.Sigs {
		if s.Name != c.Origin.Member {
			c.Witnesses = append(c.Witnesses, s.Name)
		}
	}
	slices.Sort(c.Witnesses)
	c.Note = slices.Clone(signed)
	return c, nil
}

// signedBy reports whether the member whose ledger it is signed with this key; the signatures were
// verified before.
func (c *Checkpoint) signedBy(public identity.Public) bool {
	want := verifier{c.Origin.Member, labelCheckpoint, public}
	n, err := note.Open(c.Note, note.VerifierList(want))
	return err == nil && len(n.Sigs) > 0
}

// openNote verifies the signatures of members of the space.
func openNote(signed []byte, in *Space, label string) (*note.Note, error) {
	if len(signed) > MaxNote {
		return nil, Malformed.New("a note of %d bytes, at most %d", len(signed), MaxNote)
	}
	n, err := note.Open(signed, verifiers{in, label})
	var invalid *note.InvalidSignatureError
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &invalid):
		return nil, Forged.New("the signature of %s is wrong", invalid.Name)
	case errors.As(err, &unverified):
		return nil, Forged.New("no member of space %s signed it", in.ID)
	case err != nil:
		return nil, Malformed.New("%w", err)
	}
	for _, s := range slices.Concat(n.Sigs, n.UnverifiedSigs) {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return nil, Malformed.New("a signature of %s is not as it is written", s.Name)
		}
	}
	return n, nil
}

// signed demands the signature of the member who keeps the ledger.
func (o Origin) signed(n *note.Note, in *Space) error {
	switch {
	case o.Space != in.ID:
		return Forged.New("it is of space %s, not of %s", o.Space, in.ID)
	case !slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == o.Member }):
		return Forged.New("member %s did not sign it", o.Member)
	case !in.HasRole(o.Member, o.Role):
		return Forged.New("member %s has no role that keeps the ledger of a %s", o.Member, o.Role)
	}
	return nil
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return Checkpoint{}, Malformed.New("a checkpoint has three lines")
	}
	origin, err := parseOrigin(lines[0])
	if err != nil {
		return Checkpoint{}, err
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || size == 0 || size > maxSize {
		return Checkpoint{}, Malformed.New("the second line is no size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, Malformed.New("the third line is no hash")
	}
	c := Checkpoint{Origin: origin, Size: size, Root: root}
	if c.text() != text {
		return Checkpoint{}, Malformed.New("a checkpoint is not as it is written")
	}
	return c, nil
}

// Countersign adds the keeper's signature to a checkpoint of another member. The
// caller has verified that it continues what the keeper signed before.
func (k Keeper) Countersign(c Checkpoint, in *Space) (Checkpoint, error) {
	n, err := openNote(c.Note, in, labelCheckpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	signed, err := k.sign(n, labelCheckpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	return OpenCheckpoint(signed, in)
}
