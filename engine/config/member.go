package config

import (
	"errors"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Member is what the configurations of all roles have.
type Member struct {
	Role           string // one of [Roles]
	Space          Path
	Key            Path
	PassphraseFile Path
	Store          Path
}

// LoadMember reads the configuration of any role; which one it is follows from its keys.
// The faults are [ErrRead] and [ErrInvalid]: that of the role for which the least is wrong.
func LoadMember(file string, environ []string) (*Member, error) {
	w, err := LoadWorker(file, environ)
	if err == nil {
		return &Member{"worker", w.Space, w.Key, w.PassphraseFile, w.Store}, nil
	}
	c, second := LoadCoordinator(file, environ)
	if second == nil {
		return &Member{"coordinator", c.Space, c.Key, c.PassphraseFile, c.Store}, nil
	}
	a, third := LoadAnalyst(file, environ)
	if third == nil {
		return &Member{"analyst", a.Space, a.Key, a.PassphraseFile, a.Store}, nil
	}
	for _, other := range []error{second, third} {
		if problems(other) < problems(err) {
			err = other
		}
	}
	return nil, err
}

// problems counts what is wrong.
func problems(err error) int {
	var list strictyaml.Problems
	errors.As(err, &list)
	return len(list)
}
