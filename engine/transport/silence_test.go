package transport

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/test/bufconn"
)

// hole is a connection that can fall silent: nothing arrives any more, in either
// direction, and nobody is told.
type hole struct {
	net.Conn
	mu     sync.Mutex
	silent bool
	closed chan struct{}
	once   sync.Once
}

func (h *hole) fall() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.silent = true
}

func (h *hole) fallen() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.silent
}

func (h *hole) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if h.fallen() {
		<-h.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (h *hole) Write(b []byte) (int, error) {
	if h.fallen() {
		return len(b), nil
	}
	return h.Conn.Write(b)
}

// Close leaves the other end in the dark.
func (h *hole) Close() error {
	h.once.Do(func() { close(h.closed) })
	if h.fallen() {
		return nil
	}
	return h.Conn.Close()
}

// TestSilentConnectionIsNoticed: a connection that dies without a word is noticed
// by both sides within KeepAlive + Silence, and the session goes on over the
// next one.
func TestSilentConnectionIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := bufconn.Listen(1 << 20)
		w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.Listener = pipe })
		cfg := w.client("w0")
		cfg.Address = "coordinator:1"
		var holes []*hole
		cfg.Dial = func(ctx context.Context, _ string) (net.Conn, error) {
			conn, err := pipe.DialContext(ctx)
			if err != nil {
				return nil, err
			}
			h := &hole{Conn: conn, closed: make(chan struct{})}
			holes = append(holes, h)
			return h, nil
		}
		l := startWorker(t, cfg)
		l.box.untilEvent(t, "connected  fresh", 1)
		holes[0].fall()
		began := time.Now()
		if err := l.Send(ctxbg, numbered(0, 100)); err != nil {
			t.Fatal(err)
		}
		limit := time.After(2 * (DefaultKeepAlive + DefaultSilence))
		for {
			changed := w.box.next()
			if len(w.box.copy("w0")) > 0 {
				break
			}
			select {
			case <-changed:
			case <-limit:
				t.Fatalf("nothing arrived: %q, %q", w.box.events, l.box.events)
			}
		}
		if took := time.Since(began); took > DefaultKeepAlive+DefaultSilence+time.Second {
			t.Errorf("the loss was noticed after %v", took)
		}
		wantSequence(t, w.box.copy("w0"), []int{100})
		l.stop()
		w.stop()
		for _, h := range holes { // what the network would forget some day
			h.Conn.Close()
		}
	})
}

// TestQuietConnectionStays: a connection without packets lives for days, with
// pings often enough for firewalls.
func TestQuietConnectionStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := bufconn.Listen(1 << 20)
		w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.Listener = pipe })
		cfg := w.client("w0")
		cfg.Address = "coordinator:1"
		quietest, last := time.Duration(0), time.Now()
		var mu sync.Mutex
		cfg.Dial = func(ctx context.Context, _ string) (net.Conn, error) {
			conn, err := pipe.DialContext(ctx)
			return &limitedConn{Conn: conn}, err
		}
		cfg.Wrap = func(c net.Conn) net.Conn {
			return tap{c, func() {
				mu.Lock()
				defer mu.Unlock()
				quietest, last = max(quietest, time.Since(last)), time.Now()
			}}
		}
		l := startWorker(t, cfg)
		l.box.untilEvent(t, "connected  fresh", 1)
		<-time.After(48 * time.Hour) // of the bubble's clock
		mu.Lock()
		if quietest > DefaultKeepAlive+time.Second {
			t.Errorf("the connection was silent for %v", quietest)
		}
		mu.Unlock()
		if len(l.box.faults) != 0 {
			t.Errorf("the connection broke: %v", l.box.faults)
		}
		l.stop()
		w.stop()
	})
}

// tap calls on at each write.
type tap struct {
	net.Conn
	on func()
}

func (c tap) Write(b []byte) (int, error) {
	c.on()
	return c.Conn.Write(b)
}

// copy returns the packets of a sender so far, and next a channel that is closed
// at the next change.
func (r *recorder) copy(member string) []Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.packets[member]
}

func (r *recorder) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}
