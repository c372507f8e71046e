package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/worker"
)

func (a *app) stopAll() *cobra.Command {
	return a.besideWorker("stop-all", "Withdraw from every job and refuse new ones, until serve-again",
		`Stops everything at once, while the worker runs or is down, and for as long as nobody says
serve-again: the worker withdraws from every job, whether it was accepted or waits for a
person, and refuses new ones. From the end of this command on nothing is released.`,
		func(w *store.Worker) (string, error) {
			err := w.StopAll()
			if errors.Is(err, store.ErrExists) {
				return "Everything was stopped already.", nil
			}
			return "Everything is stopped. To go on: tacit worker serve-again", err
		})
}

func (a *app) serveAgain() *cobra.Command {
	return a.besideWorker("serve-again", "The end of stop-all",
		`Ends what "tacit worker stop-all" began. Jobs that were withdrawn from stay so.`,
		func(w *store.Worker) (string, error) {
			err := w.ServeAgain()
			if errors.Is(err, store.ErrMissing) {
				return "Nothing was stopped.", nil
			}
			return "Serving again.", err
		})
}

// besideWorker makes a command that changes the state of a worker which may run meanwhile.
func (a *app) besideWorker(use, short, long string, do func(*store.Worker) (string, error)) *cobra.Command {
	return &cobra.Command{
		Use: use + " --config FILE", Short: short, Long: long, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			cfg, err := config.LoadWorker(a.config, a.environ)
			if err != nil {
				return err
			}
			m, err := a.open(cfg.Space, cfg.Key, cfg.PassphraseFile)
			if err != nil {
				return err
			}
			w, err := store.JoinWorker(string(cfg.Store), m.identity.StoreKey(worker.StoreLabel), ledger.KeeperOf(m.bundle, m.identity))
			if err != nil {
				return err
			}
			said, err := do(w)
			if err := errors.Join(err, w.Close()); err != nil {
				return err
			}
			fmt.Fprintln(a.err, said)
			return nil
		},
	}
}
