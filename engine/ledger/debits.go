package ledger

import (
	"encoding/hex"
	"fmt"

	"github.com/tacit-space/tacit/crypto/dp"
)

// payment is what one ledger says of one job and privacy budgets, so far. An owner debits once, after it accepted
// and before it released, and takes back the whole debit of what it did not release, or nothing.
type payment struct {
	asked, accepted, released bool

	debit *Entry   // the last one; nil: none
	open  bool     // it was not taken back
	wrong []string // what cannot be; in the order in which it was found
}

func (p *payment) add(e *Entry) {
	switch e.Kind {
	case Asked:
		p.asked = true
	case Accepted:
		p.accepted = true
	case Released:
		p.unless(p.debit == nil || p.open, "released what it had taken the debit of back")
		p.released = true
	case Debited:
		p.unless(!p.open, "debited twice")
		p.unless(!p.asked || p.accepted, "debited what it had not accepted")
		p.unless(!p.released, "debited after the release")
		p.unless(e.Amount > 0, "debited nothing")
		p.debit, p.open = e, true
	case Refunded:
		p.unless(!p.asked || p.open, "took back a debit that there is not")
		p.unless(!p.open || p.debit.Amount == e.Amount, "took back another amount than it had debited")
		p.unless(!p.released, "took back the debit of what it had released")
		p.open = false
	}
}

func (p *payment) unless(ok bool, wrong string) {
	if !ok {
		p.wrong = append(p.wrong, wrong)
	}
}

// finish returns what is wrong. Whole: every entry of the ledger was added.
func (p *payment) finish(whole bool) []string {
	if whole && p.debit != nil && !p.asked {
		return append(p.wrong, "debited what it was never asked")
	}
	return p.wrong
}

// Debits are the debits of privacy budgets in a ledger.
type Debits struct {
	Jobs uint64 `json:"jobs"` // with a debit that was not taken back
	Rho  dp.Rho `json:"nano_rho"`
}

// Debits checks that each debit is of a job that was accepted, and before its release; that no job is debited
// twice; and that what is taken back was debited, and not released. The fault is [WrongDebits].
//
// Whether a release should have had a debit is in no ledger alone: see [Compare].
func (v *Verified) Debits() (Debits, error) {
	jobs := map[[16]byte]*payment{}
	for i := range v.Entries {
		e := &v.Entries[i]
		if kinds[e.Kind].has&ofJob == 0 {
			continue
		}
		p := jobs[e.Job]
		if p == nil {
			p = &payment{}
			jobs[e.Job] = p
		}
		if p.add(e); len(p.wrong) > 0 {
			return Debits{}, wrongDebit(e.Job, p.wrong[0])
		}
	}
	var d Debits
	for job, p := range jobs {
		if wrong := p.finish(v.Complete); len(wrong) > 0 {
			return Debits{}, wrongDebit(job, wrong[0])
		}
		if !p.open {
			continue
		}
		d.Jobs++
		sum, err := d.Rho.Add(dp.Rho(p.debit.Amount))
		if err != nil {
			sum = dp.MaxRho
		}
		d.Rho = sum
	}
	return d, nil
}

func wrongDebit(job [16]byte, wrong string) error {
	return WrongDebits.New("job %s: the owner %s", hex.EncodeToString(job[:]), wrong)
}

// debits: the price of a question follows from its plan and the charter, so all owners debit the same, and whoever
// released debited.
func (j *jobComparison) debits() {
	var payer *view
	for _, v := range j.with(Worker) {
		for _, wrong := range v.payment.finish(v.of.Complete) {
			j.grave(j.name, "%s %s", v, wrong)
		}
		if payer == nil && v.payment.debit != nil {
			payer = v
		}
	}
	if payer == nil {
		return
	}
	price := payer.payment.debit.Amount
	for _, v := range j.with(Worker) {
		switch d := v.payment.debit; {
		case d != nil && d.Amount != price:
			j.grave(j.name, "%s debited %s, and %s %s", payer, rho(price), v, rho(d.Amount))
		case d == nil && v.released != nil && v.asked != nil:
			j.grave(j.name, "%s released it and debited nothing; %s debited %s", v, payer, rho(price))
		}
		j.refund(v)
	}
}

// refund: an owner that took its debit back took no part in the attempt that was opened.
func (j *jobComparison) refund(v *view) {
	if v.payment.debit == nil || v.payment.open {
		return
	}
	for _, hub := range j.with(Coordinator) {
		if r := hub.released; r != nil && v.begun[r.Attempt] {
			j.grave(j.name, "%s took its debit back, and %s released attempt %d, in which it took part", v, hub, r.Attempt)
		}
	}
}

func rho(amount uint64) string { return fmt.Sprintf("rho %s", dp.Rho(amount)) }
