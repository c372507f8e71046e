package store

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tacit-space/tacit/engine/ledger"
)

// Inbox is what waits for a person in the store of a worker. It needs no key, and works beside the
// worker, which notices what is written, and also while that is down.
type Inbox struct{ *db }

// OpenInbox opens the store of a worker, which has been started at least once with this version. The faults
// are [Unusable], [Newer] and those of a damaged store.
func OpenInbox(folder string) (*Inbox, error) {
	d, err := openBeside(folder, string(ledger.Worker))
	if err != nil {
		return nil, err
	}
	return &Inbox{d}, nil
}

// Answer stores what a person said, as it was signed. [ErrMissing] if the job does not wait; [ErrFull]
// after very many answers.
func (b *Inbox) Answer(job JobID, body []byte) error {
	return b.write("store an answer", func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM answer WHERE job = ?", job[:]).Scan(&n); err != nil {
			return err
		}
		if n >= maxAnswers {
			return ErrFull
		}
		const insert = `INSERT INTO answer (job, at, body)
			SELECT id, ?, ? FROM job WHERE id = ? AND NOT accepted AND ended IS NULL ON CONFLICT DO NOTHING`
		err := once(tx.Exec(insert, millis(b.now()), body, job[:]))
		if errors.Is(err, ErrExists) {
			return ErrMissing
		}
		return err
	})
}

// JoinWorker opens the store of a worker beside it, for what a person does there and the ledger notes.
// The faults are those of [OpenInbox], and those of engine/ledger.
func JoinWorker(folder string, key [32]byte, keeper ledger.Keeper) (*Worker, error) {
	s, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	d, err := openBeside(folder, string(ledger.Worker))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.check(s), d.joinLedger(ledger.Worker, keeper)); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Worker{d, s}, nil
}

// openBeside opens a store that is there, as it is: it takes no lock and migrates nothing.
func openBeside(folder, role string) (*db, error) {
	path, err := filepath.Abs(filepath.Join(folder, fileName))
	if err != nil {
		return nil, Unusable.New("find the store folder: %w", err)
	}
	const first = "Start the role once; it makes its store. Then try again."
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, Unusable.New("there is no store in %s", folder).With(first)
	}
	handle, err := sql.Open("sqlite", source(path))
	if err != nil {
		return nil, wrap("open the store", err)
	}
	handle.SetMaxOpenConns(1)
	d := newDB(handle)
	if err := d.isMigrated(role); err != nil {
		return nil, errors.Join(wrap("open the store", err), handle.Close())
	}
	return d, nil
}

// isMigrated refuses a store of another role or version.
func (d *db) isMigrated(role string) error {
	scripts, err := fs.Glob(schema, "schema/"+role+"/*.sql")
	if err != nil {
		return err
	}
	have, owner, err := d.version()
	switch {
	case err != nil:
		return err
	case owner != "" && owner != role:
		return Unusable.New("this store belongs to a %s, not to a %s", owner, role).With("Name the configuration of the %s with --config.", role)
	case have > len(scripts):
		return Newer.New("the store has schema version %d, this version of tacit knows %d", have, len(scripts))
	case have < len(scripts):
		return Unusable.New("the store has schema version %d, this version of tacit has %d", have, len(scripts)).
			With("Start the %s with this version of tacit, and try again.", role)
	}
	return nil
}
