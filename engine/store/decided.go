package store

import (
	"database/sql"

	"github.com/tacit-space/tacit/engine/ledger"
)

// Decided is what a worker decided about a job, as its store has it beside the ledger. It is not signed.
type Decided struct {
	Job      JobID
	Analyst  string // member id
	Accepted bool   // when it was decided; see Ending for what came then
	Rule     string // that made the decision; "": not known
	Reason   Reason // of the refusal, or of a withdrawal
	Ending   string // how the job ended here; "" while it runs, and of a refused one
}

// ReadDecisions reads the decisions in the store of a worker as [ReadLedger] reads its ledger: of jobs whose record
// the worker still keeps, oldest first. A store from before rules were kept has none.
func ReadDecisions(folder string) ([]Decided, error) {
	var found []Decided
	err := beside(folder, func(tx *sql.Tx) error {
		var kept int
		if err := tx.QueryRow("SELECT COUNT(*) FROM pragma_table_info('job') WHERE name = 'rule'").Scan(&kept); err != nil {
			return err
		}
		if kept == 0 {
			return ledger.NoLedger.New("the store in %s is no worker's, or from before decisions had rules", folder)
		}
		const decided = `SELECT id, analyst, accepted, rule, code, message, remedy, ending FROM job
			WHERE accepted OR ended IS NOT NULL ORDER BY seen, id`
		rows, err := tx.Query(decided)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d Decided
			var id []byte
			if err := rows.Scan(&id, &d.Analyst, &d.Accepted, &d.Rule, &d.Reason.Code, &d.Reason.Message, &d.Reason.Remedy, &d.Ending); err != nil {
				return err
			}
			if len(id) != len(d.Job) {
				return Corrupt.New("a job has a malformed id")
			}
			d.Job = JobID(id)
			found = append(found, d)
		}
		return rows.Err()
	})
	return found, wrap("read decisions", err)
}
