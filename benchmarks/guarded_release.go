package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"time"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// GuardedRelease is the guarded release by itself, without network and disk: all roles
// share the cores of this machine.
var GuardedRelease = Benchmark{
	Name:  "guarded-release",
	About: "counts and sums of cells with k units or more, without network: time, bytes and memory of each role",
	Run:   runGuardedRelease,
}

// guardedCase is one size. Every guard has limbs behind it.
type guardedCase struct {
	name     string
	set      string
	k        int
	guards   int
	limbs    int
	packed   bool
	workers  int
	verify   guard.Verify
	prepared bool // a key set is made ahead
	once     bool // in the first run only
	points   int  // so many guards in a row stand for one curve and count the same units; 0: each its own
}

// guardedCases vary cells, k, workers and verification one by one.
var guardedCases = []guardedCase{
	{name: "cells", set: "G15", k: 10, guards: 16384, limbs: 2, workers: 10, verify: guard.VerifyAll},
	{name: "cells, keys ahead", set: "G15", k: 10, guards: 16384, limbs: 2, workers: 10, verify: guard.VerifyAll, prepared: true},
	{name: "cells, keys ahead, some verify", set: "G15", k: 10, guards: 16384, limbs: 2, workers: 10, verify: guard.VerifySome, prepared: true},
	{name: "cells, keys ahead, none verifies", set: "G15", k: 10, guards: 16384, limbs: 2, workers: 10, verify: guard.VerifyNone, prepared: true},
	{name: "small", set: "G15", k: 10, guards: 100, limbs: 2, packed: true, workers: 5, verify: guard.VerifyAll},
	{name: "small, keys ahead", set: "G15", k: 10, guards: 100, limbs: 2, packed: true, workers: 5, verify: guard.VerifyAll, prepared: true},
	{name: "small, keys ahead, k 5", set: "F7", k: 5, guards: 100, limbs: 2, packed: true, workers: 5, verify: guard.VerifyAll, prepared: true},
	{name: "small, keys ahead, k 20", set: "G31", k: 20, guards: 100, limbs: 2, packed: true, workers: 5, verify: guard.VerifyAll, prepared: true},
	{name: "curve, 3 workers", set: "G15", k: 10, guards: 1, limbs: 8192, packed: true, workers: 3, verify: guard.VerifyAll, prepared: true},
	{name: "curve, 12 workers", set: "G15", k: 10, guards: 1, limbs: 8192, packed: true, workers: 12, verify: guard.VerifyAll, prepared: true},
	{name: "curve, 96 workers", set: "G15", k: 10, guards: 1, limbs: 8192, packed: true, workers: 96, verify: guard.VerifyAll, prepared: true, once: true},
	survivalCase("survival, 3 workers", 3),
	survivalCase("survival, 12 workers", 12),
	survivalCase("survival, 96 workers", 96),
}

// survivalCase is a curve of 8192 points with two counts at each, of people and of those with an event, each behind a
// guard of its own: what a survival curve needs, laid out as package plan does (TestCurveLayouts, "spread").
func survivalCase(name string, workers int) guardedCase {
	return guardedCase{
		name: name, set: "G15", k: 10, guards: 16384, limbs: 1, points: 8192, workers: workers, verify: guard.VerifyAll, prepared: true, once: workers > 12,
	}
}

var guardedQuick = []guardedCase{
	{name: "cells", set: "F7", k: 2, guards: 64, limbs: 1, workers: 3, verify: guard.VerifySome},
	{name: "curve, keys ahead", set: "F7", k: 5, guards: 1, limbs: 20, packed: true, workers: 3, verify: guard.VerifyAll, prepared: true},
}

func (c *guardedCase) shape() *guard.Shape {
	g := guard.Group{K: c.k, Packed: c.packed, Runs: []guard.Run{{Guards: c.guards, Limbs: c.limbs}}}
	return &guard.Shape{Set: c.set, Verify: c.verify, Groups: []guard.Group{g}}
}

func (c *guardedCase) String() string {
	layout := "columns"
	if c.packed {
		layout = "packed"
	}
	return fmt.Sprintf("set %s, k %d, %d guards of %d limbs, %s, %d workers, verify %v", c.set, c.k, c.guards, c.limbs, layout, c.workers, c.verify)
}

func runGuardedRelease(ctx context.Context, o Options) (*Result, error) {
	cases := guardedCases
	if o.Quick {
		cases = guardedQuick
	}
	result := &Result{
		Name: "guarded-release", Correct: true, Oracle: "the plain sums of the cells with k units or more, and of no other",
		Parameters: map[string]any{"cores": runtime.NumCPU()}, Metrics: map[string]Metric{},
	}
	for i := range cases {
		c := &cases[i]
		runs := o.Runs
		if c.once {
			runs = 1
		}
		f := figures{}
		for run := range runs {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			o.Say("guarded release, %s, run %d of %d", c.name, run+1, runs)
			if err := guardedOnce(c, o, run, f); err != nil {
				return nil, fmt.Errorf("guarded-release: %s: %w", c.name, err)
			}
		}
		result.Parameters[c.name] = c.String()
		f.summarise(c.name+": ", result.Metrics)
	}
	if mb, ok := peakMemory(os.Getpid()); ok {
		result.Metrics["memory of the process, with all roles of the largest"] = Summarise("MB", []float64{mb})
	}
	return result, nil
}

// figures are samples by name.
type figures map[string]*samples

type samples struct {
	unit   string
	values []float64
}

func (f figures) add(name, unit string, values ...float64) {
	if f[name] == nil {
		f[name] = &samples{unit: unit}
	}
	f[name].values = append(f[name].values, values...)
}

func (f figures) summarise(prefix string, to map[string]Metric) {
	for name, s := range f {
		to[prefix+name] = Summarise(s.unit, s.values)
	}
}

// guardedRun is one release and its parties.
type guardedRun struct {
	*guardedCase
	seed     uint64
	members  []*identity.Identity
	question *job.Question
	inputs   []guard.RunInput // of the workers
	keys     map[session.Party][]byte
	spoil    bool // in tests: the oracle is wrong
}

func guardedOnce(c *guardedCase, o Options, run int, f figures) error {
	memory := run == 0
	r := &guardedRun{guardedCase: c, seed: o.Seed + uint64(run), spoil: o.spoil, keys: map[session.Party][]byte{}}
	if err := r.ask(); err != nil {
		return err
	}
	r.draw()
	budget, err := c.shape().Budget(c.workers)
	if err != nil {
		return err
	}
	f.add("margin between noise and flooding", "bits", budget.Margin)
	if c.prepared {
		if err := r.prepare(f); err != nil {
			return err
		}
	}
	coordinator, worker, err := r.release(memory, f)
	if err != nil || !memory {
		return err
	}
	peak, err := coordinator.again()
	if err != nil {
		return err
	}
	f.add("heap, coordinator", "MB", peak/1e6)
	peak, err = worker.again()
	f.add("heap, a worker", "MB", peak/1e6)
	return err
}

// random is a stream of bytes of the seed for one purpose.
func (r *guardedRun) random(purpose byte, p session.Party) io.Reader {
	return mathrand.NewChaCha8([32]byte{byte(r.seed), byte(r.seed >> 8), byte(r.seed >> 16), byte(r.seed >> 24), purpose, byte(p), byte(p >> 8)})
}

// Purposes of randomness.
const (
	forIdentity = iota + 1
	forQuestion
	forKeys
	forRelease
)

func (r *guardedRun) ask() error {
	corrupt := max(1, (r.workers-1)/3)
	threshold := job.ThresholdFor(r.workers, corrupt)
	m := job.Manifest{
		Length: 1, Width: ring.Width64, Threshold: threshold, Corruptions: corrupt, MinContributors: max(threshold, corrupt+2),
		Guard: r.shape().Marshal(), Expiry: 1 << 40,
	}
	for p := range session.Party(r.workers + 1) {
		member, err := identity.Generate(r.random(forIdentity, p))
		if err != nil {
			return err
		}
		r.members = append(r.members, member)
		if p > 0 {
			m.Roster = append(m.Roster, job.Member{ID: fmt.Sprintf("w%03d", p), Key: member.Public()})
		}
	}
	analyst := r.members[0]
	m.Analyst = job.Member{ID: "analyst", Key: analyst.Public()}
	var err error
	r.question, err = job.NewQuestion(m, analyst, r.random(forQuestion, 0))
	return err
}

// draw makes the inputs: cells with no unit, some less than k, k, and more, spread over
// the workers, and values whose sum a limb can hold.
func (r *guardedRun) draw() {
	g := mathrand.New(mathrand.NewPCG(r.seed, 1))
	bound := int64(1) << 22 // of the 23 bits of the smallest set
	if r.set != "F7" {
		bound = 1 << 29 // of 30 bits
	}
	bound = min(1<<24, bound/int64(r.workers)) // 24 bits for up to 32 workers
	for range r.workers {
		in := guard.RunInput{Guards: make([]uint64, r.guards), Limbs: make([][]int64, r.limbs)}
		for l := range in.Limbs {
			in.Limbs[l] = make([]int64, r.guards)
			for i := range in.Limbs[l] {
				in.Limbs[l][i] = g.Int64N(bound)
			}
		}
		r.inputs = append(r.inputs, in)
	}
	units := []int{r.k + 3, 0, r.k - 1, r.k, 4 * r.k}
	each := max(1, r.points)
	for i := 0; i < r.guards; i += each {
		for range units[i/each%len(units)] {
			in := r.inputs[g.IntN(r.workers)]
			for j := range each {
				in.Guards[i+j]++
			}
		}
	}
}

// plain is the oracle: counts and sums of the cells with k units or more.
func (r *guardedRun) plain() guard.RunOpened {
	o := guard.RunOpened{Released: make([]bool, r.guards), Guards: make([]uint64, r.guards), Limbs: make([][]int64, r.limbs)}
	for l := range o.Limbs {
		o.Limbs[l] = make([]int64, r.guards)
	}
	for i := range r.guards {
		var units uint64
		for _, in := range r.inputs {
			units += in.Guards[i]
		}
		if units < uint64(r.k) {
			continue
		}
		if r.spoil {
			units++
		}
		o.Released[i], o.Guards[i] = true, units
		for l := range o.Limbs {
			for _, in := range r.inputs {
				o.Limbs[l][i] += in.Limbs[l][i]
			}
		}
	}
	return o
}

func (r *guardedRun) check(o *guard.Opened) error {
	if want := [][]guard.RunOpened{{r.plain()}}; !reflect.DeepEqual(o.Groups, want) {
		return errors.New("what was released differs from the plain counts and sums")
	}
	return nil
}

// prepare makes a key set.
func (r *guardedRun) prepare(f figures) error {
	m := r.question.Manifest()
	terms := guard.Terms{Context: m.Hash(), Set: r.set, Roster: m.Roster, Least: max(3, m.MinContributors)}
	s := newStage()
	s.add(session.Coordinator, func(par session.Parallel) (session.Machine, error) {
		return guard.NewPrepareServer(guard.PrepareConfig{Terms: terms, Parallel: par, Participants: session.Everyone(r.workers)})
	})
	for _, p := range session.Everyone(r.workers) {
		s.add(p, func(par session.Parallel) (session.Machine, error) {
			return guard.NewPreparer(guard.PrepareConfig{
				Terms: terms, Parallel: par, Self: p, Identity: r.members[p], Rand: r.random(forKeys, p),
			})
		})
	}
	begin := time.Now()
	if err := s.play(func(session.Party) []session.Event { return []session.Event{session.Start{}} }); err != nil {
		return err
	}
	f.add("making keys ahead", "s", time.Since(begin).Seconds())
	f.roles("making keys ahead, ", s)
	for p, a := range s.actors {
		r.keys[p] = a.state
	}
	return nil
}

// release plays the release and checks the answer. It returns the coordinator and the
// first worker, who with keep set can play it again.
func (r *guardedRun) release(keep bool, f figures) (coordinator, worker *actor, err error) {
	s := newStage()
	s.add(session.Coordinator, r.server)
	for _, p := range session.Everyone(r.workers) {
		s.add(p, func(par session.Parallel) (session.Machine, error) { return r.worker(p, par) })
	}
	coordinator, worker = s.actors[session.Coordinator], s.actors[1]
	coordinator.keep, worker.keep = keep, keep
	analyst := &actor{}
	begin := time.Now()
	if err := s.play(r.begin); err != nil {
		return nil, nil, err
	}
	var opened *guard.Opened
	analyst.account(func() { opened, err = guard.Open(r.question, s.letter, s.parallel(analyst)) })
	took := time.Since(begin)
	if err != nil {
		return nil, nil, err
	}
	if err := r.check(opened); err != nil {
		return nil, nil, err
	}
	f.add("release", "s", took.Seconds())
	f.roles("", s)
	f.add("processor, analyst", "s", analyst.cpu())
	f.add("rounds", "messages of a worker", float64(worker.sent))
	return coordinator, worker, nil
}

func (r *guardedRun) begin(p session.Party) []session.Event {
	if p == session.Coordinator {
		return []session.Event{session.Start{}}
	}
	input := guard.Input{Groups: [][]guard.RunInput{{r.inputs[p-1]}}}
	return []session.Event{session.Start{}, input}
}

// roles adds figures of the workers and the coordinator. Their processor time together,
// over the cores, is what the time of the whole would be on an idle machine at best.
func (f figures) roles(prefix string, s *stage) {
	var workers []float64
	all := 0.0
	for p, a := range s.actors {
		all += a.cpu()
		if p != session.Coordinator {
			workers = append(workers, a.cpu())
		}
	}
	worker, coordinator := s.actors[1], s.actors[session.Coordinator]
	f.add(prefix+"processor, a worker", "s", workers...)
	f.add(prefix+"processor, coordinator", "s", coordinator.cpu())
	f.add(prefix+"processor, all roles", "s", all)
	f.add(prefix+"bytes up per worker", "MB", float64(worker.up)/1e6)
	f.add(prefix+"bytes down per worker", "MB", float64(worker.down)/1e6)
}

func (r *guardedRun) server(par session.Parallel) (session.Machine, error) {
	submission, err := job.ParseSubmission(r.question.Submission())
	if err != nil {
		return nil, err
	}
	cfg := guard.ServerConfig{Submission: submission, Attempt: 1, Participants: session.Everyone(r.workers), Parallel: par}
	if r.prepared {
		if cfg.Keys, err = guard.ParsePublicKeys(r.keys[session.Coordinator]); err != nil {
			return nil, err
		}
	}
	return guard.NewServer(cfg)
}

// worker makes the machine of a worker. Keys are read from what the preparation stored:
// the benchmark may do that twice, an owner's store does not.
func (r *guardedRun) worker(p session.Party, par session.Parallel) (session.Machine, error) {
	cfg := guard.WorkerConfig{
		Manifest: r.question.Manifest(), Alpha: r.question.Alpha(), Self: p, Identity: r.members[p], Attempt: 1,
		Rand: r.random(forRelease, p), Parallel: par,
	}
	if r.prepared {
		var err error
		if cfg.Keys, err = guard.ParseKeySet(r.keys[p]); err != nil {
			return nil, err
		}
	}
	return guard.NewWorker(cfg)
}
