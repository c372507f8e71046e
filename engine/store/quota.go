package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Counting is what a quota needs to know of an accepted question.
type Counting struct {
	Table        string
	Analyst      string // member id
	Organisation string // of the analyst
	Quotas       []Quota
}

// Quota bounds the questions that are accepted within a period, which ends now. What
// counts are questions of Analysts, and those that were of Organisation when they were accepted.
type Quota struct {
	Rule         string   // that sets it, as people name it
	Analysts     []string // member ids
	Organisation string   // "": only the analysts count
	Tables       []string // nil: all
	Questions    int
	Period       time.Duration
}

// Spent is the error for a question for which a quota has no room.
type Spent struct {
	Quota
	Again time.Time // when there is room, if nothing more is accepted
}

// Error names the rule.
func (s *Spent) Error() string { return fmt.Sprintf("store: %s has no room", s.Rule) }

// keepCounted is how long an accepted question counts at least: longer than any period.
const keepCounted = 400 * 24 * time.Hour

// count makes an accepted question count, if every quota has room: in the transaction of the
// acceptance, so that of two questions for one place one is accepted. The error is [*Spent].
func (w *Worker) count(tx *sql.Tx, job JobID, c *Counting) error {
	if c == nil {
		return nil
	}
	if err := room(tx, c.Quotas, w.now()); err != nil {
		return err
	}
	const insert = `INSERT INTO counted (job, about, analyst, organisation, at)
		VALUES (?,?,?,?,MAX(?, COALESCE((SELECT MAX(at) FROM counted), 0))) ON CONFLICT DO NOTHING`
	_, err := tx.Exec(insert, job[:], c.Table, c.Analyst, c.Organisation, millis(w.now()))
	return err
}

// room returns nil if every quota has room, else [*Spent] of the one that has for the longest time none.
func room(from reader, quotas []Quota, now time.Time) error {
	var worst *Spent
	for _, q := range quotas {
		again, full, err := again(from, &q, now)
		if err != nil {
			return err
		}
		if full && (worst == nil || again.After(worst.Again)) {
			worst = &Spent{q, again}
		}
	}
	if worst != nil {
		return worst
	}
	return nil
}

// again returns when the question that is the Questions-th youngest leaves the period: before that the quota
// has no room. A clock that was set back makes the period begin earlier, so it frees nothing.
func again(from reader, q *Quota, now time.Time) (at time.Time, full bool, err error) {
	analysts, err := json.Marshal(append([]string{}, q.Analysts...))
	if err != nil {
		return at, false, err
	}
	tables, err := json.Marshal(append([]string{}, q.Tables...))
	if err != nil {
		return at, false, err
	}
	var organisation any // NULL is equal to nothing
	if q.Organisation != "" {
		organisation = q.Organisation
	}
	const find = `SELECT at FROM counted WHERE at > ?1
		AND (organisation = ?2 OR analyst IN (SELECT value FROM json_each(?3)))
		AND (?4 = '[]' OR about IN (SELECT value FROM json_each(?4)))
		ORDER BY at DESC LIMIT 1 OFFSET ?5`
	var ms int64
	err = from.QueryRow(find, millis(now.Add(-q.Period)), organisation, string(analysts), string(tables), max(q.Questions, 1)-1).Scan(&ms)
	switch {
	case err == sql.ErrNoRows:
		return at, false, nil
	case err != nil:
		return at, false, err
	}
	return instant(ms).Add(q.Period), true, nil
}

// Room returns nil if a question could be accepted now, as far as its quotas go, and else [*Spent]. It
// counts nothing.
func (w *Worker) Room(c *Counting) error {
	if c == nil {
		return nil
	}
	return wrap("read the quotas", room(w.sql, c.Quotas, w.now()))
}

// pruneCounted forgets questions that are older than any period.
func (w *Worker) pruneCounted(tx *sql.Tx) error {
	_, err := tx.Exec("DELETE FROM counted WHERE at < ?", millis(w.now().Add(-keepCounted)))
	return err
}
