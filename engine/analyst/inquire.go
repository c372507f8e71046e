package analyst

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inquiry"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/transport"
)

// inquiryLife is how long owners may answer an inquiry: well below [inquiry.MaxLife], as clocks differ.
const inquiryLife = 2 * time.Minute

// Forecast is what would happen to a question if it was asked now, as far as the owners say.
type Forecast struct {
	Draft       *Draft
	Owners      []OwnerForecast // in the charter's order
	Coordinator *fault.Fault    // why the coordinator would refuse the question, by its own word; nil if it would not
	Needed      int             // owners that have to take part
	Price       dp.Rho          // of the question at each owner, in zCDP; 0: it costs nothing
}

// OwnerForecast is what one owner says.
type OwnerForecast struct {
	Participant
	Answer *inquiry.Answer // nil: none
	Fault  *fault.Fault    // why there is none
}

// Outlook sums a forecast up.
type Outlook string

// Outlooks.
const (
	WouldRun     Outlook = "accepted"      // enough owners would accept
	WouldWait    Outlook = "parked"        // enough would, if persons say yes
	NotSaid      Outlook = "not said"      // it depends on owners that did not say
	NotConnected Outlook = "not connected" // it depends on owners that are not connected
	WouldFail    Outlook = "refused"       // too few can accept, or the coordinator does not
)

// Outlook says what the whole would come to.
func (f *Forecast) Outlook() Outlook {
	t := f.Tally()
	switch {
	case f.Coordinator != nil || len(f.Owners)-t.Refuse < f.Needed:
		return WouldFail
	case t.Accept >= f.Needed:
		return WouldRun
	case t.Accept+t.Ask >= f.Needed:
		return WouldWait
	case t.Accept+t.Ask+t.Silent >= f.Needed:
		return NotSaid
	}
	return NotConnected
}

// Tally counts the owners.
type Tally struct {
	Accept, Ask, Refuse int
	Silent              int // did not say, for whatever reason
	Away                int // not connected
}

// Tally counts the owners by what they say.
func (f *Forecast) Tally() (t Tally) {
	for _, o := range f.Owners {
		switch {
		case o.Answer == nil && inquiry.NotConnected.Is(o.Fault):
			t.Away++
		case o.Answer == nil || o.Answer.Verdict == inquiry.Silent:
			t.Silent++
		case o.Answer.Verdict == inquiry.Accept:
			t.Accept++
		case o.Answer.Verdict == inquiry.Ask:
			t.Ask++
		default:
			t.Refuse++
		}
	}
	return t
}

// Inquire asks every owner of the question's table what it would say, without asking the question: nothing is
// spent, and nothing is stored, here or elsewhere. Purpose and Lifetime of opts are used. Errors: those
// of the network and the coordinator, for example [inquiry.TooMany].
func (c *Client) Inquire(ctx context.Context, draft *Draft, opts Options) (*Forecast, error) {
	job := c.job(draft, opts)
	body, err := job.Marshal()
	if err != nil {
		return nil, err
	}
	manifest, err := c.manifest(job, body)
	if err != nil {
		return nil, err
	}
	q, err := cryptojob.NewInquiry(manifest, c.Now().Add(inquiryLife).Unix(), c.Identity, rand.Reader)
	if err != nil {
		return nil, fault.From(err)
	}
	f := c.emptyForecast(draft, q.Inquiry().Manifest)
	err = c.net.Inquire(ctx, q.Inquiry().Marshal(), func(r transport.InquiryReply) error {
		f.take(q, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// emptyForecast has no answers.
func (c *Client) emptyForecast(d *Draft, m *cryptojob.Manifest) *Forecast {
	f := &Forecast{Draft: d, Needed: m.MinContributors}
	f.Price, _ = plan.Price(&d.Query.Plan, c.space)
	for _, owner := range m.Roster {
		f.Owners = append(f.Owners, OwnerForecast{
			Participant: Participant{owner.ID, c.space.Member(owner.ID).Organisation},
			Fault:       inquiry.Withheld.New("the coordinator passed on nothing about owner %s", owner.ID),
		})
	}
	return f
}

// take enters what the coordinator passed on. The first word about an owner counts, and an answer
// only if it is the owner's.
func (f *Forecast) take(q *cryptojob.Inquirer, r transport.InquiryReply) {
	if r.Member == "" {
		f.Coordinator = r.Fault
		return
	}
	at := slices.IndexFunc(f.Owners, func(o OwnerForecast) bool { return o.Member == r.Member })
	if at < 0 || f.Owners[at].Answer != nil || !inquiry.Withheld.Is(f.Owners[at].Fault) {
		return
	}
	o := &f.Owners[at]
	if r.Fault != nil {
		// The coordinator may say that there is no answer, not what it would be.
		if inquiry.NotConnected.Is(r.Fault) || inquiry.NoAnswer.Is(r.Fault) {
			o.Fault = r.Fault
		}
		return
	}
	answer, err := open(q, r)
	if err != nil {
		o.Fault = inquiry.NotAuthentic.New("what the coordinator passed on is not an answer of owner %s", r.Member)
		return
	}
	o.Answer, o.Fault = answer, nil
}

func open(q *cryptojob.Inquirer, r transport.InquiryReply) (*inquiry.Answer, error) {
	party, _ := q.Inquiry().Manifest.Party(r.Member)
	content, err := q.Open(party, r.Answer)
	if err != nil {
		return nil, err
	}
	return inquiry.Parse(content)
}
