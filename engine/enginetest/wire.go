package enginetest

import (
	"encoding/binary"
	"net"
	"slices"
	"sync"
)

// Wire keeps every byte that passes between the coordinator and the members of a space, in both directions, as both sides
// read it: inside TLS. All traffic of a space goes through its coordinator.
type Wire struct {
	mu  sync.Mutex
	all []*flow
}

// flow is one direction of a connection.
type flow struct {
	member string
	to     bool // to the member, else from it
	bytes  []byte
}

// Inside is for the setting of this name of the coordinator's server.
func (w *Wire) Inside(member string, conn net.Conn) net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &heardConn{Conn: conn, wire: w, from: &flow{member: member}, to: &flow{member: member, to: true}}
	w.all = append(w.all, c.from, c.to)
	return c
}

// heardConn notes what it carries.
type heardConn struct {
	net.Conn
	wire     *Wire
	from, to *flow
}

// Read implements net.Conn.
func (c *heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.wire.note(c.from, b[:n])
	return n, err
}

// Write implements net.Conn.
func (c *heardConn) Write(b []byte) (int, error) {
	c.wire.note(c.to, b)
	return c.Conn.Write(b)
}

func (w *Wire) note(f *flow, b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.bytes = append(f.bytes, b...)
}

// Len is how many bytes passed, of a member in one direction.
func (w *Wire) Len(member string, to bool) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.all {
		if f.member == member && f.to == to {
			n += len(f.bytes)
		}
	}
	return n
}

// Find looks for forms, each at least seven bytes, by what they are, and says where they passed: "to owner2: …". It reads
// every byte once, however many forms there are.
func (w *Wire) Find(forms map[string][]byte) (found []string) {
	const first = 7
	byStart, maybe := map[uint64][]string{}, make([]uint64, 1<<14)
	place := func(start uint64) (word, bit uint64) {
		h := start * 0x9e3779b97f4a7c15 >> 44
		return h >> 6, h & 63
	}
	for what, form := range forms {
		start := uint64(0)
		for _, b := range form[:first] {
			start = start<<8 | uint64(b)
		}
		byStart[start] = append(byStart[start], what)
		word, bit := place(start)
		maybe[word] |= 1 << bit
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.all {
		where := "from " + f.member + ": "
		if f.to {
			where = "to " + f.member + ": "
		}
		window := uint64(0)
		for i, b := range f.bytes {
			window = (window<<8 | uint64(b)) & (1<<(8*first) - 1)
			if word, bit := place(window); i < first-1 || maybe[word]>>bit&1 == 0 {
				continue
			}
			rest := f.bytes[i-first+1:]
			for _, what := range byStart[window] {
				if form := forms[what]; len(rest) >= len(form) && string(rest[:len(form)]) == string(form) && !slices.Contains(found, where+what) {
					found = append(found, where+what)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// Limbs are the limbs of 24 bits of a number, lowest first, in words of so many bytes: as a guarded release packs numbers.
func Limbs(x uint64, word int, order binary.AppendByteOrder) (out []byte) {
	for ; x > 0; x >>= 24 {
		if word == 4 {
			out = order.AppendUint32(out, uint32(x&(1<<24-1)))
		} else {
			out = order.AppendUint64(out, x&(1<<24-1))
		}
	}
	return out
}
