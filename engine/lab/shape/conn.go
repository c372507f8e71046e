package shape

import (
	"bytes"
	"net"
	"os"
	"sync"
	"time"
)

// linger is how long the other end may take to accept what was on its way when a connection was closed.
const linger = 10 * time.Second

// Conn is a connection whose writes go over a [Line]; reads are those of the connection below. Write
// returns when the bytes are on their way, as that of TCP does, and waits while as many are as the line holds. An error of the
// connection below is that of a later Write.
type Conn struct {
	net.Conn
	line *Line

	mu       sync.Mutex
	queue    []parcel
	queued   int           // bytes in queue
	closed   bool          // by Close
	ended    bool          // by CloseWrite or Close: nothing more is sent
	err      error         // of the connection below
	deadline time.Time     // of Write
	changed  chan struct{} // closed, and replaced, when one of the above changes
	done     chan struct{} // closed when the carrier has ended
	cut      chan struct{} // closed by Cut
	once     sync.Once
}

// parcel is what arrives together. After the last one the way ends.
type parcel struct {
	body    []byte
	arrival time.Time
	last    bool
}

// NewConn returns a connection that writes to below over the line. Close it to end its goroutine.
func NewConn(below net.Conn, line *Line) *Conn {
	c := &Conn{Conn: below, line: line, changed: make(chan struct{}), done: make(chan struct{}), cut: make(chan struct{})}
	go c.carry()
	return c
}

// signal wakes all who wait. The caller holds mu.
func (c *Conn) signal() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Write sends p. It returns [os.ErrDeadlineExceeded] when the deadline passes before all of it is
// on its way, and [net.ErrClosed] after Close and CloseWrite.
func (c *Conn) Write(p []byte) (n int, err error) {
	for n < len(p) {
		size := min(segment, len(p)-n)
		if err := c.put(p[n : n+size]); err != nil {
			return n, err
		}
		n += size
	}
	return n, nil
}

// put sends what arrives together, when there is room.
func (c *Conn) put(p []byte) error {
	for {
		queued, changed, deadline, err := c.tryPut(p)
		if queued || err != nil {
			return err
		}
		wait(changed, deadline)
	}
}

func (c *Conn) tryPut(p []byte) (queued bool, changed <-chan struct{}, deadline time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return false, nil, time.Time{}, net.ErrClosed
	case c.err != nil:
		return false, nil, time.Time{}, c.err
	case !c.deadline.IsZero() && !time.Now().Before(c.deadline):
		return false, nil, time.Time{}, os.ErrDeadlineExceeded
	case c.queued > 0 && c.queued+len(p) > c.line.Link().holds():
		return false, c.changed, c.deadline, nil
	}
	c.push(parcel{body: bytes.Clone(p), arrival: c.line.send(len(p))})
	return true, nil, time.Time{}, nil
}

// push appends a parcel. The caller holds mu.
func (c *Conn) push(p parcel) {
	c.queue = append(c.queue, p)
	c.queued += len(p.body)
	c.signal()
}

// wait waits for a change, or until the time is over if there is one.
func wait(changed <-chan struct{}, until time.Time) {
	if until.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

// carry hands parcels to the connection below when they arrive.
func (c *Conn) carry() {
	defer close(c.done)
	for {
		p := c.first()
		c.travel(p.arrival)
		if p.last {
			c.finish()
			return
		}
		_, err := c.Conn.Write(p.body)
		if !c.carried(err) {
			return
		}
	}
}

// travel waits until something arrives; nothing does that was cut.
func (c *Conn) travel(arrival time.Time) {
	timer := time.NewTimer(time.Until(arrival))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.cut:
	}
}

// first waits for a parcel. It stays in the queue until it is carried.
func (c *Conn) first() parcel {
	for {
		c.mu.Lock()
		if len(c.queue) > 0 {
			p := c.queue[0]
			c.mu.Unlock()
			return p
		}
		changed := c.changed
		c.mu.Unlock()
		<-changed
	}
}

// carried takes the first parcel out of the queue. After an error everything is lost.
func (c *Conn) carried(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.signal()
	if err == nil {
		c.queued -= len(c.queue[0].body)
		c.queue[0] = parcel{}
		c.queue = c.queue[1:]
		return true
	}
	c.err, c.queue, c.queued = err, nil, 0
	if c.closed {
		_ = c.Conn.Close()
	}
	return false
}

// finish ends the way: after Close the connection below, otherwise its half if it has such.
func (c *Conn) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = nil
	if c.closed {
		_ = c.Conn.Close()
		return
	}
	c.err = net.ErrClosed
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// CloseWrite says that nothing more is sent; the other end learns it when all that was sent has arrived.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return net.ErrClosed
	}
	c.end()
	return nil
}

// end appends the last parcel. The caller holds mu.
func (c *Conn) end() {
	c.ended = true
	if c.err == nil {
		c.push(parcel{arrival: c.line.send(0), last: true})
	}
	c.signal()
}

// Close ends reads and writes at once; what is on its way still arrives, unless the other end takes
// longer for it than 10 s. It does not wait for that; see [Conn.Wait].
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	if !c.ended {
		c.end()
	}
	if c.err != nil { // nothing is on its way
		return c.Conn.Close()
	}
	last := c.queue[len(c.queue)-1].arrival
	_ = c.Conn.SetWriteDeadline(last.Add(linger))
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	return nil
}

// Wait returns when all that was on its way has arrived, or is lost, after Close or CloseWrite.
func (c *Conn) Wait() { <-c.done }

// Cut closes the connection below at once; what is on its way is lost.
func (c *Conn) Cut() {
	c.once.Do(func() { close(c.cut) })
	_ = c.Close()
	_ = c.Conn.Close()
}

// Read reads from the connection below.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed {
			err = net.ErrClosed
		}
	}
	return n, err
}

// SetDeadline sets the deadlines of Read and Write.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetWriteDeadline(t); err != nil {
		return err
	}
	return c.SetReadDeadline(t)
}

// SetReadDeadline sets the deadline of Read.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline sets the deadline of Write; what is on its way has none.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.deadline = t
	c.signal()
	return nil
}
