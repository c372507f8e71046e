package store

import (
	"database/sql"
	"errors"
	"time"
)

// Analyst is the state of an analyst's client. Several clients may have it open,
// as each question is asked by one of them.
type Analyst struct {
	*db
	sealer sealer
}

// OpenAnalyst opens or creates the store in folder, which other processes may
// have open too. The key seals secrets at rest.
func OpenAnalyst(folder string, key [32]byte) (*Analyst, error) {
	d, s, err := openSealed(folder, "analyst", openShared, key)
	if err != nil {
		return nil, err
	}
	return &Analyst{d, s}, nil
}

// QuestionState is how far a question is.
type QuestionState string

// States of a question.
const (
	Stored       QuestionState = "stored"    // perhaps not submitted yet
	Sent         QuestionState = "submitted" // the coordinator has it
	Answered     QuestionState = "answered"  // its secret is erased
	Unanswerable QuestionState = "failed"    // the job is over without a result
)

// Question is a question that was asked.
type Question struct {
	Job     JobID
	Record  []byte // opened; nil once erased
	State   QuestionState
	Code    string // of the failure
	Created time.Time
	Expires time.Time
}

// Add stores a new question, its record sealed.
func (a *Analyst) Add(q Question) error {
	box := a.sealer.seal(q.Record, "question", q.Job, 0)
	now := millis(a.now())
	return a.exec("store a question", "INSERT INTO question (job, record, state, code, created, updated, expires) VALUES (?,?,?,'',?,?,?)",
		q.Job[:], box, string(Stored), now, now, millis(q.Expires))
}

// Question returns one question, or [ErrMissing].
func (a *Analyst) Question(job JobID) (Question, error) {
	q := Question{Job: job}
	var box []byte
	var created, expires int64
	err := a.one("read a question", "SELECT record, state, code, created, expires FROM question WHERE job = ?",
		[]any{job[:]}, &box, &q.State, &q.Code, &created, &expires)
	if err != nil {
		return Question{}, err
	}
	q.Created, q.Expires = instant(created), instant(expires)
	if box != nil {
		q.Record, err = a.sealer.open(box, "question", job, 0)
	}
	return q, err
}

// Pending returns the jobs whose answer was not delivered yet, oldest first.
func (a *Analyst) Pending() ([]JobID, error) {
	var found []JobID
	err := a.each("read questions", "SELECT job FROM question WHERE record IS NOT NULL ORDER BY created, job", nil,
		func(scan func(...any) error) error {
			var id []byte
			if err := scan(&id); err != nil {
				return err
			}
			if len(id) != len(JobID{}) {
				return Corrupt.New("a question has a malformed job")
			}
			found = append(found, JobID(id))
			return nil
		})
	return found, err
}

// Submitted notes that the coordinator has the question.
func (a *Analyst) Submitted(job JobID) error {
	return a.exec("note a submitted question", "UPDATE question SET state = ?, updated = ? WHERE job = ? AND state = ?",
		string(Sent), millis(a.now()), job[:], string(Stored))
}

// Erase ends a question and erases its secret: overwritten in the file, and the
// log emptied. Copies that the disk or a backup made are beyond its reach; they
// are sealed.
func (a *Analyst) Erase(job JobID, state QuestionState, code string) error {
	err := a.write("erase a question", func(tx *sql.Tx) error {
		err := once(tx.Exec("UPDATE question SET record = NULL, state = ?, code = ?, updated = ? WHERE job = ? AND record IS NOT NULL",
			string(state), code, millis(a.now()), job[:]))
		if errors.Is(err, ErrExists) {
			return nil // erased before
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.scrub()
}

// Prune erases questions that expired longer than keep ago and returns how many
// records went.
func (a *Analyst) Prune(keep time.Duration) (int64, error) {
	var gone int64
	err := a.write("prune the store", func(tx *sql.Tx) error {
		var err error
		gone, err = count(tx.Exec("DELETE FROM question WHERE expires < ?", millis(a.now().Add(-keep))))
		return err
	})
	if err != nil || gone == 0 {
		return 0, err
	}
	return gone, a.scrub()
}
