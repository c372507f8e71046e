package transport

import (
	"context"
	"sync"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// session is one end of the exchange of packets between two processes. It
// outlives connections: at most one is attached at a time, and a later one goes
// on where the earlier one stopped.
//
// Sending: push → outbox → next (a connection's writer) → the peer's Ack → ack.
// Receiving: arrive (a connection's reader) → assembly → mailbox → hand → the
// handler → Ack.
type session struct {
	id     [16]byte
	box    *mailbox
	ctx    context.Context // ends with the session; its cause says why
	cancel context.CancelCauseFunc

	outLimit int // bytes of the outbox
	patience time.Duration

	mu       sync.Mutex
	conn     *conn // nil: away
	maxOut   int   // bytes of a packet's body that the peer takes
	out      outbox
	sender   sender // place of conn's writer in out
	in       assembly
	taken    uint64        // packets that our handler has taken
	told     uint64        // the last acknowledgement that conn has sent
	changed  chan struct{} // closed, and replaced, when Send may go on
	attached bool          // a connection was attached once
}

func newSession(id [16]byte, limits Limits, patience time.Duration, box *mailbox) *session {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &session{
		id: id, box: box, ctx: ctx, cancel: cancel,
		outLimit: max(limits.Outbox, limits.MaxPacket+packetCost),
		patience: patience,
		maxOut:   limits.MaxPacket,
		in:       assembly{limit: limits.MaxPacket},
		changed:  make(chan struct{}),
	}
}

// attach makes c the connection, to go on at the peer's mark; it returns false
// when the mark is impossible. maxOut is the peer's limit of a body.
func (s *session) attach(c *conn, at mark, maxOut int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil || !s.out.covers(at) {
		return false
	}
	s.conn, s.maxOut = c, min(s.maxOut, maxOut)
	s.sender = sender{at: at}
	s.told = 0
	s.in.reconnect()
	s.signal()
	s.box.put(event{session: s, fresh: !s.attached})
	s.attached = true
	return true
}

// mark is what this side holds of the peer's packets.
func (s *session) mark() mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in.mark()
}

// resumes reports whether the session can go on at the peer's mark.
func (s *session) resumes(at mark) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx.Err() == nil && s.out.covers(at)
}

// detach takes c off, and tells the handler, unless another one has taken its
// place. Nothing that c still reads or writes touches the session afterwards.
func (s *session) detach(c *conn, why *fault.Fault, retry time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c {
		return false
	}
	s.conn = nil
	s.signal()
	s.box.put(event{why: why, retry: retry})
	return true
}

// end gives the session up; its connection, if any, ends with the same reason.
func (s *session) end(why error) {
	s.cancel(why)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.cut(why)
	}
	s.out = outbox{acked: s.out.acked + uint64(len(s.out.packets))}
	s.in.body = nil
	s.signal()
}

// signal wakes those who wait in push. The caller holds mu.
func (s *session) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// push queues a packet; see [Hub.Send].
func (s *session) push(ctx context.Context, p Packet) error {
	for {
		queued, away, changed, err := s.tryPush(p)
		if queued || err != nil {
			return err
		}
		if err := s.await(ctx, changed, away); err != nil {
			return err
		}
	}
}

// tryPush queues a packet if there is room.
func (s *session) tryPush(p Packet) (queued, away bool, changed <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return false, false, nil, noSession()
	case len(p.Body) > s.maxOut:
		return false, false, nil, TooBig.New("a packet of %d bytes is above the %d that both sides accept", len(p.Body), s.maxOut)
	case s.out.bytes+cost(p) > s.outLimit:
		return false, s.conn == nil, s.changed, nil
	}
	s.out.add(p)
	if s.conn != nil {
		poke(s.conn.wake)
	}
	return true, false, nil, nil
}

// await waits for room; a peer that is away for too long loses its session.
func (s *session) await(ctx context.Context, changed <-chan struct{}, away bool) error {
	var late <-chan time.Time
	if away {
		timer := time.NewTimer(s.patience)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-changed:
	case <-late:
		s.endIfAway(Away.New("the peer stayed away while its queue was full"))
	case <-s.ctx.Done():
	case <-ctx.Done():
		return Full.New("the peer does not keep up: %w", ctx.Err())
	}
	return nil
}

// endIfAway gives the session up unless a connection is attached.
func (s *session) endIfAway(why error) {
	s.mu.Lock()
	away := s.conn == nil
	s.mu.Unlock()
	if away {
		s.end(why)
	}
}

func noSession() *fault.Fault { return Away.New("there is no session with the peer") }

// next returns the next frame that c is to send, or nil.
func (s *session) next(c *conn) (*tacitv1.Frame, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c || s.ctx.Err() != nil {
		return nil, errDetached
	}
	if s.told < s.taken {
		s.told = s.taken
		return &tacitv1.Frame{Body: &tacitv1.Frame_Ack{Ack: &tacitv1.Ack{Sequence: s.taken}}}, nil
	}
	if f := s.sender.next(&s.out); f != nil {
		return &tacitv1.Frame{Body: &tacitv1.Frame_Fragment{Fragment: f}}, nil
	}
	return nil, nil
}

// arrive takes a frame that c has read.
func (s *session) arrive(c *conn, f *tacitv1.Frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c || s.ctx.Err() != nil {
		return errDetached
	}
	switch body := f.GetBody().(type) {
	case *tacitv1.Frame_Fragment:
		return s.fragment(body.Fragment)
	case *tacitv1.Frame_Ack:
		return s.ack(body.Ack.GetSequence())
	}
	return Violation.New("a frame is out of place")
}

// fragment puts a completed packet into the mailbox. The caller holds mu.
func (s *session) fragment(f *tacitv1.Fragment) error {
	p, complete, err := s.in.add(f)
	if err != nil {
		return Violation.New("%w", err)
	}
	if complete {
		s.box.put(event{session: s, packet: &p, number: s.in.complete})
	}
	return nil
}

// ack forgets what the peer has taken. The caller holds mu.
func (s *session) ack(sequence uint64) error {
	if sequence > s.sender.at.sequence {
		return Violation.New("a packet is acknowledged that was not sent")
	}
	s.out.ack(sequence)
	s.signal()
	return nil
}

// hand gives a packet to the handler and acknowledges it.
func (s *session) hand(to sink, p Packet, number uint64) {
	if s.ctx.Err() != nil {
		return
	}
	if err := to.receive(s.ctx, p); err != nil {
		s.end(err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = number
	if s.conn != nil {
		poke(s.conn.wake)
	}
}

// queued returns what waits for an acknowledgement, in bytes.
func (s *session) queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.bytes
}
