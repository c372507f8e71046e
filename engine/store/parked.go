package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/tacit-space/tacit/engine/ledger"
)

// ErrFull says that as many jobs wait for a person as may.
var ErrFull = errors.New("store: too many jobs wait")

// Parking is why and how long a job waits for a person.
type Parking struct {
	Deadline time.Time
	Grounds  []byte // why; see package approval
	Notes    []byte // what else people are shown, JSON
	Notify   bool   // a notice is posted

	Max, MaxOfAnalyst int // jobs that wait, this one included
}

// Parked is a job that waits for a person.
type Parked struct {
	Offered
	Since    time.Time
	Deadline time.Time
	Grounds  []byte
	Notes    []byte
	Answers  [][]byte // unchecked, oldest first
}

// maxAnswers of one job that are kept, and read.
const maxAnswers = 100

// Park stores that a job waits for a person. It may be parked again, on other grounds: then it waits as
// long as before, and what was answered so far counts no more. [ErrFull] if too many wait,
// [ErrExists] if the job was decided, or another one has its id, [ErrStopped].
func (w *Worker) Park(o Offered, p Parking) error {
	return w.write("store a job that waits", func(tx *sql.Tx) error {
		if err := running(tx); err != nil {
			return err
		}
		known, err := isParked(tx, o.ID, o.Manifest)
		switch {
		case err != nil:
			return err
		case known:
			return w.parkAgain(tx, o, p)
		}
		return w.parkFirst(tx, o, p)
	})
}

// isParked reports whether this very job waits.
func isParked(tx *sql.Tx, job JobID, manifest [32]byte) (bool, error) {
	var n int
	err := tx.QueryRow("SELECT COUNT(*) FROM job WHERE id = ? AND manifest = ? AND NOT accepted AND ended IS NULL", job[:], manifest[:]).Scan(&n)
	return n > 0, err
}

const countWaiting = "SELECT COUNT(*), COUNT(*) FILTER (WHERE analyst = ?) FROM job WHERE NOT accepted AND ended IS NULL"

// CountWaiting returns how many jobs wait for a person, and how many of them are of an analyst.
func (w *Worker) CountWaiting(analyst string) (all, own int, err error) {
	err = w.one("count the jobs that wait", countWaiting, []any{analyst}, &all, &own)
	return all, own, err
}

func (w *Worker) parkFirst(tx *sql.Tx, o Offered, p Parking) error {
	var all, own int
	if err := tx.QueryRow(countWaiting, o.Analyst).Scan(&all, &own); err != nil {
		return err
	}
	if all >= p.Max || own >= p.MaxOfAnalyst {
		return ErrFull
	}
	now := millis(w.now())
	const insert = `INSERT INTO job (id, manifest, offer, analyst, accepted, code, message, remedy, seen, expires)
		VALUES (?,?,?,?,0,'','','',?,?) ON CONFLICT DO NOTHING`
	if err := once(tx.Exec(insert, o.ID[:], o.Manifest[:], o.Offer, o.Analyst, now, millis(o.Expires))); err != nil {
		return err
	}
	const park = "INSERT INTO parked (job, since, deadline, grounds, notes) VALUES (?,?,?,?,?)"
	if _, err := tx.Exec(park, o.ID[:], now, millis(p.Deadline), p.Grounds, present(p.Notes)); err != nil {
		return err
	}
	if err := w.enterNotice(tx, o.ID, p.Notify); err != nil {
		return err
	}
	parked := ledger.Entry{Kind: ledger.Parked, Job: o.ID, Manifest: o.Manifest, Member: w.book.keeper.Member}
	return w.record(tx, append(asked(o.ID, o.Manifest, o.About, o.Beside), parked)...)
}

// parkAgain changes nothing if the grounds are the same.
func (w *Worker) parkAgain(tx *sql.Tx, o Offered, p Parking) error {
	err := once(tx.Exec("UPDATE parked SET grounds = ?, notes = ? WHERE job = ? AND grounds <> ?", p.Grounds, present(p.Notes), o.ID[:], p.Grounds))
	if errors.Is(err, ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM answer WHERE job = ?", o.ID[:]); err != nil {
		return err
	}
	if err := w.enterNotice(tx, o.ID, p.Notify); err != nil {
		return err
	}
	return w.recordOf(tx, o.ID, ledger.Entry{Kind: ledger.Parked, Member: w.book.keeper.Member})
}

// Waiting returns the jobs that wait for a person, oldest first.
func (d *db) Waiting() ([]Parked, error) {
	var found []Parked
	const query = "SELECT " + offeredColumns + `, since, deadline, grounds, notes FROM job JOIN parked ON parked.job = job.id
		WHERE NOT accepted AND ended IS NULL ORDER BY since, id`
	err := d.each("read jobs that wait", query, nil, func(scan func(...any) error) error {
		var p Parked
		var since, deadline int64
		if err := p.Offered.scan(scan, &since, &deadline, &p.Grounds, &p.Notes); err != nil {
			return err
		}
		p.Since, p.Deadline = instant(since), instant(deadline)
		found = append(found, p)
		return nil
	})
	for i := range found {
		if err == nil {
			err = d.answers(&found[i])
		}
	}
	return found, err
}

// Grounds returns why a job waited for a person; nil if it never did.
func (d *db) Grounds(job JobID) ([]byte, error) {
	var grounds []byte
	err := d.one("read why a job waited", "SELECT grounds FROM parked WHERE job = ?", []any{job[:]}, &grounds)
	if errors.Is(err, ErrMissing) {
		return nil, nil
	}
	return grounds, err
}

func (d *db) answers(p *Parked) error {
	const query = "SELECT body FROM answer WHERE job = ? ORDER BY at, body LIMIT ?"
	return d.each("read answers", query, []any{p.ID[:], maxAnswers}, func(scan func(...any) error) error {
		var body []byte
		err := scan(&body)
		p.Answers = append(p.Answers, body)
		return err
	})
}

// enterNotice makes a notice due.
func (w *Worker) enterNotice(tx *sql.Tx, job JobID, wanted bool) error {
	if !wanted {
		return nil
	}
	_, err := tx.Exec("INSERT INTO notice (job, tries, due) VALUES (?,0,?) ON CONFLICT DO UPDATE SET tries = 0, due = excluded.due",
		job[:], millis(w.now()))
	return err
}

// Notice is one that is still to be posted.
type Notice struct {
	Job   JobID
	Tries int // so far
	Due   time.Time
}

// NextNotice returns the notice that is due first; [ErrMissing] if there is none.
func (w *Worker) NextNotice() (Notice, error) {
	var n Notice
	var id []byte
	var due int64
	err := w.one("read a notice", "SELECT job, tries, due FROM notice ORDER BY due, job LIMIT 1", nil, &id, &n.Tries, &due)
	if err == nil && len(id) != len(n.Job) {
		err = Corrupt.New("a notice has a malformed job id")
	}
	if err != nil {
		return Notice{}, err
	}
	n.Job, n.Due = JobID(id), instant(due)
	return n, nil
}

// TryNotice counts a try before it is made, and sets when the next one is due.
func (w *Worker) TryNotice(job JobID, next time.Time) error {
	return w.exec("count a try of a notice", "UPDATE notice SET tries = tries + 1, due = ? WHERE job = ?", millis(next), job[:])
}

// DropNotice forgets a notice: it was posted, or is given up.
func (w *Worker) DropNotice(job JobID) error {
	return w.exec("forget a notice", "DELETE FROM notice WHERE job = ?", job[:])
}

// Version is a number that changes when another process has written to the store.
func (w *Worker) Version() (int64, error) {
	var version int64
	err := w.one("look for changes", "PRAGMA data_version", nil, &version)
	return version, err
}
