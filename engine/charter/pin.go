package charter

import (
	"fmt"

	"github.com/tacit-space/tacit/engine/fault"
)

// Ways in which a role is given a charter that does not continue the one that it served.
var (
	ErrRollback = fault.Declare("TACIT-C013", "older version of the charter",
		"This store has served a later version of the charter than the one in the file: somebody gave this role an old space.json.",
		"Start with the newest active space.json; \"tacit space history\" shows its versions.")
	ErrFork = fault.Declare("TACIT-C014", "charter of another history",
		"The charter in the file does not continue the version that this store has served: it is another one of the same number, or amends another one.",
		"Compare the hashes with the other members. A space that was founded anew needs a new store.")
)

// Pin names a version of a charter that a role has served.
type Pin struct {
	Version int
	Hash    [32]byte
}

// Pins returns all versions of the bundle, oldest first.
func (b *Bundle) Pins() []Pin {
	var pins []Pin
	for _, v := range b.chain() {
		pins = append(pins, Pin{v.charter.Version, v.hash})
	}
	return pins
}

// Continues checks that a history, oldest version first, has a version that was served before in
// it. The faults are [ErrRollback] and [ErrFork].
func Continues(served Pin, history []Pin) error {
	var newest Pin
	for _, p := range history {
		if p == served {
			return nil
		}
		newest = p
	}
	if newest.Version < served.Version {
		return ErrRollback.New("the file has version %d (%x…), this store has served version %d (%x…)",
			newest.Version, newest.Hash[:6], served.Version, served.Hash[:6])
	}
	return ErrFork.New("the file has version %d (%x…), and does not continue version %d (%x…), which this store has served",
		newest.Version, newest.Hash[:6], served.Version, served.Hash[:6])
}

// ErrSuperseded ends a job that was made under another version than the one in force.
var ErrSuperseded = fault.Declare("TACIT-C015", "charter was amended",
	"The question was asked under a version of the charter that is not in force any more. A job runs under one version, from its beginning to its end.",
	"Ask again, with the newest space.json.")

// NameOf says for people which version of the space has a hash.
func (b *Bundle) NameOf(hash [32]byte) string { return NameIn(b.Pins(), hash) }

// NameIn is [Bundle.NameOf] for a list of versions.
func NameIn(known []Pin, hash [32]byte) string {
	for _, p := range known {
		if p.Hash == hash {
			return fmt.Sprintf("version %d (%x…)", p.Version, hash[:4])
		}
	}
	return fmt.Sprintf("a version that is not known here (%x…)", hash[:4])
}

// Superseded returns the fault of a job under the charter with this hash, nil if it is the one in force.
func (b *Bundle) Superseded(hash [32]byte) *fault.Fault {
	if hash == b.hash {
		return nil
	}
	return ErrSuperseded.New("the job was made under %s of the charter, in force is %s", b.NameOf(hash), b.NameOf(b.hash))
}
