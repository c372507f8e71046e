package keyfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/secret"
)

// testWork keeps scrypt fast; it is no protection.
const testWork = 2

var someone = identity.FromSeed([identity.SeedSize]byte{1, 2, 3})

// says is a passphrase for Read.
func says(pass string) func() (secret.Secret, error) {
	return func() (secret.Secret, error) { return secret.New([]byte(pass)), nil }
}

func nobodyAsked(t *testing.T) func() (secret.Secret, error) {
	return func() (secret.Secret, error) {
		t.Error("a passphrase was asked for")
		return secret.Secret{}, nil
	}
}

func TestEncrypted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "north.key")
	if err := write(file, "north", someone, secret.New([]byte("horse")), testWork); err != nil {
		t.Fatal(err)
	}
	id, warning, err := Read(file, says("horse"))
	if err != nil || warning != "" || !id.Public().Equal(someone.Public()) {
		t.Errorf("%v %q %v", id, warning, err)
	}
	if _, _, err := Read(file, says("horsf")); !ErrPassphrase.Is(err) || strings.Contains(err.Error(), "horsf") {
		t.Errorf("wrong passphrase: %v", err)
	}
	if _, _, err := Read(file, says("")); !ErrPassphrase.Is(err) {
		t.Errorf("no passphrase: %v", err)
	}
	no := errors.New("no terminal")
	if _, _, err := Read(file, func() (secret.Secret, error) { return secret.Secret{}, no }); !errors.Is(err, no) {
		t.Errorf("nobody to ask: %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil || bytes.Contains(text, []byte("TACIT-IDENTITY")) {
		t.Errorf("not encrypted: %v", err)
	}
	if err := Write(filepath.Join(t.TempDir(), "k"), "", someone, secret.New(nil)); !ErrPassphrase.Is(err) {
		t.Errorf("empty passphrase: %v", err)
	}
}

func TestPlain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "north.key")
	if err := WritePlain(file, "north", someone); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	id, warning, err := Read(file, nobodyAsked(t))
	if err != nil || warning != PlainWarning || !id.Public().Equal(someone.Public()) {
		t.Errorf("%v %q %v", id, warning, err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644, 0o660} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(file, nobodyAsked(t)); !ErrPermissions.Is(err) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

func TestPublic(t *testing.T) {
	file := filepath.Join(t.TempDir(), "north.key")
	if err := WritePlain(file, "north", someone); err != nil {
		t.Fatal(err)
	}
	member, public, err := ReadPublic(PublicPath(file))
	if err != nil || member != "north" || !public.Equal(someone.Public()) {
		t.Errorf("%q %v %v", member, public, err)
	}
	if _, _, err := ReadPublic(file); !ErrFormat.Is(err) {
		t.Errorf("the secret file as a public one: %v", err)
	}
	if _, _, err := Read(PublicPath(file), nobodyAsked(t)); !ErrFormat.Is(err) {
		t.Errorf("the public file as a secret one: %v", err)
	}
	text := string(MarshalPublic("north", someone.Public()))
	for name, bad := range map[string]string{
		"empty":       "",
		"fingerprint": strings.Replace(text, "tk1", "tk2", 1),
		"extra line":  text + "x\n",
		"before":      "x\n" + text,
		"header":      strings.Replace(text, "Member: north", "Member: north\nMember: south", 1),
		"type":        strings.ReplaceAll(text, "TACIT PUBLIC IDENTITY", "PUBLIC KEY"),
		"byte":        text[:500] + string(text[500]^1) + text[501:],
		"long":        text + strings.Repeat("\n", maxFile),
	} {
		if _, _, err := ParsePublic([]byte(bad)); !ErrFormat.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNeverOverwritten: neither file, and a public file that is in the way leaves
// no secret one behind.
func TestNeverOverwritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "north.key")
	if err := WritePlain(file, "", someone); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := identity.FromSeed([identity.SeedSize]byte{9})
	if err := WritePlain(file, "", other); !ErrExists.Is(err) {
		t.Errorf("got %v", err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the key was changed: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := WritePlain(file, "", other); !ErrExists.Is(err) {
		t.Errorf("public file in the way: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a secret without its public file is left: %v", err)
	}
	if err := WritePlain(filepath.Join(t.TempDir(), "no", "folder"), "", other); !ErrWrite.Is(err) {
		t.Errorf("no folder: %v", err)
	}
}

func TestNotAKeyFile(t *testing.T) {
	dir := t.TempDir()
	line := prefix + "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	for name, text := range map[string]string{
		"empty":          "",
		"comment":        "# nothing\n",
		"words":          "hello\n",
		"two":            line + line,
		"more":           line + "x\n",
		"short":          prefix + "AQID\n",
		"trailing bits":  strings.Replace(line, "AAA=", "AAB=", 1),
		"damaged armor":  "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n",
		"cut armor":      "-----BEGIN AGE ENCRYPTED FILE-----\n",
		"long":           line + strings.Repeat("#\n", maxFile),
		"other identity": "AGE-SECRET-KEY-1QQQ\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(file, says("x")); !ErrFormat.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := Read(dir, says("x")); !ErrFormat.Is(err) {
		t.Errorf("a folder: %v", err)
	}
	if _, _, err := Read(filepath.Join(dir, "none"), says("x")); !ErrMissing.Is(err) {
		t.Errorf("no file: %v", err)
	}
}

// TestWorkFactorIsBounded: a file that would take hours to open is refused.
func TestWorkFactorIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "k")
	text := "-----BEGIN AGE ENCRYPTED FILE-----\n" +
		"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBBQUFBQUFBQUFBQUFBQUFB\n" +
		"QUFBQUFBIDMwCkFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n" +
		"QUFBQUEKLS0tIEFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n" +
		"QUFBQUEK\n" +
		"-----END AGE ENCRYPTED FILE-----\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(file, says("x")); !ErrFormat.Is(err) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
}

func FuzzParsePublic(f *testing.F) {
	f.Add(MarshalPublic("north", someone.Public()))
	f.Fuzz(func(t *testing.T, text []byte) {
		member, public, err := ParsePublic(text)
		if err == nil && !bytes.Equal(MarshalPublic(member, public), text) {
			t.Error("read, but written differently")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(plainText(someone))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := parse(text); err == nil && !bytes.Contains(text, []byte(prefix)) {
			t.Error("a seed out of nothing")
		}
	})
}
