package store

import (
	"database/sql"
	"errors"

	"github.com/tacit-space/tacit/engine/ledger"
)

// ErrStopped says that a person has stopped everything: no step that brings a job forward is stored.
var ErrStopped = errors.New("store: everything is stopped")

// StopAll stops everything. From its return on no acceptance, attempt, input or release can be stored,
// also by the role that runs beside this process. [ErrExists] if that is so already.
func (w *Worker) StopAll() error {
	return w.write("stop everything", func(tx *sql.Tx) error {
		if err := once(tx.Exec("INSERT INTO stop (one, at) VALUES (1, ?) ON CONFLICT DO NOTHING", millis(w.now()))); err != nil {
			return err
		}
		if err := endStudies(tx); err != nil {
			return err
		}
		return w.record(tx, ledger.Entry{Kind: ledger.Stopped, Member: w.book.keeper.Member})
	})
}

// ServeAgain is the end of that. [ErrMissing] if nothing is stopped.
func (w *Worker) ServeAgain() error {
	return w.write("serve again", func(tx *sql.Tx) error {
		err := once(tx.Exec("DELETE FROM stop"))
		if errors.Is(err, ErrExists) {
			return ErrMissing
		}
		if err != nil {
			return err
		}
		return w.record(tx, ledger.Entry{Kind: ledger.Resumed, Member: w.book.keeper.Member})
	})
}

// Stopped reports whether everything is stopped.
func (d *db) Stopped() (bool, error) {
	var n int
	err := d.one("read whether everything is stopped", "SELECT COUNT(*) FROM stop", nil, &n)
	return n > 0, err
}

// running returns [ErrStopped] if everything is stopped.
func running(tx *sql.Tx) error {
	var n int
	if err := tx.QueryRow("SELECT COUNT(*) FROM stop").Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return ErrStopped
	}
	return nil
}
