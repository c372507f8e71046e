package store

import (
	"strconv"
	"time"
)

// Limit lets the database grow by at most n more pages, as a full disk would.
func (d *db) Limit(pages int) error {
	var have int
	if err := d.sql.QueryRow("PRAGMA page_count").Scan(&have); err != nil {
		return err
	}
	_, err := d.sql.Exec("PRAGMA max_page_count = " + strconv.Itoa(have+pages))
	return err
}

// SetNow sets the clock of a store.
func (d *db) SetNow(now func() time.Time) { d.now = now }

// FileName is the database inside a store folder.
const FileName = fileName

// AddMigration pretends that a newer version was here.
func (d *db) AddMigration(version int) error {
	return d.exec("", "INSERT INTO migration SELECT ?, role, applied FROM migration LIMIT 1", version)
}

// SealedColumns is how many columns [Reseal] knows.
func SealedColumns() (n int) {
	for _, columns := range sealedBy {
		n += len(columns)
	}
	return n
}
