package store

import (
	"database/sql"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
)

// Asked is a question that others are compared with.
type Asked struct {
	Job          JobID
	Table        string
	Organisation string    // of the analyst
	At           time.Time // decision, input or release, whatever was last
	Attempt      uint32    // last one whose input left; 0: none has
	Plan         []byte    // encoding of the plan
}

const askedPlace = "asked"

// keepAsked is how long a question is kept at least: longer than any window, so that a clock
// which ran ahead for a while has forgotten nothing.
const keepAsked = 400 * 24 * time.Hour

// now that is never less than what was seen before: a clock that was set back would make what
// happens now look old.
const latest = "(SELECT MAX(?, COALESCE((SELECT MAX(at) FROM asked), 0), COALESCE((SELECT MAX(seen) FROM job), 0)))"

// reserve makes an accepted question count, before anything of it is told to anybody.
func (w *Worker) reserve(tx *sql.Tx, job JobID, a *Asked) error {
	if a == nil {
		return nil
	}
	box := w.sealer.seal(a.Plan, askedPlace, job, 0)
	const insert = "INSERT INTO asked (job, about, organisation, at, attempt, box) VALUES (?,?,?," + latest + ",0,?)"
	_, err := tx.Exec(insert, job[:], a.Table, a.Organisation, millis(w.now()), box)
	return err
}

// InputLeaves records that the input of an attempt is about to leave: from now on the question
// counts for good, however the job ends. What it costs is debited, once for a job whatever the number of
// attempts, as one of them at most is ever released; it returns what was debited now. Errors: [ErrStopped], [ErrExpired]; the fault
// [budget.Mispriced] if the price is not what was reserved.
func (w *Worker) InputLeaves(job JobID, attempt uint32, price dp.Rho) (debited dp.Rho, err error) {
	err = w.write("store that an input leaves", func(tx *sql.Tx) error {
		if err := running(tx); err != nil {
			return err
		}
		if err := holds(tx, job, price); err != nil {
			return err
		}
		debited, err = w.touch(tx, job, attempt)
		return err
	})
	return debited, err
}

func (w *Worker) touch(tx *sql.Tx, job JobID, attempt uint32) (debited dp.Rho, err error) {
	if _, err := tx.Exec("UPDATE asked SET at = "+latest+", attempt = ? WHERE job = ?", millis(w.now()), attempt, job[:]); err != nil {
		return 0, err
	}
	if err := w.touchStudy(tx, job); err != nil {
		return 0, err
	}
	return w.pay(tx, job)
}

// drop forgets a question of which nothing has left.
func drop(tx *sql.Tx, job JobID) error {
	_, err := tx.Exec("DELETE FROM asked WHERE job = ? AND attempt = 0", job[:])
	return err
}

// Asked returns the questions about a table that count, in the order of the jobs' ids: those of jobs that are
// not over, and those of which an input left within the window.
func (w *Worker) Asked(table string, window time.Duration) ([]Asked, error) {
	var found []Asked
	const query = `SELECT job, organisation, at, attempt, box FROM asked WHERE about = ?
		AND (at > ? OR job IN (SELECT id FROM job WHERE ended IS NULL)) ORDER BY job`
	args := []any{table, millis(w.now().Add(-window))}
	err := w.each("read earlier questions", query, args, func(scan func(...any) error) error {
		var id, box []byte
		var at int64
		a := Asked{Table: table}
		if err := scan(&id, &a.Organisation, &at, &a.Attempt, &box); err != nil {
			return err
		}
		if len(id) != len(a.Job) {
			return Corrupt.New("an earlier question has a malformed job id")
		}
		a.Job, a.At = JobID(id), instant(at)
		var err error
		a.Plan, err = w.sealer.open(box, askedPlace, a.Job, 0)
		found = append(found, a)
		return err
	})
	return found, err
}

// pruneAsked forgets questions that are older than any window.
func (w *Worker) pruneAsked(tx *sql.Tx) error {
	_, err := tx.Exec("DELETE FROM asked WHERE at < ? AND job NOT IN (SELECT id FROM job WHERE ended IS NULL)",
		millis(w.now().Add(-keepAsked)))
	return err
}
