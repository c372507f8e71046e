package benchmarks

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-space/tacit/crypto/session"
)

// stage lets the machines of all roles play on the cores of this machine, without a
// network: a step takes a core, and work that it shares out takes cores that have
// nothing to do. Processor time is accounted to the role that used it.
type stage struct {
	cores  chan struct{} // holds one for each core that is at work
	wg     sync.WaitGroup
	mu     sync.Mutex
	actors map[session.Party]*actor
	letter []byte // to the analyst
	err    error  // the first
}

// actor is one role.
type actor struct {
	open    func(session.Parallel) (session.Machine, error) // with its first event
	machine session.Machine
	inbox   []session.Event
	active  bool
	done    bool
	state   []byte       // that it stored last
	spent   atomic.Int64 // processor time in ns
	sent    int          // messages
	up      int          // bytes that it sent
	down    int          // bytes that it got
	keep    bool         // what it hears, for [actor.again]
	heard   []session.Event
}

func newStage() *stage {
	return &stage{cores: make(chan struct{}, runtime.NumCPU()), actors: map[session.Party]*actor{}}
}

func (s *stage) add(p session.Party, open func(session.Parallel) (session.Machine, error)) {
	s.actors[p] = &actor{open: open}
}

// play posts the events that begin, to the coordinator first, and returns when nobody
// has anything left to do. Every machine must then be done.
func (s *stage) play(begin func(p session.Party) []session.Event) error {
	for p := range session.Party(len(s.actors)) {
		for _, ev := range begin(p) {
			s.post(p, ev)
		}
	}
	s.wg.Wait()
	if s.err != nil {
		return s.err
	}
	for p, a := range s.actors {
		if !a.done {
			return fmt.Errorf("the protocol stalled: position %d is not done", p)
		}
	}
	return nil
}

// post hands an event to a role.
func (s *stage) post(p session.Party, ev session.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.actors[p]
	a.inbox = append(a.inbox, ev)
	if a.keep {
		a.heard = append(a.heard, ev)
	}
	if m, ok := ev.(session.Message); ok {
		a.down += len(m.Body)
	}
	if !a.active {
		a.active = true
		s.wg.Go(func() { s.serve(p, a) })
	}
}

// serve lets a role take its events, one after the other.
func (s *stage) serve(p session.Party, a *actor) {
	for {
		s.mu.Lock()
		if len(a.inbox) == 0 || s.err != nil {
			a.active = false
			s.mu.Unlock()
			return
		}
		ev := a.inbox[0]
		a.inbox = a.inbox[1:]
		s.mu.Unlock()
		effects, err := s.step(a, ev)
		for _, e := range effects {
			err = errors.Join(err, s.carryOut(p, a, e))
		}
		if err != nil {
			s.mu.Lock()
			s.err = errors.Join(s.err, err)
			s.mu.Unlock()
		}
	}
}

func (s *stage) step(a *actor, ev session.Event) (effects []session.Effect, err error) {
	s.cores <- struct{}{}
	defer func() { <-s.cores }()
	a.account(func() {
		if a.machine == nil {
			if a.machine, err = a.open(s.parallel(a)); err != nil {
				return
			}
		}
		effects, err = a.machine.Step(ev)
	})
	return effects, err
}

// account runs f on a thread of its own and adds up its processor time.
func (a *actor) account(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := threadTime()
	f()
	a.spent.Add(int64(threadTime() - begin))
}

// parallel shares work of a role out over the cores that are free when it begins.
func (s *stage) parallel(a *actor) session.Parallel {
	return func(n int, f func(i int)) {
		var next atomic.Int64
		work := func() {
			for i := next.Add(1) - 1; int(i) < n; i = next.Add(1) - 1 {
				f(int(i))
			}
		}
		var helpers sync.WaitGroup
		for range n - 1 {
			select {
			case s.cores <- struct{}{}:
				helpers.Go(func() {
					a.account(work)
					<-s.cores
				})
				continue
			default:
			}
			break
		}
		work()
		helpers.Wait()
	}
}

func (s *stage) carryOut(from session.Party, a *actor, e session.Effect) error {
	switch e := e.(type) {
	case session.Send:
		a.sent++
		a.up += len(e.Body)
		if e.To == session.Analyst {
			s.letter = e.Body
			return nil
		}
		s.post(e.To, session.Message{From: from, Body: e.Body})
	case session.Persist:
		a.state = e.State
	case session.Done:
		a.done = true
	case session.Abort:
		return fmt.Errorf("position %d gave up: %w", from, e.Err)
	}
	return nil
}

// cpu returns the processor time of a role in seconds.
func (a *actor) cpu() float64 { return time.Duration(a.spent.Load()).Seconds() }

// again plays the role once more by itself, with the events that it heard, and returns
// what its heap takes at most.
func (a *actor) again() (float64, error) {
	a.machine = nil
	defer runtime.KeepAlive(a) // so that nothing goes while it is looked at
	return heapPeak(func() error {
		m, err := a.open(parallel)
		if err != nil {
			return err
		}
		for _, ev := range a.heard {
			if _, err := m.Step(ev); err != nil {
				return err
			}
		}
		return nil
	})
}
