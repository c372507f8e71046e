package store

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/ledger"
)

// Coordinator is the state of a coordinator.
type Coordinator struct{ *db }

// OpenCoordinator opens or creates the store in folder. The keeper signs the ledger.
func OpenCoordinator(folder string, keeper ledger.Keeper) (*Coordinator, error) {
	d, err := open(folder, string(ledger.Coordinator))
	if err != nil {
		return nil, err
	}
	if err := d.openLedger(ledger.Coordinator, keeper); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Coordinator{d}, nil
}

// Job is what the coordinator knows of a job.
type Job struct {
	ID         JobID
	Analyst    string // member id
	Purpose    string
	About      ledger.Subject // for the ledger; not read back
	Beside     []ledger.Entry // that follow the one that it was asked; not read back
	Manifest   [32]byte
	Submission []byte // nil once pruned, and where it is not asked for
	State      State
	Attempt    uint32 // the latest; 0: none yet
	Reason     Reason // why it failed or was refused
	Created    time.Time
	Updated    time.Time
	Expires    time.Time
}

// The columns of a job, with and without its submission, which may be large.
const (
	jobColumns = "id, analyst, purpose, manifest, submission, state, attempt, code, message, remedy, created, updated, expires"
	light      = "id, analyst, purpose, manifest, NULL, state, attempt, code, message, remedy, created, updated, expires"
)

// AddJob stores a new job. [ErrExists] if there is one with this id.
func (c *Coordinator) AddJob(j Job) error {
	return c.write("store a job", func(tx *sql.Tx) error {
		const insert = "INSERT INTO job (" + jobColumns + ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"
		err := once(tx.Exec(insert, j.ID[:], j.Analyst, j.Purpose, j.Manifest[:], j.Submission, string(j.State), j.Attempt,
			j.Reason.Code, j.Reason.Message, j.Reason.Remedy, millis(j.Created), millis(j.Updated), millis(j.Expires)))
		if err != nil {
			return err
		}
		return c.record(tx, asked(j.ID, j.Manifest, j.About, j.Beside)...)
	})
}

// once returns [ErrExists] for a statement that changed nothing.
func once(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return ErrExists
	}
	return err
}

// Job returns one job without its submission, or [ErrMissing].
func (c *Coordinator) Job(id JobID) (Job, error) {
	var found []Job
	err := c.jobs(&found, light, "WHERE id = ?", id[:])
	if err != nil {
		return Job{}, err
	}
	if len(found) == 0 {
		return Job{}, ErrMissing
	}
	return found[0], nil
}

// Jobs returns the newest jobs of an analyst, at most limit, without their
// submissions.
func (c *Coordinator) Jobs(analyst string, limit int) ([]Job, error) {
	var found []Job
	err := c.jobs(&found, light, "WHERE analyst = ? ORDER BY created DESC, id LIMIT ?", analyst, limit)
	return found, err
}

// Live returns every job that is not over, with its submission, oldest first.
func (c *Coordinator) Live() ([]Job, error) {
	var found []Job
	err := c.jobs(&found, jobColumns, "WHERE state IN ('submitted', 'admitted', 'running') ORDER BY created, id")
	return found, err
}

func (c *Coordinator) jobs(found *[]Job, columns, where string, args ...any) error {
	return c.each("read jobs", "SELECT "+columns+" FROM job "+where, args, func(scan func(...any) error) error {
		var j Job
		var id, manifest []byte
		var created, updated, expires int64
		err := scan(&id, &j.Analyst, &j.Purpose, &manifest, &j.Submission, &j.State, &j.Attempt,
			&j.Reason.Code, &j.Reason.Message, &j.Reason.Remedy, &created, &updated, &expires)
		if err != nil {
			return err
		}
		if len(id) != len(j.ID) || len(manifest) != len(j.Manifest) {
			return Corrupt.New("a job has a malformed id")
		}
		j.ID, j.Manifest = JobID(id), [32]byte(manifest)
		j.Created, j.Updated, j.Expires = instant(created), instant(updated), instant(expires)
		*found = append(*found, j)
		return nil
	})
}

// CountJobs returns how many jobs of the analyst are live, and how many are
// stored in all.
func (c *Coordinator) CountJobs(analyst string) (live, stored int, err error) {
	err = c.one("count jobs", `SELECT
		COUNT(*) FILTER (WHERE analyst = ? AND state IN ('submitted', 'admitted', 'running')),
		COUNT(*) FROM job`, []any{analyst}, &live, &stored)
	return live, stored, err
}

const notFinal = " AND state IN ('submitted', 'admitted', 'running')"

// SetState moves a job that is not over to another state. [ErrExists] if it is
// over. A final state drops the state of its attempts.
func (c *Coordinator) SetState(id JobID, state State, why Reason) error {
	return c.write("store the state of a job", func(tx *sql.Tx) error {
		return c.setState(tx, id, state, why)
	})
}

func (c *Coordinator) setState(tx *sql.Tx, id JobID, state State, why Reason) error {
	err := once(tx.Exec("UPDATE job SET state = ?, code = ?, message = ?, remedy = ?, updated = ? WHERE id = ?"+notFinal,
		string(state), why.Code, why.Message, why.Remedy, millis(c.now()), id[:]))
	if err != nil || !state.Final() {
		return err
	}
	if _, err = tx.Exec("DELETE FROM attempt WHERE job = ?", id[:]); err != nil {
		return err
	}
	return c.recordOf(tx, id, ledger.Entry{Kind: ledger.Ended, State: string(state), Code: why.Code})
}

// Decision is what one owner said.
type Decision struct {
	Owner   string // member id
	Verdict Verdict
	Reason  Reason
}

// Decide stores what an owner said. The first word counts, except that an owner at which
// the job waits may decide, and one that accepted may withdraw; [ErrExists] otherwise.
func (c *Coordinator) Decide(job JobID, d Decision) error {
	const upsert = `INSERT INTO decision (job, owner, verdict, code, message, remedy, at) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (job, owner) DO UPDATE SET verdict = excluded.verdict, code = excluded.code,
		message = excluded.message, remedy = excluded.remedy, at = excluded.at
		WHERE verdict = 'accepted' AND excluded.verdict = 'withdrawn' OR verdict = 'parked' AND excluded.verdict <> 'parked'`
	return c.write("store a decision", func(tx *sql.Tx) error {
		err := once(tx.Exec(upsert, job[:], d.Owner, string(d.Verdict), d.Reason.Code, d.Reason.Message, d.Reason.Remedy, millis(c.now())))
		if err != nil {
			return err
		}
		return c.recordOf(tx, job, ledger.Entry{Kind: entryOf[d.Verdict], Member: d.Owner, Code: d.Reason.Code})
	})
}

// entryOf are the kinds of entries of verdicts.
var entryOf = map[Verdict]ledger.Kind{
	Waits: ledger.Parked, Accepted: ledger.Accepted, Declined: ledger.Refused, Withdrawn: ledger.Withdrawn,
}

// Decisions returns what the owners said so far, by owner.
func (c *Coordinator) Decisions(job JobID) (map[string]Decision, error) {
	all := map[string]Decision{}
	const query = "SELECT owner, verdict, code, message, remedy FROM decision WHERE job = ?"
	err := c.each("read decisions", query, []any{job[:]}, func(scan func(...any) error) error {
		var d Decision
		if err := scan(&d.Owner, &d.Verdict, &d.Reason.Code, &d.Reason.Message, &d.Reason.Remedy); err != nil {
			return err
		}
		all[d.Owner] = d
		return nil
	})
	return all, err
}

// Attempt is one run of a job's protocol.
type Attempt struct {
	Number       uint32 // from 1
	Participants []session.Party
	State        []byte // of the machine; nil: nothing persisted, so no worker can have released
}

// BeginAttempt stores the next attempt of a job and makes the job run. It fails
// with [ErrExists] if the job is over, if number is not the next one, or if the
// latest attempt has a stored state: then only that one may go on.
//
// Unless use is empty, the oldest key set for that use is deleted in the same step, and
// returned; nil if there is none.
func (c *Coordinator) BeginAttempt(job JobID, number uint32, participants []session.Party, use string) (keys []byte, err error) {
	err = c.write("store an attempt", func(tx *sql.Tx) error {
		err := once(tx.Exec("UPDATE job SET state = 'running', attempt = ?, updated = ? WHERE id = ? AND attempt = ?"+notFinal+
			" AND NOT EXISTS (SELECT 1 FROM attempt WHERE job = id AND attempt.state IS NOT NULL)",
			number, millis(c.now()), job[:], int64(number)-1))
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO attempt (job, number, participants) VALUES (?,?,?)", job[:], number, packParties(participants))
		if err != nil {
			return err
		}
		begun := ledger.Entry{Kind: ledger.Begun, Attempt: number}
		if use == "" {
			return c.recordOf(tx, job, begun)
		}
		var id KeyID
		id, keys, err = takeKeySet(tx, use)
		switch {
		case err != nil:
			return err
		case keys == nil:
			return c.recordOf(tx, job, begun)
		}
		return c.recordOf(tx, job, begun, ledger.Entry{Kind: ledger.KeysUsed, Attempt: number, Digest: id})
	})
	return keys, err
}

// PersistAttempt replaces the machine's state of the latest attempt.
func (c *Coordinator) PersistAttempt(job JobID, number uint32, state []byte) error {
	return c.write("store the state of an attempt", func(tx *sql.Tx) error {
		return once(tx.Exec(`UPDATE attempt SET state = ? WHERE job = ? AND number = ?
			AND number = (SELECT attempt FROM job WHERE id = attempt.job)`, present(state), job[:], number))
	})
}

// Attempt returns the latest attempt of a job, or [ErrMissing].
func (c *Coordinator) Attempt(job JobID) (Attempt, error) {
	var a Attempt
	var parties []byte
	err := c.one("read an attempt", "SELECT number, participants, state FROM attempt WHERE job = ? ORDER BY number DESC LIMIT 1",
		[]any{job[:]}, &a.Number, &parties, &a.State)
	if err != nil {
		return Attempt{}, err
	}
	a.Participants, err = unpackParties(parties)
	return a, err
}

// Release stores the result and makes the job released, in one step. The same
// result again is fine, another one is [ErrExists].
func (c *Coordinator) Release(job JobID, body []byte) error {
	return c.write("store a result", func(tx *sql.Tx) error {
		err := once(tx.Exec("INSERT INTO result (job, body) VALUES (?,?) ON CONFLICT DO NOTHING", job[:], present(body)))
		if err == nil {
			if err := c.recordRelease(tx, job, body); err != nil {
				return err
			}
			return c.setState(tx, job, Released, Reason{})
		}
		if !errors.Is(err, ErrExists) {
			return err
		}
		var have []byte
		if err := tx.QueryRow("SELECT body FROM result WHERE job = ?", job[:]).Scan(&have); err != nil {
			return err
		}
		if !bytes.Equal(have, body) {
			return ErrExists
		}
		return nil
	})
}

const labelResult = "tacit/ledger/v1/result"

func (c *Coordinator) recordRelease(tx *sql.Tx, job JobID, body []byte) error {
	var attempt uint32
	if err := tx.QueryRow("SELECT attempt FROM job WHERE id = ?", job[:]).Scan(&attempt); err != nil {
		return err
	}
	return c.recordOf(tx, job, ledger.Entry{Kind: ledger.Released, Attempt: attempt, Digest: session.Hash(labelResult, body)})
}

// Result returns the stored result of a job, or [ErrMissing].
func (c *Coordinator) Result(job JobID) ([]byte, error) {
	var body []byte
	err := c.one("read a result", "SELECT body FROM result WHERE job = ?", []any{job[:]}, &body)
	return body, err
}

// Fetched notes that the analyst was given the result; the first time counts.
func (c *Coordinator) Fetched(job JobID) error {
	return c.exec("note a fetched result", "UPDATE job SET fetched = ? WHERE id = ? AND fetched IS NULL", millis(c.now()), job[:])
}

// Retention is how long things are kept after a job is over.
type Retention struct {
	Fetched time.Duration // a result, after it was first fetched
	Result  time.Duration // a result that nobody fetched, after the job was over
	Record  time.Duration // the record of a job, after its expiry
}

// Prune drops what is older than its retention and returns how many results
// and records went.
func (c *Coordinator) Prune(keep Retention) (results, records int64, err error) {
	now := c.now()
	err = c.write("prune the store", func(tx *sql.Tx) error {
		const old = `DELETE FROM result WHERE job IN (SELECT id FROM job WHERE fetched < ? OR updated < ?)`
		if results, err = count(tx.Exec(old, millis(now.Add(-keep.Fetched)), millis(now.Add(-keep.Result)))); err != nil {
			return err
		}
		const blobs = `UPDATE job SET submission = NULL WHERE submission IS NOT NULL AND NOT (1=1` + notFinal + `)
			AND NOT EXISTS (SELECT 1 FROM result WHERE result.job = job.id)`
		if _, err := tx.Exec(blobs); err != nil {
			return err
		}
		const over = `DELETE FROM job WHERE expires < ? AND updated < ? AND NOT (1=1` + notFinal + `)`
		limit := millis(now.Add(-keep.Record))
		records, err = count(tx.Exec(over, limit, limit))
		return err
	})
	if err != nil || results+records == 0 {
		return 0, 0, err
	}
	return results, records, c.scrub()
}

func count(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// present keeps an empty blob from becoming NULL.
func present(blob []byte) []byte {
	if blob == nil {
		return []byte{}
	}
	return blob
}

func packParties(parties []session.Party) []byte {
	packed := make([]byte, 0, 2*len(parties)) // never nil, which would be NULL
	for _, p := range parties {
		packed = binary.BigEndian.AppendUint16(packed, uint16(p))
	}
	return packed
}

func unpackParties(packed []byte) ([]session.Party, error) {
	if len(packed)%2 != 0 {
		return nil, Corrupt.New("an attempt has malformed participants")
	}
	parties := make([]session.Party, 0, len(packed)/2)
	for ; len(packed) > 0; packed = packed[2:] {
		parties = append(parties, session.Party(binary.BigEndian.Uint16(packed)))
	}
	return parties, nil
}
