package transport

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// wait is how long a test waits for something that should happen soon.
const wait = 20 * time.Second

// testKey is the key of a name.
type testKey ed25519.PrivateKey

func (k testKey) Ed25519() ed25519.PrivateKey { return ed25519.PrivateKey(k) }

func keyOf(name string) testKey {
	seed := sha256.Sum256([]byte(name))
	return testKey(ed25519.NewKeyFromSeed(seed[:]))
}

func publicOf(name string) ed25519.PublicKey {
	return keyOf(name).Ed25519().Public().(ed25519.PublicKey)
}

// testSpace is a charter with the coordinator "hub", workers "w0", "w1", … and the
// analyst "ana".
func testSpace(workers int) *charter.Charter {
	c := &charter.Charter{Space: "test", Version: 1, Members: []charter.Member{
		{ID: "hub", Roles: []charter.Role{charter.Coordinator}},
		{ID: "ana", Roles: []charter.Role{charter.Analyst}},
	}}
	for i := range workers {
		c.Members = append(c.Members, charter.Member{ID: fmt.Sprintf("w%d", i), Roles: []charter.Role{charter.Owner}})
	}
	return c
}

func testDirectory(c *charter.Charter) *Registry { return newDirectory(c, publicOf) }

// world is a hub and what connects to it.
type world struct {
	t      testing.TB
	dir    *Registry
	hub    *Hub
	box    *recorder
	stop   func() // stops the hub and waits
	server ServerConfig
}

// quick are clocks for tests.
func quick() Timing {
	return Timing{BackoffMin: time.Millisecond, BackoffMax: 20 * time.Millisecond, Drain: time.Second}
}

// newWorld starts a hub; change may adapt its configuration.
func newWorld(t testing.TB, workers int, change func(*ServerConfig)) *world {
	t.Helper()
	checkLeaks(t)
	w := &world{t: t, dir: testDirectory(testSpace(workers)), box: newRecorder()}
	w.server = ServerConfig{
		Listen: "127.0.0.1:0", Identity: keyOf("hub"), Directory: w.dir, Software: "test",
		Timing: quick(), Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&w.server)
	}
	w.start(w.box)
	return w
}

// start listens and serves.
func (w *world) start(box *recorder) {
	w.t.Helper()
	hub, err := Listen(w.server)
	if err != nil {
		w.t.Fatal(err)
	}
	box.hub = hub
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := hub.Serve(ctx, box); err != nil {
			w.t.Errorf("Serve: %v", err)
		}
	})
	w.hub, w.box = hub, box
	w.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	w.t.Cleanup(w.stop)
}

// restart stops the hub and starts a new one on the same address.
func (w *world) restart(box *recorder) {
	w.t.Helper()
	w.server.Listen = w.hub.Addr().String()
	w.stop()
	w.start(box)
}

func (w *world) client(name string) ClientConfig {
	return ClientConfig{
		Address: w.hub.Addr().String(), Identity: keyOf(name), Directory: w.dir, Software: "test",
		Timing: quick(), Proxy: "direct",
	}
}

// worker is a link with a recorder.
type worker struct {
	*Link
	box  *recorder
	err  error         // of Run
	done chan struct{} // Run has returned
	stop func()        // stops the link and waits
}

func startWorker(t testing.TB, cfg ClientConfig) *worker {
	t.Helper()
	l, err := Dial(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{Link: l, box: newRecorder(), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(w.done)
		w.err = l.Run(ctx, linkRecorder{w.box})
	}()
	w.stop = func() { cancel(); <-w.done }
	t.Cleanup(w.stop)
	return w
}

// recorder is a handler that writes down what it is told.
type recorder struct {
	hub *Hub // for a handler of the hub

	mu      sync.Mutex
	changed chan struct{}
	events  []string            // "connected w0 fresh", "disconnected w0"
	packets map[string][]Packet // by sender; "" for a link
	faults  []*fault.Fault      // of a link's Disconnected

	onConnected func(member string, fresh bool)
	onReceive   func(ctx context.Context, member string, p Packet) error
	submissions [][]byte
	result      []byte
	fail        error
	discard     func() // instead of keeping a packet
	watch       func(ctx context.Context, send func(Progress) error) error
}

func newRecorder() *recorder {
	return &recorder{changed: make(chan struct{}), packets: map[string][]Packet{}}
}

func (r *recorder) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

// until waits for a condition on the recorder.
func (r *recorder) until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(wait)
	for {
		r.mu.Lock()
		ok, changed := cond(), r.changed
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("waited in vain for %s; events %q, faults %v", what, r.events, r.faults)
		}
	}
}

// untilEvent waits until an event has happened n times.
func (r *recorder) untilEvent(t testing.TB, event string, n int) {
	t.Helper()
	r.until(t, event, func() bool { return count(r.events, event) >= n })
}

// untilFault waits for a Disconnected with a code and returns it.
func (r *recorder) untilFault(t testing.TB, kind *fault.Kind) (found *fault.Fault) {
	t.Helper()
	r.until(t, kind.Code, func() bool {
		for _, f := range r.faults {
			if kind.Is(f) {
				found = f
			}
		}
		return found != nil
	})
	return found
}

func (r *recorder) untilPackets(t testing.TB, member string, n int) []Packet {
	t.Helper()
	r.until(t, fmt.Sprintf("%d packets of %q", n, member), func() bool { return len(r.packets[member]) >= n })
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.packets[member]
}

func count(list []string, s string) (n int) {
	for _, e := range list {
		if e == s {
			n++
		}
	}
	return n
}

func (r *recorder) Connected(_ context.Context, member string, fresh bool) {
	event := "connected " + member
	if fresh {
		event += " fresh"
	}
	r.note(func() { r.events = append(r.events, event) })
	if r.onConnected != nil {
		r.onConnected(member, fresh)
	}
}

func (r *recorder) Disconnected(member string) {
	r.note(func() { r.events = append(r.events, "disconnected "+member) })
}

func (r *recorder) Receive(ctx context.Context, member string, p Packet) error {
	if r.onReceive != nil {
		if err := r.onReceive(ctx, member, p); err != nil {
			return err
		}
	}
	if r.discard != nil {
		r.discard()
		return nil
	}
	r.note(func() { r.packets[member] = append(r.packets[member], p) })
	return nil
}

func (r *recorder) Submit(_ context.Context, analyst string, submission []byte) (JobID, error) {
	r.note(func() { r.submissions = append(r.submissions, submission) })
	return JobID{1, 2, 3}, r.fail
}

func (r *recorder) Jobs(_ context.Context, analyst string) ([]JobStatus, error) {
	return []JobStatus{{
		Job: JobID{9}, State: Refused, Attempt: 2, Purpose: "care", Submitted: time.Unix(5, 7),
		Fault:   NotAllowed.New("no"),
		Members: []MemberStatus{{Member: "w0", State: "refused", Fault: Busy.New("busy")}, {Member: "w1", State: "joined"}},
	}}, r.fail
}

func (r *recorder) Watch(ctx context.Context, _ string, _ JobID, send func(Progress) error) error {
	return r.watch(ctx, send)
}

func (r *recorder) Result(context.Context, string, JobID) ([]byte, error) { return r.result, r.fail }
func (r *recorder) Cancel(context.Context, string, JobID) error           { return r.fail }

func (r *recorder) Inquire(_ context.Context, analyst string, inquiry []byte, send func(InquiryReply) error) error {
	r.note(func() { r.submissions = append(r.submissions, inquiry) })
	if r.fail != nil {
		return r.fail
	}
	return errors.Join(
		send(InquiryReply{Member: "w0", Answer: inquiry[:min(len(inquiry), 10)]}),
		send(InquiryReply{Member: analyst, Fault: Busy.New("busy")}),
	)
}

// linkRecorder is a recorder as a link's handler.
type linkRecorder struct{ *recorder }

func (r linkRecorder) Connected(ctx context.Context, fresh bool) {
	r.recorder.Connected(ctx, "", fresh)
}

func (r linkRecorder) Receive(ctx context.Context, p Packet) error {
	return r.recorder.Receive(ctx, "", p)
}

func (r linkRecorder) Disconnected(why *fault.Fault, retry time.Duration) {
	r.note(func() {
		r.events = append(r.events, "disconnected")
		r.faults = append(r.faults, why)
	})
}

// wantCode fails the test unless err is a fault of a kind.
func wantCode(t testing.TB, err error, kind *fault.Kind) {
	t.Helper()
	if fault.Code(err) != kind.Code {
		t.Fatalf("got %v, want %s (%s)", err, kind.Code, kind.Title)
	}
	var f *fault.Fault
	if errors.As(err, &f) && (f.Message == "" || f.Remedy == "") {
		t.Fatalf("%s has no message or no remedy", f.Code)
	}
}

// checkLeaks fails the test when goroutines of this package or of gRPC are left
// at its end.
func checkLeaks(t testing.TB) {
	t.Cleanup(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		deadline := time.After(wait)
		for {
			left := leftovers()
			if len(left) == 0 {
				return
			}
			select {
			case <-tick.C:
			case <-deadline:
				t.Errorf("%d goroutines are left, for example\n%s", len(left), left[0])
				return
			}
		}
	})
}

// leftovers returns the stacks of goroutines that are not the test's own.
func leftovers() (left []string) {
	buf := make([]byte, 4<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for i, stack := range strings.Split(string(buf), "\n\n") {
		ours := strings.Contains(stack, "tacit/engine/transport.") || strings.Contains(stack, "google.golang.org/grpc")
		if i > 0 && ours && !strings.Contains(stack, "testing.tRunner") && !strings.Contains(stack, "testing.(*F).Fuzz") && !strings.Contains(stack, "testing.(*B).run") {
			left = append(left, stack)
		}
	}
	return left
}

// cutter counts the connections that it wraps and can cut them.
type cutter struct {
	mu    sync.Mutex
	conns []net.Conn
	next  func() int // bytes to pass before the next connection is cut; nil: no limit
}

func (c *cutter) wrap(conn net.Conn) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	limit := 0
	if c.next != nil {
		limit = c.next()
	}
	return &limitedConn{Conn: conn, left: limit, limited: c.next != nil}
}

func (c *cutter) cutAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
}

// limitedConn is cut after a number of bytes, counted over both directions.
type limitedConn struct {
	net.Conn
	mu      sync.Mutex
	left    int
	limited bool
}

func (c *limitedConn) spend(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left -= n; c.limited && c.left < 0 {
		c.Conn.Close()
	}
}

func (c *limitedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.spend(n)
	return n, err
}

func (c *limitedConn) Write(b []byte) (int, error) {
	c.spend(len(b))
	return c.Conn.Write(b)
}
