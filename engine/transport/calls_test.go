package transport

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

func startClient(t *testing.T, cfg ClientConfig) *Client {
	t.Helper()
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestCallsOfAnalysts: what goes in at one end comes out at the other.
func TestCallsOfAnalysts(t *testing.T) {
	w := newWorld(t, 0, nil)
	c := startClient(t, w.client("ana"))
	for _, size := range []int{0, 1, dataSize, 5<<20 + 3} {
		submission := numbered(1, size).Body
		job, err := c.Submit(ctxbg, submission)
		if err != nil || job != (JobID{1, 2, 3}) {
			t.Fatalf("Submit of %d bytes: %x, %v", size, job, err)
		}
		if got := w.box.submissions[len(w.box.submissions)-1]; !bytes.Equal(got, submission) {
			t.Errorf("a submission of %d bytes arrived with %d", size, len(got))
		}
		w.box.result = submission
		if got, err := c.Result(ctxbg, job); err != nil || !bytes.Equal(got, submission) {
			t.Errorf("Result of %d bytes: %d, %v", size, len(got), err)
		}
	}
	for _, size := range []int{1, dataSize + 1, 3 << 20} {
		inquiry := numbered(1, size).Body
		var got []InquiryReply
		err := c.Inquire(ctxbg, inquiry, func(r InquiryReply) error { got = append(got, r); return nil })
		if err != nil || !bytes.Equal(w.box.submissions[len(w.box.submissions)-1], inquiry) {
			t.Fatalf("Inquire of %d bytes: %v", size, err)
		}
		if len(got) != 2 || got[0].Member != "w0" || !bytes.Equal(got[0].Answer, inquiry[:min(size, 10)]) || got[0].Fault != nil ||
			got[1].Member != "ana" || !Busy.Is(got[1].Fault) {
			t.Errorf("replies %+v", got)
		}
	}
	stop := errors.New("stop")
	if err := c.Inquire(ctxbg, []byte("x"), func(InquiryReply) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Inquire: %v", err)
	}
	wantCode(t, c.Inquire(ctxbg, make([]byte, maxInquiry+1), nil), TooBig)
	jobs, err := c.Jobs(ctxbg)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("Jobs: %v, %v", jobs, err)
	}
	j := jobs[0]
	if j.Job != (JobID{9}) || j.State != Refused || j.Attempt != 2 || j.Purpose != "care" || !j.Submitted.Equal(time.Unix(5, 7)) ||
		!j.Updated.IsZero() || !NotAllowed.Is(j.Fault) || len(j.Members) != 2 || !Busy.Is(j.Members[0].Fault) || j.Members[1].Fault != nil {
		t.Errorf("Jobs: %+v", j)
	}
	if err := c.Cancel(ctxbg, JobID{}); err != nil {
		t.Errorf("Cancel: %v", err)
	}
}

// TestFaultsCross: code, message, remedy and position of a handler's fault reach
// the caller; of another error only that it happened.
func TestFaultsCross(t *testing.T) {
	w := newWorld(t, 0, nil)
	c := startClient(t, w.client("ana"))
	sent := Violation.New("line one\nline two \x1b[31m red").With("do this").Where(&fault.Position{Offset: 4, Line: 2, Column: 3})
	w.box.fail = sent
	for name, call := range map[string]func() error{
		"Submit":  func() error { _, err := c.Submit(ctxbg, []byte("x")); return err },
		"Jobs":    func() error { _, err := c.Jobs(ctxbg); return err },
		"Result":  func() error { _, err := c.Result(ctxbg, JobID{}); return err },
		"Cancel":  func() error { return c.Cancel(ctxbg, JobID{}) },
		"Inquire": func() error { return c.Inquire(ctxbg, []byte("x"), nil) },
	} {
		var got *fault.Fault
		if err := call(); !errors.As(err, &got) {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Code != sent.Code || got.Message != "line one\nline two [31m red" || got.Remedy != "do this" || *got.Position != *sent.Position {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w.box.fail = errors.New("open /secret/path: no such file")
	var got *fault.Fault
	if err := c.Cancel(ctxbg, JobID{}); !errors.As(err, &got) || !fault.Internal.Is(got) || bytes.Contains([]byte(got.Message), []byte("secret")) {
		t.Errorf("a plain error became %v", err)
	}
}

func TestLimitsOfCalls(t *testing.T) {
	w := newWorld(t, 0, func(cfg *ServerConfig) { cfg.Limits.MaxSubmission = 1000; cfg.Limits.MaxResult = 1000 })
	c := startClient(t, w.client("ana"))
	_, err := c.Submit(ctxbg, make([]byte, 3<<20))
	wantCode(t, err, TooBig)
	w.box.result = make([]byte, 1001)
	_, err = c.Result(ctxbg, JobID{})
	wantCode(t, err, TooBig)
	cfg := w.client("ana")
	cfg.Limits.MaxSubmission, cfg.Limits.MaxResult = 10, 10
	strict := startClient(t, cfg)
	_, err = strict.Submit(ctxbg, make([]byte, 11))
	wantCode(t, err, TooBig)
	w.box.result = make([]byte, 11)
	_, err = strict.Result(ctxbg, JobID{})
	wantCode(t, err, TooBig)
	if len(w.box.submissions) != 0 {
		t.Error("a submission above the limit reached the handler")
	}
}

// TestTransfersAreLimited: a member holds only a few large messages in memory.
func TestTransfersAreLimited(t *testing.T) {
	w := newWorld(t, 0, nil)
	p := w.hub.peer("ana")
	for range maxTransfers {
		leave, err := p.enter(true)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	c := startClient(t, w.client("ana"))
	_, err := c.Result(ctxbg, JobID{})
	wantCode(t, err, Busy)
	if err := c.Cancel(ctxbg, JobID{}); err != nil {
		t.Errorf("a small call suffers: %v", err)
	}
}

// TestSlowSubmission: a submission that does not come to its end is given up.
func TestSlowSubmission(t *testing.T) {
	w := newWorld(t, 0, func(cfg *ServerConfig) { cfg.Timing.Transfer = 50 * time.Millisecond })
	c := startClient(t, w.client("ana"))
	stream, err := c.jobs.Submit(withHello(ctxbg, &c.cfg))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&tacitv1.Chunk{Size: 100, Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	err = stream.RecvMsg(&tacitv1.SubmitResponse{})
	wantCode(t, fromStatus(err, nil), TimedOut)
}

// TestSlowOpen: a worker that attaches and says nothing is given up.
func TestSlowOpen(t *testing.T) {
	w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.Timing.Handshake = 200 * time.Millisecond })
	_, err := rawAttach(t, w.client("w0")).Recv()
	wantCode(t, fromStatus(err, nil), TimedOut)
}

// rawAttach opens a link's stream without a link.
func rawAttach(t *testing.T, cfg ClientConfig) grpc.BidiStreamingClient[tacitv1.Frame, tacitv1.Frame] {
	t.Helper()
	c := startClient(t, cfg)
	ctx, cancel := context.WithTimeout(ctxbg, wait)
	t.Cleanup(cancel)
	stream, err := tacitv1.NewLinkServiceClient(c.cc).Attach(withHello(ctx, &c.cfg))
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// TestBrokenFrames: a worker that breaks the rules loses its connection with a
// code, whatever it sends.
func TestBrokenFrames(t *testing.T) {
	w := newWorld(t, 40, nil)
	open := func() *tacitv1.Frame {
		return &tacitv1.Frame{Body: &tacitv1.Frame_Open{Open: &tacitv1.Open{Instance: make([]byte, 16), MaxPacket: 1 << 20}}}
	}
	ack := func(n uint64) *tacitv1.Frame {
		return &tacitv1.Frame{Body: &tacitv1.Frame_Ack{Ack: &tacitv1.Ack{Sequence: n}}}
	}
	piece := func(f *tacitv1.Fragment) *tacitv1.Frame {
		return &tacitv1.Frame{Body: &tacitv1.Frame_Fragment{Fragment: f}}
	}
	noID, tiny, odd := open(), open(), open()
	noID.GetOpen().Instance = nil
	tiny.GetOpen().MaxPacket = 1
	odd.GetOpen().Session = []byte{1}
	cases := map[string][]*tacitv1.Frame{
		"nothing first":  {{}},
		"ack first":      {ack(0)},
		"no instance":    {noID},
		"no packet size": {tiny},
		"odd session":    {odd},
		"empty frame":    {open(), {}},
		"second open":    {open(), open()},
		"welcome":        {open(), {Body: &tacitv1.Frame_Welcome{Welcome: &tacitv1.Welcome{}}}},
		"early ack":      {open(), ack(1)},
		"gap":            {open(), piece(frag(5, head(1, 0), "a"))},
		"no body":        {open(), {Body: &tacitv1.Frame_Fragment{}}},
		"too big":        {open(), piece(frag(1, head(1<<40, 0), "a"))},
	}
	i := 0
	for name, frames := range cases {
		stream := rawAttach(t, w.client(w.memberName(i)))
		i++
		for _, f := range frames {
			if stream.Send(f) != nil {
				break
			}
		}
		var err error
		for err == nil {
			_, err = stream.Recv()
		}
		if f := fromStatus(err, nil); !Violation.Is(f) {
			t.Errorf("%s: %v", name, f)
		}
	}
	huge := rawAttach(t, w.client(w.memberName(i)))
	_ = huge.Send(open())
	if err := huge.Send(piece(frag(1, head(2<<20, 0), string(make([]byte, 2<<20))))); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a frame above the limit can be sent: %v", err)
	}
}

func (w *world) memberName(i int) string { return testSpace(i + 1).Members[i+2].ID }

// TestNoHello: a call without a hello is refused.
func TestNoHello(t *testing.T) {
	w := newWorld(t, 0, nil)
	c := startClient(t, w.client("ana"))
	_, err := c.jobs.Cancel(ctxbg, &tacitv1.JobRequest{})
	wantCode(t, fromStatus(err, nil), Violation)
	if err := c.Cancel(ctxbg, JobID{}); err != nil {
		t.Error(err)
	}
	_, err = c.jobs.Cancel(withHello(ctxbg, &c.cfg), &tacitv1.JobRequest{Job: []byte{1}})
	wantCode(t, fromStatus(err, nil), Violation)
}

// TestWatch: events arrive in order, up to the final one, also over a lost
// connection and a restart of the coordinator.
func TestWatch(t *testing.T) {
	w := newWorld(t, 0, nil)
	step := make(chan struct{})
	w.box.watch = func(ctx context.Context, send func(Progress) error) error {
		if err := send(Progress{State: Running, Attempt: 1, Phase: 2, Heard: 3, Expected: 4, Event: "joined", Member: "w0", Time: time.Unix(1, 2)}); err != nil {
			return err
		}
		select {
		case <-step:
		case <-ctx.Done():
			return ctx.Err()
		}
		return send(Progress{State: Failed, Fault: Busy.New("why")})
	}
	cfg := w.client("ana")
	cut := &cutter{}
	var handshakes atomic.Int32 // that are cut yet
	cfg.Wrap = func(conn net.Conn) net.Conn {
		if handshakes.Add(-1) >= 0 {
			conn.Close()
		}
		return cut.wrap(conn)
	}
	c := startClient(t, cfg)
	seen := make(chan Progress, 10)
	done := make(chan error, 1)
	go func() {
		done <- c.Watch(ctxbg, JobID{1}, func(p Progress) error { seen <- p; return nil })
		close(seen)
	}()
	first := <-seen
	if first.State != Running || first.Attempt != 1 || first.Phase != 2 || first.Heard != 3 || first.Expected != 4 ||
		first.Event != "joined" || first.Member != "w0" || !first.Time.Equal(time.Unix(1, 2)) || first.Fault != nil {
		t.Errorf("first event %+v", first)
	}
	handshakes.Store(2)
	cut.cutAll()
	<-seen // told again where it stands
	again := newRecorder()
	again.watch = w.box.watch
	w.restart(again)
	<-seen
	close(step)
	if last := <-seen; last.State != Failed || !Busy.Is(last.Fault) {
		t.Errorf("last event %+v", last)
	}
	if err := <-done; err != nil {
		t.Errorf("Watch: %v", err)
	}
}

func TestWatchEnds(t *testing.T) {
	w := newWorld(t, 0, nil)
	w.box.watch = func(ctx context.Context, send func(Progress) error) error {
		_ = send(Progress{State: Running})
		<-ctx.Done()
		return ctx.Err()
	}
	c := startClient(t, w.client("ana"))
	own := errors.New("seen enough")
	if err := c.Watch(ctxbg, JobID{}, func(Progress) error { return own }); err != own {
		t.Errorf("Watch returned %v, want the caller's error", err)
	}
	ctx, cancel := context.WithCancel(ctxbg)
	if err := c.Watch(ctx, JobID{}, func(Progress) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Watch returned %v after the context's end", err)
	}
	w.box.watch = func(context.Context, func(Progress) error) error { return NotAllowed.New("not yours") }
	wantCode(t, c.Watch(ctxbg, JobID{}, func(Progress) error { return nil }), NotAllowed)
	w.stop()
	err := c.Watch(ctxbg, JobID{}, func(Progress) error { return nil })
	if fault.Code(err) == "" {
		t.Errorf("Watch of nobody: %v", err)
	}
}

// TestStopDrains: a hub that stops lets a short call finish, ends the streams
// with a code, and leaves nothing behind.
func TestStopDrains(t *testing.T) {
	w := newWorld(t, 1, nil)
	l := startWorker(t, w.client("w0"))
	l.box.untilEvent(t, "connected  fresh", 1)
	entered, stopped := make(chan struct{}), make(chan struct{})
	var inReceive error
	w.box.onReceive = func(ctx context.Context, _ string, _ Packet) error {
		close(entered)
		<-ctx.Done()
		inReceive = ctx.Err()
		return inReceive
	}
	if err := l.Send(ctxbg, numbered(0, 1)); err != nil {
		t.Fatal(err)
	}
	<-entered
	go func() { w.stop(); close(stopped) }()
	<-stopped
	if inReceive == nil {
		t.Error("Receive was not told that the hub stops")
	}
	l.box.untilFault(t, Stopping)
	want := []string{"connected w0 fresh", "disconnected w0"}
	if len(w.box.events) != 2 || w.box.events[1] != want[1] {
		t.Errorf("events %q, want %q", w.box.events, want)
	}
	wantCode(t, w.hub.Send(ctxbg, "w0", numbered(0, 1)), Away)
}

func TestFaultFromWireIsCleaned(t *testing.T) {
	long := string(bytes.Repeat([]byte("ä"), 4000))
	f := faultFromWire(&tacitv1.Fault{Code: "TACIT-N01\n", Message: long, Remedy: "a\x00b"})
	if !fault.Internal.Is(f) || len(f.Message) > maxText || f.Remedy != "ab" {
		t.Errorf("%+v", f)
	}
	for code, ok := range map[string]bool{"TACIT-N001": true, "TACIT-n001": false, "TACIT-N01": false, "": false, "tacit-N001": false, "TACIT-N00x": false} {
		if isCode(code) != ok {
			t.Errorf("isCode(%q) = %v", code, !ok)
		}
	}
}

// TestCallsOfAnalystsNeedTheRole: no method of the service is open to members without it.
func TestCallsOfAnalystsNeedTheRole(t *testing.T) {
	service := tacitv1.JobService_ServiceDesc
	var names []string
	for _, m := range service.Methods {
		names = append(names, m.MethodName)
	}
	for _, m := range service.Streams {
		names = append(names, m.StreamName)
	}
	for _, name := range names {
		if roles["/"+service.ServiceName+"/"+name] != charter.Analyst {
			t.Errorf("%s does not need the role analyst", name)
		}
	}
	w := newWorld(t, 1, nil)
	wantCode(t, startClient(t, w.client("w0")).Inquire(ctxbg, []byte("x"), nil), NotAllowed)
}
