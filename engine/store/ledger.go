package store

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"

	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/ledger"
)

// book is the ledger of an open store. It is used inside of [db.write] only.
type book struct {
	keeper ledger.Keeper
	role   ledger.Role
	head   head // as it was committed last, as far as this process knows
	next   head // as the transaction that runs has it

	revoked [][32]byte // digests of the revocations that are entered
}

// over takes note of the end of a transaction.
func (b *book) over(committed bool) {
	switch {
	case b == nil:
	case committed:
		b.head = b.next
	default:
		b.next = b.head
	}
}

// head is a checkpoint with the tree that it stands for.
type head struct {
	ledger.Checkpoint
	tree ledger.Tree
}

// openLedger verifies the whole ledger against its signed checkpoint, begins it if there
// is none, and enters the charter if it is another one than before. A charter that does not
// continue the one before is refused: see [charter.Continues].
func (d *db) openLedger(role ledger.Role, keeper ledger.Keeper) error {
	if keeper.Member == "" {
		return ledger.Forged.New("the identity is no member's of space %s, and can sign no ledger", keeper.Space)
	}
	d.book = &book{keeper: keeper, role: role}
	return d.write("open the ledger", func(tx *sql.Tx) error {
		served, err := d.book.verify(tx)
		if err != nil {
			return err
		}
		if role == ledger.Worker {
			if err := refill(tx); err != nil {
				return err
			}
		}
		if err := d.enterCharter(tx, served); err != nil {
			return err
		}
		return d.enterRevocations(tx)
	})
}

// joinLedger is openLedger for a process beside the role: which charter is in force is for the role to
// enter.
func (d *db) joinLedger(role ledger.Role, keeper ledger.Keeper) error {
	if keeper.Member == "" {
		return ledger.Forged.New("the identity is no member's of space %s, and can sign no ledger", keeper.Space)
	}
	d.book = &book{keeper: keeper, role: role}
	return d.write("open the ledger", func(tx *sql.Tx) error {
		_, err := d.book.verify(tx)
		return err
	})
}

// verify reads all entries and returns the charter that the last one with a charter names; its
// version is 0 if none does.
func (b *book) verify(tx *sql.Tx) (served charter.Pin, err error) {
	h, err := b.read(tx)
	if err != nil {
		return served, err
	}
	audit, err := b.audit(tx)
	if err != nil {
		return served, err
	}
	var tree ledger.Tree
	err = eachEntry(tx, func(body []byte) error {
		e, err := ledger.ParseEntry(body)
		switch {
		case err != nil || e.Seq != tree.Size():
			return ledger.Rewritten.New("entry %d of this store is not as it was written", tree.Size())
		case e.Kind == ledger.Charter:
			served = charter.Pin{Version: int(e.Version), Hash: e.Digest}
		case e.Kind == ledger.Revoked:
			b.revoked = append(b.revoked, e.Digest)
		}
		audit.Add(&e)
		tree.Append(body)
		return nil
	})
	switch {
	case err != nil:
		return served, err
	case tree.Size() != h.Size:
		return served, ledger.Rewritten.New("the ledger of this store has %d entries, its checkpoint %d", tree.Size(), h.Size)
	case h.Size > 0 && tree.Root() != h.Root:
		return served, ledger.Rewritten.New("the entries of this store are not those of its checkpoint")
	}
	b.next = h
	return served, audit.Err()
}

// audit begins to compare the privacy budgets, which a worker has, with the ledger.
func (b *book) audit(tx *sql.Tx) (*budget.Audit, error) {
	if b.role != ledger.Worker {
		return budget.NewAudit(nil), nil
	}
	lines, err := linesOf(tx)
	return budget.NewAudit(lines), err
}

// eachEntry calls f with every entry, in order, and makes sure that no number is missing.
func eachEntry(tx *sql.Tx, f func(body []byte) error) error {
	rows, err := tx.Query("SELECT seq, body FROM ledger ORDER BY seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	for want := int64(0); rows.Next(); want++ {
		var seq int64
		var body []byte
		if err := rows.Scan(&seq, &body); err != nil {
			return err
		}
		if seq != want {
			return ledger.Rewritten.New("entry %d of this store is missing", want)
		}
		if err := f(body); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read returns the stored head: the one that this process knows, or one that another
// process of the same member signed later. The zero head is that of no ledger.
func (b *book) read(tx *sql.Tx) (head, error) {
	var edge, note []byte
	err := tx.QueryRow("SELECT edge, note FROM ledger_head").Scan(&edge, &note)
	if errors.Is(err, sql.ErrNoRows) {
		edge, note, err = nil, nil, nil
	}
	if err != nil {
		return head{}, err
	}
	if bytes.Equal(b.next.Note, note) {
		return b.next, nil
	}
	return b.open(edge, note)
}

// open verifies a head that this process did not write.
func (b *book) open(edge, note []byte) (head, error) {
	c, err := ledger.OpenCheckpoint(note, b.keeper.Trust())
	if err != nil {
		return head{}, err
	}
	if c.Origin.Member != b.keeper.Member || c.Origin.Role != b.role {
		return head{}, ledger.Forged.New("this store has the ledger %s", c.Origin)
	}
	if b.head.Note != nil && (c.Origin != b.head.Origin || c.Size <= b.head.Size) {
		return head{}, ledger.Truncated.New("this store was put back to %d entries, there were %d", c.Size, b.head.Size)
	}
	tree, err := ledger.TreeOf(c.Size, edge)
	if err != nil || tree.Root() != c.Root {
		return head{}, ledger.Rewritten.New("the tree of this store is not that of its checkpoint")
	}
	return head{c, tree}, nil
}

// record appends entries in the transaction of the fact that they are about. It sets
// their numbers and times.
func (d *db) record(tx *sql.Tx, entries ...ledger.Entry) error {
	b := d.book
	last, err := b.read(tx)
	if err != nil {
		return err
	}
	tree, id := last.tree.Clone(), last.Origin.ID
	if tree.Size() == 0 {
		opened := ledger.Entry{Kind: ledger.Opened}
		if _, err := rand.Read(opened.Digest[:]); err != nil {
			return err
		}
		id = [8]byte(opened.Digest[:8])
		entries = append([]ledger.Entry{opened}, entries...)
	}
	for _, e := range entries {
		e.Seq, e.Time = tree.Size(), millis(d.now())
		body := e.Marshal()
		if _, err := tx.Exec("INSERT INTO ledger (seq, body) VALUES (?,?)", int64(e.Seq), body); err != nil {
			return err
		}
		tree.Append(body)
	}
	c, err := b.keeper.Checkpoint(b.role, id, &tree)
	if err != nil {
		return err
	}
	const upsert = "INSERT INTO ledger_head (one, edge, note) VALUES (1,?,?) ON CONFLICT DO UPDATE SET edge = excluded.edge, note = excluded.note"
	if _, err := tx.Exec(upsert, tree.Edge(), c.Note); err != nil {
		return err
	}
	b.next = head{c, tree}
	return nil
}

// asked returns the entries of a job that was asked.
func asked(job JobID, manifest [32]byte, about ledger.Subject, beside []ledger.Entry) []ledger.Entry {
	all := append([]ledger.Entry{{Kind: ledger.Asked, About: about}}, beside...)
	for i := range all {
		all[i].Job, all[i].Manifest = job, manifest
	}
	return all
}
