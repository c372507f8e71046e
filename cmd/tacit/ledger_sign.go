package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/ledger"
)

func (a *app) ledgerCheckpoint() *cobra.Command {
	var from ledgerSource
	var out, countersign, previous string
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Print the signed state of your ledger, or countersign that of another member",
		Long: `Prints the checkpoint: a few lines that others can keep, and later hold against the ledger.
With --countersign FILE, an export or checkpoint of another member, your key signs that
too; --previous is the checkpoint of it that you signed last, which it has to continue.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if countersign == "" {
				_, v, _, err := a.own(&from)
				if err != nil {
					return err
				}
				return a.writeNote(out, v.Note)
			}
			c, err := a.countersign(&from, countersign, previous)
			if err != nil {
				return err
			}
			return a.writeNote(out, c.Note)
		},
	}
	from.flags(c.Flags())
	c.Flags().StringVarP(&out, "out", "o", "", "file to write, which must not exist; by default standard output")
	c.Flags().StringVar(&countersign, "countersign", "", "export or checkpoint of another member")
	c.Flags().StringVar(&previous, "previous", "", "the checkpoint of that ledger that you countersigned before")
	return c
}

// countersign signs another member's checkpoint if it continues the one before.
func (a *app) countersign(s *ledgerSource, file, previous string) (ledger.Checkpoint, error) {
	none := ledger.Checkpoint{}
	cfg, err := a.ledgerMember(s)
	if err != nil {
		return none, err
	}
	m, err := a.open(cfg.Space, cfg.Key, cfg.PassphraseFile)
	if err != nil {
		return none, err
	}
	in := ledger.In(m.bundle)
	ledgers, notes, err := readAll([]string{file}, in)
	if err != nil {
		return none, err
	}
	if len(ledgers) == 1 {
		notes = []ledger.Checkpoint{ledgers[0].Checkpoint}
	} else {
		ledgers = []*ledger.Verified{{Checkpoint: notes[0]}} // a checkpoint alone proves nothing but itself
	}
	if previous == "" {
		fmt.Fprintf(a.err, "note: the first signature of %s; there is nothing yet that it has to continue\n", notes[0].Origin)
	} else {
		old, err := readNote(previous, in)
		if err != nil {
			return none, inFile(previous, err)
		}
		if err := ledgers[0].Extends(old); err != nil {
			return none, err
		}
	}
	return ledger.KeeperOf(m.bundle, m.identity).Countersign(notes[0], in)
}

func (a *app) writeNote(out string, note []byte) error {
	if out != "" {
		return writeNew(out, note, 0o644)
	}
	_, err := a.out.Write(note)
	return err
}

func (a *app) ledgerStatement() *cobra.Command {
	var from ledgerSource
	var period, out string
	var units bool
	c := &cobra.Command{
		Use:   "statement --period YYYY-MM",
		Short: "Sign what you contributed in a month: jobs, bytes, seconds of computing",
		Long: `Signs numbers of your ledger. With --units it also counts, in each of your tables about which something
was released in the month, the privacy units (people, meters) that are in it now. Others read a statement, so it
says a step that the number lies in, such as "120 to 129", never the number: steps are at least min_cohort
and 10 units wide.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if _, _, err := ledger.Month(period); err != nil {
				return ErrUsage.New("--period %s: wants a month as 2026-11", period)
			}
			cfg, err := a.ledgerMember(&from)
			if err != nil {
				return err
			}
			_, v, _, err := a.own(&from)
			if err != nil {
				return err
			}
			m, err := a.open(cfg.Space, cfg.Key, cfg.PassphraseFile)
			if err != nil {
				return err
			}
			var counted []ledger.Units
			if units {
				if counted, err = a.unitsOf(c.Context(), m, v, period); err != nil {
					return err
				}
			}
			s, err := ledger.KeeperOf(m.bundle, m.identity).State(v, period, counted, time.Now())
			if err != nil {
				return err
			}
			return a.writeNote(out, s.Note)
		},
	}
	from.flags(c.Flags())
	c.Flags().StringVar(&period, "period", "", "month (UTC)")
	c.Flags().BoolVar(&units, "units", false, "also say about how many privacy units your tables have")
	c.Flags().StringVarP(&out, "out", "o", "", "file to write, which must not exist; by default standard output")
	_ = c.MarkFlagRequired("period")
	return c
}

func (a *app) ledgerVerifyStatement() *cobra.Command {
	var from ledgerSource
	var export string
	c := &cobra.Command{
		Use:   "verify-statement FILE",
		Short: "Check the signature of a statement, and with --ledger its numbers",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			in, err := a.trusted(&from)
			if err != nil {
				return err
			}
			data, err := readLedgerFile(args[0])
			if err != nil {
				return err
			}
			s, err := ledger.OpenStatement(data, in)
			if err != nil {
				return err
			}
			if export != "" {
				v, err := readExport(export, in)
				if err != nil {
					return inFile(export, err)
				}
				if err := s.Check(v); err != nil {
					return err
				}
			}
			return a.printStatement(s, export != "")
		},
	}
	from.fileFlags(c.Flags())
	c.Flags().StringVar(&export, "ledger", "", "whole export of the ledger that it was made from, or of a later state")
	return c
}
