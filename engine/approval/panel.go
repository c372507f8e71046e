package approval

import (
	"slices"
	"time"
)

// Case is what answers are about: one question that waits at one owner.
type Case struct {
	Space, Owner string
	Job          [16]byte
	Manifest     [32]byte
	Shown        [32]byte  // hash of why it waits, and of what the owner found; see [Grounds.Hash]
	Deadline     time.Time // after it nothing counts
}

// Approver is a person on the list.
type Approver struct{ Name, Key string } // fingerprint

// Panel is who decides, and how many have to agree.
type Panel struct {
	Approvers []Approver
	Needed    int // at least 1

	without defences
}

// defences are the checks that attack tests take out.
type defences struct{ subject, manifest, shown, list, twice, refusal, expiry bool }

// State of a case.
type State int

// States.
const (
	Waiting State = iota
	Approved
	Refused
)

// Judgement is what the answers add up to.
type Judgement struct {
	State    State
	Approved []string // names of those who approve, in the order of the list; each once
	Refused  string   // name of who refuses
	Refusal  *Answer  // of a refused case
	Invalid  []error  // answers that count for nothing
}

// Judge says what encoded answers add up to at a time.
func (p *Panel) Judge(c *Case, answers [][]byte, now time.Time) Judgement {
	var j Judgement
	said := map[string]int{} // approvals by name
	for _, b := range answers {
		a, who, err := p.check(c, b, now)
		switch {
		case err != nil:
			j.Invalid = append(j.Invalid, err)
		case a.Decision == Refuse && (j.Refusal == nil || who < j.Refused):
			j.Refused, j.Refusal = who, a
		case a.Decision == Approve && said[who] > 0 && !p.without.twice:
		case a.Decision == Approve:
			said[who]++
			j.Approved = append(j.Approved, who)
		}
	}
	slices.SortFunc(j.Approved, func(a, b string) int { return p.place(a) - p.place(b) })
	switch {
	case j.Refusal != nil && !p.without.refusal:
		j.State = Refused
	case len(j.Approved) >= max(1, p.Needed):
		j.State = Approved
	}
	return j
}

// check opens one answer and returns who gave it.
func (p *Panel) check(c *Case, b []byte, now time.Time) (*Answer, string, error) {
	a, err := Open(b)
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(p.Approvers, func(x Approver) bool { return x.Key == a.Key })
	who := ""
	switch {
	case i >= 0:
		who = p.Approvers[i].Name
	case !p.without.list:
		return nil, "", NotApprover.New("the key %s is on no line of approval.approvers", a.Key)
	default:
		who = a.Key
	}
	switch {
	case (a.Space != c.Space || a.Owner != c.Owner || a.Job != c.Job) && !p.without.subject:
		return nil, "", OtherCase.New("the answer of %s is about another question", who)
	case a.Manifest != c.Manifest && !p.without.manifest:
		return nil, "", OtherCase.New("the answer of %s is about another content of the question", who)
	case a.Shown != c.Shown && !p.without.shown:
		return nil, "", OtherCase.New("the answer of %s is about what was shown before, and more is known now", who)
	case (!now.Before(c.Deadline) || !a.When().Before(c.Deadline)) && !p.without.expiry:
		return nil, "", Late.New("the answer of %s came after the deadline", who)
	}
	return a, who, nil
}

// place of an approver on the list.
func (p *Panel) place(name string) int {
	return slices.IndexFunc(p.Approvers, func(x Approver) bool { return x.Name == name })
}

// Name returns who on the list has a key; "" if nobody.
func (p *Panel) Name(key string) string {
	for _, x := range p.Approvers {
		if x.Key == key {
			return x.Name
		}
	}
	return ""
}
