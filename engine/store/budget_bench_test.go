package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/tacit-space/tacit/engine/store"
)

// BenchmarkAllows: what a decision takes to look into an account, with 100 000 debits in the store, 50 000 of them on
// the account.
func BenchmarkAllows(b *testing.B) {
	folder := b.TempDir()
	w, err := store.OpenWorker(folder, key, keeper)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	db, err := sql.Open("sqlite", filepath.Join(folder, store.FileName))
	if err != nil {
		b.Fatal(err)
	}
	const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO debit (job, about, analyst, organisation, rho, until, debited)
		SELECT CAST(printf('%016d', i) AS BLOB), 't', 'ada', CASE i % 2 WHEN 0 THEN 'University' ELSE 'Elsewhere' END, 1, 1 << 50, 1 FROM n`
	if _, err := db.Exec(fill); err != nil {
		b.Fatal(err)
	}
	db.Close()
	charge := asks(1, 1, ofUniversity(1_000_000)).Charge
	for b.Loop() {
		if err := w.Allows(charge); err != nil {
			b.Fatal(err)
		}
	}
}
