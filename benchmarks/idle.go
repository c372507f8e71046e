package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/keyfile"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/transport"
)

// IdleWorkers is what workers that wait for questions cost the coordinator. Each is a member of the charter with its
// own key, and connects from this process; the coordinator is a process of its own. A question is
// answered before and with them.
var IdleWorkers = Benchmark{
	Name:  "idle-workers",
	About: "workers that wait for questions: memory of the coordinator for each, and its processor time",
	Run:   runIdleWorkers,
}

// idleOwners are owners with data, beside the idle ones; idleWanted is how many idle workers a coordinator should bear.
const (
	idleOwners = 5
	idleWanted = 10_000
)

// idleSize returns how many idle workers there are, in how many steps they come, and how long they idle. A charter has
// at most [charter.MaxMembers] members, the coordinator, the analyst and the owners with data among them.
func (o Options) idleSize() (workers, steps int, idle time.Duration) {
	if o.Quick {
		return 40, 2, time.Second
	}
	return charter.MaxMembers - idleOwners - 2, 4, 30 * time.Second
}

func runIdleWorkers(ctx context.Context, o Options) (*Result, error) {
	n, steps, idle := o.idleSize()
	s := spec{charter: smallCharter(1), table: "visits", owners: func(_ context.Context, dir string) ([]string, error) {
		for i := range n { // members without a table
			if err := os.MkdirAll(filepath.Join(dir, idleName(i)), 0o755); err != nil {
				return nil, err
			}
		}
		return writeVisits(dir, o.Seed, idleOwners, 100)
	}}
	result := &Result{
		Name: "idle-workers", Correct: true, Oracle: "the pooled query, before and with the idle workers", Metrics: map[string]Metric{},
		Parameters: map[string]any{
			"idle workers": n, "most members of a charter": charter.MaxMembers, "owners": idleOwners, "idle for": idle.String(),
		},
	}
	f := figures{}
	err := withSpace(ctx, o, s, func(ctx context.Context, sp *space) error {
		role, err := sp.coordinator(ctx)
		if err != nil {
			return err
		}
		c := &crowd{sp: sp, o: o, pid: role.PID, ops: role.Ops, f: f}
		return errors.Join(c.run(ctx, n, steps, idle), c.leave())
	})
	if err != nil {
		return nil, err
	}
	f.summarise("", result.Metrics)
	return result, nil
}

func idleName(i int) string { return fmt.Sprintf("idle-%05d", i) }

// coordinator is the coordinator's process.
func (sp *space) coordinator(ctx context.Context) (lab.Status, error) {
	status, err := sp.lab.Status(ctx)
	if err != nil {
		return lab.Status{}, err
	}
	for _, s := range status {
		if s.Kind == "coordinator" {
			return s, nil
		}
	}
	return lab.Status{}, errors.New("the space has no coordinator")
}

// crowd is the idle workers.
type crowd struct {
	sp   *space
	o    Options
	pid  int    // of the coordinator
	ops  string // where its counters are
	f    figures
	stop []context.CancelFunc
	wg   sync.WaitGroup
}

// run lets the workers come step by step, then idle, and asks before and after.
func (c *crowd) run(ctx context.Context, n, steps int, idle time.Duration) error {
	if err := c.ask(ctx, "question without idle workers"); err != nil {
		return err
	}
	without, err := c.held(ctx)
	if err != nil {
		return err
	}
	x, y, resident := []float64{0}, []float64{without}, residentMemory(c.pid)
	var connecting time.Duration
	var spent float64
	for step := range steps {
		from, to := step*n/steps, (step+1)*n/steps
		begin, before := time.Now(), processorTime(c.pid)
		if err := c.come(ctx, from, to); err != nil {
			return err
		}
		connecting, spent = connecting+time.Since(begin), spent+processorTime(c.pid)-before
		now, err := c.held(ctx)
		if err != nil {
			return err
		}
		x, y = append(x, float64(to)), append(y, now)
		c.o.Say("idle workers: %d of %d are connected, the coordinator holds %.1f MB", to, n, now)
	}
	c.f.add("connections", "1/s", float64(n)/connecting.Seconds())
	c.f.add("coordinator, for all connections", "core-s", spent)
	before := processorTime(c.pid)
	select {
	case <-time.After(idle):
	case <-ctx.Done():
		return ctx.Err()
	}
	c.f.add("coordinator while all idle, each second", "core-s", (processorTime(c.pid)-before)/idle.Seconds())
	if err := c.ask(ctx, "question with idle workers"); err != nil {
		return err
	}
	each := slope(x, y)
	c.f.add("live heap and stacks of the coordinator without them", "MB", y[0])
	c.f.add("live heap and stacks of the coordinator with all", "MB", y[len(y)-1])
	if each > 0 { // of few workers it may drown in noise
		c.f.add("live heap and stacks of the coordinator for an idle worker", "kB", each*1000)
		c.f.add(fmt.Sprintf("the same for %d, extrapolated, with the garbage that the collector leaves", idleWanted), "MB", (y[0]+each*idleWanted)*garbage)
	}
	if resident > 0 { // Linux
		c.f.add("resident memory of the coordinator without them", "MB", resident)
		c.f.add("resident memory of the coordinator with all", "MB", residentMemory(c.pid))
	}
	if peak, ok := peakMemory(c.pid); ok {
		c.f.add("peak memory of the coordinator", "MB", peak)
	}
	return nil
}

// garbage is by how much the heap grows over what lives before the collector runs, see cmd/tacit.
const garbage = 1.5

// held is what the coordinator needs, in MB: live heap and stacks. Resident memory would not do, as garbage of the beginning makes
// room for what comes. Questions are asked until the collector has run; then it says how large
// the heap may grow, which is [garbage] times what lives, and half of the stacks.
func (c *crowd) held(ctx context.Context) (float64, error) {
	const collections = "go_gc_duration_seconds_count"
	first, err := readCounters(ctx, c.ops)
	if err != nil {
		return 0, err
	}
	for range 300 {
		now, err := readCounters(ctx, c.ops)
		if err != nil {
			return 0, err
		}
		if now[collections] > first[collections] {
			stacks := now["go_memstats_stack_inuse_bytes"]
			live := (now["go_memstats_next_gc_bytes"] - (garbage-1)*stacks) / garbage
			return (live + stacks) / 1e6, nil
		}
		if _, _, err := c.sp.protected(ctx, latencySQL); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("the coordinator's collector did not run")
}

func (c *crowd) ask(ctx context.Context, name string) error {
	want, _, err := c.sp.unprotected(ctx, latencySQL)
	if err != nil {
		return err
	}
	got, took, err := c.sp.protected(ctx, latencySQL)
	if err == nil {
		err = check(got, want)
	}
	c.f.add(name, "ms", took.Seconds()*1000)
	return err
}

// come connects the workers of a range and waits until all are.
func (c *crowd) come(ctx context.Context, from, to int) error {
	here := make(chan error, to-from)
	directory := transport.FromBundle(c.sp.client.Bundle)
	for i := from; i < to; i++ {
		id, _, err := keyfile.Read(filepath.Join(c.sp.lab.Dir, ".lab", "keys", idleName(i)+".key"), func() (secret.Secret, error) { return secret.New(nil), nil })
		if err != nil {
			return err
		}
		link, err := transport.Dial(transport.ClientConfig{
			Address: c.sp.client.Config.Client.Address, Proxy: "direct", Identity: id, Directory: directory,
		})
		if err != nil {
			return err
		}
		life, stop := context.WithCancel(ctx)
		c.stop = append(c.stop, stop)
		c.wg.Go(func() { _ = link.Run(life, &idler{here: here}) })
	}
	for range to - from {
		select {
		case err := <-here:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// leave disconnects all.
func (c *crowd) leave() error {
	for _, stop := range c.stop {
		stop()
	}
	c.wg.Wait()
	return nil
}

// idler is a worker that does nothing. It says once how its connection came about.
type idler struct {
	once sync.Once
	here chan<- error
}

func (w *idler) Connected(context.Context, bool) { w.once.Do(func() { w.here <- nil }) }

func (w *idler) Receive(context.Context, transport.Packet) error { return nil }

func (w *idler) Disconnected(why *fault.Fault, _ time.Duration) { w.once.Do(func() { w.here <- why }) }

// residentMemory of a process in MB, 0 where there is no /proc.
func residentMemory(pid int) float64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1024
		}
	}
	return 0
}
