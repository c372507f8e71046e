package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
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

// ledgerSource are the flags that say which ledger, or under which space.
type ledgerSource struct {
	lab, space string
}

func (s *ledgerSource) flags(f *pflag.FlagSet) {
	f.StringVar(&s.lab, "lab", "", "the analyst of the lab in this folder")
}

func (s *ledgerSource) fileFlags(f *pflag.FlagSet) {
	s.flags(f)
	f.StringVar(&s.space, "space", "", "bundle of the space that signatures are checked against; by default the configuration's")
}

// member reads the configuration that is meant.
func (a *app) ledgerMember(s *ledgerSource) (*config.Member, error) {
	file, err := a.profileOf(s.lab)
	if err != nil {
		return nil, err
	}
	return config.LoadMember(file, a.environ)
}

// trusted returns the space that signatures are checked against.
func (a *app) trusted(s *ledgerSource) (*ledger.Space, error) {
	file := s.space
	if file == "" {
		cfg, err := a.ledgerMember(s)
		if err != nil {
			return nil, err
		}
		file = string(cfg.Space)
	}
	return readSpace(file)
}

func readSpace(file string) (*ledger.Space, error) {
	bundle, err := charter.ReadBundle(file)
	if err != nil {
		return nil, err
	}
	if err := bundle.Active(); err != nil {
		return nil, err
	}
	return ledger.In(bundle), nil
}

// anyClock accepts every time: what was logged with a wrong clock is still to be shown.
var anyClock = ledger.Options{Tolerance: math.MaxInt64}

// own reads and verifies the ledger of a role on this machine.
func (a *app) own(s *ledgerSource) (*ledger.Record, *ledger.Verified, *ledger.Space, error) {
	cfg, err := a.ledgerMember(s)
	if err != nil {
		return nil, nil, nil, err
	}
	in, err := readSpace(string(cfg.Space))
	if err != nil {
		return nil, nil, nil, err
	}
	record, err := store.ReadLedger(string(cfg.Store))
	if err != nil {
		return nil, nil, nil, err
	}
	v, err := record.Export().Verify(in, anyClock)
	return record, v, in, err
}

// readLedgerFile reads an export or a signed note.
func readLedgerFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fileFault(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, ledger.MaxExport+1))
	return data, fileFault(err)
}

// readExport reads and verifies an export.
func readExport(file string, in *ledger.Space) (*ledger.Verified, error) {
	data, err := readLedgerFile(file)
	if err != nil {
		return nil, err
	}
	x, err := ledger.ParseExport(data)
	if err != nil {
		return nil, err
	}
	return x.Verify(in, anyClock)
}

func readNote(file string, in *ledger.Space) (ledger.Checkpoint, error) {
	data, err := readLedgerFile(file)
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	return ledger.OpenCheckpoint(data, in)
}

func readNotes(files []string, in *ledger.Space) ([]ledger.Checkpoint, error) {
	notes := make([]ledger.Checkpoint, len(files))
	for i, file := range files {
		var err error
		if notes[i], err = readNote(file, in); err != nil {
			return nil, inFile(file, err)
		}
	}
	return notes, nil
}

// selection are the flags that choose entries.
type selection struct{ since, until, job string }

func (s *selection) flags(f *pflag.FlagSet) {
	f.StringVar(&s.since, "since", "", "only entries from this time on: 2026-11-25 (UTC) or 2026-11-25T08:00:00Z")
	f.StringVar(&s.until, "until", "", "only entries before this time")
	f.StringVar(&s.job, "job", "", "only entries of this job")
}

func (s *selection) any() bool { return s.since != "" || s.until != "" || s.job != "" }

// filter returns what reports whether an entry is wanted.
func (s *selection) filter() (func(ledger.Entry) bool, error) {
	from, until := int64(math.MinInt64), int64(math.MaxInt64)
	for _, bound := range []struct {
		text string
		to   *int64
	}{{s.since, &from}, {s.until, &until}} {
		if bound.text == "" {
			continue
		}
		at, err := instant(bound.text)
		if err != nil {
			return nil, err
		}
		*bound.to = at.UnixMilli()
	}
	var job store.JobID
	if s.job != "" {
		var err error
		if job, err = jobID(s.job); err != nil {
			return nil, err
		}
	}
	return func(e ledger.Entry) bool {
		return e.Time >= from && e.Time < until && (s.job == "" || e.Job == job)
	}, nil
}

func instant(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, ErrUsage.New("%q is no time; write 2026-11-25 or 2026-11-25T08:00:00Z", text)
}

func (a *app) ledgerShow() *cobra.Command {
	var from ledgerSource
	var which selection
	c := &cobra.Command{
		Use:   "show [EXPORT]",
		Short: "Show the entries, of your own ledger or of an export",
		Args:  cobra.MaximumNArgs(1),
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
			return a.printEntries(slices.DeleteFunc(v.Entries, func(e ledger.Entry) bool { return !want(e) }))
		},
	}
	from.fileFlags(c.Flags())
	which.flags(c.Flags())
	return c
}

// ownOrFile returns the ledger of the one file, or else the own one.
func (a *app) ownOrFile(s *ledgerSource, files []string) (*ledger.Verified, error) {
	if len(files) == 0 {
		_, v, _, err := a.own(s)
		return v, err
	}
	in, err := a.trusted(s)
	if err != nil {
		return nil, err
	}
	return readExport(files[0], in)
}

func (a *app) ledgerVerify() *cobra.Command {
	var from ledgerSource
	var against []string
	var tolerance time.Duration
	c := &cobra.Command{
		Use:   "verify [EXPORT]",
		Short: "Check signatures, tree, order and clock of your own ledger or of an export",
		Long: `Checks that the member signed, that the entries are those that it signed, in order, and
that its clock was not set back. Whether entries were cut off at the end, or another
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
			kept, err := readNotes(against, in)
			if err != nil {
				return err
			}
			for _, c := range kept {
				if err := v.Extends(c); err != nil {
					return err
				}
			}
			return a.printVerified(v, len(kept))
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
attempts, answers that the coordinator did not pass on, and two histories of one member. The
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

// readAll reads exports and checkpoints.
func readAll(files []string, in *ledger.Space) (ledgers []*ledger.Verified, kept []ledger.Checkpoint, err error) {
	for _, file := range files {
		data, err := readLedgerFile(file)
		if err != nil {
			return nil, nil, err
		}
		if !ledger.IsExport(data) {
			c, err := ledger.OpenCheckpoint(data, in)
			if err != nil {
				return nil, nil, inFile(file, err)
			}
			kept = append(kept, c)
			continue
		}
		v, err := readExport(file, in)
		if err != nil {
			return nil, nil, inFile(file, err)
		}
		ledgers = append(ledgers, v)
	}
	return ledgers, kept, nil
}

// inFile says in which file something is wrong.
func inFile(file string, err error) error {
	f := *fault.From(err)
	f.Message = file + ": " + f.Message
	return &f
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
			earlier, err := readNotes(prove, in)
			if err != nil {
				return err
			}
			for _, c := range earlier {
				if err := v.Extends(c); err != nil {
					return err
				}
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
	c := &cobra.Command{
		Use:   "statement --period YYYY-MM",
		Short: "Sign what you contributed in a month: jobs, bytes, seconds of computing",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
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
			s, err := ledger.KeeperOf(m.bundle, m.identity).State(v, period, time.Now())
			if err != nil {
				return err
			}
			return a.writeNote(out, s.Note)
		},
	}
	from.flags(c.Flags())
	c.Flags().StringVar(&period, "period", "", "month (UTC)")
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

// list joins texts, or says that there are none.
func list(texts []string, none string) string {
	if len(texts) == 0 {
		return none
	}
	return strings.Join(texts, ", ")
}
