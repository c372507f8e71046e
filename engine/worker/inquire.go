package worker

import (
	"crypto/rand"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/inquiry"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Bounds of inquiries here.
const (
	inquiryBurst = 20  // of one analyst at once, beside one every [inquiry.Every]
	maxInquiries = 64  // under way; more are dropped
	maxSeen      = 256 // of one analyst that may still be repeated; more are dropped

	// answerAfter is when an answer leaves, counted from the arrival of its inquiry, so that the
	// coordinator does not learn from the time which rule was the last to be looked at.
	answerAfter = 100 * time.Millisecond
)

// inquiries is what a worker remembers of inquiries, in memory only: enough to bound them.
type inquiries struct {
	slots chan struct{} // one token for each that is under way
	turn  sync.Mutex    // one is answered at a time

	mu     sync.Mutex
	seen   map[string]map[[32]byte]int64 // by analyst and hash: until when it may be repeated, unix seconds
	limits map[string]*rate.Limiter
}

func newInquiries() *inquiries {
	return &inquiries{slots: make(chan struct{}, maxInquiries), seen: map[string]map[[32]byte]int64{}, limits: map[string]*rate.Limiter{}}
}

// first reports whether an inquiry was not seen before, and remembers it while it lives.
func (q *inquiries) first(i *cryptojob.Inquiry, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	analyst := i.Manifest.Analyst.ID // a member: there are no more than the charter has
	own := q.seen[analyst]
	if own == nil {
		own = map[[32]byte]int64{}
		q.seen[analyst] = own
	}
	maps.DeleteFunc(own, func(_ [32]byte, until int64) bool { return !inquiry.Alive(until, now) })
	h := i.Hash()
	if _, seen := own[h]; seen || len(own) >= maxSeen {
		return false
	}
	own[h] = i.Until
	return true
}

// allow counts an inquiry of an analyst, who is a member of the charter.
func (q *inquiries) allow(analyst string, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	limit := q.limits[analyst]
	if limit == nil {
		limit = rate.NewLimiter(rate.Every(inquiry.Every), inquiryBurst)
		q.limits[analyst] = limit
	}
	return limit.AllowN(now, 1)
}

// inquired answers an inquiry on a goroutine of its own, at a time that tells nothing. One that no analyst of
// the space signed for this worker, or that was answered before, is dropped.
func (w *worker) inquired(p transport.Packet) {
	arrived := time.NewTimer(answerAfter)
	select {
	case w.asked.slots <- struct{}{}:
	default:
		w.Log.Warn("inquiry dropped: too many at once")
		return
	}
	w.wg.Go(func() {
		defer func() { <-w.asked.slots }()
		defer arrived.Stop()
		body := w.answer(p)
		select {
		case <-arrived.C:
		case <-w.life.Done():
			return
		}
		if body != nil {
			w.tell(transport.Packet{Job: p.Job, Kind: uint8(envelope.Reply), Body: body})
		}
	})
}

// answer returns the sealed answer, or nil.
func (w *worker) answer(p transport.Packet) []byte {
	w.asked.turn.Lock()
	defer w.asked.turn.Unlock()
	log := w.Log.With("inquiry", store.JobID(p.Job).String())
	i, self, err := w.readInquiry(p)
	if err != nil {
		log.Warn("inquiry dropped", obs.Err(err))
		return nil
	}
	if !w.asked.first(i, w.Now()) {
		log.Warn("inquiry dropped: it was seen before")
		return nil
	}
	begun := time.Now()
	says := w.says(i, self)
	log.Info("inquiry answered", "analyst", i.Manifest.Analyst.ID, "verdict", says.Verdict.String(), "code", says.Reason.Code, "took", time.Since(begun))
	body, err := i.Answer(self, w.Identity, says.Marshal(), rand.Reader)
	if err != nil {
		log.Warn("inquiry not answered", obs.Err(err))
		return nil
	}
	return body
}

// readInquiry returns an inquiry that an analyst of the charter signed, and this worker's position in it.
func (w *worker) readInquiry(p transport.Packet) (*cryptojob.Inquiry, session.Party, error) {
	i, err := cryptojob.ParseInquiry(p.Body)
	if err != nil {
		return nil, 0, Malformed.New("%w", err)
	}
	m := i.Manifest
	analyst := w.space.Member(m.Analyst.ID)
	self, in := m.Party(w.Self)
	switch {
	case m.Job != p.Job:
		return nil, 0, Malformed.New("the inquiry is another than its envelope says")
	case !in || !m.Roster[self-1].Key.Equal(w.Identity.Public()):
		return nil, 0, Malformed.New("the inquiry is not for this worker")
	case analyst == nil || !analyst.HasRole(charter.Analyst) || analyst.Key != m.Analyst.Key.Fingerprint():
		return nil, 0, policy.NotAnAnalyst.New("who inquires is no member with the role analyst")
	}
	if err := i.Verify(); err != nil {
		return nil, 0, Malformed.New("%w", err)
	}
	return i, self, nil
}

// says is what this worker says to an inquiry. It reads no data, and changes nothing.
func (w *worker) says(i *cryptojob.Inquiry, self session.Party) *inquiry.Answer {
	silent := func(why error) *inquiry.Answer {
		return &inquiry.Answer{Verdict: inquiry.Silent, Reason: envelope.ReasonOf(why)}
	}
	switch {
	case w.Accept.Inquiries == "refuse":
		return silent(inquiry.Off.New("this owner does not say beforehand what it would do"))
	case !inquiry.Alive(i.Until, w.Now()):
		return silent(inquiry.OtherClock.New("the inquiry cannot be answered now"))
	case !w.asked.allow(i.Manifest.Analyst.ID, w.Now()):
		return silent(inquiry.TooOften.New("more than one inquiry every %s, and bursts of %d", inquiry.Every, inquiryBurst))
	}
	j, err := w.question(i, self)
	if err == nil {
		err = w.checkNew(j)
	}
	if err == nil {
		err = w.hasRoom(j)
	}
	if err == nil && j.grounds(nil) != nil {
		return j.wouldPark()
	}
	if err != nil {
		return refusal(err)
	}
	return &inquiry.Answer{Verdict: inquiry.Accept, Differencing: j.comparison(), Budget: j.left()}
}

func refusal(why error) *inquiry.Answer {
	return &inquiry.Answer{Verdict: inquiry.Refuse, Reason: envelope.ReasonOf(publicFault(why))}
}

// wouldPark is the answer to a question about which the rules ask a person, if there is room in the inbox.
func (j *job) wouldPark() *inquiry.Answer {
	all, own, err := j.w.store.CountWaiting(j.manifest.Analyst.ID)
	switch settings := &j.w.Approval; {
	case err != nil:
		return refusal(err)
	case all >= settings.MaxParked || own >= settings.MaxOfAnalyst:
		return refusal(tooManyParked())
	}
	why := inquiry.Waits.New("the owner's approval rules ask a person")
	return &inquiry.Answer{Verdict: inquiry.Ask, Reason: envelope.ReasonOf(why), Differencing: j.comparison(), Budget: j.left()}
}

// question is the job that the inquiry is about, as an offer of it would make it. It does not run.
func (w *worker) question(i *cryptojob.Inquiry, self session.Party) (*job, error) {
	request, err := policy.NewRequest(i.Manifest)
	if err != nil {
		return nil, err
	}
	j := makeJob(w, nil, i.Manifest, request, cryptojob.Alpha{}, self)
	if j.sizes, err = protocol.SizesOf(i.Manifest); err != nil {
		return nil, Malformed.New("%w", err)
	}
	return j, nil
}

// hasRoom is what [worker.admit] would say.
func (w *worker) hasRoom(j *job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.room(j)
}

// comparison is the rule for the comparison that the question would meet, "" if nothing of it is compared.
func (j *job) comparison() string {
	if len(plan.Guards(&j.request.Job.Plan, j.w.space)) == 0 {
		return ""
	}
	return differencingRule(j.w.space, j.w.Accept)
}
