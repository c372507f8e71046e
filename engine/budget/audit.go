package budget

import (
	"encoding/hex"

	"github.com/tacit-space/tacit/engine/ledger"
)

// slack is between the times of a release and of its entry, in milliseconds.
const slack = 60_000

// Audit compares the lines of a store with its ledger, which is signed: give it every entry, in order, and
// then ask for [Audit.Err].
type Audit struct {
	open    map[[16]byte]*Line // debits that no entry was seen for yet
	seen    map[[16]byte]*Line // and those for which one was
	missing map[[16]byte]bool  // jobs with a debit in the ledger that is no line
	err     error
}

// NewAudit returns the audit of these lines. Reservations are in no ledger: nothing is spent by one.
func NewAudit(lines []Line) *Audit {
	a := &Audit{open: map[[16]byte]*Line{}, seen: map[[16]byte]*Line{}, missing: map[[16]byte]bool{}}
	for i := range lines {
		if lines[i].Debited {
			a.open[lines[i].Job] = &lines[i]
		}
	}
	return a
}

// Add takes the next entry of the ledger.
func (a *Audit) Add(e *ledger.Entry) {
	switch e.Kind {
	case ledger.Asked:
		l := a.open[e.Job]
		a.unless(l == nil || l.Table == e.About.Table && l.Analyst == e.About.Analyst, e, "the debit is on another account than the question")
	case ledger.Debited:
		l := a.open[e.Job]
		delete(a.open, e.Job)
		if l == nil {
			a.missing[e.Job] = true
			return
		}
		a.seen[e.Job] = l
		a.unless(uint64(l.Rho) == e.Amount, e, "the debit is another amount than in the ledger")
		a.unless(l.Until.UnixMilli() >= e.Until, e, "the debit counts for a shorter time than in the ledger")
	case ledger.Released:
		l := a.seen[e.Job]
		a.unless(l == nil || l.Until.UnixMilli() >= e.Time-slack, e, "the debit counts for a shorter time than by the ledger")
	case ledger.Refunded:
		delete(a.missing, e.Job)
		if l := a.seen[e.Job]; l != nil { // another debit has to follow
			a.open[e.Job] = l
			delete(a.seen, e.Job)
		}
	}
}

func (a *Audit) unless(ok bool, e *ledger.Entry, why string) {
	if !ok && a.err == nil {
		a.err = Unfit.New("job %s: %s", hex.EncodeToString(e.Job[:]), why)
	}
}

// Err returns what does not fit, the fault [Unfit].
func (a *Audit) Err() error {
	switch {
	case a.err != nil:
		return a.err
	case len(a.missing) > 0:
		return Unfit.New("%d debits of the ledger are missing in the accounts", len(a.missing))
	case len(a.open) > 0:
		return Unfit.New("%d debits in the accounts are not in the ledger", len(a.open))
	}
	return nil
}
