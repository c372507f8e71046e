package transport

import (
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// TestAgree: one release of skew is accepted, and a refusal says who upgrades.
func TestAgree(t *testing.T) {
	for _, c := range []struct {
		coordinator, member span
		want                uint32
		kind                *fault.Kind
	}{
		{span{1, 1}, span{1, 1}, 1, nil},
		{span{1, 2}, span{1, 1}, 1, nil},
		{span{1, 1}, span{1, 2}, 1, nil},
		{span{1, 2}, span{1, 2}, 2, nil},
		{span{2, 3}, span{1, 2}, 2, nil},
		{span{1, 2}, span{2, 3}, 2, nil},
		{span{3, 4}, span{1, 2}, 0, UpgradeMember},
		{span{1, 2}, span{3, 4}, 0, UpgradeCoordinator},
		{span{1, 2}, span{0, 2}, 0, Violation},
		{span{1, 2}, span{2, 1}, 0, Violation},
		{span{1, 2}, span{}, 0, Violation},
	} {
		got, kind := agree(c.coordinator, c.member)
		if got != c.want || kind != c.kind {
			t.Errorf("agree(%v, %v) = %d, %v; want %d, %v", c.coordinator, c.member, got, kind, c.want, c.kind)
		}
	}
}

// TestVersionSkewOnTheWire: the same, over a connection, for both kinds of member.
func TestVersionSkewOnTheWire(t *testing.T) {
	w := newWorld(t, 1, func(cfg *ServerConfig) { cfg.speaks = span{2, 3} })
	for _, c := range []struct {
		member span
		want   *fault.Kind
	}{
		{span{1, 2}, nil},
		{span{3, 4}, nil},
		{span{1, 1}, UpgradeMember},
		{span{4, 5}, UpgradeCoordinator},
	} {
		analyst, owner := w.client("ana"), w.client("w0")
		analyst.speaks, owner.speaks = c.member, c.member
		err := callFault(t, analyst)
		l := startWorker(t, owner)
		if c.want == nil {
			if err != nil {
				t.Errorf("%v: %v", c.member, err)
			}
			l.box.untilEvent(t, "connected  fresh", 1)
		} else {
			wantCode(t, err, c.want)
			l.box.untilFault(t, c.want)
		}
		l.stop()
	}
}

// TestOtherCharterIsRefused: members of two charters do not work together.
func TestOtherCharterIsRefused(t *testing.T) {
	w := newWorld(t, 1, nil)
	amended := testSpace(1)
	amended.Version = 2
	analyst, owner := w.client("ana"), w.client("w0")
	analyst.Directory = testDirectory(amended)
	owner.Directory = analyst.Directory
	wantCode(t, callFault(t, analyst), OtherCharter)
	l := startWorker(t, owner)
	l.box.untilFault(t, OtherCharter)
	findings := Probe(ctxbg, owner)
	if last := findings[len(findings)-1]; last.Check != "charter" || !OtherCharter.Is(last.Fault) {
		t.Errorf("the probe ends with %+v", last)
	}
}

// TestRefusedHellosAreLimited: a member that is refused again and again is told
// to wait, without a look at its hello.
func TestRefusedHellosAreLimited(t *testing.T) {
	w := newWorld(t, 1, nil)
	cfg := w.client("ana")
	cfg.speaks = span{7, 8}
	var err error
	for range failureBurst + 5 {
		if err = callFault(t, cfg); Busy.Is(err) {
			break
		}
	}
	wantCode(t, err, Busy)
	if err := startsAndConnects(t, w); err != nil {
		t.Errorf("another member suffers: %v", err)
	}
}

func startsAndConnects(t *testing.T, w *world) error {
	t.Helper()
	l := startWorker(t, w.client("w0"))
	l.box.untilEvent(t, "connected  fresh", 1)
	return nil
}

// TestProbe: on a good way every check is made and passes.
func TestProbe(t *testing.T) {
	w := newWorld(t, 1, nil)
	cfg := w.client("w0")
	var checks []string
	for _, f := range Probe(ctxbg, cfg) {
		checks = append(checks, f.Check)
		if !f.OK || f.Fault != nil || f.Detail == "" {
			t.Errorf("%+v", f)
		}
	}
	want := []string{"name", "tcp", "tls", "http2", "coordinator", "member", "round-trip", "clock"}
	if len(checks) != len(want) {
		t.Fatalf("checks %q, want %q", checks, want)
	}
	for i := range want {
		if checks[i] != want[i] {
			t.Errorf("check %d is %q, want %q", i, checks[i], want[i])
		}
	}
	if len(w.box.events) != 0 {
		t.Errorf("the probe was taken for a worker: %q", w.box.events)
	}
	last := Probe(ctxbg, w.client("stranger"))
	if f := last[len(last)-1]; f.Check != "member" || !NotMember.Is(f.Fault) {
		t.Errorf("a stranger's probe ends with %+v", f)
	}
	if f := Probe(ctxbg, ClientConfig{}); len(f) != 1 || !BadConfig.Is(f[0].Fault) {
		t.Errorf("an empty configuration: %+v", f)
	}
	p := probe{}
	if p.clock(2*time.Minute) || !ClockOff.Is(p.found[0].Fault) || !p.clock(-time.Second) {
		t.Errorf("clock: %+v", p.found)
	}
}
