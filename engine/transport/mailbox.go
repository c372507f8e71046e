package transport

import (
	"context"
	"sync"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// sink is the handler's side of one peer.
type sink interface {
	connected(ctx context.Context, fresh bool)
	receive(ctx context.Context, p Packet) error
	disconnected(why *fault.Fault, retry time.Duration)
}

// event is one call of the handler to be made.
type event struct {
	session *session // nil: disconnected
	fresh   bool     // for connected
	packet  *Packet  // nil: connected
	number  uint64   // of the packet
	why     *fault.Fault
	retry   time.Duration
}

// maxEvents bounds the connections and losses that may wait for a handler.
const maxEvents = 4096

// mailbox keeps the calls to one handler in order, with one goroutine
// ([mailbox.deliver]) to make them.
type mailbox struct {
	limit int // bytes of packets above which [mailbox.room] waits

	mu     sync.Mutex
	events []event
	bytes  int // of packets not yet taken by the handler
	calls  int // events that are no packets
	closed bool
	filled chan struct{} // capacity 1: there may be something to take
	lower  chan struct{} // closed, and replaced, when bytes falls
}

func newMailbox(limit int) *mailbox {
	return &mailbox{limit: limit, filled: make(chan struct{}, 1), lower: make(chan struct{})}
}

// put appends an event. After close it does nothing.
func (b *mailbox) put(e event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.events = append(b.events, e)
	if e.packet != nil {
		b.bytes += cost(*e.packet)
	} else {
		b.calls++
	}
	poke(b.filled)
}

// crowded reports whether the handler is too far behind for new connections.
func (b *mailbox) crowded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls > maxEvents
}

// room waits until the packets in the box are below the limit.
func (b *mailbox) room(ctx context.Context) error {
	for {
		b.mu.Lock()
		free, lower := b.bytes < b.limit, b.lower
		b.mu.Unlock()
		if free {
			return nil
		}
		select {
		case <-lower:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// close lets deliver end when the box is empty.
func (b *mailbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	poke(b.filled)
}

// take waits for the next event; false when the box is closed and empty.
func (b *mailbox) take() (event, bool) {
	for {
		b.mu.Lock()
		if len(b.events) > 0 {
			e := b.events[0]
			b.events[0] = event{}
			b.events = b.events[1:]
			if e.packet == nil {
				b.calls--
			}
			b.mu.Unlock()
			return e, true
		}
		closed := b.closed
		b.mu.Unlock()
		if closed {
			return event{}, false
		}
		<-b.filled
	}
}

// release says that a packet is done with.
func (b *mailbox) release(p Packet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes -= cost(p)
	close(b.lower)
	b.lower = make(chan struct{})
}

// deliver makes the calls until the box is closed and empty. Packets of a
// session that is over are dropped.
func (b *mailbox) deliver(to sink) {
	for {
		e, ok := b.take()
		switch {
		case !ok:
			return
		case e.session == nil:
			to.disconnected(e.why, e.retry)
		case e.packet == nil:
			to.connected(e.session.ctx, e.fresh)
		default:
			e.session.hand(to, *e.packet, e.number)
			b.release(*e.packet)
		}
	}
}

// poke signals a channel of capacity 1.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
