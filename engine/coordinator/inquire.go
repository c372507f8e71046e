package coordinator

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inquiry"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Bounds of inquiries here.
const (
	inquiryBurst = 10 // of one analyst at once, beside one every [inquiry.Every]
	maxInquiries = 32 // under way, of all analysts
	maxOfAnalyst = 2  // under way, of one
)

// inquiries are those under way. Nothing of them is stored, and what owners answer is not kept.
type inquiries struct {
	mu     sync.Mutex
	live   map[store.JobID]*relay
	count  map[string]int // under way, by analyst
	limits map[string]*rate.Limiter
}

// relay passes the answers to one inquiry on.
type relay struct {
	id      store.JobID
	analyst string
	missing map[string]bool             // owners that have not answered; of inquiries.mu
	replies chan transport.InquiryReply // room for all
}

func newInquiries() *inquiries {
	return &inquiries{live: map[store.JobID]*relay{}, count: map[string]int{}, limits: map[string]*rate.Limiter{}}
}

// enter makes an inquiry live, within the limits.
func (q *inquiries) enter(id store.JobID, analyst string, owners []cryptojob.Member, now time.Time) (*relay, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	limit := q.limits[analyst]
	if limit == nil { // there are no more analysts than the charter has
		limit = rate.NewLimiter(rate.Every(inquiry.Every), inquiryBurst)
		q.limits[analyst] = limit
	}
	switch {
	case q.live[id] != nil:
		return nil, inquiry.TooMany.New("this inquiry is under way")
	case len(q.live) >= maxInquiries || q.count[analyst] >= maxOfAnalyst:
		return nil, inquiry.TooMany.New("%d inquiries are under way, %d of them of this analyst", len(q.live), q.count[analyst])
	case !limit.AllowN(now, 1):
		return nil, inquiry.TooMany.New("more than one inquiry every %s, and bursts of %d", inquiry.Every, inquiryBurst)
	}
	r := &relay{id: id, analyst: analyst, missing: map[string]bool{}, replies: make(chan transport.InquiryReply, len(owners))}
	for _, m := range owners {
		r.missing[m.ID] = true
	}
	q.live[id] = r
	q.count[analyst]++
	return r, nil
}

// leave forgets an inquiry.
func (q *inquiries) leave(id store.JobID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.live[id]
	delete(q.live, id)
	if q.count[r.analyst]--; q.count[r.analyst] == 0 {
		delete(q.count, r.analyst)
	}
}

// take passes on what an owner says, the first time.
func (q *inquiries) take(id store.JobID, r transport.InquiryReply) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if live := q.live[id]; live != nil && live.missing[r.Member] {
		delete(live.missing, r.Member)
		live.replies <- r
	}
}

// left answers for an owner that is not connected any more.
func (q *inquiries) left(member string) {
	q.mu.Lock()
	var all []store.JobID
	for id := range q.live {
		all = append(all, id)
	}
	q.mu.Unlock()
	for _, id := range all {
		q.take(id, away(member))
	}
}

func away(member string) transport.InquiryReply {
	return transport.InquiryReply{Member: member, Fault: inquiry.NotConnected.New("owner %s is not connected", member)}
}

// silent returns the owners that have not answered.
func (q *inquiries) silent(r *relay) (ids []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for id := range r.missing {
		ids = append(ids, id)
	}
	return ids
}

// Inquire implements [transport.Handler]. Nothing is stored. What the coordinator itself would say
// to the question, it says as a reply of nobody.
func (c *coordinator) Inquire(ctx context.Context, analyst string, raw []byte, send func(transport.InquiryReply) error) error {
	i, err := cryptojob.ParseInquiry(raw)
	if err != nil {
		return Malformed.New("%w", err)
	}
	if !inquiry.Alive(i.Until, c.Now()) {
		return inquiry.WrongLife.New("the inquiry cannot be answered now")
	}
	id := i.Manifest.Job
	r, err := c.inquiries.enter(id, analyst, i.Manifest.Roster, c.Now())
	if err != nil {
		return err
	}
	defer c.inquiries.leave(id)
	own, err := c.objection(analyst, i)
	if err != nil {
		return err
	}
	if own != nil {
		if err := send(transport.InquiryReply{Fault: own}); err != nil {
			return err
		}
	}
	c.pass(i, raw)
	return c.relay(ctx, r, send)
}

// objection is what the coordinator would refuse the question for; an error, if it does not pass the
// inquiry on.
func (c *coordinator) objection(analyst string, i *cryptojob.Inquiry) (*fault.Fault, error) {
	_, err := c.check(analyst, i.Manifest, i.Verify)
	if err == nil {
		err = c.room(analyst)
	}
	if TooLarge.Is(err) || TooMany.Is(err) {
		return fault.From(err), nil
	}
	return nil, err
}

// pass gives the inquiry to the owners that are connected, and answers for the others.
func (c *coordinator) pass(i *cryptojob.Inquiry, raw []byte) {
	packet := transport.Packet{Job: i.Manifest.Job, Kind: uint8(envelope.Inquire), Body: raw}
	for _, m := range i.Manifest.Roster {
		if c.isOnline(m.ID) {
			c.tell(m.ID, packet)
			continue
		}
		c.inquiries.take(packet.Job, away(m.ID))
	}
}

// relay sends on what comes, until everybody has answered or the time is over.
func (c *coordinator) relay(ctx context.Context, r *relay, send func(transport.InquiryReply) error) error {
	late := time.NewTimer(c.Timing.Answer)
	defer late.Stop()
	for sent := 0; sent < cap(r.replies); {
		select {
		case reply := <-r.replies:
			sent++
			if err := send(reply); err != nil {
				return err
			}
		case <-late.C:
			for _, id := range c.inquiries.silent(r) {
				c.inquiries.take(r.id, transport.InquiryReply{Member: id, Fault: inquiry.NoAnswer.New("owner %s has not answered within %s", id, c.Timing.Answer)})
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-c.life.Done():
			return transport.Stopping.New("the coordinator stops")
		}
	}
	return nil
}

// replied takes an owner's answer to an inquiry; of one that is over it is dropped.
func (c *coordinator) replied(member string, p transport.Packet) error {
	if len(p.Body) != cryptojob.AnswerSize {
		return BadPacket.New("an answer to an inquiry has %d bytes, wanted %d", len(p.Body), cryptojob.AnswerSize)
	}
	c.inquiries.take(p.Job, transport.InquiryReply{Member: member, Answer: p.Body})
	return nil
}
