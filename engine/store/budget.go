package store

import (
	"database/sql"
	"errors"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/ledger"
)

// hold reserves what an accepted question costs, if every account allows it: in the transaction of
// the acceptance, so that of two questions that do not both fit one is accepted. Errors:
// [*budget.Overdraft], [budget.PaidBefore].
func (w *Worker) hold(tx *sql.Tx, o *Offered) error {
	c := o.Charge
	if c == nil {
		return nil
	}
	if err := w.allow(tx, c); err != nil {
		return err
	}
	const insert = "INSERT INTO debit (job, about, analyst, organisation, rho, until) VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING"
	err := once(tx.Exec(insert, o.ID[:], c.Table, c.Analyst, c.Organisation, int64(c.Rho), millis(o.Expires)))
	if errors.Is(err, ErrExists) {
		return budget.PaidBefore.New("a debit for job %s is on record, and no such job", o.ID)
	}
	return err
}

// allow checks a charge against every account that it falls into.
func (w *Worker) allow(from reader, c *budget.Charge) error {
	now := w.now()
	for i := range c.Accounts {
		a := &c.Accounts[i]
		s, err := stateOf(from, a, now)
		if err != nil {
			return err
		}
		if _, err := dp.NewBudget(a.Limit, 0); err != nil || c.Rho == 0 || c.Rho > s.Left() {
			over := &budget.Overdraft{State: s, Price: c.Rho}
			if over.Fits, over.Ever, err = fits(from, a, c.Rho, now); err != nil {
				return err
			}
			return over
		}
	}
	return nil
}

// holds checks that a job has reserved or paid its price. The fault is [budget.Mispriced].
func holds(tx *sql.Tx, job JobID, price dp.Rho) error {
	var rho int64
	err := tx.QueryRow("SELECT rho FROM debit WHERE job = ?", job[:]).Scan(&rho)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err == nil && dp.Rho(rho) != price {
		err = budget.Mispriced.New("the question costs rho %s, and rho %s is on record for it", price, dp.Rho(rho))
	}
	return err
}

// pay makes the reservation of a job a debit, before its input leaves, and returns what was debited now: 0 if it
// was before, or if the question costs nothing. From then on the time until which it counts is fixed, so nothing more
// leaves after it: the error is [ErrExpired]. Else a debit that counts no more, after whose place another question was
// accepted, would count again.
func (w *Worker) pay(tx *sql.Tx, job JobID) (dp.Rho, error) {
	const update = "UPDATE debit SET debited = 1, until = MAX(until, ?) WHERE job = ? AND NOT debited RETURNING rho, until"
	var rho, until int64
	err := tx.QueryRow(update, millis(w.now()), job[:]).Scan(&rho, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, w.stillCounts(tx, job)
	}
	if err != nil {
		return 0, err
	}
	return dp.Rho(rho), w.recordOf(tx, job, ledger.Entry{Kind: ledger.Debited, Amount: uint64(rho), Until: until})
}

// stillCounts returns [ErrExpired] if the job has a debit whose time is over.
func (w *Worker) stillCounts(tx *sql.Tx, job JobID) error {
	var late int
	err := tx.QueryRow("SELECT COUNT(*) FROM debit WHERE job = ? AND until < ?", job[:], millis(w.now())).Scan(&late)
	if err == nil && late > 0 {
		err = ErrExpired
	}
	return err
}

// settle ends what a job holds when it is over: a reservation goes back; a debit, only if nothing
// of the question can ever be opened without this worker, and this worker has released nothing. It returns what of a debit
// went back.
func (w *Worker) settle(tx *sql.Tx, job JobID, sole bool) (dp.Rho, error) {
	if _, err := tx.Exec("DELETE FROM debit WHERE job = ? AND NOT debited", job[:]); err != nil || !sole {
		return 0, err
	}
	const refund = "DELETE FROM debit WHERE job = ? AND job NOT IN (SELECT job FROM released) RETURNING rho"
	var rho int64
	err := tx.QueryRow(refund, job[:]).Scan(&rho)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return dp.Rho(rho), w.recordOf(tx, job, ledger.Entry{Kind: ledger.Refunded, Amount: uint64(rho)})
}

// Budget returns accounts as they are now.
func (w *Worker) Budget(accounts []budget.Account) ([]budget.State, error) {
	states := make([]budget.State, len(accounts))
	for i := range accounts {
		var err error
		if states[i], err = stateOf(w.sql, &accounts[i], w.now()); err != nil {
			return nil, wrap("read a privacy budget", err)
		}
	}
	return states, nil
}

// Allows returns nil if a charge could be reserved now, and else the error that [Worker.Decide] would return.
// It reserves nothing.
func (w *Worker) Allows(c *budget.Charge) error {
	if c == nil {
		return nil
	}
	return wrap("read the privacy budgets", w.allow(w.sql, c))
}

// reader is a database or a transaction.
type reader interface {
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
}

// linesOf returns lines of the accounts, oldest first.
func linesOf(from reader) ([]budget.Line, error) {
	rows, err := from.Query("SELECT job, about, analyst, organisation, rho, until, debited FROM debit ORDER BY until, job")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []budget.Line
	for rows.Next() {
		var l budget.Line
		var job []byte
		var rho, until int64
		if err := rows.Scan(&job, &l.Table, &l.Analyst, &l.Organisation, &rho, &until, &l.Debited); err != nil {
			return nil, err
		}
		if len(job) != len(l.Job) || rho <= 0 {
			return nil, budget.Unfit.New("a debit in this store is malformed")
		}
		l.Job, l.Rho, l.Until = [16]byte(job), dp.Rho(rho), instant(until)
		lines = append(lines, l)
	}
	return lines, rows.Err()
}

// Accounts are the privacy budgets of a store, with its ledger as it was at the same moment.
type Accounts struct {
	Lines  []budget.Line
	Ledger *ledger.Record
}

// ReadBudget reads the privacy budgets in a folder as [ReadLedger] reads its ledger.
func ReadBudget(folder string) (*Accounts, error) {
	a := &Accounts{}
	err := beside(folder, func(tx *sql.Tx) (err error) {
		if a.Ledger, err = readLedger(tx, folder); err != nil {
			return err
		}
		var tables int
		if err := tx.QueryRow("SELECT COUNT(*) FROM sqlite_master WHERE name = 'debit'").Scan(&tables); err != nil {
			return err
		}
		if tables == 0 {
			return ledger.NoLedger.New("the store in %s is no worker's, or from before there were privacy budgets", folder)
		}
		a.Lines, err = linesOf(tx)
		return err
	})
	return a, wrap("read the privacy budgets", err)
}

// Verify compares the budgets with the ledger, verified. The fault is [budget.Unfit].
func (a *Accounts) Verify(v *ledger.Verified) error {
	audit := budget.NewAudit(a.Lines)
	for i := range v.Entries {
		audit.Add(&v.Entries[i])
	}
	return audit.Err()
}
