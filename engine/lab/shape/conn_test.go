package shape

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// pair returns a shaped connection and the other end of what is below it.
func pair(t *testing.T, link Link) (*Conn, net.Conn) {
	near, far := net.Pipe()
	c := NewConn(near, NewLine(link))
	t.Cleanup(func() {
		c.Cut()
		_ = far.Close()
		c.Wait()
	})
	return c, far
}

// slow is a way of 10 ms and 100 kB a second: 10 µs for each byte.
var slow = Link{Delay: 10 * time.Millisecond, Rate: 100_000}

// Every byte arrives, in order, whatever it was written in and however the line changes.
func TestBytesInOrder(t *testing.T) {
	for _, link := range []Link{{}, slow, {Delay: time.Second}, {Rate: 1 << 20}} {
		synctest.Test(t, func(t *testing.T) {
			const seed = 7
			g := rand.New(rand.NewPCG(seed, 0))
			want := make([]byte, 300_000)
			for i := range want {
				want[i] = byte(g.Uint32())
			}
			c, far := pair(t, link)
			go func() {
				for rest := want; len(rest) > 0; {
					n := min(len(rest), 1+g.IntN(40_000))
					if _, err := c.Write(rest[:n]); err != nil {
						t.Error(err)
					}
					rest = rest[n:]
					c.line.Set(Link{Delay: time.Duration(g.IntN(30)) * time.Millisecond, Rate: int64(1+g.IntN(9)) << 20})
				}
				_ = c.Close()
			}()
			got, err := io.ReadAll(far)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("seed %d: %d bytes of %d, equal: %v, %v", seed, len(got), len(want), bytes.Equal(got, want), err)
			}
		})
	}
}

// What was written may be changed afterwards.
func TestWriteKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pair(t, slow)
		p := []byte("before")
		if _, err := c.Write(p); err != nil {
			t.Fatal(err)
		}
		copy(p, "after!")
		got := make([]byte, len(p))
		if _, err := io.ReadFull(far, got); err != nil || string(got) != "before" {
			t.Fatalf("%q, %v", got, err)
		}
	})
}

// A byte arrives after the time that it and those before it occupy the line, and the delay; later ones of a stream
// follow at the rate, without waiting for the delay again.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pair(t, slow)
		begin := time.Now()
		read := func(n int) time.Duration {
			if _, err := io.ReadFull(far, make([]byte, n)); err != nil {
				t.Fatal(err)
			}
			return time.Since(begin)
		}
		write := func(n int) {
			if _, err := c.Write(make([]byte, n)); err != nil {
				t.Fatal(err)
			}
		}
		write(1000)
		write(500)
		if at := time.Since(begin); at != 0 {
			t.Errorf("Write waited for %v", at)
		}
		for i, step := range []struct {
			n    int
			want time.Duration
		}{{1000, 20 * time.Millisecond}, {500, 25 * time.Millisecond}} {
			if at := read(step.n); at != step.want {
				t.Errorf("parcel %d arrives at %v, want %v", i, at, step.want)
			}
		}
		time.Sleep(75 * time.Millisecond) // an idle line saves nothing up
		begin = time.Now()
		write(100)
		if at := read(100); at != 11*time.Millisecond {
			t.Errorf("after a pause it arrives after %v", at)
		}
		write(100 * 1000)
		if at := read(100 * 1000); at != 11*time.Millisecond+time.Second+10*time.Millisecond {
			t.Errorf("100 kB have arrived at %v", at)
		}
	})
}

// Connections on one line share its rate.
func TestSharedRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := NewLine(Link{Rate: 100_000})
		begin := time.Now()
		var last time.Duration
		for range 2 {
			near, far := net.Pipe()
			c := NewConn(near, line)
			if _, err := c.Write(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
			if got, err := io.ReadAll(far); err != nil || len(got) != 1000 {
				t.Fatal(len(got), err)
			}
			last = time.Since(begin)
			c.Wait()
		}
		if last != 20*time.Millisecond {
			t.Errorf("2 times 1000 bytes took %v", last)
		}
	})
}

// A connection holds what is on its way and some that waits; then Write waits.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pair(t, slow)
		wrote := make(chan int, 1)
		go func() {
			n, _ := c.Write(make([]byte, 1<<20))
			wrote <- n
		}()
		time.Sleep(time.Hour) // nobody reads
		c.mu.Lock()
		held := c.queued
		c.mu.Unlock()
		if most := slow.holds(); held > most || held < most-segment {
			t.Errorf("it holds %d bytes, want at most %d", held, most)
		}
		if _, err := io.ReadFull(far, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		if n := <-wrote; n != 1<<20 {
			t.Errorf("wrote %d bytes", n)
		}
	})
}

func TestHolds(t *testing.T) {
	for link, want := range map[Link]int{
		{}:                                     most,
		{Delay: time.Second}:                   most,
		{Rate: 1000}:                           slack,
		{Delay: time.Second, Rate: 1000}:       slack + 1000,
		{Delay: -time.Second, Rate: 1000}:      slack,
		{Delay: 24 * time.Hour, Rate: 1 << 62}: most,
	} {
		if got := link.holds(); got != want {
			t.Errorf("%+v holds %d bytes, want %d", link, got, want)
		}
	}
}

// Deadlines end Write and Read; with a later one both go on.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pair(t, Link{Rate: 1000})
		begin := time.Now()
		if err := c.SetDeadline(begin.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Write(make([]byte, 2*slack))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n < slack-segment || n > slack || time.Since(begin) != time.Second {
			t.Errorf("Write: %d bytes, %v, after %v", n, err, time.Since(begin))
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read: %v", err)
		}
		if err := c.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, far) }()
		if _, err := c.Write(make([]byte, slack)); err != nil {
			t.Error(err)
		}
		go func() { _, _ = far.Write([]byte("x")) }()
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
}

// A deadline that is set while Write waits counts at once.
func TestDeadlineWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := pair(t, Link{Rate: 1000})
		failed := make(chan error, 1)
		go func() {
			_, err := c.Write(make([]byte, 2*slack))
			failed <- err
		}()
		synctest.Wait()
		if err := c.SetWriteDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

// After Close what is on its way still arrives; reads and writes end at once.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pair(t, slow)
		ended := make(chan error, 1)
		go func() {
			_, err := c.Read(make([]byte, 1))
			ended <- err
		}()
		if _, err := c.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) || time.Since(begin) != 0 {
			t.Errorf("Read: %v after %v", err, time.Since(begin))
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write: %v", err)
		}
		for name, err := range map[string]error{
			"Close": c.Close(), "CloseWrite": c.CloseWrite(), "SetDeadline": c.SetDeadline(time.Time{}),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, err := io.ReadAll(far); err != nil || string(got) != "last words" {
			t.Errorf("%q, %v", got, err)
		}
		c.Wait()
	})
}

// Close ends a Write that waits for room.
func TestCloseWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := pair(t, slow)
		failed := make(chan error, 1)
		go func() {
			_, err := c.Write(make([]byte, 1<<20))
			failed <- err
		}()
		synctest.Wait()
		_ = c.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		begin := time.Now()
		c.Wait() // nobody reads
		if took := time.Since(begin); took > linger+slow.Delay+time.Second*4 {
			t.Errorf("it lingers for %v", took)
		}
	})
}

// Where the connection below fails, writes fail with its error.
func TestErrorBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pair(t, slow)
		_ = far.Close()
		if _, err := c.Write([]byte("into nothing")); err != nil {
			t.Fatal(err)
		}
		c.Wait()
		if _, err := c.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	})
}
