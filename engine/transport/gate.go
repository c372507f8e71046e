package transport

import (
	"container/list"
	"net"
	"sync"

	"golang.org/x/time/rate"
)

const (
	// failureRate and failureBurst say how often a source may fail before its
	// next attempts are cut at once: handshakes by address, hellos by member.
	failureRate  = rate.Limit(1) // per second
	failureBurst = 10
	// maxSources bounds the memory of addresses that failed.
	maxSources = 4096
)

// gate is the listener: it bounds connections, and those that have not yet
// shown a member's key more tightly.
type gate struct {
	net.Listener
	cfg *ServerConfig

	mu      sync.Mutex
	open    int
	pending *list.List // of *guest, oldest first
	sources map[string]*rate.Limiter
}

// guest is an accepted connection.
type guest struct {
	net.Conn
	gate   *gate
	source string
	place  *list.Element // in pending; nil: no longer there
	closed bool
}

func newGate(l net.Listener, cfg *ServerConfig) *gate {
	return &gate{Listener: l, cfg: cfg, pending: list.New(), sources: map[string]*rate.Limiter{}}
}

// Accept returns the next connection that the limits allow.
func (g *gate) Accept() (net.Conn, error) {
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		source := sourceOf(raw.RemoteAddr())
		if g.cfg.Wrap != nil {
			raw = g.cfg.Wrap(raw)
		}
		if c := g.admit(raw, source); c != nil {
			return c, nil
		}
		raw.Close()
	}
}

// admit takes a connection in, or returns nil. When too many are in their
// handshake the oldest of these goes, so that slow ones cannot keep others out.
func (g *gate) admit(raw net.Conn, source string) *guest {
	g.mu.Lock()
	if g.open >= g.cfg.MaxConns || g.banned(source) {
		g.mu.Unlock()
		return nil
	}
	var oldest *guest
	if g.pending.Len() >= g.cfg.MaxHandshakes {
		oldest = g.pending.Front().Value.(*guest)
	}
	c := &guest{Conn: raw, gate: g, source: source}
	c.place = g.pending.PushBack(c)
	g.open++
	g.mu.Unlock()
	if oldest != nil {
		oldest.Close()
	}
	return c
}

// Close closes the listener and the connections that are in their handshake.
func (g *gate) Close() error {
	err := g.Listener.Close()
	g.mu.Lock()
	var guests []*guest
	for e := g.pending.Front(); e != nil; e = e.Next() {
		guests = append(guests, e.Value.(*guest))
	}
	g.mu.Unlock()
	for _, c := range guests {
		c.Close()
	}
	return err
}

// known says that the guest has shown a member's key.
func (c *guest) known() {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	c.leavePending()
}

func (c *guest) leavePending() {
	if c.place != nil {
		c.gate.pending.Remove(c.place)
		c.place = nil
	}
}

// Close closes the connection and gives its place free.
func (c *guest) Close() error {
	c.gate.mu.Lock()
	if !c.closed {
		c.closed = true
		c.gate.open--
		c.leavePending()
	}
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// failed notes a failed handshake of the guest's address, unless it failed
// because we closed the connection.
func (c *guest) failed() {
	g := c.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.closed {
		return
	}
	l := g.sources[c.source]
	if l == nil {
		if len(g.sources) >= maxSources {
			clear(g.sources)
		}
		l = rate.NewLimiter(failureRate, failureBurst)
		g.sources[c.source] = l
	}
	l.Allow()
}

// banned reports whether an address has failed too often of late. The caller
// holds mu.
func (g *gate) banned(source string) bool {
	l := g.sources[source]
	switch {
	case l == nil:
		return false
	case l.Tokens() >= failureBurst:
		delete(g.sources, source)
	}
	return l.Tokens() < 1
}

// sourceOf is the host of an address.
func sourceOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
