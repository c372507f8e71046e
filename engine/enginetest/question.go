package enginetest

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Question is a question on its way.
type Question struct {
	s      *Space
	job    store.JobID   // set before stored is closed
	stored chan struct{} // closed when the question is stored
	done   chan struct{} // closed when it ended
	cancel context.CancelFunc
	answer *analyst.Answer
	err    error

	mu     sync.Mutex
	events []transport.Progress
	more   chan struct{} // closed and replaced with every event
}

// Ask asks [Query] with a client of its own.
func (s *Space) Ask(opts analyst.Options) *Question {
	s.T.Helper()
	return s.AskWith(s.Client(), opts)
}

// AskWith asks [Query]. OnProgress of opts is called before the question notes
// an event.
func (s *Space) AskWith(c *analyst.Client, opts analyst.Options) *Question {
	s.T.Helper()
	return s.follow(opts, func(ctx context.Context, opts analyst.Options) (*analyst.Answer, error) {
		return c.Ask(ctx, Query, opts)
	})
}

// AskSQL asks something else than [Query].
func (s *Space) AskSQL(c *analyst.Client, sql string) *Question {
	s.T.Helper()
	return s.follow(analyst.Options{}, func(ctx context.Context, opts analyst.Options) (*analyst.Answer, error) {
		return c.Ask(ctx, sql, opts)
	})
}

// Resume goes on with a question, with a client of its own.
func (s *Space) Resume(job store.JobID, opts analyst.Options) *Question {
	s.T.Helper()
	c := s.Client()
	return s.follow(opts, func(ctx context.Context, opts analyst.Options) (*analyst.Answer, error) {
		return c.Resume(ctx, job, opts)
	})
}

func (s *Space) follow(opts analyst.Options, ask func(context.Context, analyst.Options) (*analyst.Answer, error)) *Question {
	q := &Question{s: s, stored: make(chan struct{}), done: make(chan struct{}), more: make(chan struct{})}
	var first sync.Once // later rounds of a study have jobs of their own
	opts.OnJob = func(id store.JobID) { first.Do(func() { q.job = id; close(q.stored) }) }
	before := opts.OnProgress
	opts.OnProgress = func(p transport.Progress) {
		if before != nil {
			before(p)
		}
		q.progress(p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	q.cancel = cancel
	go func() {
		defer close(q.done)
		q.answer, q.err = ask(ctx, opts)
	}()
	s.T.Cleanup(q.Kill)
	return q
}

func (q *Question) progress(p transport.Progress) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, p)
	close(q.more)
	q.more = make(chan struct{})
}

// Kill ends the client as a signal would, wherever it is.
func (q *Question) Kill() {
	q.cancel()
	<-q.done
}

// Job waits until the question is stored and returns its job.
func (q *Question) Job() store.JobID {
	q.s.T.Helper()
	q.s.Await(q.stored, q.done)
	if q.job == (store.JobID{}) {
		q.s.T.Fatal("the question was not stored: ", q.err)
	}
	return q.job
}

// Until waits for an event of the job.
func (q *Question) Until(match func(transport.Progress) bool) {
	q.s.T.Helper()
	for seen := 0; ; {
		q.mu.Lock()
		events, more := q.events, q.more
		q.mu.Unlock()
		if slices.ContainsFunc(events[seen:], match) {
			return
		}
		seen = len(events)
		q.s.Await(more, q.done)
		if isClosed(q.done) && !q.Saw(match) {
			q.s.T.Fatal("the question ended before the event: ", q.err)
		}
	}
}

// UntilOr waits for an event of the job, or until other is closed; it reports whether it was the event.
func (q *Question) UntilOr(other <-chan struct{}, match func(transport.Progress) bool) bool {
	q.s.T.Helper()
	for {
		q.mu.Lock()
		found, more := slices.ContainsFunc(q.events, match), q.more
		q.mu.Unlock()
		if found {
			return true
		}
		select {
		case <-more:
		case <-other:
			return q.Saw(match)
		case <-q.done:
			if !q.Saw(match) {
				q.s.T.Fatal("the question ended before the event: ", q.err)
			}
		}
	}
}

// Saw reports whether the job had an event so far.
func (q *Question) Saw(match func(transport.Progress) bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.ContainsFunc(q.events, match)
}

// Done is closed when the question ended.
func (q *Question) Done() <-chan struct{} { return q.done }

// Wait returns the answer.
func (q *Question) Wait() (*analyst.Answer, error) {
	q.s.T.Helper()
	q.s.Await(q.done)
	return q.answer, q.err
}

// WantOfParticipants waits for the answer and compares it with that over the
// rows of those who took part by its provenance, at least so many.
func (q *Question) WantOfParticipants(least int) *analyst.Answer {
	q.s.T.Helper()
	answer, err := q.Wait()
	if err != nil {
		q.s.T.Fatal(err)
	}
	var in []string
	for _, p := range answer.Provenance.Participants {
		in = append(in, p.Member)
	}
	if len(in) < least {
		q.s.T.Fatalf("only %q took part", in)
	}
	return q.Want(in...)
}

// Want waits for the answer and compares it with that over some owners' rows.
func (q *Question) Want(owners ...string) *analyst.Answer {
	q.s.T.Helper()
	answer, err := q.Wait()
	if err != nil {
		q.s.T.Fatal(err)
	}
	var got bytes.Buffer
	q.s.must(answer.Table.WriteCSV(&got))
	if want := q.s.Sums(owners...); got.String() != want {
		q.s.T.Fatalf("answer\n%s, want\n%s", got.String(), want)
	}
	return answer
}
