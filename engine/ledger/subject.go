package ledger

import (
	"math"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

const labelPlan = "tacit/ledger/v1/plan"

// About returns what a job is about. It need not be one that the charter allows.
func About(job *plan.Job, ch *charter.Charter) Subject {
	s := Subject{
		Analyst: job.Analyst, Purpose: job.Purpose,
		Cells: uint64(job.Plan.Cells()), Sums: uint32(min(len(job.Plan.Sums), math.MaxUint32)),
	}
	if body, err := job.Plan.Fixed().Marshal(); err == nil { // else it was not parsed from a manifest
		s.Plan = session.Hash(labelPlan, body)
	}
	if t := ch.Table(job.Plan.Table); t != nil {
		s.Table, s.Cohort = t.Name, uint32(t.K())
	}
	return s
}

// RoundOf returns the entry that follows Asked if the job is a round of a study, else none.
func RoundOf(job *plan.Job) []Entry {
	if job.Study == nil {
		return nil
	}
	return []Entry{{Kind: Round, Attempt: uint32(job.Study.Round), Digest: job.Study.ID}}
}
