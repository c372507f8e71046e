package store

import (
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/tacit-space/tacit/engine/ledger"
)

// KeyID names a key set of guarded releases.
type KeyID [32]byte

// MaxKeySets is how many key sets a worker keeps; a further one displaces the oldest.
const MaxKeySets = 16

// AddKeySet stores a worker's part of a key set, sealed. [ErrExists] if it is there.
func (w *Worker) AddKeySet(id KeyID, record []byte) error {
	box := w.sealer.seal(record, "key set", JobID(id[:16]), 0)
	err := w.write("store a key set", func(tx *sql.Tx) error {
		const insert = "INSERT INTO key_set (id, made, box) VALUES (?,?,?) ON CONFLICT DO NOTHING"
		if err := once(tx.Exec(insert, id[:], millis(w.now()), box)); err != nil {
			return err
		}
		const old = "DELETE FROM key_set WHERE id NOT IN (SELECT id FROM key_set ORDER BY made DESC, id LIMIT ?)"
		if _, err := tx.Exec(old, MaxKeySets); err != nil {
			return err
		}
		return w.record(tx, ledger.Entry{Kind: ledger.KeysMade, Digest: id})
	})
	return err
}

// BeginAttemptWithKeys is [Worker.BeginAttempt] for an attempt that uses a key set up. The
// set is deleted in the same step, and returned; [ErrMissing] if it is not there, and then
// the attempt has begun too, as nothing of it can be done again.
func (w *Worker) BeginAttemptWithKeys(job JobID, number uint32, id KeyID) ([]byte, error) {
	var box []byte
	err := w.write("store an attempt", func(tx *sql.Tx) error {
		if err := beginAttempt(tx, job, number); err != nil {
			return err
		}
		begun := ledger.Entry{Kind: ledger.Begun, Attempt: number}
		err := tx.QueryRow("DELETE FROM key_set WHERE id = ? RETURNING box", id[:]).Scan(&box)
		if errors.Is(err, sql.ErrNoRows) {
			return w.recordOf(tx, job, begun)
		}
		if err != nil {
			return err
		}
		return w.recordOf(tx, job, begun, ledger.Entry{Kind: ledger.KeysUsed, Attempt: number, Digest: id})
	})
	switch {
	case err != nil:
		return nil, err
	case box == nil:
		return nil, ErrMissing
	}
	return w.sealer.open(box, "key set", JobID(id[:16]), 0)
}

// CountKeySets returns how many key sets a worker has.
func (w *Worker) CountKeySets() (n int, err error) {
	err = w.one("count key sets", "SELECT COUNT(*) FROM key_set", nil, &n)
	return n, err
}

// AddKeySet stores what is public of a key set for a use.
func (c *Coordinator) AddKeySet(id KeyID, use string, body []byte) error {
	return c.write("store a key set", func(tx *sql.Tx) error {
		const insert = "INSERT INTO key_set (id, use, made, body) VALUES (?,?,?,?) ON CONFLICT DO NOTHING"
		if err := once(tx.Exec(insert, id[:], use, millis(c.now()), body)); err != nil {
			return err
		}
		return c.record(tx, ledger.Entry{Kind: ledger.KeysMade, Digest: id})
	})
}

// CountKeySets returns how many key sets there are for a use.
func (c *Coordinator) CountKeySets(use string) (n int, err error) {
	err = c.one("count key sets", "SELECT COUNT(*) FROM key_set WHERE use = ?", []any{use}, &n)
	return n, err
}

// KeepKeySets deletes all key sets that are for none of these uses.
func (c *Coordinator) KeepKeySets(uses []string) error {
	known, err := json.Marshal(uses)
	if err != nil {
		return err
	}
	return c.exec("drop key sets", "DELETE FROM key_set WHERE use NOT IN (SELECT value FROM json_each(?))", string(known))
}

// takeKeySet deletes the oldest key set for a use and returns it; nil if there is none.
func takeKeySet(tx *sql.Tx, use string) (id KeyID, body []byte, err error) {
	const oldest = "DELETE FROM key_set WHERE id = (SELECT id FROM key_set WHERE use = ? ORDER BY made, id LIMIT 1) RETURNING id, body"
	var name []byte
	err = tx.QueryRow(oldest, use).Scan(&name, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return id, nil, nil
	}
	copy(id[:], name)
	return id, body, err
}
