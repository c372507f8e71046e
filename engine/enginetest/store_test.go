package enginetest_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/store"
)

// When a write fails the coordinator stops with the fault of the store, before
// anything that rests on the write is sent; after the next start the job goes on.
// Here the write fails because something else holds the file.
func TestStoreFails(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the store's busy timeout of 5 s")
	}
	s := five(t)
	reached := s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	release := hold(t, filepath.Join(s.Store(enginetest.CoordinatorID), "tacit.db"))
	s.Gates["owner1"].Open()
	wantCode(t, s.CoordinatorEnded(), store.Unusable)
	release()
	s.StartCoordinator()
	if answer := q.Want(s.Owners...); answer.Provenance.Attempt != 2 {
		t.Errorf("attempt %d, want a second one: U3 was not stored", answer.Provenance.Attempt)
	}
}

// hold keeps every other connection from writing to a database.
func hold(t *testing.T, file string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
