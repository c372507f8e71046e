package transport

import (
	"errors"

	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// assembly puts the fragments of one peer together again. It holds at most one
// packet, and memory for about four times the bytes that have arrived of it.
// On an error the peer broke the protocol, and the session ends.
type assembly struct {
	limit    int    // bytes of a body
	complete uint64 // number of the last complete packet
	open     bool   // the head of the packet after it is known
	packet   Packet // without its body
	size     int    // bytes of its body
	body     []byte // what has arrived of it
	headed   bool   // this connection has brought that head
}

// mark is where the peer goes on after a reconnect.
func (a *assembly) mark() mark { return mark{a.complete, uint64(len(a.body))} }

// reconnect says that the next fragment comes from a new connection.
func (a *assembly) reconnect() { a.headed = false }

// add takes a fragment and returns the packet that it completed, if any.
func (a *assembly) add(f *tacitv1.Fragment) (p Packet, complete bool, err error) {
	if f.GetSequence() != a.complete+1 {
		return p, false, errors.New("a packet is missing or doubled")
	}
	if err := a.head(f.GetHead()); err != nil {
		return p, false, err
	}
	if err := a.data(f.GetData()); err != nil {
		return p, false, err
	}
	if len(a.body) < a.size {
		return p, false, nil
	}
	p = a.packet
	p.Body = a.body
	*a = assembly{limit: a.limit, complete: a.complete + 1}
	return p, true, nil
}

// head checks the description of a packet, which comes with its first fragment
// on each connection.
func (a *assembly) head(h *tacitv1.Head) error {
	if h == nil {
		if !a.headed {
			return errors.New("a packet has no head")
		}
		return nil
	}
	if a.headed {
		return errors.New("a packet has two heads")
	}
	p := Packet{Attempt: h.Attempt, Kind: uint8(h.Kind)}
	switch {
	case len(h.Job) != len(p.Job):
		return errors.New("a job's id is not 16 bytes")
	case h.Kind > 0xff:
		return errors.New("a packet's kind is not one byte")
	case h.Size > uint64(a.limit):
		return errors.New("a packet is above the agreed size")
	case h.Offset != uint64(len(a.body)):
		return errors.New("a packet goes on at another place")
	}
	copy(p.Job[:], h.Job)
	if a.open && (p.Job != a.packet.Job || p.Attempt != a.packet.Attempt || p.Kind != a.packet.Kind || h.Size != uint64(a.size)) {
		return errors.New("a packet goes on as another one")
	}
	a.packet, a.size, a.open, a.headed = p, int(h.Size), true, true
	return nil
}

// data appends to the body.
func (a *assembly) data(data []byte) error {
	switch {
	case len(data) > a.size-len(a.body):
		return errors.New("a packet is longer than declared")
	case len(data) == 0 && a.size > 0:
		return errors.New("a fragment is empty")
	}
	a.body = extend(a.body, data, a.size)
	return nil
}

// growth is added so that a packet of 1 MiB grows once, in bytes.
const growth = 4 << 10

// extend appends data to a body of a declared size, which is not trusted: the
// memory taken is at most four times what has arrived, and growth. A body that arrives in
// one piece is not copied.
func extend(body, data []byte, size int) []byte {
	if len(body) == 0 && len(data) == size {
		return data[:size:size]
	}
	if have := len(body) + len(data); have > cap(body) {
		grown := make([]byte, len(body), min(size, 4*have+growth))
		copy(grown, body)
		body = grown
	}
	return append(body, data...)
}
