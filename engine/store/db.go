package store

import (
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// File names in the store folder.
const (
	fileName = "tacit.db"
	lockName = "lock"
)

// schema holds the migrations: schema/ROLE/NNN.sql, applied in order, each once.
//
//go:embed schema
var schema embed.FS

// db is an open, locked and migrated database of one role.
type db struct {
	sql  *sql.DB
	lock *os.File // nil: shared
	now  func() time.Time
	book *book // the ledger

	writing sync.Mutex // a transaction runs
}

// open opens or creates the database of a role in folder, for this process
// alone.
func open(folder, role string) (*db, error) {
	if err := makeFolder(folder); err != nil {
		return nil, err
	}
	lock, err := acquire(filepath.Join(folder, lockName))
	if err != nil {
		return nil, err
	}
	d, err := openFile(folder, role)
	if err != nil {
		return nil, errors.Join(err, release(lock))
	}
	d.lock = lock
	return d, nil
}

// openShared is open for a role that may run many times at once.
func openShared(folder, role string) (*db, error) {
	if err := makeFolder(folder); err != nil {
		return nil, err
	}
	return openFile(folder, role)
}

func makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Unusable.New("create the store folder: %w", err)
	}
	return nil
}

func openFile(folder, role string) (*db, error) {
	path, err := filepath.Abs(filepath.Join(folder, fileName)) // a file: URI has no relative paths
	if err != nil {
		return nil, Unusable.New("find the store folder: %w", err)
	}
	// SQLite gives its log files the mode of the database file.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, Unusable.New("create the database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, Unusable.New("create the database: %w", err)
	}
	handle, err := sql.Open("sqlite", source(path))
	if err != nil {
		return nil, wrap("open the store", err)
	}
	handle.SetMaxOpenConns(1)
	d := newDB(handle)
	if err := d.prepare(role); err != nil {
		return nil, errors.Join(wrap("open the store", err), handle.Close())
	}
	return d, nil
}

func newDB(handle *sql.DB) *db { return &db{sql: handle, now: time.Now} }

// source is the data source name: durable commits, writers that never wait for
// a lock in the middle of a transaction, deleted secrets overwritten.
func source(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "secure_delete(1)", "trusted_schema(0)",
	}}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

func (d *db) prepare(role string) error {
	var verdict string
	if err := d.sql.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return Corrupt.New("the integrity check failed")
	}
	return d.migrate(role)
}

// migrate applies the migrations that the database does not have yet, each in
// a transaction of its own.
func (d *db) migrate(role string) error {
	const table = `CREATE TABLE IF NOT EXISTS migration (
		version INTEGER PRIMARY KEY, role TEXT NOT NULL, applied INTEGER NOT NULL) STRICT`
	if _, err := d.sql.Exec(table); err != nil {
		return err
	}
	have, owner, err := d.version()
	if err != nil {
		return err
	}
	if owner != "" && owner != role {
		return Unusable.New("this store belongs to a %s, not to a %s", owner, role).With("Give every role a store folder of its own.")
	}
	scripts, err := fs.Glob(schema, "schema/"+role+"/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(scripts)
	if have > len(scripts) {
		return Newer.New("the store has schema version %d, this version of tacit knows %d", have, len(scripts))
	}
	for i := have; i < len(scripts); i++ {
		if err := d.apply(scripts[i], i+1, role); err != nil {
			return fmt.Errorf("migration %d: %w", i+1, err)
		}
	}
	return nil
}

// version returns how many migrations the database has, and of which role.
func (d *db) version() (have int, role string, err error) {
	err = d.sql.QueryRow("SELECT COALESCE(MAX(version), 0), COALESCE(MAX(role), '') FROM migration").Scan(&have, &role)
	return have, role, err
}

func (d *db) apply(script string, version int, role string) error {
	text, err := schema.ReadFile(script)
	if err != nil {
		return err
	}
	return d.write("migrate the store", func(tx *sql.Tx) error {
		var done int
		if err := tx.QueryRow("SELECT COUNT(*) FROM migration WHERE version = ?", version).Scan(&done); err != nil || done > 0 {
			return err // another process was faster
		}
		if _, err := tx.Exec(string(text)); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO migration VALUES (?, ?, ?)", version, role, d.now().UnixMilli())
		return err
	})
}

// write runs f in one transaction: all of it is on disk when write returns nil,
// and none of it otherwise.
func (d *db) write(doing string, f func(*sql.Tx) error) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	tx, err := d.sql.Begin()
	if err != nil {
		return wrap(doing, err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the error that matters is err
		d.book.over(false)
		return wrap(doing, err)
	}
	err = tx.Commit()
	d.book.over(err == nil)
	return wrap(doing, err)
}

// exec runs one statement in a transaction of its own.
func (d *db) exec(doing, statement string, args ...any) error {
	return d.write(doing, func(tx *sql.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	})
}

// one reads one row into dest; [ErrMissing] if there is none.
func (d *db) one(doing, query string, args []any, dest ...any) error {
	err := d.sql.QueryRow(query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrMissing
	}
	return wrap(doing, err)
}

// each calls f for every row.
func (d *db) each(doing, query string, args []any, f func(scan func(...any) error) error) error {
	rows, err := d.sql.Query(query, args...)
	if err != nil {
		return wrap(doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return wrap(doing, err)
		}
	}
	return wrap(doing, rows.Err())
}

// scrub empties the write-ahead log, so that nothing deleted is left in it.
func (d *db) scrub() error {
	_, err := d.sql.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return wrap("empty the log of the store", err)
}

// Close closes the database and gives up the lock.
func (d *db) Close() error {
	err := wrap("close the store", d.sql.Close())
	if d.lock == nil {
		return err
	}
	return errors.Join(err, release(d.lock))
}
