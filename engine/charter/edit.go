package charter

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/fault"
)

// ErrNoMember is raised for a change of somebody who is not there, or is there already.
var ErrNoMember = fault.Declare("TACIT-C012", "no such change of members",
	"The member to be changed is not in the charter, or the one to be added is.",
	"See the members with \"tacit space show\".")

// Rotated returns the text of the next version, in which a member has another key and all else
// is as it was, comments included.
func (b *Bundle) Rotated(member, key string) ([]byte, error) {
	m := b.charter.Member(member)
	if m == nil {
		return nil, ErrNoMember.New("%q is no member of space %s", clip(member), b.charter.Space)
	}
	if strings.Count(b.text, m.Key) != 1 {
		return nil, ErrAmendment.New("the text of the charter has the key of %s in more than one place", member).
			With("Change the text by hand.")
	}
	return b.nextText(strings.Replace(b.text, m.Key, key, 1))
}

var (
	versionNumber = regexp.MustCompile(`(?m)^version:[ \t]*[0-9_]+`)
	previousHash  = regexp.MustCompile(`(?m)^previous:[ \t]*["']?[0-9a-f]{64}["']?`)
)

// nextText raises the version in a text, and lets it name the one before.
func (b *Bundle) nextText(text string) ([]byte, error) {
	text = versionNumber.ReplaceAllString(text, fmt.Sprintf("version: %d", b.charter.Version+1))
	text = previousHash.ReplaceAllString(text, fmt.Sprintf("previous: %q", hex.EncodeToString(b.hash[:])))
	return b.linked([]byte(text))
}

// next returns the normalised charter as a next version to be edited. A table that belongs to all
// owners belongs to all of those, too, who join.
func (b *Bundle) next() *Charter {
	c := b.charter.clone()
	c.Version, c.Previous = c.Version+1, hex.EncodeToString(b.hash[:])
	all := len(c.WithRole(Owner))
	for i := range c.Tables {
		if len(c.Tables[i].Owners) == all {
			c.Tables[i].Owners = nil
		}
	}
	return c
}

// Joined returns the text of the next version, with one more member. Comments are lost.
func (b *Bundle) Joined(m Member) ([]byte, error) {
	if b.charter.Member(m.ID) != nil {
		return nil, ErrNoMember.New("%q is a member of space %s already", clip(m.ID), b.charter.Space)
	}
	c := b.next()
	c.Members = append(slices.Clip(c.Members), m)
	return c.YAML(), nil
}

// Left returns the text of the next version, without a member. Comments are lost.
func (b *Bundle) Left(member string) ([]byte, error) {
	if b.charter.Member(member) == nil {
		return nil, ErrNoMember.New("%q is no member of space %s", clip(member), b.charter.Space)
	}
	c := b.next()
	c.Members = slices.DeleteFunc(c.Members, func(m Member) bool { return m.ID == member })
	for i := range c.Tables {
		c.Tables[i].Owners = slices.DeleteFunc(slices.Clone(c.Tables[i].Owners), func(id string) bool { return id == member })
	}
	return c.YAML(), nil
}
