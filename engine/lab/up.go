package lab

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tacit-space/tacit/engine/lab/process"
)

// stopTime is how long a role may take to end by itself.
const stopTime = 10 * time.Second

// Up starts every role and returns when all are ready. If the lab is already up it
// does nothing; if only a part is, as after a crash, it starts again. On an error
// nothing is left running.
func (l *Lab) Up(ctx context.Context) error {
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return l.up(ctx)
}

func (l *Lab) up(ctx context.Context) error {
	if l.Check(ctx) == nil {
		return nil
	}
	if err := l.stopAll(); err != nil {
		return err
	}
	roles, err := l.prepare()
	if err != nil {
		return err
	}
	if err := l.startAll(ctx, roles); err != nil {
		return errors.Join(err, l.stopAll())
	}
	return nil
}

// startAll starts the coordinator, and when it is ready the workers, all at once.
func (l *Lab) startAll(ctx context.Context, roles []*role) error {
	for _, name := range []string{"run", "log"} {
		if err := os.MkdirAll(l.made(name), 0o700); err != nil {
			return ErrStart.New("%w", err)
		}
	}
	coordinator, workers := roles[0], roles[1:]
	if err := l.start(coordinator); err != nil {
		return err
	}
	if err := l.await(ctx, coordinator); err != nil {
		return err
	}
	for _, w := range workers {
		if err := l.start(w); err != nil {
			return err
		}
	}
	group, all := errgroup.WithContext(ctx)
	for _, w := range workers {
		group.Go(func() error { return l.await(all, w) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return l.awaitWorkers(ctx, coordinator, len(workers))
}

// start starts one role and remembers it. Its errors come as JSON on the last line
// of its log.
func (l *Lab) start(r *role) error {
	p, err := process.Start(process.Spec{
		Path: l.Program, Args: []string{r.Kind, "--config", l.configOf(r.Name), "--format", "json"},
		Log: l.logOf(r.Name), Tied: l.Tied,
	})
	if err != nil {
		return ErrStart.New("%s %s: %w", r.Kind, r.Name, err)
	}
	r.Process = p
	if err := l.remember(r); err != nil {
		return errors.Join(ErrStart.New("%w", err), stop(r))
	}
	return nil
}

// Down stops every role that runs, workers first, also what an earlier command left
// behind when it was killed.
func (l *Lab) Down() error {
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return l.stopAll()
}

// stopAll is not cut short: it is what leaves nothing behind.
func (l *Lab) stopAll() error {
	roles, err := l.remembered()
	if err != nil || len(roles) == 0 {
		return err
	}
	group := errgroup.Group{}
	for _, r := range roles {
		group.Go(func() error {
			if err := stop(r); err != nil {
				return err
			}
			return os.Remove(l.recordOf(r.Name))
		})
	}
	return group.Wait()
}

func stop(r *role) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := r.Process.Stop(ctx); err != nil {
		return ErrStop.New("%s %s: %w", r.Kind, r.Name, err)
	}
	return nil
}
