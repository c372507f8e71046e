package shape

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// echo accepts connections, sends back what comes until its end, and ends.
func echo(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func relay(t *testing.T, to string, link Link) *Relay {
	r, err := Listen(to, link)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func dial(t *testing.T, address string) *net.TCPConn {
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// A relay passes bytes on both ways, with their ends, counts them, and takes as long as the way: a round
// trip for the handshake and one for the echo.
func TestRelay(t *testing.T) {
	const delay = 5 * time.Millisecond
	r := relay(t, echo(t), Link{Delay: delay})
	begin := time.Now()
	c := dial(t, r.Addr())
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
	if took := time.Since(begin); took < 4*delay {
		t.Errorf("it took %v, less than two round trips", took)
	}
	if up, down := r.Bytes(); up != 5 || down != 5 {
		t.Errorf("%d bytes up, %d down", up, down)
	}
	r.Set(Link{})
	c = dial(t, r.Addr())
	if _, err := c.Write([]byte("again")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
}

// A relay that ends cuts what it carries, also while a connection waits for its handshake.
func TestRelayEnds(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Hour} {
		r := relay(t, echo(t), Link{})
		c := dial(t, r.Addr())
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		r.Set(Link{Delay: delay})
		waiting := dial(t, r.Addr())
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		for _, c := range []net.Conn{c, waiting} {
			if n, err := c.Read(make([]byte, 1)); err == nil || n != 0 {
				t.Errorf("%d bytes, %v", n, err)
			}
		}
		if _, err := net.Dial("tcp", r.Addr()); err == nil {
			t.Error("it still listens")
		}
	}
}

// Where nobody listens behind a relay, connections end.
func TestRelayToNowhere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	c := dial(t, relay(t, l.Addr().String(), Link{}).Addr())
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
