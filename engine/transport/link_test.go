package transport

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"github.com/tacit-space/tacit/engine/fault"
)

var ctxbg = context.Background()

// numbered makes the i-th packet of a sequence, of a size.
func numbered(i, size int) Packet {
	p := Packet{Job: JobID{7, byte(i)}, Attempt: uint32(i) + 1, Kind: uint8(i), Body: make([]byte, size)}
	for j := 0; j+8 <= size; j += 8 {
		binary.LittleEndian.PutUint64(p.Body[j:], uint64(i)<<32+uint64(j))
	}
	return p
}

func samePacket(a, b Packet) bool {
	return a.Job == b.Job && a.Attempt == b.Attempt && a.Kind == b.Kind && bytes.Equal(a.Body, b.Body)
}

// wantSequence checks that packets are numbered(0, sizes[0]), …: all, in order,
// once.
func wantSequence(t *testing.T, got []Packet, sizes []int) {
	t.Helper()
	if len(got) != len(sizes) {
		t.Fatalf("%d packets, want %d", len(got), len(sizes))
	}
	for i, p := range got {
		if !samePacket(p, numbered(i, sizes[i])) {
			t.Fatalf("packet %d is another: attempt %d, %d bytes, want attempt %d, %d bytes", i, p.Attempt, len(p.Body), i+1, sizes[i])
		}
	}
}

func TestPacketsArriveInOrder(t *testing.T) {
	w := newWorld(t, 1, nil)
	l := startWorker(t, w.client("w0"))
	w.box.untilEvent(t, "connected w0 fresh", 1)
	l.box.untilEvent(t, "connected  fresh", 1)
	sizes := []int{0, 1, 8, dataSize - 1, dataSize, dataSize + 1, 3*dataSize + 17, 0, 9 << 20, 5}
	for i, size := range sizes {
		if err := w.hub.Send(ctxbg, "w0", numbered(i, size)); err != nil {
			t.Fatal(err)
		}
		if err := l.Send(ctxbg, numbered(i, size)); err != nil {
			t.Fatal(err)
		}
	}
	wantSequence(t, w.box.untilPackets(t, "w0", len(sizes)), sizes)
	wantSequence(t, l.box.untilPackets(t, "", len(sizes)), sizes)
	if list := w.hub.Members(); len(list) != 1 || list[0].Member != "w0" || !list[0].Online || list[0].Software != "test" {
		t.Errorf("Members() = %+v", list)
	}
}

// seedOf returns a random seed, or the one of TACIT_SEED, and prints it.
func seedOf(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	if s, err := strconv.ParseUint(os.Getenv("TACIT_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("TACIT_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestExactlyOnceUnderCuts: however often the connection is cut, after whichever
// byte, all packets of a session arrive once and in order, in both directions.
func TestExactlyOnceUnderCuts(t *testing.T) {
	rng := seedOf(t)
	var sizes []int
	total := 0
	for range 40 {
		size := rng.IntN(50_000)
		if rng.IntN(6) == 0 {
			size = rng.IntN(3 << 20)
		}
		sizes = append(sizes, size)
		total += size
	}
	w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.Limits = Limits{MaxPacket: 4 << 20, Outbox: 6 << 20, Inbox: 1 << 20} })
	cfg := w.client("w0")
	cfg.Limits = w.server.Limits
	var mu sync.Mutex
	cuts := 0
	cut := &cutter{next: func() int {
		mu.Lock()
		defer mu.Unlock()
		if cuts++; cuts == 1 {
			return 100_000 // let the session begin
		}
		return 2_000 + rng.IntN(total/8)
	}}
	cfg.Wrap = cut.wrap
	l := startWorker(t, cfg)
	w.box.untilEvent(t, "connected w0 fresh", 1)
	l.box.untilEvent(t, "connected  fresh", 1)
	var wg sync.WaitGroup
	send := func(push func(Packet) error) {
		for i, size := range sizes {
			if err := push(numbered(i, size)); err != nil {
				t.Errorf("packet %d: %v", i, err)
				return
			}
		}
	}
	wg.Go(func() { send(func(p Packet) error { return w.hub.Send(ctxbg, "w0", p) }) })
	wg.Go(func() { send(func(p Packet) error { return l.Send(ctxbg, p) }) })
	wg.Wait()
	wantSequence(t, w.box.untilPackets(t, "w0", len(sizes)), sizes)
	wantSequence(t, l.box.untilPackets(t, "", len(sizes)), sizes)
	t.Logf("%d connections", cuts)
	if cuts < 3 {
		t.Errorf("only %d connections: nothing was cut", cuts)
	}
	for _, box := range []*recorder{w.box, l.box} {
		if n := count(box.events, "connected w0 fresh") + count(box.events, "connected  fresh"); n != 1 {
			t.Errorf("%d fresh sessions, want 1: %q", n, box.events)
		}
	}
}

// TestLargePacketSurvivesShortConnections: a packet that is larger than any one
// connection carries still arrives, as a resume goes on at the byte.
func TestLargePacketSurvivesShortConnections(t *testing.T) {
	w := newWorld(t, 1, nil)
	cfg := w.client("w0")
	cut := &cutter{next: func() int { return 3 << 20 }}
	cfg.Wrap = cut.wrap
	l := startWorker(t, cfg)
	l.box.untilEvent(t, "connected  fresh", 1)
	if err := l.Send(ctxbg, numbered(0, 20<<20)); err != nil {
		t.Fatal(err)
	}
	wantSequence(t, w.box.untilPackets(t, "w0", 1), []int{20 << 20})
}

// TestRestartsAreFresh: after a restart of either process both sides are told to
// send again what their stores hold.
func TestRestartsAreFresh(t *testing.T) {
	w := newWorld(t, 1, nil)
	l := startWorker(t, w.client("w0"))
	w.box.untilEvent(t, "connected w0 fresh", 1)
	l.box.untilEvent(t, "connected  fresh", 1)

	t.Run("worker", func(t *testing.T) {
		l.stop()
		w.box.untilEvent(t, "disconnected w0", 1)
		if err := w.hub.Send(ctxbg, "w0", numbered(0, 10)); err != nil {
			t.Fatalf("the session of a worker that is away takes packets: %v", err)
		}
		l = startWorker(t, w.client("w0"))
		w.box.untilEvent(t, "connected w0 fresh", 2)
		l.box.untilEvent(t, "connected  fresh", 1)
		if err := w.hub.Send(ctxbg, "w0", numbered(0, 20)); err != nil {
			t.Fatal(err)
		}
		wantSequence(t, l.box.untilPackets(t, "", 1), []int{20}) // and not the 10 of the old session
	})

	l = startWorker(t, w.client("w0"))
	l.box.untilEvent(t, "connected  fresh", 1)
	t.Run("coordinator", func(t *testing.T) {
		w.restart(newRecorder())
		w.box.untilEvent(t, "connected w0 fresh", 1)
		l.box.untilEvent(t, "connected  fresh", 2)
		wantCode(t, l.box.faults[0], Stopping)
		if err := l.Send(ctxbg, numbered(0, 30)); err != nil {
			t.Fatal(err)
		}
		wantSequence(t, w.box.untilPackets(t, "w0", 1), []int{30})
	})
}

// TestResumeIsNotFresh: a cut alone loses no session, and a packet sent while
// away arrives.
func TestResumeIsNotFresh(t *testing.T) {
	w := newWorld(t, 1, nil)
	cfg := w.client("w0")
	cfg.Timing.BackoffMin = 300 * time.Millisecond
	cfg.Timing.BackoffMax = cfg.Timing.BackoffMin
	cut := &cutter{}
	cfg.Wrap = cut.wrap
	l := startWorker(t, cfg)
	l.box.untilEvent(t, "connected  fresh", 1)
	cut.cutAll()
	w.box.untilEvent(t, "disconnected w0", 1)
	if err := w.hub.Send(ctxbg, "w0", numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	l.box.untilEvent(t, "connected ", 1)
	w.box.untilEvent(t, "connected w0", 1)
	wantSequence(t, l.box.untilPackets(t, "", 1), []int{10})
}

// TestSecondInstance: a second process with the same key takes the place of the
// first, which is told so and stops.
func TestSecondInstance(t *testing.T) {
	w := newWorld(t, 1, nil)
	first := startWorker(t, w.client("w0"))
	first.box.untilEvent(t, "connected  fresh", 1)
	second := startWorker(t, w.client("w0"))
	second.box.untilEvent(t, "connected  fresh", 1)
	<-first.done
	wantCode(t, first.err, Replaced)
	w.box.untilEvent(t, "connected w0 fresh", 2)
	want := []string{"connected w0 fresh", "disconnected w0", "connected w0 fresh"}
	if got := fmt.Sprint(w.box.events); got != fmt.Sprint(want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if err := second.Send(ctxbg, numbered(0, 4)); err != nil {
		t.Fatal(err)
	}
	wantSequence(t, w.box.untilPackets(t, "w0", 1), []int{4})
}

// TestSlowWorkerHoldsBackItself: a worker that does not take its packets blocks
// who sends to it, with bounded memory, and nobody else.
func TestSlowWorkerHoldsBackItself(t *testing.T) {
	const mib = 1 << 20
	limits := Limits{MaxPacket: mib, Outbox: 4 * mib, Inbox: mib}
	w := newWorld(t, 2, func(cfg *ServerConfig) { cfg.Limits = limits })
	release := make(chan struct{})
	slowConfig := w.client("w0")
	slowConfig.Limits = limits
	slow := startWorker(t, slowConfig)
	slow.box.onReceive = func(context.Context, string, Packet) error { <-release; return nil }
	other := startWorker(t, w.client("w1"))
	w.box.untilEvent(t, "connected w0 fresh", 1)
	w.box.untilEvent(t, "connected w1 fresh", 1)

	var sizes []int
	var blocked error
	for blocked == nil && len(sizes) < 100 {
		ctx, cancel := context.WithTimeout(ctxbg, 200*time.Millisecond)
		if blocked = w.hub.Send(ctx, "w0", numbered(len(sizes), mib)); blocked == nil {
			sizes = append(sizes, mib)
		}
		cancel()
	}
	wantCode(t, blocked, Full)
	if !errors.Is(blocked, context.DeadlineExceeded) {
		t.Errorf("%v hides the context's error", blocked)
	}
	if len(sizes) > 4 {
		t.Errorf("%d MiB were queued, above the limit of 4", len(sizes))
	}
	if err := w.hub.Send(ctxbg, "w1", numbered(0, mib)); err != nil {
		t.Fatal(err)
	}
	wantSequence(t, other.box.untilPackets(t, "", 1), []int{mib})
	close(release)
	wantSequence(t, slow.box.untilPackets(t, "", len(sizes)), sizes)
}

// TestSlowCoordinatorHoldsBackTheWorker: what the hub holds of one worker is
// bounded while its handler does not take it.
func TestSlowCoordinatorHoldsBackTheWorker(t *testing.T) {
	const kib = 1 << 10
	w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.Limits.Inbox = 64 * kib })
	release := make(chan struct{})
	w.box.onReceive = func(context.Context, string, Packet) error { <-release; return nil }
	cfg := w.client("w0")
	cfg.Limits.Outbox = 64 << 20
	l := startWorker(t, cfg)
	l.box.untilEvent(t, "connected  fresh", 1)
	var sizes []int
	for range 400 {
		sizes = append(sizes, 32*kib)
		if err := l.Send(ctxbg, numbered(len(sizes)-1, 32*kib)); err != nil {
			t.Fatal(err)
		}
	}
	p := w.hub.peer("w0")
	held := func() int {
		p.box.mu.Lock()
		defer p.box.mu.Unlock()
		return p.box.bytes
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for held() < 64*kib {
		<-tick.C
	}
	for range 50 {
		<-tick.C
		if h := held(); h > 64*kib+33*kib {
			t.Fatalf("%d bytes are held, far above the limit", h)
		}
	}
	close(release)
	wantSequence(t, w.box.untilPackets(t, "w0", len(sizes)), sizes)
}

// TestAway: packets for a worker without a session are not queued; a session of
// one that stays away ends, by time or by a full outbox.
func TestAway(t *testing.T) {
	w := newWorld(t, 2, func(cfg *ServerConfig) {
		cfg.Limits = Limits{MaxPacket: 1 << 20, Outbox: 1 << 20}
		cfg.Timing.Retention = 150 * time.Millisecond
		cfg.Timing.Patience = 10 * time.Millisecond
	})
	wantCode(t, w.hub.Send(ctxbg, "w0", numbered(0, 1)), Away)
	l := startWorker(t, w.client("w0"))
	l.box.untilEvent(t, "connected  fresh", 1)
	l.stop()
	w.box.untilEvent(t, "disconnected w0", 1)
	var err error
	for range 10 { // the outbox is full after one or two
		if err = w.hub.Send(ctxbg, "w0", numbered(0, 1<<20)); err != nil {
			break
		}
	}
	wantCode(t, err, Away)

	l = startWorker(t, w.client("w1"))
	l.box.untilEvent(t, "connected  fresh", 1)
	l.stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(wait); len(w.hub.Members()) > 0; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("a worker that is away keeps its session: %+v", w.hub.Members())
		}
	}
	wantCode(t, l.Send(ctxbg, numbered(0, 1)), Away)
}

// TestPacketLimitIsAgreed: the smaller of both limits holds for both.
func TestPacketLimitIsAgreed(t *testing.T) {
	w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.Limits.MaxPacket = 100_000 })
	cfg := w.client("w0")
	cfg.Limits.MaxPacket = 50_000
	l := startWorker(t, cfg)
	l.box.untilEvent(t, "connected  fresh", 1)
	wantCode(t, w.hub.Send(ctxbg, "w0", numbered(0, 50_001)), TooBig)
	wantCode(t, l.Send(ctxbg, numbered(0, 50_001)), TooBig)
	if err := w.hub.Send(ctxbg, "w0", numbered(0, 50_000)); err != nil {
		t.Fatal(err)
	}
	wantSequence(t, l.box.untilPackets(t, "", 1), []int{50_000})
}

// TestReceiveErrorEndsTheSession: a packet that a handler cannot take ends the
// session with the handler's fault; the next one is fresh.
func TestReceiveErrorEndsTheSession(t *testing.T) {
	w := newWorld(t, 1, nil)
	refusal := fault.Declared()[0].New("this packet is bad").With("send another")
	first := true
	w.box.onReceive = func(context.Context, string, Packet) error {
		if first {
			first = false
			return refusal
		}
		return nil
	}
	l := startWorker(t, w.client("w0"))
	l.box.untilEvent(t, "connected  fresh", 1)
	if err := l.Send(ctxbg, numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	l.box.untilEvent(t, "connected  fresh", 2)
	got := l.box.faults[0]
	if got.Code != refusal.Code || got.Message != refusal.Message || got.Remedy != "send another" {
		t.Errorf("the worker was told %+v", got)
	}
	if err := l.Send(ctxbg, numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	wantSequence(t, w.box.untilPackets(t, "w0", 1), []int{10})

	l.box.onReceive = func(context.Context, string, Packet) error { return errors.New("disk full") }
	if err := w.hub.Send(ctxbg, "w0", numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	l.box.untilEvent(t, "connected  fresh", 3)
	if got := l.box.faults[1]; !fault.Internal.Is(got) || got.Message != "disk full" {
		t.Errorf("the worker's own error became %v", got)
	}
}

// TestManyMembers: many workers at once.
func TestManyMembers(t *testing.T) {
	const n = 200
	w := newWorld(t, n, nil)
	var all []*worker
	for i := range n {
		all = append(all, startWorker(t, w.client(fmt.Sprintf("w%d", i))))
	}
	for i, l := range all {
		l.box.untilEvent(t, "connected  fresh", 1)
		if err := w.hub.Send(ctxbg, fmt.Sprintf("w%d", i), numbered(0, i)); err != nil {
			t.Fatal(err)
		}
		if err := l.Send(ctxbg, numbered(0, 2*i)); err != nil {
			t.Fatal(err)
		}
	}
	for i, l := range all {
		wantSequence(t, l.box.untilPackets(t, "", 1), []int{i})
		wantSequence(t, w.box.untilPackets(t, fmt.Sprintf("w%d", i), 1), []int{2 * i})
	}
	if got := len(w.hub.Members()); got != n {
		t.Errorf("%d members, want %d", got, n)
	}
}

// TestWithinOneProcess: hub and links also meet without a network.
func TestWithinOneProcess(t *testing.T) {
	pipe := bufconn.Listen(1 << 20)
	w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.Listener = pipe })
	cfg := w.client("w0")
	cfg.Address = "coordinator:1"
	cfg.Dial = func(ctx context.Context, _ string) (net.Conn, error) { return pipe.DialContext(ctx) }
	l := startWorker(t, cfg)
	l.box.untilEvent(t, "connected  fresh", 1)
	if err := l.Send(ctxbg, numbered(0, 1<<20)); err != nil {
		t.Fatal(err)
	}
	wantSequence(t, w.box.untilPackets(t, "w0", 1), []int{1 << 20})
	for _, f := range Probe(ctxbg, cfg) {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
}

// TestFrequentConnectionsAreLimited: a worker that connects again and again does
// not make the coordinator send its store each time.
func TestFrequentConnectionsAreLimited(t *testing.T) {
	w := newWorld(t, 1, nil)
	p := w.hub.peer("w0")
	p.arrivals.SetBurst(0)
	l := startWorker(t, w.client("w0"))
	l.box.untilFault(t, Busy)
}
