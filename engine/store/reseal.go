package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"github.com/tacit-space/tacit/engine/ledger"
)

// sealed is a column with sealed records.
type sealed struct {
	table, column string
	place         string // what the records are sealed for
	job, number   string // of a row, in SQL
}

// sealedBy lists every sealed column of a role's store.
var sealedBy = map[ledger.Role][]sealed{
	ledger.Worker: {
		{"key_check", "box", "key_check", "zeroblob(16)", "0"},
		{"attempt", "state", "attempt", "job", "number"},
		{"asked", "box", askedPlace, "job", "0"},
		{"key_set", "box", "key set", "substr(id, 1, 16)", "0"},
	},
	ledger.Analyst: {
		{"key_check", "box", "key_check", "zeroblob(16)", "0"},
		{"question", "record", "question", "job", "0"},
	},
}

// RoleOf returns the role whose store is in a folder. [Unusable] if there is none.
func RoleOf(folder string) (ledger.Role, error) {
	path, err := filepath.Abs(filepath.Join(folder, fileName)) // a file: URI has no relative paths
	if err != nil {
		return "", Unusable.New("find the store folder: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return "", Unusable.New("there is no store in %s", folder)
	}
	handle, err := sql.Open("sqlite", source(path))
	if err != nil {
		return "", wrap("open the store", err)
	}
	defer handle.Close()
	var role string
	if err := handle.QueryRow("SELECT COALESCE(MAX(role), '') FROM migration").Scan(&role); err != nil {
		return "", wrap("open the store", err)
	}
	return ledger.Role(role), nil
}

// Reseal seals a store, which no role has open, with another key: what its member does when its
// identity is replaced in the charter. All of it is done, or nothing. [Sealed] if the store was
// not made with the key from.
func Reseal(folder string, role ledger.Role, from, to [32]byte) error {
	old, err := newSealer(from)
	if err != nil {
		return err
	}
	fresh, err := newSealer(to)
	if err != nil {
		return err
	}
	d, err := open(folder, string(role))
	if err != nil {
		return err
	}
	err = d.write("seal the store again", func(tx *sql.Tx) error {
		for _, c := range sealedBy[role] {
			if err := c.reseal(tx, old, fresh); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = d.scrub()
	}
	return errors.Join(err, d.Close())
}

// sealedRow is one record, opened.
type sealedRow struct {
	id     int64
	job    JobID
	number uint32
	record []byte
}

func (c *sealed) reseal(tx *sql.Tx, old, fresh sealer) error {
	rows, err := c.rows(tx, old)
	if err != nil {
		return err
	}
	for _, r := range rows {
		box := fresh.seal(r.record, c.place, r.job, r.number)
		clear(r.record)
		if _, err := tx.Exec("UPDATE "+c.table+" SET "+c.column+" = ? WHERE rowid = ?", box, r.id); err != nil {
			return err
		}
	}
	return nil
}

func (c *sealed) rows(tx *sql.Tx, old sealer) ([]sealedRow, error) {
	found, err := tx.Query("SELECT rowid, " + c.job + ", " + c.number + ", " + c.column + " FROM " + c.table + " WHERE " + c.column + " IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var rows []sealedRow
	for found.Next() {
		var r sealedRow
		var job, box []byte
		if err := found.Scan(&r.id, &job, &r.number, &box); err != nil {
			return nil, err
		}
		if len(job) != len(r.job) {
			return nil, Corrupt.New("a sealed record has a malformed job id")
		}
		r.job = JobID(job)
		if r.record, err = old.open(box, c.place, r.job, r.number); err != nil {
			return nil, Sealed.New("the store was not made with the old key")
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}
