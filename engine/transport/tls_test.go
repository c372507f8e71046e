package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// callFault makes a short call and returns its fault.
func callFault(t *testing.T, cfg ClientConfig) error {
	t.Helper()
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Jobs(ctxbg)
	return err
}

// TestUnknownKeyIsRefused: a key that is not in the coordinator's charter gets no
// further than TLS, and its holder is told why.
func TestUnknownKeyIsRefused(t *testing.T) {
	w := newWorld(t, 1, nil)
	for range 5 { // the alert must not get lost in a reset
		wantCode(t, callFault(t, w.client("stranger")), NotMember)
	}
	l := startWorker(t, w.client("stranger"))
	l.box.untilFault(t, NotMember)
	if len(w.box.events) != 0 {
		t.Errorf("the handler heard of a stranger: %q", w.box.events)
	}
}

// TestWrongCoordinatorIsRefused: a member talks to the charter's coordinator
// only, even if the other one is a member.
func TestWrongCoordinatorIsRefused(t *testing.T) {
	w := newWorld(t, 2, func(cfg *ServerConfig) { cfg.Identity = keyOf("w1") })
	wantCode(t, callFault(t, w.client("ana")), WrongCoordinator)
	l := startWorker(t, w.client("w0"))
	l.box.untilFault(t, WrongCoordinator)
}

// TestRolesAreChecked: a member may only do what its roles say.
func TestRolesAreChecked(t *testing.T) {
	w := newWorld(t, 1, nil)
	wantCode(t, callFault(t, w.client("w0")), NotAllowed)
	for _, who := range []string{"ana", "hub"} {
		l := startWorker(t, w.client(who))
		l.box.untilFault(t, NotAllowed)
	}
}

// fakeServer accepts connections and hands them to serve.
func fakeServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(wait))
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

// tlsServer serves TLS and then waits for the client to go.
func tlsServer(t *testing.T, cfg *tls.Config) string {
	return fakeServer(t, func(raw net.Conn) {
		conn := tls.Server(raw, cfg)
		_ = conn.Handshake()
		_, _ = io.Copy(io.Discard, conn)
	})
}

// interceptor is the certificate that a TLS inspecting gateway shows.
func interceptor(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{"coordinator"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// signedByAnother is a certificate of the coordinator's key that another key
// signed.
func signedByAnother(t *testing.T) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(3), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, publicOf("hub"), keyOf("w0").Ed25519())
	if err != nil {
		// the library checks that the parent's key fits: sign with a parent of its own
		parent := &x509.Certificate{SerialNumber: big.NewInt(4), PublicKey: publicOf("w0")}
		der, err = x509.CreateCertificate(rand.Reader, template, parent, publicOf("hub"), keyOf("w0").Ed25519())
	}
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: keyOf("hub").Ed25519()}
}

// TestWhatStandsInTheWayIsNamed: each thing that may answer at the coordinator's
// address instead of it has a code of its own.
func TestWhatStandsInTheWayIsNamed(t *testing.T) {
	checkLeaks(t)
	good, err := certificate(keyOf("hub"))
	if err != nil {
		t.Fatal(err)
	}
	h2 := []string{"h2"}
	silent := func(net.Conn) {}
	for _, c := range []struct {
		name    string
		address string
		want    *fault.Kind
	}{
		{"interception", tlsServer(t, &tls.Config{Certificates: []tls.Certificate{interceptor(t)}, NextProtos: h2}), Intercepted},
		{"foreign signature", tlsServer(t, &tls.Config{Certificates: []tls.Certificate{signedByAnother(t)}, NextProtos: h2}), Intercepted},
		{"no ALPN", tlsServer(t, &tls.Config{Certificates: []tls.Certificate{good}}), NoHTTP2},
		{"other ALPN", tlsServer(t, &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"http/1.1"}}), NoHTTP2},
		{"TLS 1.2", tlsServer(t, &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: h2, MaxVersion: tls.VersionTLS12}), TLSFailed},
		{"no TLS", fakeServer(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }), TLSFailed},
		{"closed at once", fakeServer(t, silent), TLSFailed},
		{"silence", fakeServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), TimedOut},
		{"nobody", closedPort(t), Unreachable},
		{"no such name", "coordinator.invalid:443", Unresolved},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := ClientConfig{
				Address: c.address, Identity: keyOf("ana"), Directory: testDirectory(testSpace(1)),
				Timing: quick(), Proxy: "direct",
			}
			cfg.Timing.Handshake = 500 * time.Millisecond
			wantCode(t, callFault(t, cfg), c.want)
			findings := Probe(ctxbg, cfg)
			last := findings[len(findings)-1]
			if last.OK || fault.Code(last.Fault) != c.want.Code {
				t.Errorf("the probe ends with %+v, want %s", last, c.want.Code)
			}
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return l.Addr().String()
}

// TestHubTLS: what the hub's TLS accepts and what not, seen by a bare TLS client.
func TestHubTLS(t *testing.T) {
	w := newWorld(t, 1, nil)
	member, err := certificate(keyOf("w0"))
	if err != nil {
		t.Fatal(err)
	}
	other := interceptor(t)
	dated := datedCertificate(t, "w0", time.Unix(0, 0), time.Unix(1, 0))
	for _, c := range []struct {
		name   string
		change func(*tls.Config)
		ok     bool
	}{
		{"member", func(*tls.Config) {}, true},
		{"expired long ago", func(c *tls.Config) { c.Certificates = []tls.Certificate{dated} }, true},
		{"no certificate", func(c *tls.Config) { c.Certificates = nil }, false},
		{"not Ed25519", func(c *tls.Config) { c.Certificates = []tls.Certificate{other} }, false},
		{"two certificates", func(c *tls.Config) {
			c.Certificates[0].Certificate = append(c.Certificates[0].Certificate[:1:1], other.Certificate[0])
		}, false},
		{"TLS 1.2", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, false},
		{"only HTTP/1.1", func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := &tls.Config{
				Certificates: []tls.Certificate{member}, NextProtos: []string{"h2"}, InsecureSkipVerify: true,
				ClientSessionCache: tls.NewLRUClientSessionCache(1),
			}
			c.change(cfg)
			err := speaks(t, w.hub.Addr().String(), cfg)
			if (err == nil) != c.ok {
				t.Errorf("handshake: %v, want accepted %v", err, c.ok)
			}
			if err == nil {
				if err := speaks(t, w.hub.Addr().String(), cfg); err != nil {
					t.Errorf("second handshake: %v", err)
				}
			}
		})
	}
}

// speaks connects with TLS and reports whether the server says something. It
// fails the test if a session was resumed.
func speaks(t *testing.T, address string, cfg *tls.Config) error {
	t.Helper()
	conn, err := tls.Dial("tcp", address, cfg)
	if err != nil {
		return err
	}
	defer conn.Close()
	if conn.ConnectionState().DidResume {
		t.Error("a TLS session was resumed: the key was not proved anew")
	}
	_ = conn.SetDeadline(time.Now().Add(wait))
	_, err = conn.Read(make([]byte, 1))
	return err
}

func datedCertificate(t *testing.T, name string, from, to time.Time) tls.Certificate {
	t.Helper()
	key := keyOf(name).Ed25519()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestDatesDoNotMatter: a coordinator whose certificate is outside its dates is
// accepted, as clocks may be wrong.
func TestDatesDoNotMatter(t *testing.T) {
	checkLeaks(t)
	for _, cert := range []tls.Certificate{
		datedCertificate(t, "hub", time.Unix(0, 0), time.Unix(1, 0)),
		datedCertificate(t, "hub", time.Now().AddDate(50, 0, 0), time.Now().AddDate(51, 0, 0)),
	} {
		address := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
		me, err := certificate(keyOf("ana"))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := tls.Dial("tcp", address, clientTLS(me, testDirectory(testSpace(0)), "anything"))
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
}

// TestSurplusConnectionsAreRefused: the connections of one member are limited,
// and those just above are told so.
func TestSurplusConnectionsAreRefused(t *testing.T) {
	w := newWorld(t, 0, func(cfg *ServerConfig) { cfg.MaxConnsPerMember = 2 })
	var clients []*Client
	var last error
	for range 3 {
		c, err := NewClient(w.client("ana"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients = append(clients, c)
		_, last = c.Jobs(ctxbg)
	}
	wantCode(t, last, Busy)
	if _, err := clients[0].Jobs(ctxbg); err != nil {
		t.Errorf("an earlier connection suffers: %v", err)
	}
}

// TestSlowHandshakes: connections that never finish their handshake neither keep
// others out nor outlive the hub.
func TestSlowHandshakes(t *testing.T) {
	w := newWorld(t, 0, func(cfg *ServerConfig) { cfg.MaxHandshakes = 4; cfg.Timing.Handshake = time.Hour })
	for range 20 {
		conn, err := net.Dial("tcp", w.hub.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if err := callFault(t, w.client("ana")); err != nil {
		t.Fatalf("a member is kept out: %v", err)
	}
	w.stop() // returns although handshakes are open
}

// TestHandshakeTimesOut: a connection that says nothing is cut.
func TestHandshakeTimesOut(t *testing.T) {
	w := newWorld(t, 0, func(cfg *ServerConfig) { cfg.Timing.Handshake = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", w.hub.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(wait))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && errors.Is(err, errTimeout(err)) {
		t.Errorf("a silent connection stays open: %v", err)
	}
}

// errTimeout returns err if it is a timeout.
func errTimeout(err error) error {
	var n net.Error
	if errors.As(err, &n) && n.Timeout() {
		return err
	}
	return io.ErrNoProgress
}

// TestFailuresAreLimited: an address that fails again and again is cut at once.
func TestFailuresAreLimited(t *testing.T) {
	g := newGate(nil, &ServerConfig{MaxConns: 3, MaxHandshakes: 100})
	one, two := net.Pipe()
	defer one.Close()
	defer two.Close()
	for range failureBurst {
		c := g.admit(one, "a")
		if c == nil {
			t.Fatal("banned too early")
		}
		c.failed()
		c.Close()
	}
	if g.admit(one, "a") != nil {
		t.Error("not banned after many failures")
	}
	var open []*guest
	for range 3 {
		open = append(open, g.admit(one, "b"))
	}
	if open[2] == nil || g.admit(one, "b") != nil {
		t.Error("the limit of connections is not 3")
	}
	open[0].Close()
	open[0].Close()
	if g.admit(one, "b") == nil || g.admit(one, "b") != nil {
		t.Error("a closed connection does not give exactly one place free")
	}
	for i := range 2 * maxSources {
		c := &guest{gate: g, source: string(rune(i + 1000))}
		c.failed()
	}
	if len(g.sources) > maxSources {
		t.Errorf("%d addresses are remembered", len(g.sources))
	}
}

func TestListenFaults(t *testing.T) {
	w := newWorld(t, 0, nil)
	cfg := w.server
	cfg.Listen = w.hub.Addr().String()
	_, err := Listen(cfg)
	wantCode(t, err, PortInUse)
	cfg.Listen = "192.0.2.1:1"
	_, err = Listen(cfg)
	wantCode(t, err, CannotListen)
	cfg.Listen = "nowhere"
	cfg.Limits.MaxPacket = 5
	_, err = Listen(cfg)
	wantCode(t, err, BadConfig)
	client := w.client("ana")
	client.Proxy = "socks5://x"
	_, err = NewClient(client)
	wantCode(t, err, BadConfig)
	client.Proxy, client.Timing.KeepAlive = "", time.Second
	_, err = Dial(client)
	wantCode(t, err, BadConfig)
}
