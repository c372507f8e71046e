package main

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

func (a *app) ledger() *cobra.Command {
	c := &cobra.Command{
		Use:   "ledger",
		Short: "Read, check and compare what members logged",
		Long: `Every member logs what was asked, accepted, refused and released, append-only and signed.
--config names the role whose ledger is meant; without it, it is the analyst's. The role
may run meanwhile. Ledgers of others come as files, made by "tacit ledger export"; --space names
the space that their signatures are checked against, if no configuration does.`,
	}
	c.AddCommand(a.ledgerShow(), a.ledgerVerify(), a.ledgerCompare(), a.ledgerExport(), a.ledgerCheckpoint(),
		a.ledgerStatement(), a.ledgerVerifyStatement())
	return c
}

func (a *app) ledgerShow() *cobra.Command {
	var from ledgerSource
	var which selection
	c := &cobra.Command{
		Use:   "show [EXPORT]",
		Short: "Show the entries, of your own ledger or of an export",
		Long: `Shows the entries, one a line. At an owner's own worker it adds to each decision the rule that made
it; that is in the worker's store beside the ledger, is not signed, and goes with the record of the job.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			want, err := which.filter()
			if err != nil {
				return err
			}
			v, err := a.ownOrFile(&from, args)
			if err != nil {
				return err
			}
			var rules map[store.JobID]string
			if len(args) == 0 && v.Origin.Role == ledger.Worker {
				if rules, err = a.ownRules(&from); err != nil {
					return err
				}
			}
			return a.printEntries(slices.DeleteFunc(v.Entries, func(e ledger.Entry) bool { return !want(e) }), rules)
		},
	}
	from.fileFlags(c.Flags())
	which.flags(c.Flags())
	return c
}

func (a *app) ledgerVerify() *cobra.Command {
	var from ledgerSource
	var against []string
	var tolerance time.Duration
	c := &cobra.Command{
		Use:   "verify [EXPORT]",
		Short: "Check signatures, tree, order, clock and debits of your own ledger or of an export",
		Long: `Checks that the member signed, that the entries are those that it signed, in order, that
its clock was not set back, and that debits of privacy budgets belong to jobs that were accepted, once. Of your own
worker, the accounts in its store have to be those of the ledger. Whether entries were cut off at the end, or another
history was shown to others, shows only against a checkpoint that somebody kept: --against.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			in, err := a.trusted(&from)
			if err != nil {
				return err
			}
			v, err := a.ownOrFile(&from, args)
			if err != nil {
				return err
			}
			if err := v.CheckClock(ledger.Options{Tolerance: tolerance, Now: time.Now()}); err != nil {
				return err
			}
			if _, err := extended(v, against, in); err != nil {
				return err
			}
			debits, err := v.Debits()
			if err != nil {
				return err
			}
			if len(args) == 0 && v.Origin.Role == ledger.Worker {
				if err := a.auditOwn(&from, debits); err != nil {
					return err
				}
			}
			return a.printVerified(v, len(against), debits)
		},
	}
	from.fileFlags(c.Flags())
	c.Flags().StringArrayVar(&against, "against", nil, "a checkpoint of this ledger that was kept; may be repeated")
	c.Flags().DurationVar(&tolerance, "tolerance", ledger.DefaultTolerance, "by how much a clock may be set back or be ahead")
	return c
}

func (a *app) ledgerCompare() *cobra.Command {
	var from ledgerSource
	c := &cobra.Command{
		Use:   "compare FILE…",
		Short: "Compare exports, and kept checkpoints, of several members",
		Long: `Reports where members tell different stories: a job that one released and another owner of
the table was never asked, different questions under one job, releases of different
attempts, answers that the coordinator did not pass on, debits that differ or are missing, and two histories of one member. The
exit code is 1 if there is a disagreement; notes are only to be known.`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			in, err := a.trusted(&from)
			if err != nil {
				return err
			}
			ledgers, kept, err := readAll(args, in)
			if err != nil {
				return err
			}
			findings := ledger.Compare(ledgers, kept, in)
			if err := a.printFindings(ledgers, findings); err != nil {
				return err
			}
			if grave := slices.DeleteFunc(findings, func(f ledger.Finding) bool { return !f.Grave }); len(grave) > 0 {
				return ledger.Disagree.New("%d disagreements", len(grave))
			}
			return nil
		},
	}
	from.fileFlags(c.Flags())
	return c
}

func (a *app) ledgerExport() *cobra.Command {
	var from ledgerSource
	var which selection
	var out string
	var prove []string
	c := &cobra.Command{
		Use:   "export -o FILE",
		Short: "Write your ledger, or the entries of a job or time, for others to check",
		Long: `Writes all entries with the signed checkpoint. With --job, --since or --until only those, each
with the proof that it is in the ledger; then --prove adds the proof that the ledger
continues a checkpoint that the reader has.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			want, err := which.filter()
			if err != nil {
				return err
			}
			record, v, in, err := a.own(&from)
			if err != nil {
				return err
			}
			earlier, err := extended(v, prove, in)
			if err != nil {
				return err
			}
			x := record.Export()
			if which.any() || len(prove) > 0 {
				if x, err = record.Select(want, earlier); err != nil {
					return err
				}
			}
			if err := writeNew(out, x.Marshal(), 0o644); err != nil {
				return err
			}
			return a.printExport(out, v, x)
		},
	}
	from.flags(c.Flags())
	which.flags(c.Flags())
	c.Flags().StringVarP(&out, "out", "o", "", "file to write; it must not exist")
	c.Flags().StringArrayVar(&prove, "prove", nil, "an earlier checkpoint that the export shall prove to continue; may be repeated")
	_ = c.MarkFlagRequired("out")
	return c
}
