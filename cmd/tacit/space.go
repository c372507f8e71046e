package main

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/keyfile"
)

// template is a charter to start from.
//
//go:embed template.yaml
var template []byte

func (a *app) space() *cobra.Command {
	c := &cobra.Command{
		Use:   "space",
		Short: "Write, sign and check the charter of a space",
		Long: `How members agree: one writes charter.yaml and proposes it with everybody's public key
into space.json; each reads it (show) and signs it; signed copies are merged; when
enough have signed, it is active (verify) and everybody uses the same space.json.`,
	}
	c.AddCommand(a.spaceNew(), a.spacePropose(), a.spaceSign(), a.spaceMerge(), a.spaceShow(), a.spaceVerify())
	return c
}

func (a *app) spaceNew() *cobra.Command {
	return &cobra.Command{
		Use:   "new [FILE]",
		Short: "Print a commented charter to start from, or write it to a new FILE",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return writeNew(args[0], template, 0o644)
			}
			_, err := a.out.Write(template)
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
		Short: "Sign the charter in a bundle, after you have read it (show)",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			bundle, err := charter.ReadBundle(args[0])
			if err != nil {
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
			return a.printSignatures(args[0], bundle)
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

type signaturesJSON struct {
	File    string   `json:"file"`
	Space   string   `json:"space"`
	Version int      `json:"version"`
	Charter string   `json:"charter"` // hash
	Active  bool     `json:"active"`
	Needed  int      `json:"needed"`
	Signed  []string `json:"signed"`
	Missing []string `json:"missing"`
}

func (a *app) printSignatures(file string, b *charter.Bundle) error {
	status, err := b.Verify()
	if err != nil {
		return err
	}
	c, hash := b.Charter(), b.Hash()
	s := signaturesJSON{file, c.Space, c.Version, hex.EncodeToString(hash[:]), status.Active(), status.Needed, orEmpty(status.Signed), orEmpty(status.Missing)}
	if a.json() {
		return a.writeJSON(s)
	}
	state := fmt.Sprintf("not active: %d of %d needed signatures", len(s.Signed), s.Needed)
	if s.Active {
		state = "active"
	}
	fmt.Fprintf(a.out, "space %s, version %d: %s\ncharter %s\n", s.Space, s.Version, state, s.Charter)
	if len(s.Signed) > 0 {
		fmt.Fprintf(a.out, "signed by %s\n", strings.Join(s.Signed, ", "))
	}
	if len(s.Missing) > 0 {
		fmt.Fprintf(a.out, "not signed by %s\n", strings.Join(s.Missing, ", "))
	}
	return nil
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
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
				return a.writeJSON(bundle.Charter())
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
	cfg, err := config.LoadAnalyst(file, a.environ)
	if err != nil {
		return "", err
	}
	return string(cfg.Space), nil
}

func (a *app) printCharter(c *charter.Charter) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nat least %d owners in every answer; %d of them may collude with coordinator and analyst\n",
		c.Rules.MinContributors, c.Rules.ToleratedCorruption)
	if len(c.Rules.Purposes) > 0 {
		fmt.Fprintf(w, "purposes: %s\n", strings.Join(c.Rules.Purposes, "; "))
	}
	fmt.Fprintln(w, "\nMEMBER\tORGANISATION\tROLES\tKEY")
	for _, m := range c.Members {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.ID, m.Organisation, joined(m.Roles), m.Key)
	}
	for i := range c.Tables {
		printTable(w, c, &c.Tables[i])
	}
	return w.Flush()
}

func printTable(w *tabwriter.Writer, c *charter.Charter, t *charter.Table) {
	unit := "each row is a unit"
	if t.Unit != "" {
		unit = "unit " + t.Unit
	}
	fmt.Fprintf(w, "\ntable %s: %d owners, %s, smallest cohort %d", t.Name, len(c.OwnersOf(t.Name)), unit, t.K())
	if t.Title != "" {
		fmt.Fprintf(w, " (%s)", t.Title)
	}
	fmt.Fprintln(w, "\nCOLUMN\tTYPE\tROLE\tVALUES\tTITLE")
	for _, col := range t.Columns {
		if col.Role == charter.Hidden {
			continue
		}
		title := col.Title
		if col.Unit != "" {
			title = strings.TrimSpace(title + " [" + col.Unit + "]")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", col.Name, col.Type, col.Role, values(&col), title)
	}
}

// values says shortly what a column can hold.
func values(c *charter.Column) string {
	var parts []string
	const most = 60
	switch {
	case len(c.Domain) > 0:
		text := strings.Join(c.Domain, ", ")
		if r := []rune(text); len(r) > most {
			text = fmt.Sprintf("%s… (%d values)", string(r[:most]), len(c.Domain))
		}
		parts = append(parts, text)
	case len(c.Range) == 2:
		parts = append(parts, c.Range[0]+" … "+c.Range[1])
	}
	if c.Resolution != "" {
		parts = append(parts, "in steps of "+c.Resolution)
	}
	if c.Grain != "" {
		parts = append(parts, "by "+c.Grain)
	}
	return strings.Join(parts, ", ")
}

func joined[S ~string](list []S) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}
