package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/charter"
)

func (a *app) spaceRevoke() *cobra.Command {
	var key, passphraseFile, reason string
	c := &cobra.Command{
		Use:   "revoke MEMBER [space.json] --key FILE --reason TEXT",
		Short: "Revoke the key of a member at once, without an amendment",
		Long: `Adds a signature to the revocation of a member's key in space.json (the file must be
active). A member revokes its own key alone. For others as many members sign as amend the
charter, not counting the one who is revoked: each runs this command on a copy, and the
copies are merged. From then on every role that is given the file refuses the key, without
a restart. A key stays revoked for ever; the member gets a new one by an amendment.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			file := "space.json"
			if len(args) == 2 {
				file = args[1]
			}
			bundle, err := charter.ReadBundle(file)
			if err != nil {
				return err
			}
			id, err := a.readKey(key, passphraseFile)
			if err != nil {
				return err
			}
			r, err := bundle.Revoke(args[0], reason, id)
			if err != nil {
				return err
			}
			if err := bundle.WriteFile(file); err != nil {
				return err
			}
			if a.json() {
				return a.writeJSON(revocationToJSON(r))
			}
			_, err = fmt.Fprintln(a.out, revocationText(r))
			return err
		},
	}
	c.Flags().StringVar(&key, "key", "", "key file of the member who signs")
	c.Flags().StringVar(&passphraseFile, "passphrase-file", "", "file with the passphrase of the key")
	c.Flags().StringVar(&reason, "reason", "", "why, in one line that all members read")
	_ = c.MarkFlagRequired("key")
	_ = c.MarkFlagRequired("reason")
	return c
}

type revocationJSON struct {
	Member  string   `json:"member"`
	Key     string   `json:"key"`
	Version int      `json:"version"`
	Reason  string   `json:"reason"`
	InForce bool     `json:"in_force"`
	Needed  int      `json:"needed"` // signatures of others; 0: it has signed itself
	Signed  []string `json:"signed"`
	Missing []string `json:"missing"`
}

func revocationToJSON(r charter.Revocation) revocationJSON {
	return revocationJSON{r.Member, r.Key, r.Version, r.Reason, r.InForce(), r.Needed, orEmpty(r.Signed), orEmpty(r.Missing)}
}

func revocationsToJSON(b *charter.Bundle) []revocationJSON {
	list := []revocationJSON{}
	for _, r := range b.Revocations() {
		list = append(list, revocationToJSON(r))
	}
	return list
}

// revocationText says in one line how a revocation stands.
func revocationText(r charter.Revocation) string {
	text := fmt.Sprintf("the key of %s is revoked (%s): signed by %s", r.Member, r.Reason, strings.Join(r.Signed, ", "))
	if !r.InForce() {
		text = fmt.Sprintf("the key of %s is not revoked yet (%s): signed by %s; %d of %d, not by %s",
			r.Member, r.Reason, strings.Join(r.Signed, ", "), len(r.Signed), r.Needed, strings.Join(r.Missing, ", "))
	}
	return text
}

func (a *app) printRevocations(b *charter.Bundle) {
	for _, r := range b.Revocations() {
		fmt.Fprintln(a.out, revocationText(r))
	}
}
