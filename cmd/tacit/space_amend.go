package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/keyfile"
	"github.com/tacit-space/tacit/engine/statistic"
)

func (a *app) spaceAmend() *cobra.Command {
	var from, out string
	c := &cobra.Command{
		Use:   "amend charter.yaml --from space.json [NEW.key.pub…] -o next.json",
		Short: "Bundle the next version of a charter, for the members to sign",
		Long: `Checks that charter.yaml is the next version of the active space.json, lets it name the
version that it amends, and writes next.json for the members to sign. Public keys are
needed only of members who are new or have a new key. The members of the version before
decide, by its amendment rule; who is new has to sign, too.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			next, err := amend(args[0], from, args[1:])
			if err != nil {
				return err
			}
			if err := writeNew(out, next.Marshal(), 0o644); err != nil {
				return err
			}
			return a.printAmendment(out, next)
		},
	}
	f := c.Flags()
	f.StringVar(&from, "from", "space.json", "active bundle that is amended")
	f.StringVarP(&out, "out", "o", "next.json", "file to write; it must not exist")
	return c
}

// amend reads the files of an amendment.
func amend(file, from string, keys []string) (*charter.Bundle, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fileFault(err)
	}
	c, err := charter.Parse(text)
	if err != nil {
		return nil, err
	}
	if err := statistic.CheckTemplates(c); err != nil {
		return nil, err
	}
	old, err := charter.ReadBundle(from)
	if err != nil {
		return nil, err
	}
	identities, err := collect(c, keys)
	if err != nil {
		return nil, err
	}
	return old.Amend(text, identities)
}

func (a *app) spaceRotate() *cobra.Command {
	var from, out string
	c := &cobra.Command{
		Use:   "rotate MEMBER NEW.key.pub --from space.json [-o charter.yaml]",
		Short: "Write the text of the next version, with another key of a member",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.edit(from, out, func(b *charter.Bundle) ([]byte, error) {
				_, public, err := keyfile.ReadPublic(args[1])
				if err != nil {
					return nil, err
				}
				return b.Rotated(args[0], public.Fingerprint())
			})
		},
	}
	editFlags(c, &from, &out)
	return c
}

func (a *app) spaceAdd() *cobra.Command {
	var from, out, organisation string
	var roles []string
	c := &cobra.Command{
		Use:   "add MEMBER NEW.key.pub --organisation NAME --role ROLE… --from space.json [-o charter.yaml]",
		Short: "Write the text of the next version, with one more member",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.edit(from, out, func(b *charter.Bundle) ([]byte, error) {
				_, public, err := keyfile.ReadPublic(args[1])
				if err != nil {
					return nil, err
				}
				m := charter.Member{ID: args[0], Organisation: organisation, Key: public.Fingerprint()}
				for _, r := range roles {
					m.Roles = append(m.Roles, charter.Role(r))
				}
				return b.Joined(m)
			})
		},
	}
	editFlags(c, &from, &out)
	c.Flags().StringVar(&organisation, "organisation", "", "name of the organisation")
	c.Flags().StringSliceVar(&roles, "role", nil, "owner, analyst or auditor; may be repeated")
	_ = c.MarkFlagRequired("organisation")
	_ = c.MarkFlagRequired("role")
	return c
}

func (a *app) spaceRemove() *cobra.Command {
	var from, out string
	c := &cobra.Command{
		Use:   "remove MEMBER --from space.json [-o charter.yaml]",
		Short: "Write the text of the next version, without a member",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.edit(from, out, func(b *charter.Bundle) ([]byte, error) { return b.Left(args[0]) })
		},
	}
	editFlags(c, &from, &out)
	return c
}

func editFlags(c *cobra.Command, from, out *string) {
	c.Flags().StringVar(from, "from", "space.json", "bundle of the version that is amended")
	c.Flags().StringVarP(out, "out", "o", "", "file to write; it must not exist (default: print)")
}

// edit writes the text of a next version. One that other rules forbid is written all the same, to be
// corrected.
func (a *app) edit(from, out string, change func(*charter.Bundle) ([]byte, error)) error {
	if err := a.plainFormat(); err != nil {
		return err
	}
	bundle, err := charter.ReadBundle(from)
	if err != nil {
		return err
	}
	text, err := change(bundle)
	if err != nil {
		return err
	}
	if out == "" {
		_, err = a.out.Write(text)
	} else {
		err = writeNew(out, text, 0o644)
	}
	if err != nil {
		return err
	}
	_, err = charter.Parse(text)
	return err
}

func (a *app) spaceDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD [NEW]",
		Short: "Say in plain words what changes, and what becomes laxer",
		Long: `Compares two charters, each a space.json or a charter.yaml. Of one space.json, the
newest version is compared with the one before. What is marked "laxer" lets more be
asked, by more members, or over fewer people.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			from, to, err := compared(args)
			if err != nil {
				return err
			}
			changes := charter.Diff(from, to)
			if a.json() {
				return a.writeJSON(changesToJSON(changes))
			}
			return a.printChanges(from, to, changes)
		},
	}
}

// compared reads the two charters that are to be compared.
func compared(args []string) (from, to *charter.Charter, err error) {
	if len(args) == 1 {
		b, err := charter.ReadBundle(args[0])
		if err != nil {
			return nil, nil, err
		}
		from = before(b)
		if from == nil {
			return nil, nil, ErrUsage.New("%s has one version only", args[0]).With("Name two files.")
		}
		return from, b.Charter(), nil
	}
	if from, err = readCharter(args[0]); err != nil {
		return nil, nil, err
	}
	to, err = readCharter(args[1])
	return from, to, err
}

// before is the charter that the newest version amends, nil for a first one.
func before(b *charter.Bundle) *charter.Charter {
	editions := b.Editions()
	if len(editions) < 2 {
		return nil
	}
	return editions[len(editions)-2].Charter
}

// readCharter reads a bundle or a text.
func readCharter(file string) (*charter.Charter, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fileFault(err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return charter.Parse(data)
	}
	b, err := charter.ParseBundle(data)
	if err != nil {
		return nil, err
	}
	return b.Charter(), nil
}

type changeJSON struct {
	Path   string         `json:"path"`
	Effect charter.Effect `json:"effect"`
	Text   string         `json:"text"`
}

func changesToJSON(changes []charter.Change) []changeJSON {
	out := make([]changeJSON, len(changes))
	for i, c := range changes {
		out[i] = changeJSON(c)
	}
	return out
}

func (a *app) printChanges(from, to *charter.Charter, changes []charter.Change) error {
	fmt.Fprintf(a.out, "version %d → %d of space %s\n", from.Version, to.Version, to.Space)
	laxer := 0
	for _, c := range changes {
		mark := "  "
		switch c.Effect {
		case charter.Laxer:
			mark = "! "
			laxer++
		case charter.Stricter:
			mark = "+ "
		}
		fmt.Fprintf(a.out, "%s%-8s  %s: %s\n", mark, c.Effect, c.Path, c.Text)
	}
	switch {
	case len(changes) == 0:
		fmt.Fprintln(a.out, "nothing changes")
	case laxer > 0:
		fmt.Fprintf(a.out, "%d of %d changes are laxer\n", laxer, len(changes))
	}
	_, err := fmt.Fprintln(a.out, "What was asked before still counts, by the names of tables and organisations: comparisons with\nearlier questions, quotas and budgets go on.")
	return err
}

// printAmendment prints what changes, and who signed.
func (a *app) printAmendment(file string, b *charter.Bundle) error {
	if from := before(b); from != nil && !a.json() {
		if err := a.printChanges(from, b.Charter(), charter.Diff(from, b.Charter())); err != nil {
			return err
		}
		fmt.Fprintln(a.out)
	}
	return a.printSignatures(file, b)
}

func (a *app) spaceHistory() *cobra.Command {
	return &cobra.Command{
		Use:   "history space.json",
		Short: "List every version of a space, who signed it, and what it changed",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			b, err := charter.ReadBundle(args[0])
			if err != nil {
				return err
			}
			return a.printHistory(args[0], b)
		},
	}
}

type editionJSON struct {
	signaturesJSON
	Changes []changeJSON `json:"changes"`
}

func (a *app) printHistory(file string, b *charter.Bundle) error {
	var list []editionJSON
	var last *charter.Charter
	for _, e := range b.Editions() {
		s, err := signatures(file, b.At(e.Hash))
		if err != nil {
			return err
		}
		entry := editionJSON{s, []changeJSON{}}
		if last != nil {
			entry.Changes = changesToJSON(charter.Diff(last, e.Charter))
		}
		list, last = append(list, entry), e.Charter
	}
	if a.json() {
		return a.writeJSON(list)
	}
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		a.printEdition(e.signaturesJSON)
		for _, c := range e.Changes {
			fmt.Fprintf(a.out, "  %-8s  %s: %s\n", c.Effect, c.Path, c.Text)
		}
	}
	return nil
}
