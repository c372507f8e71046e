package keyfile

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tacit-space/tacit/crypto/identity"
)

const (
	pemType           = "TACIT PUBLIC IDENTITY"
	headerMember      = "Member"
	headerFingerprint = "Fingerprint"
)

// PublicPath is the name of the public file beside a key file.
func PublicPath(file string) string { return file + ".pub" }

// MarshalPublic returns a public identity as text, with the member's id as a note.
func MarshalPublic(member string, public identity.Public) []byte {
	headers := map[string]string{headerFingerprint: public.Fingerprint()}
	if member != "" {
		headers[headerMember] = member
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Headers: headers, Bytes: public.Marshal()})
}

// ParsePublic reads what [MarshalPublic] writes and nothing else. The member is
// only what the file claims: what counts is the fingerprint in the charter.
func ParsePublic(text []byte) (member string, public identity.Public, err error) {
	block, rest := pem.Decode(text)
	if block == nil || len(rest) > 0 || block.Type != pemType || len(text) > maxFile {
		return "", public, ErrFormat.New("no public identity (%q)", pemType)
	}
	public, err = identity.ParsePublic(block.Bytes)
	if err != nil {
		return "", public, ErrFormat.New("%w", err)
	}
	member = block.Headers[headerMember]
	if !bytes.Equal(text, MarshalPublic(member, public)) {
		return "", identity.Public{}, ErrFormat.New("a public identity that was changed or damaged")
	}
	return member, public, nil
}

// ReadPublic reads a public file. The faults are [ErrMissing] and [ErrFormat].
func ReadPublic(file string) (member string, public identity.Public, err error) {
	text, _, err := readFile(file)
	if err != nil {
		return "", public, err
	}
	return ParsePublic(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
}

// writeBoth writes the secret and the public file, or neither.
func writeBoth(file, member string, id *identity.Identity, text []byte) error {
	if err := create(file, text, 0o600); err != nil {
		return err
	}
	if err := create(PublicPath(file), MarshalPublic(member, id.Public()), 0o644); err != nil {
		os.Remove(file)
		return err
	}
	return nil
}

// create writes a file that must not exist, durably.
func create(file string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists.New("%s is already there", file)
	}
	if err != nil {
		return ErrWrite.New("%w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close(), syncFolder(filepath.Dir(file))); err != nil {
		os.Remove(file)
		return ErrWrite.New("%w", err)
	}
	return nil
}

// syncFolder makes a new name in a folder durable.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
