package keyfile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/secret"
)

// maxFile is the largest key file, in bytes.
const maxFile = 16 << 10

// Work factors of scrypt, as powers of two of its cost N: about a second to write
// and to open, and no more than some seconds and 1 GiB for a file of somebody else.
const (
	workFactor    = 18
	maxWorkFactor = 20
)

// prefix begins the line with the seed.
const prefix = "TACIT-IDENTITY-1 "

// PlainWarning is what people should read when a key is not encrypted.
const PlainWarning = "the key file is not encrypted: whoever reads it, or a backup of it, is this member"

// Write makes a key file encrypted with a passphrase, and the public file beside
// it; member is a note in the latter. The faults are [ErrExists], [ErrPassphrase]
// for an empty passphrase, and [ErrWrite].
func Write(file, member string, id *identity.Identity, passphrase secret.Secret) error {
	return write(file, member, id, passphrase, workFactor)
}

func write(file, member string, id *identity.Identity, passphrase secret.Secret, work int) error {
	if passphrase.Len() == 0 {
		return ErrPassphrase.New("the passphrase is empty")
	}
	text, err := encrypt(plainText(id), passphrase, work)
	if err != nil {
		return ErrWrite.New("%w", err)
	}
	return writeBoth(file, member, id, text)
}

// WritePlain makes a key file that is not encrypted, with mode 0600, and the public
// file beside it. Show [PlainWarning].
func WritePlain(file, member string, id *identity.Identity) error {
	return writeBoth(file, member, id, plainText(id))
}

func plainText(id *identity.Identity) []byte {
	text := "# Secret identity of a tacit member. Whoever has it is the member.\n# " + id.Public().Fingerprint() + "\n"
	return []byte(text + prefix + base64.StdEncoding.EncodeToString(id.Seed().Bytes()) + "\n")
}

func encrypt(text []byte, passphrase secret.Secret, work int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(string(passphrase.Bytes()))
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(work)
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, recipient)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close(), armored.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Read opens a key file. passphrase is called only for an encrypted file. The
// warning is not empty if the file is not encrypted. The faults are
// [ErrMissing], [ErrPermissions], [ErrPassphrase], [ErrFormat], and what
// passphrase returns.
func Read(file string, passphrase func() (secret.Secret, error)) (id *identity.Identity, warning string, err error) {
	text, mode, err := readFile(file)
	if err != nil {
		return nil, "", err
	}
	if bytes.HasPrefix(text, []byte(armor.Header)) {
		id, err = readEncrypted(file, text, passphrase)
		return id, "", err
	}
	seed, err := parse(text)
	if err != nil {
		return nil, "", ErrFormat.New("%s: %w", file, err)
	}
	if mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, "", ErrPermissions.New("%s has mode %04o, wants 0600", file, mode.Perm()).
			With("chmod 600 %s. If others may have read it, make a new key and amend the charter.", file)
	}
	return identity.FromSeed(seed), PlainWarning, nil
}

// readFile reads at most maxFile bytes of a regular file.
func readFile(file string) ([]byte, fs.FileMode, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, ErrMissing.New("%w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, ErrMissing.New("%w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, 0, ErrFormat.New("%s is no file of at most %d bytes", file, maxFile)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, 0, ErrMissing.New("%w", err)
	}
	return text, info.Mode(), nil
}

func readEncrypted(file string, text []byte, passphrase func() (secret.Secret, error)) (*identity.Identity, error) {
	pass, err := passphrase()
	if err != nil {
		return nil, err
	}
	plain, err := decrypt(text, pass)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) || pass.Len() == 0 {
		return nil, ErrPassphrase.New("the passphrase does not open %s", file)
	}
	if err != nil {
		return nil, ErrFormat.New("%s: %w", file, err)
	}
	seed, err := parse(plain)
	if err != nil {
		return nil, ErrFormat.New("%s: %w", file, err)
	}
	return identity.FromSeed(seed), nil
}

func decrypt(text []byte, passphrase secret.Secret) ([]byte, error) {
	opener, err := age.NewScryptIdentity(string(passphrase.Bytes()))
	if err != nil {
		return nil, err
	}
	opener.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(text)), opener)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxFile))
}

var errNoSeed = errors.New("no line with the seed of an identity")

// parse reads the seed from the one line that is no comment.
func parse(text []byte) (seed [identity.SeedSize]byte, err error) {
	found := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		encoded, ok := strings.CutPrefix(line, prefix)
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !ok || err != nil || len(raw) != len(seed) || found {
			return seed, errNoSeed
		}
		found = true
		copy(seed[:], raw)
	}
	if !found {
		return seed, errNoSeed
	}
	return seed, nil
}
