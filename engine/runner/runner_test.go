package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/runner"
)

type start struct{}

func (start) IsEvent() {}

// script is a machine whose steps the test writes.
type script func(session.Event) ([]session.Effect, error)

func (s script) Step(ev session.Event) ([]session.Effect, error) { return s(ev) }

// tape is a host that writes down what it was asked to do.
type tape struct {
	did  []string
	fail string // prefix of the effect that fails
}

func (t *tape) do(format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	if t.fail != "" && strings.HasPrefix(line, t.fail) {
		return errors.New("failed on purpose")
	}
	t.did = append(t.did, line)
	return nil
}
func (t *tape) Persist(state []byte) error               { return t.do("persist %s", state) }
func (t *tape) Release(digest [32]byte) error            { return t.do("release %x", digest[0]) }
func (t *tape) Send(to session.Party, body []byte) error { return t.do("send %d %s", to, body) }
func always(effects ...session.Effect) script {
	return func(session.Event) ([]session.Effect, error) { return effects, nil }
}

func message(from session.Party) session.Message {
	return session.Message{From: from, Body: []byte("body")}
}

func post(t *testing.T, r *runner.Runner, e session.Event) {
	t.Helper()
	check(t, r.Post(t.Context(), e))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("did %q, want %q", got, want)
	}
}

func TestEffectsInOrder(t *testing.T) {
	host := &tape{}
	out := runner.New(runner.Config{Host: host, Machine: always(
		session.Persist{State: []byte("s")}, session.Release{Digest: [32]byte{7}},
		session.Send{To: 3, Body: []byte("x")}, session.Send{To: 1, Body: []byte("y")},
		session.Done{}, session.Send{To: 2, Body: []byte("after the end")},
	)}).Run(t.Context(), start{})
	if !out.Done {
		t.Fatalf("outcome %+v", out)
	}
	want(t, host.did, "persist s", "release 7", "send 3 x", "send 1 y")
}

// What rests on a persisted state must not leave if persisting failed, and a
// share must not leave if another release is recorded.
func TestNothingAfterAFailedEffect(t *testing.T) {
	for _, c := range []struct {
		fail string
		did  []string
	}{{"persist", nil}, {"release", []string{"persist s"}}, {"send", []string{"persist s", "release 7"}}} {
		host := &tape{fail: c.fail}
		out := runner.New(runner.Config{Host: host, Machine: always(
			session.Persist{State: []byte("s")}, session.Release{Digest: [32]byte{7}},
			session.Send{To: 1, Body: []byte("share")}, session.Done{},
		)}).Run(t.Context(), start{})
		if out.Err == nil || out.Done {
			t.Errorf("%s failed: outcome %+v", c.fail, out)
		}
		want(t, host.did, c.did...)
	}
}

func TestAbortEndsTheAttempt(t *testing.T) {
	cause := errors.New("too few")
	out := runner.New(runner.Config{Host: &tape{}, Machine: always(session.Abort{Blame: []session.Party{2}, Err: cause})}).
		Run(t.Context(), start{})
	if out.Abort == nil || out.Abort.Err != cause || out.Abort.Blame[0] != 2 {
		t.Fatalf("outcome %+v", out)
	}
}

func TestDeadlineOfTheLatestPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		begun := time.Now()
		machine := script(func(ev session.Event) ([]session.Effect, error) {
			switch e := ev.(type) {
			case start:
				return []session.Effect{session.Wait{Phase: 1}}, nil
			case session.Message:
				return []session.Effect{session.Wait{Phase: 2}}, nil
			case session.Deadline:
				heard = append(heard, fmt.Sprintf("phase %d after %s", e.Phase, time.Since(begun)))
				return []session.Effect{session.Done{}}, nil
			}
			return nil, nil
		})
		r := runner.New(runner.Config{
			Host: &tape{}, Machine: machine,
			Timeout: func(p session.Phase) time.Duration { return time.Duration(p) * time.Minute },
		})
		post(t, r, message(1))
		r.Run(t.Context(), start{})
		want(t, heard, "phase 2 after 2m0s")
	})
}

func TestRefusedEventsAreCountedAndNotFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps, refused int
		var log bytes.Buffer
		machine := script(func(ev session.Event) ([]session.Effect, error) {
			switch e := ev.(type) {
			case session.Message:
				steps++
				if e.From == 1 {
					return nil, errors.New("malformed")
				}
				return []session.Effect{session.Done{}}, nil
			}
			return nil, nil
		})
		r := runner.New(runner.Config{
			Host: &tape{}, Machine: machine, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Observe: func(s runner.Seen) {
				if s.Err != nil {
					refused++
				}
			},
		})
		go func() {
			for range 200 {
				post(t, r, session.Message{From: 1, Body: []byte("planted-value")})
			}
			post(t, r, message(2))
		}()
		if out := r.Run(t.Context(), start{}); !out.Done {
			t.Fatalf("outcome %+v", out)
		}
		if steps != 64+1 || refused != 64 {
			t.Errorf("%d steps and %d refusals, want a flood to be cut at 64", steps, refused)
		}
		if strings.Contains(log.String(), "planted-value") || !strings.Contains(log.String(), "party=1") {
			t.Errorf("log names no sender, or shows the body: %.200s", log.String())
		}
		if err := r.Post(t.Context(), message(2)); !errors.Is(err, runner.ErrEnded) {
			t.Errorf("post after the end: %v", err)
		}
	})
}

func TestPanicEndsOneAttempt(t *testing.T) {
	out := runner.New(runner.Config{Host: &tape{}, Machine: script(func(session.Event) ([]session.Effect, error) {
		panic("planted-value")
	})}).Run(t.Context(), start{})
	if !runner.Panicked.Is(out.Err) || strings.Contains(out.Err.Error(), "planted-value") {
		t.Fatalf("outcome %+v", out)
	}
}

// A step that has begun is finished: its effects are not cut in two.
func TestCancelledBetweenEventsOnly(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	host := &tape{}
	stopped := errors.New("stopped")
	out := runner.New(runner.Config{Host: host, Machine: script(func(session.Event) ([]session.Effect, error) {
		cancel(stopped)
		return []session.Effect{session.Persist{State: []byte("s")}, session.Send{To: 1, Body: []byte("x")}}, nil
	})}).Run(ctx, start{})
	if !errors.Is(out.Err, stopped) {
		t.Fatalf("outcome %+v", out)
	}
	want(t, host.did, "persist s", "send 1 x")
}

func TestMailboxKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		box := runner.NewMailbox[int]()
		var got []int
		done := make(chan struct{})
		go func() {
			defer close(done)
			box.Run(ctx, func(_ context.Context, i int) { got = append(got, i) })
		}()
		for i := range 100 {
			box.Put(i)
		}
		synctest.Wait()
		cancel()
		<-done
		if len(got) != 100 || !slices.IsSorted(got) {
			t.Fatalf("got %v", got)
		}
		box.Put(1, 2)
		box.Clear()
		box.Put(3)
	})
}

func TestParallelRunsEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 100} {
		counts := make([]int, n)
		runner.Parallel(n, func(i int) { counts[i]++ })
		for i, c := range counts {
			if c != 1 {
				t.Errorf("f(%d) ran %d times", i, c)
			}
		}
	}
}
