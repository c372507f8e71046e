package coordinator

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

func TestSlowWatcherSeesTheEnd(t *testing.T) {
	f := newFeed(transport.Progress{State: transport.Submitted})
	w := f.join()
	for range 10 * watchQueue {
		f.tell(func(p *transport.Progress) { p.State = transport.Running })
	}
	f.tell(func(p *transport.Progress) { p.State = transport.Released })
	events := f.take(w)
	if len(events) != watchQueue || events[len(events)-1].State != transport.Released {
		t.Fatalf("%d events, the last %+v", len(events), events[len(events)-1])
	}
}

// TestLateWatcher: who joins when owners have decided hears what, each once and in its last word.
func TestLateWatcher(t *testing.T) {
	f := newFeed(transport.Progress{State: transport.Submitted})
	for _, d := range []store.Decision{
		{Owner: "c", Verdict: store.Waits},
		{Owner: "b", Verdict: store.Declined, Reason: store.Reason{Code: "TACIT-W115", Message: "no"}},
		{Owner: "a", Verdict: store.Waits},
		{Owner: "c", Verdict: store.Accepted},
	} {
		f.decide(d)
	}
	var got []string
	for _, p := range f.take(f.join()) {
		line := p.Event + " " + p.Member
		if p.Fault != nil {
			line += " " + p.Fault.Code
		}
		got = append(got, line)
	}
	if want := []string{"parked a", "refused b TACIT-W115", "joined c", " "}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
	if !f.isParked() {
		t.Error("nobody is waited for")
	}
}

func TestEventsDoNotStick(t *testing.T) {
	f := newFeed(transport.Progress{})
	f.tell(func(p *transport.Progress) { p.Event, p.Member = "joined", "a" })
	f.tell(func(p *transport.Progress) { p.State = transport.Admitted })
	if now := f.now(); now.Event != "" || now.Member != "" {
		t.Fatalf("an old event is repeated: %+v", now)
	}
}

func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(transport.Progress{State: transport.Running})
		ended := make(chan error, 3)
		count := 0
		go func() {
			ended <- f.watch(t.Context(), nil, func(transport.Progress) error { count++; return nil })
		}()
		synctest.Wait()
		f.tell(func(p *transport.Progress) { p.State = transport.Failed })
		if err := <-ended; err != nil || count != 2 {
			t.Fatalf("a watcher of a job that ended: %v after %d events", err, count)
		}
		broken := errors.New("connection lost")
		f.tell(func(p *transport.Progress) { p.State = transport.Running })
		if err := f.watch(t.Context(), nil, func(transport.Progress) error { return broken }); err != broken {
			t.Fatalf("error %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		go func() { ended <- f.watch(ctx, stop, func(transport.Progress) error { return nil }) }()
		go func() { ended <- f.watch(t.Context(), stop, func(transport.Progress) error { return nil }) }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		close(stop)
		if err := <-ended; !transport.Stopping.Is(err) {
			t.Fatalf("error %v", err)
		}
		if len(f.watchers) != 0 {
			t.Fatalf("%d watchers are left", len(f.watchers))
		}
	})
}
