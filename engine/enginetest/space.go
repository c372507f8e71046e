package enginetest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// Options of a space.
type Options struct {
	Owners          int    // at least 3
	MinContributors int    // 0: as few as is safe
	Corruptions     int    // 0: 1
	Cohort          int    // min_cohort of the table; 0: 1, nothing is guarded
	CostCohort      int    // min_cohort of the column cost; 0: that of the table
	Units           bool   // rows belong to patients, and these are the privacy units
	Verification    string // of a guarded release; "": the charter's default
	Rules           func(*charter.Rules)
	Table           func(*charter.Table)
	Member          func(*charter.Member)
	Coordinator     func(*coordinator.Config)
	Worker          func(id string, cfg *worker.Config)
	File            func(id string) string // an owner's file, of a table of other columns; nil: that of its [Row]s
}

// Space is a whole space.
type Space struct {
	T       testing.TB
	Bundle  *charter.Bundle
	Owners  []string // member ids, in the charter's order
	Rows    map[string][]Row
	Gates   map[string]*Gate
	Log     *Log   // of all roles
	Folder  string // the stores: coordinator, analyst, and one by the id of each owner
	Address string // of the coordinator, once it was started

	opts        Options
	identities  map[string]*identity.Identity
	files       map[string]string // of the owners' rows
	sources     map[string]*source.Engine
	coordinator *role
	workers     map[string]*role
	settings    map[string]func(*worker.Config) // of owners, beside those of the options
}

// Members of every space, beside its owners.
const (
	CoordinatorID  = "hub"
	AnalystID      = "ada"
	OtherAnalystID = "bob"
)

// New makes a space in which nothing runs yet. The rows depend on a seed that is
// logged.
func New(t testing.TB, opts Options) *Space {
	t.Helper()
	opts.Corruptions = max(1, opts.Corruptions)
	opts.MinContributors = max(opts.MinContributors, charter.Threshold(opts.Owners, opts.Corruptions), opts.Corruptions+2)
	s := &Space{
		T: t, Rows: map[string][]Row{}, Gates: map[string]*Gate{}, Log: &Log{t: t}, Folder: t.TempDir(),
		opts: opts, identities: map[string]*identity.Identity{}, files: map[string]string{}, sources: map[string]*source.Engine{}, workers: map[string]*role{}, settings: map[string]func(*worker.Config){},
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for i := range opts.Owners {
		id := fmt.Sprintf("owner%d", i+1)
		s.Owners = append(s.Owners, id)
		s.Rows[id] = opts.makeRows(seed, i)
		s.Gates[id] = &Gate{}
	}
	s.found()
	for _, id := range s.Owners {
		s.mapTable(id)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Log.String())
		}
	})
	return s
}

// mapTable writes an owner's rows to a file and opens it in an engine.
func (s *Space) mapTable(id string) {
	s.T.Helper()
	file := filepath.Join(s.T.TempDir(), id+".csv")
	text := s.opts.csv(s.Rows[id])
	if s.opts.File != nil {
		text = s.opts.File(id)
	}
	s.must(os.WriteFile(file, []byte(text), 0o600))
	engine, err := openTable(file, s.Bundle)
	s.must(err)
	s.T.Cleanup(engine.Close)
	s.files[id], s.sources[id] = file, engine
}

// SetRows replaces the rows of an owner, in its file.
func (s *Space) SetRows(id string, rows []Row) {
	s.T.Helper()
	fresh := s.files[id] + ".new"
	s.must(os.WriteFile(fresh, []byte(s.opts.csv(rows)), 0o600))
	s.must(os.Rename(fresh, s.files[id]))
	s.Rows[id] = rows
}

func openTable(file string, bundle *charter.Bundle) (*source.Engine, error) {
	engine, err := source.Open(source.Config{Threads: 1, Memory: "128MB"})
	if err != nil {
		return nil, err
	}
	table := bundle.Charter().Table("visits")
	if err := engine.AddTable(context.Background(), source.Mapping{Files: []string{file}}, *table); err != nil {
		return nil, err
	}
	return engine, engine.Lock(context.Background())
}

// Least is how many owners an answer needs.
func (s *Space) Least() int { return s.opts.MinContributors }

func (s *Space) must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

func (s *Space) logger(role string) *slog.Logger {
	return slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug})).With("role", role)
}

// timing is quick enough for tests, and slow enough for a loaded machine.
func timing() transport.Timing {
	return transport.Timing{BackoffMin: 5 * time.Millisecond, BackoffMax: 50 * time.Millisecond, Drain: 100 * time.Millisecond}
}

func quick() coordinator.Timing {
	return coordinator.Timing{Retry: time.Millisecond, Regroup: time.Second}
}

// StartCoordinator starts the coordinator, on the same address and store as
// before if it ran before.
func (s *Space) StartCoordinator() {
	s.T.Helper()
	listening := make(chan net.Addr, 1)
	cfg := s.CoordinatorConfig()
	cfg.Ready = func(a net.Addr) { listening <- a }
	r := startRole(s.T, func(ctx context.Context) error { return coordinator.Run(ctx, cfg) })
	select {
	case a := <-listening:
		s.Address = a.String()
	case <-r.done:
		s.T.Fatal("the coordinator does not start: ", r.err)
	}
	s.coordinator = r
}

// CoordinatorConfig returns what the coordinator is started with.
func (s *Space) CoordinatorConfig() coordinator.Config {
	address := s.Address
	if address == "" {
		address = anyPort()
	}
	cfg := coordinator.Config{
		Bundle: s.Bundle, Identity: s.identities[CoordinatorID], Store: s.Store(CoordinatorID),
		Server: transport.ServerConfig{Listen: address, Timing: timing(), Software: "test"},
		Timing: quick(),
		Log:    s.logger("coordinator"),
	}
	if s.opts.Coordinator != nil {
		s.opts.Coordinator(&cfg)
	}
	return cfg
}

// StopCoordinator stops the coordinator; its store stays.
func (s *Space) StopCoordinator() {
	s.T.Helper()
	s.must(s.coordinator.end())
}

// CoordinatorEnded waits until the coordinator ends by itself and returns why.
func (s *Space) CoordinatorEnded() error {
	<-s.coordinator.done
	return s.coordinator.err
}

// StartWorker starts the worker of an owner.
func (s *Space) StartWorker(id string) {
	s.T.Helper()
	cfg := s.WorkerConfig(id)
	s.workers[id] = startRole(s.T, func(ctx context.Context) error { return worker.Run(ctx, cfg) })
}

// WorkerConfig returns what a worker is started with.
func (s *Space) WorkerConfig(id string) worker.Config {
	cfg := worker.Config{
		Bundle: s.Bundle, Self: id, Identity: s.identities[id], Store: s.Store(id),
		Source: gated{s.sources[id], s.Gates[id]},
		Link:   transport.ClientConfig{Address: s.Address, Proxy: "direct", Timing: timing(), Software: "test"},
		Log:    s.logger(id),
	}
	if s.opts.Worker != nil {
		s.opts.Worker(id, &cfg)
	}
	if more := s.settings[id]; more != nil {
		more(&cfg)
	}
	return cfg
}

// SetWorker changes what the worker of an owner is started with.
func (s *Space) SetWorker(id string, change func(*worker.Config)) { s.settings[id] = change }

// StopWorker stops the worker of an owner; its store stays.
func (s *Space) StopWorker(id string) {
	s.T.Helper()
	s.must(s.workers[id].end())
}

// Start starts the coordinator and every worker.
func (s *Space) Start() *Space {
	s.T.Helper()
	s.StartCoordinator()
	for _, id := range s.Owners {
		s.StartWorker(id)
	}
	return s
}

// Client opens a client of the analyst.
func (s *Space) Client() *analyst.Client { return s.ClientOf(AnalystID) }

// ClientOf opens a client of one of the analysts.
func (s *Space) ClientOf(id string) *analyst.Client {
	s.T.Helper()
	c, err := analyst.Open(s.AnalystConfig(id))
	s.must(err)
	s.T.Cleanup(func() { c.Close() })
	return c
}

// AnalystConfig returns what a client of an analyst is opened with.
func (s *Space) AnalystConfig(id string) analyst.Config {
	return analyst.Config{
		Bundle: s.Bundle, Self: id, Identity: s.identities[id], Store: s.Store(id),
		Client:   transport.ClientConfig{Address: s.Address, Proxy: "direct", Timing: timing(), Software: "test"},
		Software: "test", Log: s.logger("analyst"),
	}
}

// Source returns the engine over the rows of an owner.
func (s *Space) Source(id string) *source.Engine { return s.sources[id] }

// Store returns the store folder of a member.
func (s *Space) Store(id string) string { return filepath.Join(s.Folder, id) }

// State returns what a stopped coordinator stored of a job.
func (s *Space) State(job store.JobID) store.Job {
	s.T.Helper()
	c, err := store.OpenCoordinator(s.Store(CoordinatorID), ledger.KeeperOf(s.Bundle, s.identities[CoordinatorID]))
	s.must(err)
	defer c.Close()
	j, err := c.Job(job)
	s.must(err)
	return j
}

// Releases returns the attempts in which a stopped worker released a job.
func (s *Space) Releases(id string) []uint32 {
	s.T.Helper()
	w, err := store.OpenWorker(s.Store(id), s.identities[id].StoreKey(worker.StoreLabel), ledger.KeeperOf(s.Bundle, s.identities[id]))
	s.must(err)
	defer w.Close()
	attempts, err := w.Releases()
	s.must(err)
	return attempts
}
