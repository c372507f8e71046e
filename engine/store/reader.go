package store

import (
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tacit-space/tacit/engine/ledger"
)

// ReadLedger reads the ledger of the store in a folder, also while a role has it open:
// it takes no lock, writes nothing, and needs no key. It verifies nothing: see
// [ledger.Export.Verify]. The faults are [ledger.NoLedger], [Newer] and those of a
// damaged store.
func ReadLedger(folder string) (*ledger.Record, error) {
	var record *ledger.Record
	err := beside(folder, func(tx *sql.Tx) (err error) {
		record, err = readLedger(tx, folder)
		return err
	})
	return record, wrap("read the ledger", err)
}

// beside runs f in a transaction that only reads, also while a role has the store open.
//
// f reads everything at once, as a reader that stays would keep the role from
// emptying its log, where erased secrets still are.
func beside(folder string, f func(*sql.Tx) error) error {
	path, err := filepath.Abs(filepath.Join(folder, fileName))
	if err != nil {
		return Unusable.New("find the store folder: %w", err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return ledger.NoLedger.New("there is no store in %s", folder)
	}
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)", "trusted_schema(0)"}}
	handle, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return wrap("open the store", err)
	}
	defer handle.Close()
	handle.SetMaxOpenConns(1)
	tx, err := handle.Begin()
	if err != nil {
		return wrap("read the store", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(tx)
}

func readLedger(tx *sql.Tx, folder string) (*ledger.Record, error) {
	var tables int
	err := tx.QueryRow("SELECT COUNT(*) FROM sqlite_master WHERE name = 'ledger_head'").Scan(&tables)
	if err != nil {
		return nil, err
	}
	if tables == 0 {
		return nil, ledger.NoLedger.New("the store in %s is from before there were ledgers", folder)
	}
	record := &ledger.Record{}
	err = tx.QueryRow("SELECT note FROM ledger_head").Scan(&record.Checkpoint)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ledger.NoLedger.New("the store in %s was never used", folder)
	}
	if err != nil {
		return nil, err
	}
	err = eachEntry(tx, func(body []byte) error {
		record.Entries = append(record.Entries, body)
		return nil
	})
	return record, err
}
