package shape

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Relay is a member's way to the coordinator: it listens on the loopback address, and passes each connection
// on. The first byte of a connection waits for a round trip, as it does behind the handshake of
// TCP. The rate is that of all its connections together, in each direction.
type Relay struct {
	listener net.Listener
	to       string
	up, down *Line
	ups      atomic.Int64 // bytes towards the coordinator
	downs    atomic.Int64

	life context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
}

// Listen starts a relay to an address, on a free port. Close it.
func Listen(to string, link Link) (*Relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Relay{listener: listener, to: to, up: NewLine(link), down: NewLine(link)}
	r.life, r.stop = context.WithCancel(context.Background())
	r.wg.Go(r.accept)
	return r, nil
}

// Addr is where the relay listens, "host:port".
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Set changes what the way is like, for what is sent from now on.
func (r *Relay) Set(link Link) {
	r.up.Set(link)
	r.down.Set(link)
}

// Bytes returns how many bytes were sent so far, to the coordinator and from it.
func (r *Relay) Bytes() (up, down int64) { return r.ups.Load(), r.downs.Load() }

// Close cuts all connections and waits until nothing is left.
func (r *Relay) Close() error {
	r.stop()
	err := r.listener.Close()
	r.wg.Wait()
	return err
}

// retry is the pause after a connection could not be accepted.
const retry = 10 * time.Millisecond

func (r *Relay) accept() {
	for {
		member, err := r.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !r.pause(retry) {
				return
			}
			continue // as for want of files
		}
		r.wg.Go(func() { r.pass(member) })
	}
}

// pass carries one connection to its end.
func (r *Relay) pass(member net.Conn) {
	defer member.Close()
	if !r.pause(2 * r.up.Link().Delay) {
		return
	}
	hub, err := (&net.Dialer{}).DialContext(r.life, "tcp", r.to)
	if err != nil {
		return
	}
	up, down := NewConn(hub, r.up), NewConn(member, r.down)
	defer context.AfterFunc(r.life, func() { up.Cut(); down.Cut() })()
	var both sync.WaitGroup
	both.Go(func() { r.carry(up, member, &r.ups) })
	both.Go(func() { r.carry(down, hub, &r.downs) })
	both.Wait()
	_, _ = up.Close(), down.Close()
}

// carry copies one direction to its end. An end that was lost cuts the other direction too.
func (r *Relay) carry(to *Conn, from net.Conn, count *atomic.Int64) {
	_, err := io.Copy(&counter{to, count}, from)
	_ = to.CloseWrite()
	to.Wait()
	if err != nil {
		_ = from.Close()
		to.Cut()
	}
}

// counter counts what is written.
type counter struct {
	io.Writer
	n *atomic.Int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// pause waits; it reports false when the relay ends first.
func (r *Relay) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.life.Done():
		return false
	}
}
