package lab

import (
	"context"
	"sync"
)

// Status is what one role of the lab does.
type Status struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	PID   int    `json:"pid"`
	State string `json:"state"` // "ready", "starting", "ended"
	Why   string `json:"why,omitempty"`
	Ops   string `json:"ops"` // address of /metrics, /healthz, /readyz
	Log   string `json:"log"`
}

// Status asks every role that was started. It is empty if the lab is down.
func (l *Lab) Status(ctx context.Context) ([]Status, error) {
	roles, err := l.remembered()
	if err != nil {
		return nil, err
	}
	list := make([]Status, len(roles))
	var wait sync.WaitGroup
	for i, r := range roles {
		list[i] = Status{Name: r.Name, Kind: r.Kind, PID: r.Process.PID, State: "ended", Ops: r.Ops, Log: l.logOf(r.Name)}
		if !r.Process.Alive() {
			continue
		}
		wait.Go(func() {
			ok, why := r.ready(ctx)
			list[i].State, list[i].Why = "starting", why
			if ok {
				list[i].State, list[i].Why = "ready", ""
			}
		})
	}
	wait.Wait()
	return list, nil
}

// Check returns nil if every role runs and is ready, and [ErrDown] otherwise.
func (l *Lab) Check(ctx context.Context) error {
	list, err := l.Status(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrDown.New("no process of the lab in %s runs", l.Dir)
	}
	for _, s := range list {
		if s.State != "ready" {
			return ErrDown.New("%s %s: %s", s.Kind, s.Name, s.State)
		}
	}
	return nil
}
