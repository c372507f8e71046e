package main

import (
	"io"
	"math"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

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

// ledgerMember reads the configuration that is meant.
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

// auditOwn compares the accounts of a worker on this machine with its ledger.
func (a *app) auditOwn(s *ledgerSource, debits ledger.Debits) error {
	cfg, err := a.ledgerMember(s)
	if err != nil {
		return err
	}
	bundle, err := charter.ReadBundle(string(cfg.Space))
	if err != nil {
		return err
	}
	if _, err = auditedLines(string(cfg.Store), bundle); ledger.NoLedger.Is(err) && debits.Jobs == 0 {
		return nil // a store from before there were budgets
	}
	return err
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
	return openExport(data, in)
}

func openExport(data []byte, in *ledger.Space) (*ledger.Verified, error) {
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

// extended reads the checkpoints of files, all of which the ledger has to continue.
func extended(v *ledger.Verified, files []string, in *ledger.Space) ([]ledger.Checkpoint, error) {
	notes := make([]ledger.Checkpoint, len(files))
	for i, file := range files {
		var err error
		if notes[i], err = readNote(file, in); err != nil {
			return nil, inFile(file, err)
		}
	}
	for _, c := range notes {
		if err := v.Extends(c); err != nil {
			return nil, err
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
		v, err := openExport(data, in)
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
