package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/tacit-space/tacit/engine/ledger"
)

// Analyst is the state of an analyst's client. Several clients may have it open,
// as each question is asked by one of them.
type Analyst struct {
	*db
	sealer sealer
}

// OpenAnalyst opens or creates the store in folder, which other processes may
// have open too. The key seals secrets at rest; the keeper signs the ledger.
func OpenAnalyst(folder string, key [32]byte, keeper ledger.Keeper) (*Analyst, error) {
	d, s, err := openSealed(folder, ledger.Analyst, openShared, key, keeper)
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

	Manifest [32]byte       // hash; not read back
	About    ledger.Subject // for the ledger; not read back
	Beside   []ledger.Entry // that follow the one that it was asked; not read back
}

// Add stores a new question, its record sealed.
func (a *Analyst) Add(q Question) error {
	return a.write("store a question", func(tx *sql.Tx) error { return a.add(tx, q) })
}

func (a *Analyst) add(tx *sql.Tx, q Question) error {
	box := a.sealer.seal(q.Record, "question", q.Job, 0)
	now := millis(a.now())
	const insert = "INSERT INTO question (job, record, state, code, created, updated, expires, manifest) VALUES (?,?,?,'',?,?,?,?)"
	if _, err := tx.Exec(insert, q.Job[:], box, string(Stored), now, now, millis(q.Expires), q.Manifest[:]); err != nil {
		return err
	}
	return a.record(tx, asked(q.Job, q.Manifest, q.About, q.Beside)...)
}

// Advance ends the question of a round that was answered, erasing its secret, and stores that of the next in
// one step, so that no round is asked twice.
func (a *Analyst) Advance(answered JobID, next Question) error {
	err := a.write("store the next round", func(tx *sql.Tx) error {
		if err := a.erase(tx, answered, Answered, ""); err != nil {
			return err
		}
		return a.add(tx, next)
	})
	if err != nil {
		return err
	}
	return a.scrub()
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
	err := a.write("erase a question", func(tx *sql.Tx) error { return a.erase(tx, job, state, code) })
	if err != nil {
		return err
	}
	return a.scrub()
}

func (a *Analyst) erase(tx *sql.Tx, job JobID, state QuestionState, code string) error {
	const update = "UPDATE question SET record = NULL, state = ?, code = ?, updated = ? WHERE job = ? AND record IS NOT NULL RETURNING manifest"
	var manifest []byte
	err := tx.QueryRow(update, string(state), code, millis(a.now()), job[:]).Scan(&manifest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil // erased before
	case err != nil:
		return err
	}
	return a.recordEnds(tx, string(state), code, ended{job, manifest})
}

// ended is a question that is over.
type ended struct {
	job      JobID
	manifest []byte
}

// recordEnds enters the end of questions, except of those that were asked before there was
// a ledger.
func (a *Analyst) recordEnds(tx *sql.Tx, state, code string, questions ...ended) error {
	var entries []ledger.Entry
	for _, q := range questions {
		if len(q.manifest) == 32 {
			entries = append(entries, ledger.Entry{
				Kind: ledger.Ended, Job: q.job, Manifest: [32]byte(q.manifest), State: state, Code: code,
			})
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return a.record(tx, entries...)
}

// Prune erases questions that expired longer than keep ago and returns how many
// records went.
func (a *Analyst) Prune(keep time.Duration) (int64, error) {
	var gone int64
	limit := millis(a.now().Add(-keep))
	err := a.write("prune the store", func(tx *sql.Tx) error {
		open, err := unanswered(tx, limit)
		if err != nil {
			return err
		}
		if gone, err = count(tx.Exec("DELETE FROM question WHERE expires < ?", limit)); err != nil {
			return err
		}
		return a.recordEnds(tx, "expired", "", open...)
	})
	if err != nil || gone == 0 {
		return 0, err
	}
	return gone, a.scrub()
}

// unanswered returns the questions that expired before limit and were not over.
func unanswered(tx *sql.Tx, limit int64) ([]ended, error) {
	rows, err := tx.Query("SELECT job, manifest FROM question WHERE expires < ? AND record IS NOT NULL", limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []ended
	for rows.Next() {
		var job, manifest []byte
		if err := rows.Scan(&job, &manifest); err != nil {
			return nil, err
		}
		if len(job) != len(JobID{}) {
			return nil, Corrupt.New("a question has a malformed job")
		}
		found = append(found, ended{JobID(job), manifest})
	}
	return found, rows.Err()
}
