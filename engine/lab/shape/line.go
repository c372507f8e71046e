package shape

import (
	"sync"
	"time"
)

// Link says what a way is like, the same in both directions. The zero value is a way without
// delay and limit.
type Link struct {
	Delay time.Duration // of one way, at least 0: half of the round-trip time
	Rate  int64         // bytes a second; 0 or less: no limit
}

// occupies is how long n bytes, at most [segment], take to be put onto the line.
func (l Link) occupies(n int) time.Duration {
	if l.Rate <= 0 {
		return 0
	}
	return time.Duration(int64(n) * int64(time.Second) / l.Rate)
}

const (
	segment = 16 << 10  // bytes that arrive together, at most: a record of TLS
	slack   = 256 << 10 // bytes that may wait to be put onto a line
	most    = 64 << 20  // bytes that one connection holds, at most
)

// holds is how many bytes may be on their way or wait: as many as fit onto the line, and some.
func (l Link) holds() int {
	if l.Rate <= 0 {
		return most
	}
	seconds := max(l.Delay, 0).Seconds()
	return int(min(float64(l.Rate)*seconds+slack, most))
}

// Line is one direction of a way. The connections that use it share its rate. It may be used by many goroutines.
type Line struct {
	mu   sync.Mutex
	link Link
	free time.Time // when the last byte that was sent is on the line
}

// NewLine returns a line.
func NewLine(link Link) *Line { return &Line{link: link} }

// Set changes what the line is like for what is sent from now on. Nothing overtakes what was sent before on
// the same connection.
func (l *Line) Set(link Link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.link, l.free = link, time.Time{}
}

// Link returns what the line is like.
func (l *Line) Link() Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.link
}

// send puts n bytes onto the line, behind those that were sent before, and returns when they arrive.
func (l *Line) send(n int) (arrival time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(l.link.occupies(n))
	return l.free.Add(l.link.Delay)
}
