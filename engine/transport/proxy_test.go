package transport

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// tinyProxy is an HTTP proxy that knows CONNECT and one password.
func tinyProxy(t *testing.T, answer func(*http.Request) string) (address string) {
	return fakeServer(t, func(conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		if text := answer(r); text != "" {
			_, _ = io.WriteString(conn, text)
			return
		}
		up, err := net.Dial("tcp", r.Host)
		if err != nil {
			return
		}
		defer up.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = io.Copy(up, conn); up.Close() })
		_, _ = io.Copy(conn, up)
		conn.Close()
		wg.Wait()
	})
}

// TestProxy: both kinds of member reach the coordinator through a proxy that asks
// for a password, and the probe sees it.
func TestProxy(t *testing.T) {
	w := newWorld(t, 1, nil)
	var mu sync.Mutex
	seen := 0
	address := tinyProxy(t, func(r *http.Request) string {
		mu.Lock()
		defer mu.Unlock()
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNzIHdvcmQ=" {
			return "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
		}
		seen++
		return ""
	})
	proxy := (&url.URL{Scheme: "http", Host: address, User: url.UserPassword("user", "pass word")}).String()
	analyst, owner := w.client("ana"), w.client("w0")
	analyst.Proxy, owner.Proxy = proxy, proxy
	if err := callFault(t, analyst); err != nil {
		t.Fatal(err)
	}
	l := startWorker(t, owner)
	l.box.untilEvent(t, "connected  fresh", 1)
	if err := l.Send(ctxbg, numbered(0, 1<<20)); err != nil {
		t.Fatal(err)
	}
	wantSequence(t, w.box.untilPackets(t, "w0", 1), []int{1 << 20})
	for _, f := range Probe(ctxbg, owner) {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if seen < 3 {
		t.Errorf("the proxy saw %d connections", seen)
	}
}

// TestProxyFaults: what a proxy may answer, and that its password is never shown.
func TestProxyFaults(t *testing.T) {
	checkLeaks(t)
	const secret = "hunter2"
	for name, c := range map[string]struct {
		answer string
		want   *fault.Kind
	}{
		"password":   {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", ProxyRefused},
		"forbidden":  {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", ProxyRefused},
		"no HTTP":    {"220 mail ready\r\n", ProxyRefused},
		"endless":    {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2*maxProxyAnswer), ProxyRefused},
		"speaks":     {"HTTP/1.1 200 OK\r\n\r\n<html>login</html>", ProxyRefused},
		"cut at TLS": {"HTTP/1.1 200 OK\r\n\r\n", TLSFailed},
	} {
		t.Run(name, func(t *testing.T) {
			address := tinyProxy(t, func(*http.Request) string { return c.answer })
			cfg := ClientConfig{
				Address: "coordinator.invalid:443", Identity: keyOf("ana"), Directory: testDirectory(testSpace(1)),
				Timing: quick(), Proxy: "http://user:" + secret + "@" + address,
			}
			err := callFault(t, cfg)
			wantCode(t, err, c.want)
			if strings.Contains(err.Error()+fault.From(err).Remedy, secret) {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
	cfg := ClientConfig{
		Address: "coordinator.invalid:443", Identity: keyOf("ana"), Directory: testDirectory(testSpace(1)),
		Timing: quick(), Proxy: "http://user:" + secret + "@" + closedPort(t),
	}
	wantCode(t, callFault(t, cfg), Unreachable)
	cfg.Proxy = "https://" + fakeServer(t, func(net.Conn) {})
	wantCode(t, callFault(t, cfg), ProxyRefused)
	cfg.Proxy = "http://" + fakeServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	cfg.Timing.Handshake = 50 * time.Millisecond
	wantCode(t, callFault(t, cfg), TimedOut)
	cfg.Proxy = "ftp://" + secret
	_, err := NewClient(cfg)
	wantCode(t, err, BadConfig)
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the proxy's URL is shown: %v", err)
	}
}

// TestProxyFromEnvironment: HTTPS_PROXY and NO_PROXY are respected, and a
// configured "direct" overrides them.
func TestProxyFromEnvironment(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://user:hunter2@proxy.example:3128")
	t.Setenv("NO_PROXY", "inside.example")
	for _, c := range []struct{ address, proxy, want string }{
		{"outside.example:443", "", "proxy.example:3128"},
		{"inside.example:443", "", ""},
		{"outside.example:443", "direct", ""},
		{"inside.example:443", "http://other:1", "other:1"},
	} {
		u, err := proxyFor(&ClientConfig{Address: c.address, Proxy: c.proxy})
		got := ""
		if u != nil {
			got = u.Host
		}
		if err != nil || got != c.want {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
	t.Setenv("HTTPS_PROXY", "socks5://user:hunter2@x:1")
	_, err := proxyFor(&ClientConfig{Address: "outside.example:443"})
	wantCode(t, err, BadConfig)
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the password is shown: %v", err)
	}
	for u, want := range map[string]string{"http://p": "p:80", "https://p": "p:443", "http://[::1]:8": "[::1]:8"} {
		parsed, err := url.Parse(u)
		if err != nil || proxyAddress(parsed) != want {
			t.Errorf("proxyAddress(%s) = %s", u, proxyAddress(parsed))
		}
	}
}
