package store

import (
	"bytes"
	"database/sql"
	"errors"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/ledger"
)

// Worker is the state of a worker. It keeps the three promises that a worker
// makes across restarts: one decision per job, one machine per attempt, one
// release per job.
type Worker struct {
	*db
	sealer sealer
}

// OpenWorker opens or creates the store in folder. The key seals secrets at
// rest; the keeper signs the ledger.
func OpenWorker(folder string, key [32]byte, keeper ledger.Keeper) (*Worker, error) {
	d, s, err := openSealed(folder, ledger.Worker, open, key, keeper)
	if err != nil {
		return nil, err
	}
	return &Worker{d, s}, nil
}

func openSealed(folder string, role ledger.Role, open func(string, string) (*db, error), key [32]byte, keeper ledger.Keeper) (*db, sealer, error) {
	s, err := newSealer(key)
	if err != nil {
		return nil, sealer{}, err
	}
	d, err := open(folder, string(role))
	if err != nil {
		return nil, sealer{}, err
	}
	if err := d.check(s); err != nil {
		return nil, sealer{}, errors.Join(err, d.Close())
	}
	if err := d.openLedger(role, keeper); err != nil {
		return nil, sealer{}, errors.Join(err, d.Close())
	}
	return d, s, nil
}

// Offered is a job as a worker knows it.
type Offered struct {
	ID       JobID
	Manifest [32]byte
	Offer    []byte         // as received; nil if refused, or over
	Analyst  string         // member id
	About    ledger.Subject // for the ledger; not read back
	Beside   []ledger.Entry // that follow the one that it was asked; see [ledger.RoundOf]
	Accepted bool
	Reason   Reason // of a refusal, or of a withdrawal
	Expires  time.Time
	Ended    bool           // over for this worker
	Ending   string         // how
	Waits    bool           // for a person: not decided
	Asked    *Asked         // to Decide only: the question, if it is accepted and others are compared with it
	Rule     string         // that made the decision; "": not known
	Counting *Counting      // to Decide only: what quotas count it by, if it is accepted
	Charge   *budget.Charge // to Decide only: what it costs; nil: nothing
	Approved []string       // to Decide only: who approved it
	Denied   string         // to Decide only: who refused it
	Round    *Round         // to Decide only: of a study, if it is accepted
}

const offeredColumns = "id, manifest, offer, analyst, accepted, code, message, remedy, expires, ended IS NOT NULL, ending, rule"

// Decide stores the first and only decision on a job, which is new or waits for a person. Errors: [ErrExists]
// if it was decided before, whatever was decided; [ErrStopped]; and if it is accepted and costs more than is
// left, [*budget.Overdraft], or if a quota has no room, [*Spent].
func (w *Worker) Decide(o Offered) error {
	var offer []byte
	var ended any
	if o.Accepted {
		offer = o.Offer
	} else {
		ended = millis(w.now())
	}
	const insert = `INSERT INTO job (id, manifest, offer, analyst, accepted, code, message, remedy, seen, expires, ended, rule)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET offer = excluded.offer, accepted = excluded.accepted,
		code = excluded.code, message = excluded.message, remedy = excluded.remedy, ended = excluded.ended, rule = excluded.rule
		WHERE NOT job.accepted AND job.ended IS NULL AND job.manifest = excluded.manifest`
	return w.write("store a decision", func(tx *sql.Tx) error {
		waited, err := isParked(tx, o.ID, o.Manifest)
		if err != nil {
			return err
		}
		if o.Accepted {
			if err := running(tx); err != nil {
				return err
			}
		}
		err = once(tx.Exec(insert, o.ID[:], o.Manifest[:], offer, o.Analyst, o.Accepted,
			o.Reason.Code, o.Reason.Message, o.Reason.Remedy, millis(w.now()), millis(o.Expires), ended, o.Rule))
		if err != nil {
			return err
		}
		verdict := ledger.Refused
		if o.Accepted {
			verdict = ledger.Accepted
			if err := w.reserve(tx, o.ID, o.Asked); err != nil {
				return err
			}
			if err := w.hold(tx, &o); err != nil {
				return err
			}
			if err := w.count(tx, o.ID, o.Counting); err != nil {
				return err
			}
			if err := w.enter(tx, &o); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("DELETE FROM notice WHERE job = ?", o.ID[:]); err != nil {
			return err
		}
		var entries []ledger.Entry
		if !waited {
			entries = append(append(entries, ledger.Entry{Kind: ledger.Asked, About: o.About}), o.Beside...)
		}
		for _, who := range o.Approved {
			entries = append(entries, ledger.Entry{Kind: ledger.Approved, Member: who})
		}
		if o.Denied != "" {
			entries = append(entries, ledger.Entry{Kind: ledger.Denied, Member: o.Denied})
		}
		entries = append(entries, ledger.Entry{Kind: verdict, Member: w.book.keeper.Member, Code: o.Reason.Code})
		return w.recordOf(tx, o.ID, entries...)
	})
}

// manifestOf returns the hash of the manifest of a job.
func manifestOf(tx *sql.Tx, job JobID) (hash [32]byte, err error) {
	var blob []byte
	err = tx.QueryRow("SELECT manifest FROM job WHERE id = ?", job[:]).Scan(&blob)
	if err == nil && len(blob) != len(hash) {
		err = Corrupt.New("a job has a malformed manifest")
	}
	copy(hash[:], blob)
	return hash, err
}

// recordOf appends entries about a job that is stored.
func (d *db) recordOf(tx *sql.Tx, job JobID, entries ...ledger.Entry) error {
	manifest, err := manifestOf(tx, job)
	if err != nil {
		return err
	}
	for i := range entries {
		entries[i].Job, entries[i].Manifest = job, manifest
	}
	return d.record(tx, entries...)
}

// Job returns one job, or [ErrMissing].
func (w *Worker) Job(id JobID) (Offered, error) {
	found, err := w.offered("WHERE id = ?", id[:])
	if err != nil {
		return Offered{}, err
	}
	if len(found) == 0 {
		return Offered{}, ErrMissing
	}
	return found[0], nil
}

// Live returns the jobs that were accepted and are not over, oldest first.
func (w *Worker) Live() ([]Offered, error) {
	return w.offered("WHERE ended IS NULL AND accepted ORDER BY seen, id")
}

// Withdrawn returns the jobs that the worker withdrew from and that have not expired.
func (w *Worker) Withdrawn() ([]Offered, error) {
	return w.offered("WHERE ending = ? AND expires > ? ORDER BY seen, id", WithdrawnEnding, millis(w.now()))
}

func (w *Worker) offered(where string, args ...any) ([]Offered, error) {
	var found []Offered
	err := w.each("read jobs", "SELECT "+offeredColumns+" FROM job "+where, args, func(scan func(...any) error) error {
		var o Offered
		err := o.scan(scan)
		found = append(found, o)
		return err
	})
	return found, err
}

// scan reads offeredColumns, and what comes after them.
func (o *Offered) scan(scan func(...any) error, more ...any) error {
	var id, manifest []byte
	var expires int64
	columns := []any{
		&id, &manifest, &o.Offer, &o.Analyst, &o.Accepted, &o.Reason.Code, &o.Reason.Message,
		&o.Reason.Remedy, &expires, &o.Ended, &o.Ending, &o.Rule,
	}
	if err := scan(append(columns, more...)...); err != nil {
		return err
	}
	if len(id) != len(o.ID) || len(manifest) != len(o.Manifest) {
		return Corrupt.New("a job has a malformed id")
	}
	o.ID, o.Manifest, o.Expires = JobID(id), [32]byte(manifest), instant(expires)
	o.Waits = !o.Accepted && !o.Ended
	return nil
}

// BeginAttempt makes number the one attempt of the job that runs here, and
// drops the state of an earlier one for good. [ErrExists] if this or a later
// attempt was begun, if the job is over, or if it was released; [ErrStopped].
func (w *Worker) BeginAttempt(job JobID, number uint32) error {
	return w.write("store an attempt", func(tx *sql.Tx) error {
		if err := beginAttempt(tx, job, number); err != nil {
			return err
		}
		return w.recordOf(tx, job, ledger.Entry{Kind: ledger.Begun, Attempt: number})
	})
}

func beginAttempt(tx *sql.Tx, job JobID, number uint32) error {
	if err := running(tx); err != nil {
		return err
	}
	const upsert = `INSERT INTO attempt (job, number)
		SELECT id, ? FROM job WHERE id = ? AND ended IS NULL AND accepted
		AND NOT EXISTS (SELECT 1 FROM released WHERE released.job = job.id)
		ON CONFLICT (job) DO UPDATE SET number = excluded.number, state = NULL WHERE excluded.number > number`
	return once(tx.Exec(upsert, number, job[:]))
}

// Persist replaces the machine's state of the attempt that runs, sealed.
// [ErrExists] if another attempt took its place.
func (w *Worker) Persist(job JobID, number uint32, state []byte) error {
	box := w.sealer.seal(state, "attempt", job, number)
	return w.write("store the state of an attempt", func(tx *sql.Tx) error {
		return once(tx.Exec("UPDATE attempt SET state = ? WHERE job = ? AND number = ?", box, job[:], number))
	})
}

// Attempt returns the number of the attempt that runs and its machine's state,
// nil if it persisted nothing; [ErrMissing] if none was begun.
func (w *Worker) Attempt(job JobID) (number uint32, state []byte, err error) {
	var box []byte
	err = w.one("read an attempt", "SELECT number, state FROM attempt WHERE job = ?", []any{job[:]}, &number, &box)
	if err != nil || box == nil {
		return number, nil, err
	}
	state, err = w.sealer.open(box, "attempt", job, number)
	return number, state, err
}

// Release records that the attempt releases the job. A job is released once:
// the same attempt and digest again is fine, anything else is [ErrExists], also
// if the attempt is not the one that runs; [ErrStopped], [ErrExpired].
func (w *Worker) Release(job JobID, attempt uint32, digest [32]byte) error {
	const insert = `INSERT INTO released (job, attempt, digest, at)
		SELECT job, number, ?, ? FROM attempt WHERE job = ? AND number = ? ON CONFLICT DO NOTHING`
	return w.write("store a release", func(tx *sql.Tx) error {
		if err := running(tx); err != nil {
			return err
		}
		err := once(tx.Exec(insert, digest[:], millis(w.now()), job[:], attempt))
		if err == nil {
			if _, err := w.touch(tx, job, attempt); err != nil {
				return err
			}
			return w.recordOf(tx, job, ledger.Entry{Kind: ledger.Released, Attempt: attempt, Digest: digest})
		}
		if !errors.Is(err, ErrExists) {
			return err
		}
		var number uint32
		var have []byte
		err = tx.QueryRow("SELECT attempt, digest FROM released WHERE job = ?", job[:]).Scan(&number, &have)
		if errors.Is(err, sql.ErrNoRows) || err == nil && (number != attempt || !bytes.Equal(have, digest[:])) {
			return ErrExists
		}
		return err
	})
}

// Released reports whether the job was released, and by which attempt.
func (w *Worker) Released(job JobID) (attempt uint32, released bool, err error) {
	err = w.one("read a release", "SELECT attempt FROM released WHERE job = ?", []any{job[:]}, &attempt)
	if errors.Is(err, ErrMissing) {
		return 0, false, nil
	}
	return attempt, err == nil, err
}

// Releases returns the attempt of every release, oldest first.
func (w *Worker) Releases() ([]uint32, error) {
	var attempts []uint32
	err := w.each("read releases", "SELECT attempt FROM released ORDER BY at", nil, func(scan func(...any) error) error {
		var attempt uint32
		err := scan(&attempt)
		attempts = append(attempts, attempt)
		return err
	})
	return attempts, err
}

// Ending is how a job ended for a worker.
type Ending struct {
	How    string // [WithdrawnEnding], or what the coordinator said
	Reason Reason // why it withdrew
	Usage  ledger.Usage
	Sole   bool // nothing of the question opens without this worker's release
}

// WithdrawnEnding is how a job ends that the worker withdrew from.
const WithdrawnEnding = "withdrawn"

// End records that the job is over for this worker and erases the machine's
// state. The decision and the release stay; what the job reserved of a budget goes back. It returns what was
// refunded of a debit.
func (w *Worker) End(job JobID, e Ending) (refunded dp.Rho, err error) {
	err = w.write("store the end of a job", func(tx *sql.Tx) error {
		const update = `UPDATE job SET ended = ?, ending = ?, code = ?, message = ?, remedy = ?, offer = NULL
			WHERE id = ? AND ended IS NULL`
		err := once(tx.Exec(update, millis(w.now()), e.How, e.Reason.Code, e.Reason.Message, e.Reason.Remedy, job[:]))
		if err == nil {
			err = w.recordEnd(tx, job, e)
		}
		if err != nil && !errors.Is(err, ErrExists) {
			return err
		}
		for _, table := range []string{"attempt", "notice"} {
			if _, err := tx.Exec("DELETE FROM "+table+" WHERE job = ?", job[:]); err != nil {
				return err
			}
		}
		if err := drop(tx, job); err != nil {
			return err
		}
		refunded, err = w.settle(tx, job, e.Sole)
		return err
	})
	if err != nil {
		return 0, err
	}
	return refunded, w.scrub()
}

func (w *Worker) recordEnd(tx *sql.Tx, job JobID, e Ending) error {
	ended := ledger.Entry{Kind: ledger.Ended, State: e.How, Code: e.Reason.Code, Usage: e.Usage}
	if e.How != WithdrawnEnding {
		return w.recordOf(tx, job, ended)
	}
	return w.recordOf(tx, job, ledger.Entry{Kind: ledger.Withdrawn, Member: w.book.keeper.Member, Code: e.Reason.Code}, ended)
}

// Prune forgets jobs that are over and expired longer than keep ago, and
// returns how many. An expired job is refused, so forgetting one cannot release
// it twice.
func (w *Worker) Prune(keep time.Duration) (int64, error) {
	var gone int64
	limit := millis(w.now().Add(-keep))
	err := w.write("prune the store", func(tx *sql.Tx) error {
		const old = "SELECT id FROM job WHERE ended < ? AND expires < ?"
		if _, err := tx.Exec("DELETE FROM released WHERE job IN ("+old+")", limit, limit); err != nil {
			return err
		}
		var err error
		if gone, err = count(tx.Exec("DELETE FROM job WHERE ended < ? AND expires < ?", limit, limit)); err != nil {
			return err
		}
		if err := w.pruneAsked(tx); err != nil {
			return err
		}
		return w.pruneCounted(tx)
	})
	return gone, err
}
