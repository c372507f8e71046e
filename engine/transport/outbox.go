package transport

import tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"

const (
	// frameSize is the most that one message on the wire takes, in bytes.
	frameSize = 1 << 20
	// dataSize is the payload of a full frame, in bytes. A frame that was cut off
	// is sent again as a whole, so it is well below frameSize: this is the least
	// that a connection has to carry for a resumed packet to make progress.
	dataSize = 256<<10 - 512
	// packetCost is what a packet counts for beside its body in the limits of
	// the queues, in bytes, so that empty packets are not free.
	packetCost = 256
	// minPacket is the smallest limit of a packet's body that makes sense.
	minPacket = 1 << 10
)

// mark is a place in the stream of packets of one direction.
type mark struct {
	sequence uint64 // packets that are complete; the first packet is number 1
	partial  uint64 // bytes of the body of the packet after them
}

func markFromWire(w *tacitv1.Mark) mark { return mark{w.GetSequence(), w.GetPartial()} }

func (m mark) wire() *tacitv1.Mark { return &tacitv1.Mark{Sequence: m.sequence, Partial: m.partial} }

// outbox holds the packets that the peer has not yet acknowledged.
type outbox struct {
	acked   uint64   // number of the last acknowledged packet
	packets []Packet // numbers acked+1, acked+2, …
	bytes   int      // what they count for
}

func cost(p Packet) int { return len(p.Body) + packetCost }

func (o *outbox) add(p Packet) {
	o.packets = append(o.packets, p)
	o.bytes += cost(p)
}

// ack forgets the packets up to a number, which is at most the last one's.
func (o *outbox) ack(sequence uint64) {
	for o.acked < sequence {
		o.bytes -= cost(o.packets[0])
		o.packets[0] = Packet{}
		o.packets = o.packets[1:]
		o.acked++
	}
}

// packet returns the packet with a number, or nil.
func (o *outbox) packet(sequence uint64) *Packet {
	i := sequence - o.acked - 1 // wraps around below acked+1
	if i >= uint64(len(o.packets)) {
		return nil
	}
	return &o.packets[i]
}

// covers reports whether sending can go on at a mark of the peer.
func (o *outbox) covers(m mark) bool {
	if m.sequence < o.acked || m.sequence-o.acked > uint64(len(o.packets)) {
		return false
	}
	if m.partial == 0 {
		return true
	}
	next := o.packet(m.sequence + 1)
	return next != nil && m.partial < uint64(len(next.Body))
}

// sender walks through the outbox on one connection.
type sender struct {
	at     mark
	headed bool // the head of the packet after at was sent on this connection
}

// next returns the next fragment to send, or nil. Its data is part of the body.
func (s *sender) next(o *outbox) *tacitv1.Fragment {
	p := o.packet(s.at.sequence + 1)
	if p == nil {
		return nil
	}
	f := &tacitv1.Fragment{Sequence: s.at.sequence + 1}
	if !s.headed {
		f.Head = &tacitv1.Head{
			Job:     p.Job[:],
			Attempt: p.Attempt,
			Kind:    uint32(p.Kind),
			Size:    uint64(len(p.Body)),
			Offset:  s.at.partial,
		}
	}
	rest := p.Body[s.at.partial:]
	f.Data = rest[:min(len(rest), dataSize)]
	s.headed = true
	s.at.partial += uint64(len(f.Data))
	if len(f.Data) == len(rest) {
		s.at = mark{sequence: s.at.sequence + 1}
		s.headed = false
	}
	return f
}
