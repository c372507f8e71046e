package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

const (
	maxCalls     = 32 // calls of one member at once
	maxTransfers = 2  // submissions and results of one member at once

	// arrivalRate and arrivalBurst bound how often one worker may connect, as
	// each fresh connection makes the handler send again what its store holds.
	arrivalRate  = rate.Limit(5) // per second
	arrivalBurst = 200
)

// peerState is what the hub knows of one member. It stays until the hub stops;
// there are at most as many as the charter has members.
type peerState struct {
	hub    *Hub
	member string
	box    *mailbox

	mu        sync.Mutex
	delivers  bool // the goroutine that calls the handler runs
	stopped   bool
	session   *session // nil: none
	instance  []byte   // process that has the session
	conn      *conn    // nil: away
	since     time.Time
	software  string
	calls     int
	transfers int
	failures  *rate.Limiter // of calls, refused by their hello or for breaking the protocol
	arrivals  *rate.Limiter // of connections of its worker
}

func newPeerState(h *Hub, member string) *peerState {
	return &peerState{
		hub: h, member: member,
		box:      newMailbox(h.cfg.Limits.Inbox),
		failures: rate.NewLimiter(failureRate, failureBurst),
		arrivals: rate.NewLimiter(arrivalRate, arrivalBurst),
	}
}

// current returns the session, or nil.
func (p *peerState) current() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

// attach makes c the member's connection, in place of an older one, and resumes
// its session or begins a new one.
func (p *peerState) attach(c *conn, open *tacitv1.Open, hello greeting) (*session, *tacitv1.Welcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil, nil, stopping()
	}
	if p.box.crowded() || !p.arrivals.Allow() {
		return nil, nil, Busy.New("this member connects again too often")
	}
	p.dropOlder(open.GetInstance())
	at := markFromWire(open.GetReceived())
	if !p.resumes(open, at) {
		p.begin(open.GetInstance())
		at = mark{}
	}
	received := p.session.mark()
	if !p.session.attach(c, at, clampInt(open.GetMaxPacket())) {
		return nil, nil, Lost.New("the session ended")
	}
	p.conn, p.since, p.software = c, time.Now(), hello.software
	p.deliver()
	return p.session, &tacitv1.Welcome{
		Session:   p.session.id[:],
		Received:  received.wire(),
		MaxPacket: uint64(p.hub.cfg.Limits.MaxPacket),
		Protocol:  hello.protocol,
		Software:  p.hub.cfg.Software,
	}, nil
}

// resumes reports whether the session goes on where the worker says it stopped.
func (p *peerState) resumes(open *tacitv1.Open, at mark) bool {
	return p.session != nil &&
		bytes.Equal(p.session.id[:], open.GetSession()) &&
		bytes.Equal(p.instance, open.GetInstance()) &&
		p.session.resumes(at)
}

// dropOlder cuts the member's connection, if it has one.
func (p *peerState) dropOlder(instance []byte) {
	if p.conn == nil {
		return
	}
	why := Lost.New("a newer connection of the same process took the place of this one")
	if !bytes.Equal(p.instance, instance) {
		why = Replaced.New("another process connected with this member's key and took the place of this one")
		p.hub.cfg.Log.Warn("a second instance of a worker took the place of the first", "member", p.member)
	}
	p.session.detach(p.conn, why, 0)
	p.conn.cut(why)
	p.conn = nil
}

// begin replaces the session.
func (p *peerState) begin(instance []byte) {
	if p.session != nil {
		p.session.end(Lost.New("the worker began a new session"))
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	p.session = newSession(id, p.hub.cfg.Limits, p.hub.cfg.Timing.Patience, p.box)
	p.instance = bytes.Clone(instance)
}

// deliver starts the goroutine that calls the handler.
func (p *peerState) deliver() {
	if !p.delivers {
		p.delivers = true
		p.hub.wg.Go(func() { p.box.deliver(memberSink{p.hub.handler, p.member}) })
	}
}

// detach takes c off when its connection has ended. A session whose peer broke
// the protocol ends too.
func (p *peerState) detach(s *session, c *conn, why *fault.Fault) {
	if Violation.Is(why) {
		p.failures.Allow()
		s.end(why)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.detach(c, why, 0)
	if p.conn == c {
		p.conn, p.since = nil, time.Now()
	}
	if p.session == s && s.ctx.Err() != nil {
		p.session = nil
	}
}

// expire ends the session of a worker that is away for longer than retention.
func (p *peerState) expire(retention time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil || p.conn != nil {
		return
	}
	if time.Since(p.since) > retention {
		p.session.end(Away.New("the worker stayed away"))
	}
	if p.session.ctx.Err() != nil {
		p.session = nil
	}
}

// stop ends the session and, when the handler has been told, its goroutine.
func (p *peerState) stop(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.session != nil {
		p.session.end(why)
	}
	if p.conn != nil {
		p.session.detach(p.conn, fault.From(why), 0)
		p.conn = nil
	}
	p.box.close()
}

func (p *peerState) presence() (Presence, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil {
		return Presence{}, false
	}
	return Presence{
		Member:   p.member,
		Since:    p.since,
		Online:   p.conn != nil,
		Software: p.software,
		Queued:   p.session.queued(),
	}, true
}

// enter counts a call, and refuses it when there are too many at once.
func (p *peerState) enter(transfer bool) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls >= maxCalls || (transfer && p.transfers >= maxTransfers) {
		return nil, Busy.New("this member has too many calls at once")
	}
	n := 0
	if transfer {
		n = 1
	}
	p.calls++
	p.transfers += n
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls--
		p.transfers -= n
	}, nil
}

// memberSink calls the handler for one member.
type memberSink struct {
	handler Handler
	member  string
}

func (m memberSink) connected(ctx context.Context, fresh bool) {
	m.handler.Connected(ctx, m.member, fresh)
}

func (m memberSink) receive(ctx context.Context, p Packet) error {
	return m.handler.Receive(ctx, m.member, p)
}

func (m memberSink) disconnected(*fault.Fault, time.Duration) { m.handler.Disconnected(m.member) }

// clampInt turns a peer's number into an int.
func clampInt(v uint64) int { return int(min(v, 1<<40)) }
