package coordinator

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// feed tells watchers how a job goes. Telling never blocks: a watcher that is
// too slow loses the oldest events, never the last.
type feed struct {
	mu       sync.Mutex
	last     transport.Progress
	decided  map[string]store.Decision // the last of each owner
	watchers map[*watcher]struct{}
}

type watcher struct {
	queue []transport.Progress
	wake  chan struct{} // holds a token when the queue may be non-empty
}

func newFeed(first transport.Progress) *feed {
	return &feed{last: first, decided: map[string]store.Decision{}, watchers: map[*watcher]struct{}{}}
}

// decide notes what an owner decided: who joins later is told so first.
func (f *feed) decide(d store.Decision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.decided[d.Owner] = d
}

// isParked reports whether the job waits for a person.
func (f *feed) isParked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.decided {
		if d.Verdict == store.Waits {
			return true
		}
	}
	return false
}

// tell changes where the job stands and tells all watchers. Event, Member and
// Fault belong to this event alone.
func (f *feed) tell(change func(*transport.Progress)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last.Event, f.last.Member, f.last.Fault = "", "", nil
	change(&f.last)
	for w := range f.watchers {
		w.put(f.last)
	}
}

// now returns where the job stands.
func (f *feed) now() transport.Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *feed) join() *watcher {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &watcher{wake: make(chan struct{}, 1)}
	if !f.last.State.Final() {
		for _, id := range slices.Sorted(maps.Keys(f.decided)) {
			p, d := f.last, f.decided[id]
			p.Event, p.Member, p.Fault = eventOf(d.Verdict), id, envelope.Reason(d.Reason).Fault()
			w.put(p)
		}
	}
	w.put(f.last)
	f.watchers[w] = struct{}{}
	return w
}

func (f *feed) leave(w *watcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watchers, w)
}

func (f *feed) take(w *watcher) []transport.Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := w.queue
	w.queue = nil
	return events
}

// put is called with the feed's lock.
func (w *watcher) put(p transport.Progress) {
	if len(w.queue) == watchQueue {
		w.queue = w.queue[1:]
	}
	w.queue = append(w.queue, p)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// watch sends where the job stands and every change until the job is over, ctx
// ends, stop is closed or send fails.
func (f *feed) watch(ctx context.Context, stop <-chan struct{}, send func(transport.Progress) error) error {
	w := f.join()
	defer f.leave(w)
	for {
		for _, event := range f.take(w) {
			if err := send(event); err != nil {
				return err
			}
			if event.State.Final() {
				return nil
			}
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return transport.Stopping.New("the coordinator stops")
		}
	}
}
