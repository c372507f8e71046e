package main

import (
	_ "embed"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/keyfile"
	"github.com/tacit-space/tacit/engine/statistic"
)

// charterTemplate is a charter to start from.
//
//go:embed template.yaml
var charterTemplate []byte

func (a *app) space() *cobra.Command {
	c := &cobra.Command{
		Use:   "space",
		Short: "Write, sign and check the charter of a space",
		Long: `How members agree: one writes charter.yaml and proposes it with everybody's public key
into space.json; each reads it (show) and signs it; signed copies are merged; when
enough have signed, it is active (verify) and everybody uses the same space.json.

To change it: edit the text (or rotate, add, remove), raise its version, amend, and sign
and merge in the same way. diff and sign say in plain words what changes. A stolen key is
revoked at once (revoke), and replaced by an amendment afterwards.`,
	}
	c.AddCommand(a.spaceNew(), a.spacePropose(), a.spaceSign(), a.spaceMerge(), a.spaceShow(), a.spaceVerify())
	c.AddCommand(a.spaceAmend(), a.spaceDiff(), a.spaceHistory(), a.spaceRotate(), a.spaceAdd(), a.spaceRemove(), a.spaceRevoke())
	return c
}

func (a *app) spaceNew() *cobra.Command {
	return &cobra.Command{
		Use:   "new [FILE]",
		Short: "Print a commented charter to start from, or write it to a new FILE",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return writeNew(args[0], charterTemplate, 0o644)
			}
			_, err := a.out.Write(charterTemplate)
			return err
		},
	}
}

func (a *app) spacePropose() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "propose charter.yaml MEMBER.key.pub…",
		Short: "Check a charter and bundle it with the public keys of its members",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return fileFault(err)
			}
			c, err := charter.Parse(text)
			if err != nil {
				return err
			}
			if err := statistic.CheckTemplates(c); err != nil {
				return err
			}
			identities, err := collect(c, args[1:])
			if err != nil {
				return err
			}
			bundle, err := charter.NewBundle(text, identities)
			if err != nil {
				return err
			}
			if err := writeNew(out, bundle.Marshal(), 0o644); err != nil {
				return err
			}
			return a.printSignatures(out, bundle)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "space.json", "file to write; it must not exist")
	return c
}

// collect reads public keys and finds out whose they are by their fingerprints; the
// name in a file is only a note.
func collect(c *charter.Charter, files []string) (map[string]identity.Public, error) {
	identities := map[string]identity.Public{}
	for _, file := range files {
		_, public, err := keyfile.ReadPublic(file)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(c.Members, func(m charter.Member) bool { return m.Key == public.Fingerprint() })
		if i < 0 {
			return nil, charter.ErrIdentity.New("the key in %s (%s) is no member's", file, public.Fingerprint())
		}
		identities[c.Members[i].ID] = public
	}
	return identities, nil
}

func (a *app) spaceSign() *cobra.Command {
	var key, passphraseFile string
	c := &cobra.Command{
		Use:   "sign space.json --key FILE",
		Short: "Sign the charter in a bundle, after you have read it (show, diff)",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			bundle, err := charter.ReadBundle(args[0])
			if err != nil {
				return err
			}
			if err := statistic.CheckTemplates(bundle.Charter()); err != nil {
				return err
			}
			id, err := a.readKey(key, passphraseFile)
			if err != nil {
				return err
			}
			if _, err := bundle.Sign(id); err != nil {
				return err
			}
			if err := bundle.WriteFile(args[0]); err != nil {
				return err
			}
			return a.printAmendment(args[0], bundle)
		},
	}
	c.Flags().StringVar(&key, "key", "", "key file of the member who signs")
	c.Flags().StringVar(&passphraseFile, "passphrase-file", "", "file with the passphrase of the key")
	_ = c.MarkFlagRequired("key")
	return c
}

func (a *app) spaceMerge() *cobra.Command {
	return &cobra.Command{
		Use:   "merge space.json OTHER.json…",
		Short: "Add the signatures of other copies of a bundle",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			bundle, err := charter.ReadBundle(args[0])
			if err != nil {
				return err
			}
			for _, file := range args[1:] {
				other, err := charter.ReadBundle(file)
				if err != nil {
					return err
				}
				if err := bundle.Merge(other); err != nil {
					return err
				}
			}
			if err := bundle.WriteFile(args[0]); err != nil {
				return err
			}
			return a.printSignatures(args[0], bundle)
		},
	}
}

func (a *app) spaceVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify space.json",
		Short: "Check every signature and whether the charter is active",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			bundle, err := charter.ReadBundle(args[0])
			if err != nil {
				return err
			}
			if err := bundle.Active(); err != nil {
				return err
			}
			return a.printSignatures(args[0], bundle)
		},
	}
}

func (a *app) spaceShow() *cobra.Command {
	var q asking
	c := &cobra.Command{
		Use:   "show [space.json]",
		Short: "Show members, rules, tables and columns; without a file, of your profile",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			file, err := a.spaceFile(&q, args)
			if err != nil {
				return err
			}
			bundle, err := charter.ReadBundle(file)
			if err != nil {
				return err
			}
			if a.json() {
				s, err := signatures(file, bundle)
				if err != nil {
					return err
				}
				return a.writeJSON(charterToJSON(s, bundle.Charter()))
			}
			if err := a.printSignatures(file, bundle); err != nil {
				return err
			}
			return a.printCharter(bundle.Charter())
		},
	}
	q.labFlag(c.Flags())
	return c
}

func (a *app) spaceFile(q *asking, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	file, err := a.profileOf(q.lab)
	if err != nil {
		return "", err
	}
	cfg, err := a.loadAnalyst(file)
	if err != nil {
		return "", err
	}
	return string(cfg.Space), nil
}
