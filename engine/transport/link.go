package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// Link is a worker's end: one stream to the coordinator, made again when lost.
type Link struct {
	cfg      ClientConfig
	dialer   *dialer
	instance [16]byte // of this process
	box      *mailbox

	mu      sync.Mutex
	session *session // nil: none
}

// Dial checks the configuration and returns a link that is not yet connected.
// Errors: [BadConfig].
func Dial(cfg ClientConfig) (*Link, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	l := &Link{cfg: cfg, box: newMailbox(cfg.Limits.Inbox)}
	_, _ = rand.Read(l.instance[:]) // never fails
	var err error
	l.dialer, err = newDialer(&l.cfg)
	return l, err
}

// Send queues a packet for the coordinator, as [Hub.Send] does for a worker.
func (l *Link) Send(ctx context.Context, p Packet) error {
	s := l.current()
	if s == nil {
		return noSession()
	}
	return s.push(ctx, p)
}

func (l *Link) current() *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}

// Run connects, and connects again after each loss with a growing, jittered
// wait, until ctx ends (it returns nil) or until another process with the same
// key took this one's place ([Replaced]). Refusals such as a wrong key, charter
// or version are reported to Disconnected and tried again after
// Timing.BackoffMax, as the other side may be put right. It is called once; on
// return every goroutine has ended.
func (l *Link) Run(ctx context.Context, handler LinkHandler) error {
	var wg sync.WaitGroup
	wg.Go(func() { l.box.deliver(linkSink{handler}) })
	err := l.keep(ctx)
	l.drop(Away.New("the link was stopped"))
	l.box.close()
	wg.Wait()
	return err
}

// keep makes one connection after the other.
func (l *Link) keep(ctx context.Context) error {
	wait := l.cfg.Timing.BackoffMin
	for {
		a := attempt{link: l}
		why := a.run(ctx)
		if ctx.Err() != nil {
			a.detach(Lost.New("the link was stopped"), 0)
			return nil
		}
		if Replaced.Is(why) {
			a.detach(why, 0)
			return why
		}
		if a.session != nil { // it was up: a restarted coordinator is not made to wait
			wait = l.cfg.Timing.BackoffMin
		}
		pause := jitter(wait)
		if refused(why) {
			pause = jitter(l.cfg.Timing.BackoffMax)
		}
		wait = min(2*wait, l.cfg.Timing.BackoffMax)
		a.lost(why, pause)
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

// refused reports whether trying again soon is pointless.
func refused(why *fault.Fault) bool {
	for _, k := range []*fault.Kind{
		NotMember, WrongCoordinator, Intercepted, NoHTTP2, OtherCharter,
		UpgradeMember, UpgradeCoordinator, NotAllowed, BadConfig, Busy,
	} {
		if k.Is(why) {
			return true
		}
	}
	return false
}

// jitter draws from [d/2, d], so that many workers do not return at once.
func jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(mathrand.Int64N(int64(d/2)+1))
}

// sleep waits, and reports false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// drop ends the session, if there is one.
func (l *Link) drop(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != nil {
		l.session.end(why)
		l.session = nil
	}
}

// attempt is one connection of a link.
type attempt struct {
	link    *Link
	session *session // nil: it came to no session
	conn    *conn
}

// run connects and moves frames until the connection ends, and returns why.
func (a *attempt) run(ctx context.Context) *fault.Fault {
	l := a.link
	cc, err := l.dialer.open()
	if err != nil {
		return fault.From(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cc.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := a.greet(ctx, cancel, cc); err != nil {
		return a.explain(ctx, err)
	}
	why := a.explain(ctx, a.conn.run(a.session, &wg))
	if Violation.Is(why) {
		a.session.end(why)
	}
	return why
}

// explain turns an error of the stream into a fault.
func (a *attempt) explain(ctx context.Context, err error) *fault.Fault {
	if cause := context.Cause(ctx); TimedOut.Is(cause) {
		err = cause
	}
	if a.session != nil && a.session.ctx.Err() != nil { // given up on this side
		return fault.From(context.Cause(a.session.ctx))
	}
	return fromStatus(err, a.link.dialer.seen.Load())
}

// greet opens the stream and agrees with the coordinator on a session.
func (a *attempt) greet(ctx context.Context, cancel context.CancelCauseFunc, cc *grpc.ClientConn) error {
	limit := 3 * a.link.cfg.Timing.Handshake // TCP, TLS, and the stream
	late := time.AfterFunc(limit, func() { cancel(TimedOut.New("the coordinator did not answer within %v", limit)) })
	defer late.Stop()
	stream, err := tacitv1.NewLinkServiceClient(cc).Attach(withHello(ctx, &a.link.cfg))
	if err != nil {
		return err
	}
	open := a.link.open()
	if err := stream.Send(&tacitv1.Frame{Body: &tacitv1.Frame_Open{Open: open}}); err != nil {
		_, err = stream.Recv() // says why
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	welcome := first.GetWelcome()
	if welcome == nil || len(welcome.Session) != 16 || welcome.MaxPacket < minPacket {
		return Violation.New("the coordinator's first frame is no Welcome")
	}
	a.conn = newConn(ctx, stream) // not the stream's context: it ends before the reader can say why
	return a.attach(welcome, bytes.Equal(open.Session, welcome.Session))
}

// open says where the session stands.
func (l *Link) open() *tacitv1.Open {
	l.mu.Lock()
	defer l.mu.Unlock()
	open := &tacitv1.Open{Instance: l.instance[:], MaxPacket: uint64(l.cfg.Limits.MaxPacket)}
	if l.session != nil && l.session.ctx.Err() == nil {
		open.Session = l.session.id[:]
		open.Received = l.session.mark().wire()
	}
	return open
}

// attach resumes the session, or begins the one that the coordinator names.
func (a *attempt) attach(welcome *tacitv1.Welcome, resumed bool) error {
	l := a.link
	l.mu.Lock()
	defer l.mu.Unlock()
	at := markFromWire(welcome.GetReceived())
	if !resumed {
		if l.session != nil {
			l.session.end(Lost.New("a new session began"))
		}
		if at != (mark{}) {
			return Violation.New("a new session does not begin at its beginning")
		}
		l.session = newSession([16]byte(welcome.Session), l.cfg.Limits, l.cfg.Timing.Patience, l.box)
	}
	if !l.session.attach(a.conn, at, clampInt(welcome.MaxPacket)) {
		l.session.end(Lost.New("the session cannot go on"))
		return Violation.New("the coordinator wants to go on where this side cannot")
	}
	a.session = l.session
	return nil
}

// lost tells the handler that there is no connection, and why.
func (a *attempt) lost(why *fault.Fault, retry time.Duration) {
	if !a.detach(why, retry) {
		a.link.box.put(event{why: why, retry: retry})
	}
}

// detach takes the connection off its session, if it came to one.
func (a *attempt) detach(why *fault.Fault, retry time.Duration) bool {
	return a.session != nil && a.session.detach(a.conn, why, retry)
}

// linkSink calls a worker's handler.
type linkSink struct{ handler LinkHandler }

func (s linkSink) connected(ctx context.Context, fresh bool) { s.handler.Connected(ctx, fresh) }

func (s linkSink) receive(ctx context.Context, p Packet) error { return s.handler.Receive(ctx, p) }

func (s linkSink) disconnected(why *fault.Fault, retry time.Duration) {
	s.handler.Disconnected(why, retry)
}
