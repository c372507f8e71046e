package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/store"
)

// manyDebits is a store with 100 000 debits of the last 23 days, 50 000 of them on the account of the University,
// and all of one analyst.
func manyDebits(b *testing.B) *store.Worker {
	folder := b.TempDir()
	w, err := store.OpenWorker(folder, key, keeper)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	db, err := sql.Open("sqlite", filepath.Join(folder, store.FileName))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO debit (job, about, analyst, organisation, rho, until, debited)
		SELECT CAST(printf('%016d', i) AS BLOB), 't', 'ada', CASE i % 2 WHEN 0 THEN 'University' ELSE 'Elsewhere' END, 1,
			unixepoch() * 1000 - i * 20000, 1 FROM n`
	if _, err := db.Exec(fill); err != nil {
		b.Fatal(err)
	}
	return w
}

// BenchmarkAllows: what a decision takes to look into an account with so many debits.
func BenchmarkAllows(b *testing.B) {
	w := manyDebits(b)
	charge := asks(1, 1, ofUniversity(1_000_000)).Charge
	for b.Loop() {
		if err := w.Allows(charge); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOverdraft: the same for a question that costs more than is left, which says when it would fit.
func BenchmarkOverdraft(b *testing.B) {
	w := manyDebits(b)
	charge := asks(1, 20_000, ofUniversity(110_000)).Charge
	for b.Loop() {
		var over *budget.Overdraft
		if err := w.Allows(charge); !errors.As(err, &over) || !over.Ever {
			b.Fatal(err)
		}
	}
}
