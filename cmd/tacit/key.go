package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/engine/keyfile"
)

func (a *app) key() *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "Make and show the identity key of a member, and replace it in a store"}
	c.AddCommand(a.keyNew(), a.keyShow(), a.keyReseal())
	return c
}

func (a *app) keyNew() *cobra.Command {
	var (
		id, out, passphraseFile string
		plain                   bool
	)
	c := &cobra.Command{
		Use:   "new --id MEMBER [--out FILE]",
		Short: "Make a key: FILE holds the secret, FILE.pub is for the other members",
		Long: `Makes the identity of a member. FILE is encrypted with a passphrase, which is asked for
or read from --passphrase-file; with --plain it is not, and only this user may read it.
FILE.pub and its fingerprint are public: give them to whoever writes the charter.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if out == "" {
				out = id + ".key"
			}
			return a.makeKey(id, out, passphraseFile, plain)
		},
	}
	f := c.Flags()
	f.StringVar(&id, "id", "", "id of the member, as the charter will have it")
	f.StringVarP(&out, "out", "o", "", "file of the secret key (default MEMBER.key)")
	f.StringVar(&passphraseFile, "passphrase-file", "", "file with the passphrase")
	f.BoolVar(&plain, "plain", false, "do not encrypt: for machines that start without people")
	c.MarkFlagsMutuallyExclusive("plain", "passphrase-file")
	_ = c.MarkFlagRequired("id")
	return c
}

func (a *app) makeKey(member, file, passphraseFile string, plain bool) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return keyfile.ErrExists.New("%s is already there", file)
	}
	id, err := identity.Generate(rand.Reader)
	if err != nil {
		return err
	}
	if plain {
		fmt.Fprintf(a.err, "warning: %s\n", keyfile.PlainWarning)
		err = keyfile.WritePlain(file, member, id)
	} else {
		var passphrase secret.Secret
		if passphrase, err = a.newPassphrase(passphraseFile); err == nil {
			err = keyfile.Write(file, member, id, passphrase)
		}
	}
	if err != nil {
		return err
	}
	return a.printKey(member, keyfile.PublicPath(file), id.Public())
}

func (a *app) keyShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show FILE",
		Short: "Show the fingerprint of a key, from FILE or FILE.pub",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			file := args[0]
			if !strings.HasSuffix(file, ".pub") {
				if _, err := os.Stat(keyfile.PublicPath(file)); err == nil {
					file = keyfile.PublicPath(file)
				}
			}
			if strings.HasSuffix(file, ".pub") {
				member, public, err := keyfile.ReadPublic(file)
				if err != nil {
					return err
				}
				return a.printKey(member, file, public)
			}
			id, err := a.readKey(file, "")
			if err != nil {
				return err
			}
			return a.printKey("", "", id.Public())
		},
	}
}

// printKey prints what belongs into the charter.
func (a *app) printKey(member, file string, public identity.Public) error {
	if a.json() {
		return a.writeJSON(struct {
			Member      string `json:"member,omitempty"`
			Fingerprint string `json:"fingerprint"`
			File        string `json:"public_file,omitempty"`
		}{member, public.Fingerprint(), file})
	}
	_, err := fmt.Fprintln(a.out, public.Fingerprint())
	return err
}

// readKey opens a key file. The passphrase comes from the file named, from
// $TACIT_PASSPHRASE_FILE, or from the terminal.
func (a *app) readKey(file, passphraseFile string) (*identity.Identity, error) {
	id, _, err := keyfile.Read(file, func() (secret.Secret, error) {
		if passphraseFile == "" {
			passphraseFile = a.env("TACIT_PASSPHRASE_FILE")
		}
		if passphraseFile != "" {
			return readPassphrase(passphraseFile)
		}
		return a.askPassphrase("Passphrase of " + file + ": ")
	})
	return id, err
}

func (a *app) newPassphrase(file string) (secret.Secret, error) {
	if file == "" {
		file = a.env("TACIT_PASSPHRASE_FILE")
	}
	if file != "" {
		return readPassphrase(file)
	}
	first, err := a.askPassphrase("New passphrase: ")
	if err != nil {
		return first, err
	}
	again, err := a.askPassphrase("Again: ")
	if err == nil && !bytes.Equal(first.Bytes(), again.Bytes()) {
		err = keyfile.ErrPassphrase.New("the two passphrases differ").With("Run the command again.")
	}
	return first, err
}

// readPassphrase takes the first line of a file.
func readPassphrase(file string) (secret.Secret, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return secret.New(nil), fileFault(err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return secret.New(bytes.TrimSuffix(line, []byte("\r"))), nil
}

func (a *app) askPassphrase(prompt string) (secret.Secret, error) {
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return secret.New(nil), keyfile.ErrPassphrase.New("a passphrase is needed, and there is no terminal to ask at").
			With("Give --passphrase-file or TACIT_PASSPHRASE_FILE; for a new key without one, --plain.")
	}
	fmt.Fprint(a.err, prompt)
	line, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return secret.New(nil), fileFault(err)
	}
	return secret.New(line), nil
}
