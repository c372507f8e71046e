package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/fault"
)

// What can go wrong with a store.
var (
	Full = fault.Declare("TACIT-S001", "no space left for the store",
		"A write did not fit on the disk. Nothing that was acknowledged is lost, and the write was undone.",
		"Free space on the disk of the store folder, then start the role again; jobs go on where they were.")
	Corrupt = fault.Declare("TACIT-S002", "store is damaged",
		"The database file does not pass its own integrity check.",
		"Move the store folder away and start with an empty one once every job that this role took part in has expired; check the disk.")
	InUse = fault.Declare("TACIT-S003", "store is in use",
		"Another process has this store folder open. Two instances of one member would release twice.",
		"Stop the other instance, or give this one a folder and an identity of its own.")
	Sealed = fault.Declare("TACIT-S004", "store belongs to another key",
		"A sealed record does not open with this identity.",
		"Start the role with the identity that made this store, or with an empty store folder.")
	Newer = fault.Declare("TACIT-S005", "store is from a newer version",
		"The database has a schema that this version does not know.",
		"Use the newer version of tacit, or an empty store folder.")
	Unusable = fault.Declare("TACIT-S006", "store cannot be used",
		"The store folder cannot be created, read or written.",
		"Check that the folder exists, on a local disk that is not full, and belongs to the user that runs the role.")
)

// ErrExists says that a record that may be written once was already written
// differently.
var ErrExists = errors.New("store: already recorded otherwise")

// ErrMissing says that there is no such record.
var ErrMissing = errors.New("store: no such record")

// ErrExpired says that the time until which a question's debit counts is over: nothing of it may leave any more.
var ErrExpired = errors.New("store: the question has expired")

// isOutcome reports whether an error says how a step ended that the store carried out.
func isOutcome(err error) bool {
	return errors.Is(err, ErrExists) || errors.Is(err, ErrMissing) || errors.Is(err, ErrFull) || errors.Is(err, ErrStopped) || errors.Is(err, ErrExpired)
}

// wrap turns an error of the database into a fault; nil and errors of this
// package stay what they are.
func wrap(doing string, err error) error {
	var f *fault.Fault
	var over *budget.Overdraft
	var spent *Spent
	if err == nil || errors.As(err, &f) || errors.As(err, &over) || errors.As(err, &spent) || isOutcome(err) {
		return err
	}
	kind := Unusable
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			kind = Full
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			kind = Corrupt
		}
	}
	return kind.New("%s: %w", doing, fmt.Errorf("%w", err))
}
