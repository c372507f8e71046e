package store

import (
	"database/sql"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/ledger"
)

// enterCharter enters the keeper's charter if it is another one than was served last, and refuses one
// that does not continue that.
func (d *db) enterCharter(tx *sql.Tx, served charter.Pin) error {
	keeper := &d.book.keeper
	if served.Hash == keeper.Charter {
		return nil
	}
	if served.Version > 0 {
		if err := keeper.Continues(served); err != nil {
			return err
		}
	}
	return d.record(tx, ledger.Entry{Kind: ledger.Charter, Digest: keeper.Charter, Version: keeper.Version})
}

// enterRevocations enters those that are new.
func (d *db) enterRevocations(tx *sql.Tx) error {
	entries, err := d.book.keeper.NewlyRevoked(d.book.revoked)
	if err != nil || len(entries) == 0 {
		return err
	}
	for _, e := range entries {
		d.book.revoked = append(d.book.revoked, e.Digest)
	}
	return d.record(tx, entries...)
}

// Revoke stores which keys are revoked, while the role runs. [charter.ErrUnrevoked] if one is missing that
// was stored before; nothing is stored then. It is called by one goroutine.
func (d *db) Revoke(revoked []charter.Revocation) error {
	keeper := d.book.keeper
	keeper.Revoked = revoked
	entries, err := keeper.NewlyRevoked(d.book.revoked)
	if err != nil || len(entries) == 0 {
		return err
	}
	if err := d.write("store revocations", func(tx *sql.Tx) error { return d.record(tx, entries...) }); err != nil {
		return err
	}
	for _, e := range entries {
		d.book.revoked = append(d.book.revoked, e.Digest)
	}
	return nil
}
