package store

import (
	"database/sql"
	"errors"
	"time"
)

// Round is a job as one round of a study.
type Round struct {
	Study   [32]byte
	Analyst string   // member id
	Form    [32]byte // hash of what the rounds of the study share
	Number  int      // from 1
	Expires time.Time
}

// ErrRound says that a job is not the next round of a study that was accepted here.
var ErrRound = errors.New("store: not the next round of a study")

// Continues says whether a later round may be accepted now. Errors: [ErrRound].
func (w *Worker) Continues(r *Round) error {
	if r == nil || r.Number <= 1 {
		return nil
	}
	return w.write("read a study", func(tx *sql.Tx) error { return continues(tx, r) })
}

// enter makes an accepted job the last round of its study. Errors: [ErrRound].
func (w *Worker) enter(tx *sql.Tx, o *Offered) error {
	r := o.Round
	switch {
	case r == nil:
		return nil
	case r.Number == 1:
		if _, err := tx.Exec("DELETE FROM study WHERE expires < ?", millis(w.now())); err != nil {
			return err
		}
		const insert = "INSERT INTO study (id, analyst, form, round, job, first, expires) VALUES (?,?,?,1,?4,?4,?) ON CONFLICT DO NOTHING"
		return roundOf(once(tx.Exec(insert, r.Study[:], r.Analyst, r.Form[:], o.ID[:], millis(r.Expires))))
	}
	if err := continues(tx, r); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE study SET round = ?, job = ? WHERE id = ?", r.Number, o.ID[:], r.Study[:])
	return err
}

func roundOf(err error) error {
	if errors.Is(err, ErrExists) {
		return ErrRound
	}
	return err
}

// continues: the round before was released, here or by those who were enough without this owner; or the same round
// failed, and nothing of it was released here, so that it may be asked again.
//
// That a number is released here once at most is what counts: any two sets of owners that can open a round share
// one that is honest, so no round is opened twice. It must not matter that others were a little faster, or
// that the next round is heard of before the end of the last one.
func continues(tx *sql.Tx, r *Round) error {
	const query = `SELECT s.round, COALESCE(job.ended IS NULL, 0), COALESCE(job.ending, ''),
		EXISTS (SELECT 1 FROM released WHERE released.job = s.job),
		EXISTS (SELECT 1 FROM asked WHERE asked.job = s.first AND attempt > 0)
		FROM study s LEFT JOIN job ON job.id = s.job WHERE s.id = ? AND s.analyst = ? AND s.form = ?`
	var last int
	var runs, released, began bool
	var ending string
	err := tx.QueryRow(query, r.Study[:], r.Analyst, r.Form[:]).Scan(&last, &runs, &ending, &released, &began)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrRound
	case err != nil:
		return err
	case ending == WithdrawnEnding || !began: // this owner has left the study, or was never in it
		return ErrRound
	case r.Number == last+1 && (released || runs || ending == string(Released)):
		return nil
	case r.Number == last && !released && (ending == string(Failed) || ending == string(Cancelled) || ending == string(Refused)):
		return nil
	}
	return ErrRound
}

// touchStudy makes the first round, which stands for all, as young as the round whose input leaves.
func (w *Worker) touchStudy(tx *sql.Tx, job JobID) error {
	_, err := tx.Exec("UPDATE asked SET at = "+latest+" WHERE job = (SELECT first FROM study WHERE job = ?)", millis(w.now()), job[:])
	return err
}

// endStudies ends every study: what was accepted before a stop is not taken up after it.
func endStudies(tx *sql.Tx) error {
	_, err := tx.Exec("DELETE FROM study")
	return err
}
