package lab

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/engine/keyfile"
)

// key reads a member's key in the lab, or makes one. It is not encrypted: whoever
// runs a lab is every member of it.
func (l *Lab) key(member string) (*identity.Identity, error) {
	file := l.made("keys", member+".key")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return l.newKey(file, member)
	}
	id, _, err := keyfile.Read(file, func() (secret.Secret, error) { return secret.New(nil), nil })
	return id, err
}

func (l *Lab) newKey(file, member string) (*identity.Identity, error) {
	if err := os.MkdirAll(l.made("keys"), 0o700); err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	id, err := identity.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	return id, keyfile.WritePlain(file, member, id)
}
