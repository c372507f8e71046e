package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

func (a *app) coordinator() *cobra.Command {
	return &cobra.Command{
		Use:   "coordinator --config FILE",
		Short: "Run the coordinator until it is stopped",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			cfg, err := config.LoadCoordinator(a.config, a.environ)
			if err != nil {
				return err
			}
			return a.runCoordinator(c.Context(), cfg)
		},
	}
}

func (a *app) runCoordinator(ctx context.Context, cfg *config.Coordinator) error {
	m, err := a.openAs(charter.Coordinator, cfg.Space, cfg.Key, cfg.PassphraseFile)
	if err != nil {
		return err
	}
	var listening atomic.Bool
	ready := func(context.Context) error {
		if !listening.Load() {
			return errors.New("not listening yet")
		}
		return nil
	}
	return a.serve(ctx, "coordinator", cfg.Log, cfg.OpsListen, ready, func(ctx context.Context, log *slog.Logger, metrics *obs.Metrics) error {
		group, ctx := errgroup.WithContext(ctx)
		updates := make(chan *charter.Bundle)
		group.Go(func() error { watchSpace(ctx, m.bundle, cfg.Space, log, updates); return nil })
		group.Go(func() error {
			return coordinator.Run(ctx, coordinator.Config{
				Bundle: m.bundle, Identity: m.identity, Store: string(cfg.Store), Updates: updates,
				Server: transport.ServerConfig{
					Listen: string(cfg.Listen), Software: software(),
					Limits: transport.Limits{MaxPacket: int(cfg.Limits.MaxMessage), MaxResult: int(cfg.Limits.MaxMessage)},
				},
				Limits: coordinator.Limits{MaxLive: cfg.Limits.MaxJobs, MaxRunning: cfg.Limits.MaxRunning, MaxAttempts: cfg.MaxAttempts, KeysAhead: keysAhead(cfg.Limits.KeysAhead)},
				Keep:   store.Retention{Result: cfg.Limits.Retention.Std(), Record: cfg.Limits.Retention.Std()},
				Timing: coordinator.Timing{
					Admission: cfg.RoundTimeout.Std(), Round: cfg.RoundTimeout.Std(), Input: cfg.InputTimeout.Std(),
				},
				Log:     log,
				Metrics: metrics,
				Ready:   func(net.Addr) { listening.Store(true) },
			})
		})
		return group.Wait()
	})
}

// keysAhead keeps a 0 of the configuration from meaning the default.
func keysAhead(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

func (a *app) worker() *cobra.Command {
	c := &cobra.Command{
		Use:   "worker --config FILE",
		Short: "Run the worker beside an owner's data until it is stopped",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			cfg, err := config.LoadWorker(a.config, a.environ)
			if err != nil {
				return err
			}
			return a.runWorker(c.Context(), cfg)
		},
	}
	c.AddCommand(a.stopAll(), a.serveAgain())
	return c
}

func (a *app) runWorker(ctx context.Context, cfg *config.Worker) error {
	m, err := a.openAs(charter.Owner, cfg.Space, cfg.Key, cfg.PassphraseFile)
	if err != nil {
		return err
	}
	gone, err := checkOwnRules(m.bundle, cfg)
	if err != nil {
		return err
	}
	engine, err := openTables(ctx, m, cfg)
	if err != nil {
		return err
	}
	defer engine.Close()
	tables := &tableCheck{}
	return a.serve(ctx, "worker", cfg.Log, cfg.OpsListen, tables.ready, func(ctx context.Context, log *slog.Logger, metrics *obs.Metrics) error {
		for _, name := range gone {
			log.Warn("an own rule names what is no more", "why", name)
		}
		group, ctx := errgroup.WithContext(ctx)
		updates := make(chan *charter.Bundle)
		group.Go(func() error { watchSpace(ctx, m.bundle, cfg.Space, log, updates); return nil })
		group.Go(func() error { tables.run(ctx, engine, cfg, log); return nil })
		group.Go(func() error {
			return worker.Run(ctx, worker.Config{
				Bundle: m.bundle, Self: m.id, Identity: m.identity, Store: string(cfg.Store), Source: engine, Accept: cfg.Accept, Updates: updates, Approval: cfg.Approval,
				Link: transport.ClientConfig{
					Address: string(cfg.Coordinator), Proxy: proxy(cfg.Proxy), Software: software(),
					Limits: transport.Limits{MaxPacket: int(cfg.Limits.MaxMessage)},
				},
				Limits:  worker.Limits{MaxQueries: cfg.Limits.MaxJobs},
				Log:     log,
				Metrics: metrics,
			})
		})
		return group.Wait()
	})
}

// checkOwnRules compares an owner's rules with the charter; it returns what they name that an amendment removed.
func checkOwnRules(b *charter.Bundle, cfg *config.Worker) (gone []string, err error) {
	accept, err := policy.CheckAccept(b, &cfg.Accept)
	asks, err2 := policy.CheckApproval(b, &cfg.Approval)
	return append(accept, asks...), errors.Join(err, err2)
}

// openTables maps the owner's tables and locks the engine.
func openTables(ctx context.Context, m *member, cfg *config.Worker) (*source.Engine, error) {
	engine, err := source.Open(source.Config{Threads: cfg.Engine.Threads, Memory: cfg.Engine.Memory.String()})
	if err != nil {
		return nil, err
	}
	for _, name := range tableNames(cfg) {
		t := m.bundle.Charter().Table(name)
		if t == nil {
			engine.Close()
			return nil, config.ErrInvalid.New("worker.tables.%s: the charter has no such table", name)
		}
		files := make([]string, len(cfg.Tables[name].Files))
		for i, f := range cfg.Tables[name].Files {
			files[i] = string(f)
		}
		if err := engine.AddTable(ctx, source.Mapping{Files: files, Query: cfg.Tables[name].Query}, *t); err != nil {
			engine.Close()
			return nil, err
		}
	}
	if err := engine.Lock(ctx); err != nil {
		engine.Close()
		return nil, err
	}
	return engine, nil
}

func tableNames(cfg *config.Worker) []string {
	var names []string
	for name := range cfg.Tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// tableCheck validates an owner's tables while the worker already runs, and says in
// /readyz what it found. Jobs check again for themselves.
type tableCheck struct{ state atomic.Pointer[tableState] }

type tableState struct{ err error }

func (t *tableCheck) run(ctx context.Context, engine *source.Engine, cfg *config.Worker, log *slog.Logger) {
	var failed error
	for _, name := range tableNames(cfg) {
		if _, err := engine.Validate(ctx, name); err != nil && ctx.Err() == nil {
			log.Error("table breaks the charter; its jobs will be refused", "table", name, obs.Err(err))
			failed = errors.Join(failed, err)
		}
	}
	t.state.Store(&tableState{failed})
}

func (t *tableCheck) ready(context.Context) error {
	state := t.state.Load()
	if state == nil {
		return errors.New("tables are being checked")
	}
	return state.err
}

// gcPercent makes the collector run at half of the growth that is usual: the messages of a role are few
// and large, such as key shares of 5 MB, and it would keep as much garbage.
const gcPercent = 50

// serve runs a role and, if configured, its metrics, until ctx ends or one fails.
func (a *app) serve(ctx context.Context, role string, logs config.Log, ops config.Address, ready func(context.Context) error,
	run func(context.Context, *slog.Logger, *obs.Metrics) error,
) error {
	if a.env("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	log := obs.NewLogger(a.err, logs.Level, logs.Format)
	metrics := obs.NewMetrics(role)
	group, ctx := errgroup.WithContext(ctx)
	if ops != "" {
		server, err := obs.Listen(string(ops), metrics, ready)
		if err != nil {
			return err
		}
		group.Go(func() error { return server.Serve(ctx) })
	}
	group.Go(func() error {
		if err := run(ctx, log, metrics); err != nil {
			return err
		}
		return errEnded
	})
	if err := group.Wait(); err != nil && !errors.Is(err, errEnded) {
		return err
	}
	log.Info(role + " ended")
	return nil
}

// errEnded makes the metrics end when the role has ended without an error.
var errEnded = errors.New("ended")

// software is what peers are told about this program.
func software() string {
	v := "tacit " + currentVersion().Version
	return v[:min(len(v), 64)]
}
