package duckdb

import (
	"context"
	"fmt"
	"sort"

	duck "github.com/duckdb/duckdb-go-bindings"
)

// DB is an in-memory database. Its methods may be called concurrently.
type DB struct{ db duck.Database }

// Open makes an empty in-memory database with the given options, all non-empty.
func Open(options map[string]string) (*DB, error) {
	var config duck.Config
	if duck.CreateConfig(&config) == duck.StateError {
		return nil, &Error{Kind: KindOther, Message: "no configuration"}
	}
	defer duck.DestroyConfig(&config)
	names := make([]string, 0, len(options))
	for name := range options {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if duck.SetConfig(config, name, options[name]) == duck.StateError {
			return nil, &Error{Kind: KindSettings, Message: fmt.Sprintf("option %s refused", name)}
		}
	}
	var db DB
	var message string
	if duck.OpenExt(":memory:", &db.db, config, &message) == duck.StateError {
		return nil, &Error{Kind: KindSettings, Message: message}
	}
	return &db, nil
}

// Close releases the database. No connection may be open.
func (d *DB) Close() { duck.Close(&d.db) }

// Connect opens a connection, which the caller closes.
func (d *DB) Connect() (*Conn, error) {
	var c Conn
	if duck.Connect(d.db, &c.conn) == duck.StateError {
		return nil, &Error{Kind: KindOther, Message: "no connection"}
	}
	return &c, nil
}

// Query runs one statement on a connection of its own and streams the result. The
// caller releases the reader, which must not outlive the database.
func (d *DB) Query(ctx context.Context, sql string) (*Reader, error) {
	c, err := d.Connect()
	if err != nil {
		return nil, err
	}
	r, err := c.Query(ctx, sql)
	if err != nil {
		c.Close()
		return nil, err
	}
	r.cleanup = append(r.cleanup, c.Close)
	return r, nil
}

// Exec runs statements on a connection of its own, in order, until one fails.
func (d *DB) Exec(ctx context.Context, statements ...string) error {
	c, err := d.Connect()
	if err != nil {
		return err
	}
	defer c.Close()
	for _, sql := range statements {
		if err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// Version is the version of the engine, such as "v1.5.6".
func Version() string { return duck.LibraryVersion() }
