package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/fault"
)

// Panicked says that a machine broke down; the attempt ends, the process goes on.
var Panicked = fault.Declare("TACIT-J001", "protocol machine broke down",
	"A program error stopped the protocol of one job.",
	"Report it with the log of the role that shows it.")

const (
	inboxSize   = 16 // events; a full inbox holds back those who post
	maxRefusals = 64 // of one party's messages in one attempt
)

// Host carries out the effects of a machine. Its methods are called by the
// goroutine of [Runner.Run] only. An error ends the attempt.
type Host interface {
	// Persist stores the state durably before it returns.
	Persist(state []byte) error
	// Release records durably that the job is released, once.
	Release(digest [32]byte) error
	// Send hands a body over for delivery; it does not wait for the network.
	Send(to session.Party, body []byte) error
}

// Config of a [Runner].
type Config struct {
	Machine session.Machine
	Host    Host
	// Timeout returns how long a phase may last; 0 or nil: without end.
	Timeout func(session.Phase) time.Duration
	// Entered, if set, is told when a phase begins, on the goroutine of Run. It
	// must not block.
	Entered func(session.Phase)
	// Observe, if set, is told about every event that was stepped, on the
	// goroutine of Run. It must not block.
	Observe func(Seen)
	Log     *slog.Logger // nil: nothing is logged
}

// Seen is an event after its step.
type Seen struct {
	Event session.Event
	Phase session.Phase // in which it was stepped
	Err   error         // why the machine refused it; nil: accepted
}

// Outcome is how an attempt ended: exactly one of the fields is set.
type Outcome struct {
	Done  bool           // by the protocol
	Abort *session.Abort // by the protocol, without success
	Err   error          // an effect failed, or the context ended
}

// Runner drives one machine through one attempt.
type Runner struct {
	cfg      Config
	inbox    chan session.Event
	ended    chan struct{}
	phase    session.Phase
	clock    *time.Timer // of phase; nil: none
	refusals map[session.Party]int
}

// New returns a runner that has not begun.
func New(cfg Config) *Runner {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Runner{
		cfg:      cfg,
		inbox:    make(chan session.Event, inboxSize),
		ended:    make(chan struct{}),
		refusals: map[session.Party]int{},
	}
}

// ErrEnded says that the attempt is over and takes no more events.
var ErrEnded = errors.New("runner: the attempt is over")

// Post hands an event to the machine. It blocks while the inbox is full, until
// ctx ends. Many goroutines may call it.
func (r *Runner) Post(ctx context.Context, ev session.Event) error {
	select {
	case <-r.ended:
		return ErrEnded
	default:
	}
	select {
	case r.inbox <- ev:
		return nil
	case <-r.ended:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Ended is closed when Run returns.
func (r *Runner) Ended() <-chan struct{} { return r.ended }

// Run steps first and then every posted event until the attempt ends. It is
// called once. A step and its effects are never cut in two: a context that
// ended is noticed between events.
func (r *Runner) Run(ctx context.Context, first session.Event) Outcome {
	defer close(r.ended)
	defer r.stopClock()
	ev := first
	for {
		if out := r.step(ev); out != nil {
			return *out
		}
		var err error
		if ev, err = r.next(ctx); err != nil {
			return Outcome{Err: err}
		}
	}
}

// next waits for an event or the end of a phase.
func (r *Runner) next(ctx context.Context) (session.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	var tick <-chan time.Time
	if r.clock != nil {
		tick = r.clock.C
	}
	select {
	case ev := <-r.inbox:
		return ev, nil
	case <-tick:
		r.clock = nil
		return session.Deadline{Phase: r.phase}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// step gives one event to the machine; the outcome is nil while the attempt
// goes on.
func (r *Runner) step(ev session.Event) *Outcome {
	from, isMessage := sender(ev)
	if isMessage && r.refusals[from] >= maxRefusals {
		return nil
	}
	phase := r.phase
	effects, err := safeStep(r.cfg.Machine, ev)
	if Panicked.Is(err) {
		r.cfg.Log.Error("protocol machine broke down", "event", name(ev), "err", err)
		return &Outcome{Err: err}
	}
	if err != nil {
		r.refused(ev, from, isMessage, err)
	}
	if r.cfg.Observe != nil {
		r.cfg.Observe(Seen{Event: ev, Phase: phase, Err: err})
	}
	if err != nil {
		return nil
	}
	return r.carryOut(effects)
}

func (r *Runner) refused(ev session.Event, from session.Party, isMessage bool, err error) {
	if !isMessage {
		r.cfg.Log.Warn("event refused", "event", name(ev), "err", err)
		return
	}
	r.refusals[from]++
	r.cfg.Log.Warn("message refused", "party", from, "times", r.refusals[from], "err", err)
}

// carryOut executes effects in order and stops at the first that fails or ends
// the attempt.
func (r *Runner) carryOut(effects []session.Effect) *Outcome {
	for _, effect := range effects {
		var err error
		switch e := effect.(type) {
		case session.Persist:
			err = r.cfg.Host.Persist(e.State)
		case session.Release:
			err = r.cfg.Host.Release(e.Digest)
		case session.Send:
			err = r.cfg.Host.Send(e.To, e.Body)
		case session.Wait:
			r.startClock(e.Phase)
		case session.Done:
			return &Outcome{Done: true}
		case session.Abort:
			return &Outcome{Abort: &e}
		default:
			err = fmt.Errorf("runner: unknown effect %T", effect)
		}
		if err != nil {
			return &Outcome{Err: err}
		}
	}
	return nil
}

func (r *Runner) startClock(phase session.Phase) {
	r.stopClock()
	r.phase = phase
	if r.cfg.Entered != nil {
		r.cfg.Entered(phase)
	}
	if r.cfg.Timeout == nil {
		return
	}
	if d := r.cfg.Timeout(phase); d > 0 {
		r.clock = time.NewTimer(d)
	}
}

func (r *Runner) stopClock() {
	if r.clock != nil {
		r.clock.Stop()
		r.clock = nil
	}
}

// safeStep keeps a program error in one job away from the others. The stack is
// not reported: it could show values.
func safeStep(m session.Machine, ev session.Event) (effects []session.Effect, err error) {
	defer func() {
		if recover() != nil {
			effects, err = nil, Panicked.New("the machine panicked on %s", name(ev))
		}
	}()
	return m.Step(ev)
}

func sender(ev session.Event) (session.Party, bool) {
	m, ok := ev.(session.Message)
	return m.From, ok
}

// name says what kind of event it is, and nothing of its content.
func name(ev session.Event) string { return fmt.Sprintf("%T", ev) }
