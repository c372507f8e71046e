package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/worker"
)

// storeLabels derive the keys of stores from an identity. The store of a coordinator is not sealed.
var storeLabels = map[ledger.Role]string{ledger.Worker: worker.StoreLabel, ledger.Analyst: analyst.StoreLabel}

func (a *app) keyReseal() *cobra.Command {
	var oldKey, newKey, oldPassphrase, newPassphrase string
	c := &cobra.Command{
		Use:   "reseal STORE --old-key FILE --new-key FILE",
		Short: "Seal the store of a stopped role with the new key of its member",
		Long: `A store is sealed with the key of its member. When the charter gives the member another
key, stop the role, seal its store again, and start it with the new key and the amended
space.json: it goes on with its ledger, with what was asked before, and with what it
released. The old key is not needed afterwards.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			role, err := store.RoleOf(args[0])
			if err != nil {
				return err
			}
			label, sealed := storeLabels[role]
			if !sealed {
				_, err := fmt.Fprintf(a.out, "the store of a %s is not sealed: nothing to do\n", role)
				return err
			}
			from, err := a.readKey(oldKey, oldPassphrase)
			if err != nil {
				return err
			}
			to, err := a.readKey(newKey, newPassphrase)
			if err != nil {
				return err
			}
			if err := store.Reseal(args[0], role, from.StoreKey(label), to.StoreKey(label)); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "the store of a %s is sealed with %s\n", role, to.Public().Fingerprint())
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&oldKey, "old-key", "", "key file that the store was made with")
	f.StringVar(&newKey, "new-key", "", "key file of the amended charter")
	f.StringVar(&oldPassphrase, "old-passphrase-file", "", "file with the passphrase of the old key")
	f.StringVar(&newPassphrase, "passphrase-file", "", "file with the passphrase of the new key")
	_ = c.MarkFlagRequired("old-key")
	_ = c.MarkFlagRequired("new-key")
	return c
}
