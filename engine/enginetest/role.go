package enginetest

import (
	"bytes"
	"context"
	"sync"
	"testing"
)

// role is a coordinator or worker that runs on goroutines of this process.
type role struct {
	stop context.CancelFunc
	done chan struct{} // closed when Run returned
	err  error         // of Run, once done is closed
}

func startRole(t testing.TB, run func(context.Context) error) *role {
	ctx, cancel := context.WithCancel(context.Background())
	r := &role{stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = run(ctx)
	}()
	t.Cleanup(func() { r.end() })
	return r
}

// end stops the role and returns what Run returned.
func (r *role) end() error {
	r.stop()
	<-r.done
	return r.err
}

// Log collects what the roles log.
type Log struct {
	t    testing.TB
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced with every line
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.text.Write(b)
}

// Until waits until a text has been logged.
func (l *Log) Until(text string) {
	l.t.Helper()
	l.UntilTimes(1, text)
}

// UntilTimes waits until some texts have been logged n times together.
func (l *Log) UntilTimes(n int, texts ...string) {
	l.t.Helper()
	for {
		l.mu.Lock()
		if l.more == nil {
			l.more = make(chan struct{})
		}
		found, more := 0, l.more
		for _, text := range texts {
			found += bytes.Count(l.text.Bytes(), []byte(text))
		}
		l.mu.Unlock()
		if found >= n {
			return
		}
		await(l.t, more, nil)
	}
}

// String returns everything that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
