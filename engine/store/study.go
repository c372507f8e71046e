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
		const insert = "INSERT INTO study (id, analyst, form, round, job, expires) VALUES (?,?,?,1,?,?) ON CONFLICT DO NOTHING"
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

// continues: the round before was released here; or the same round was accepted, is over, and nothing of
// it was released, so that it may be asked again.
func continues(tx *sql.Tx, r *Round) error {
	const query = `SELECT s.round, EXISTS (SELECT 1 FROM released WHERE job = s.job),
		NOT EXISTS (SELECT 1 FROM job WHERE id = s.job AND ended IS NULL)
		FROM study s WHERE s.id = ? AND s.analyst = ? AND s.form = ?`
	var last int
	var released, ended bool
	err := tx.QueryRow(query, r.Study[:], r.Analyst, r.Form[:]).Scan(&last, &released, &ended)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrRound
	case err != nil:
		return err
	case r.Number == last+1 && released, r.Number == last && !released && ended:
		return nil
	}
	return ErrRound
}
