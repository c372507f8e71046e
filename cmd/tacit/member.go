package main

import (
	"os"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
)

// ErrNotMember is raised when a key fits nobody in the charter.
var ErrNotMember = fault.Declare("TACIT-X005", "key is no member's",
	"The fingerprint of the configured key is in no line of the charter.",
	"Use the key that the charter names for this member (tacit key show), or have the charter amended.")

// member is who this program acts for.
type member struct {
	bundle   *charter.Bundle // verified and active
	id       string
	identity *identity.Identity
}

// open reads bundle and key, and finds out whose key it is.
func (a *app) open(space, key, passphraseFile config.Path) (*member, error) {
	bundle, err := charter.ReadBundle(string(space))
	if err != nil {
		return nil, err
	}
	if err := bundle.Active(); err != nil {
		return nil, err
	}
	id, err := a.readKey(string(key), string(passphraseFile))
	if err != nil {
		return nil, err
	}
	m := bundle.Holder(id.Public())
	if m == nil {
		return nil, ErrNotMember.New("the key %s in %s is no member's of space %s", id.Public().Fingerprint(), key, bundle.Charter().Space)
	}
	return &member{bundle, m.ID, id}, nil
}

// openAs is open for who runs a role, which the charter gives to the member.
func (a *app) openAs(role charter.Role, space, key, passphraseFile config.Path) (*member, error) {
	m, err := a.open(space, key, passphraseFile)
	if err != nil {
		return nil, err
	}
	if !m.bundle.Charter().HasRole(m.id, role) {
		return nil, ErrRole.New("the key in %s is that of %s, who has no role %s in space %s", key, m.id, role, m.bundle.Charter().Space)
	}
	return m, nil
}

// proxy translates the configuration's word for "none".
func proxy(p string) string {
	if p == config.NoProxy {
		return "direct"
	}
	return p
}

// fileFault turns an error of the file system into a fault.
func fileFault(err error) error {
	if err == nil {
		return nil
	}
	return ErrFile.New("%w", err)
}

func writeNew(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fileFault(err)
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return fileFault(err)
	}
	return fileFault(f.Close())
}
