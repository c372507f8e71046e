package guard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
)

// world is one guarded job and its parties.
type world struct {
	tb       testing.TB
	shape    *Shape
	question *job.Question
	manifest *job.Manifest
	sub      *job.Submission
	ids      map[session.Party]*identity.Identity
	alpha    job.Alpha
	inputs   map[session.Party]Input
	without  defences         // of everybody
	prepared *prepared        // a key set made ahead, if not nil
	par      session.Parallel // nil
}

var (
	identities   = map[string]*identity.Identity{}
	identitiesMu sync.Mutex
)

func testIdentity(name string) *identity.Identity {
	identitiesMu.Lock()
	defer identitiesMu.Unlock()
	if identities[name] == nil {
		identities[name] = cryptotest.Identity(name)
	}
	return identities[name]
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// small is a shape that is quick to evaluate: k = 2, in the smallest set.
func small() *Shape {
	return &Shape{Set: "F7", Verify: VerifyAll, Groups: []Group{
		{K: 2, Packed: true, Runs: []Run{{Guards: 6, Limbs: 2}, {Guards: 3, Limbs: 1, Open: true}}},
	}}
}

func (s *Shape) manifest(n, corruptions, least int) job.Manifest {
	m := job.Manifest{
		Job: [16]byte{1}, Context: []byte("test"), Length: 1, Width: 64, Guard: s.Marshal(),
		Analyst:         job.Member{ID: "analyst", Key: testIdentity("analyst").Public()},
		MinContributors: least, Threshold: job.ThresholdFor(n, corruptions), Corruptions: corruptions, Expiry: 2000000000,
	}
	for i := range n {
		id := fmt.Sprintf("w%d", i+1)
		m.Roster = append(m.Roster, job.Member{ID: id, Key: testIdentity(id).Public()})
	}
	return m
}

// newWorld makes a job of n workers with inputs from the seed: guards around k, values of
// both signs. The least number of workers is the least that a job may have.
func newWorld(tb testing.TB, s *Shape, n int, seed uint64) *world {
	tb.Helper()
	corruptions := max(1, (n-1)/3)
	return newWorldOf(tb, s, n, max(job.ThresholdFor(n, corruptions), corruptions+2), seed)
}

func newWorldOf(tb testing.TB, s *Shape, n, least int, seed uint64) *world {
	tb.Helper()
	w := &world{
		tb: tb, shape: s, ids: map[session.Party]*identity.Identity{}, inputs: map[session.Party]Input{},
	}
	corruptions := max(1, (n-1)/3)
	var err error
	w.question, err = job.NewQuestion(s.manifest(n, corruptions, least), testIdentity("analyst"), cryptotest.Rand("question"))
	must(tb, err)
	w.sub, err = job.ParseSubmission(w.question.Submission())
	must(tb, err)
	w.manifest, w.alpha = w.question.Manifest(), w.question.Alpha()
	for _, p := range session.Everyone(n) {
		w.ids[p] = testIdentity(fmt.Sprintf("w%d", p))
	}
	w.fill(rand.New(rand.NewPCG(seed, 1)))
	return w
}

// fill draws the inputs.
func (w *world) fill(rng *rand.Rand) {
	n := len(w.ids)
	for p := range w.ids {
		w.inputs[p] = Input{Groups: make([][]RunInput, len(w.shape.Groups))}
	}
	for i, g := range w.shape.Groups {
		for _, r := range g.Runs {
			parts := make([]RunInput, n)
			for u := range parts {
				if !r.Open {
					parts[u].Guards = make([]uint64, r.Guards)
				}
				parts[u].Limbs = make([][]int64, r.Limbs)
				for l := range parts[u].Limbs {
					parts[u].Limbs[l] = make([]int64, r.Guards)
				}
			}
			for c := range r.Guards {
				if !r.Open {
					for range total(rng, g.K) {
						parts[rng.IntN(n)].Guards[c]++
					}
				}
				for l := range r.Limbs {
					for u := range parts {
						parts[u].Limbs[l][c] = rng.Int64N(1<<19) - 1<<18
					}
				}
			}
			for u := range parts {
				in := w.inputs[session.Party(u+1)]
				in.Groups[i] = append(in.Groups[i], parts[u])
			}
		}
	}
}

// total draws a number of units: none, around k, some more, or many.
func total(rng *rand.Rand, k int) int {
	switch rng.IntN(5) {
	case 0:
		return 0
	case 1:
		return k - 1
	case 2:
		return k
	case 3:
		return k + 1
	}
	return rng.IntN(5 * k)
}

// totals returns the pooled guards and limbs of a run, whether they may be known or not.
func (w *world) totals(group, run int) (guards []uint64, limbs [][]int64) {
	r := w.shape.Groups[group].Runs[run]
	guards, limbs = make([]uint64, r.Guards), make([][]int64, r.Limbs)
	for l := range limbs {
		limbs[l] = make([]int64, r.Guards)
	}
	for _, in := range w.inputs {
		part := in.Groups[group][run]
		for c, g := range part.Guards {
			guards[c] += g
		}
		for l := range limbs {
			for c, x := range part.Limbs[l] {
				limbs[l][c] += x
			}
		}
	}
	return guards, limbs
}

// expect returns what these workers should get released.
func (w *world) expect(parties session.Parties) [][]RunOpened {
	all := make([][]RunOpened, len(w.shape.Groups))
	for i, g := range w.shape.Groups {
		for j, r := range g.Runs {
			out := RunOpened{Released: make([]bool, r.Guards), Limbs: make([][]int64, r.Limbs)}
			if !r.Open {
				out.Guards = make([]uint64, r.Guards)
			}
			for l := range out.Limbs {
				out.Limbs[l] = make([]int64, r.Guards)
			}
			for c := range r.Guards {
				units := uint64(0)
				for _, p := range parties {
					if !r.Open {
						units += w.inputs[p].Groups[i][j].Guards[c]
					}
				}
				if !r.Open && units < uint64(g.K) {
					continue
				}
				out.Released[c] = true
				if !r.Open {
					out.Guards[c] = units
				}
				for l := range r.Limbs {
					for _, p := range parties {
						out.Limbs[l][c] += w.inputs[p].Groups[i][j].Limbs[l][c]
					}
				}
			}
			all[i] = append(all[i], out)
		}
	}
	return all
}

func (w *world) workerConfig(p session.Party, attempt uint32) WorkerConfig {
	cfg := WorkerConfig{
		Manifest: w.manifest, Alpha: w.alpha, Self: p, Identity: w.ids[p], Attempt: attempt,
		Rand: cryptotest.Rand("worker %d attempt %d", p, attempt), Parallel: w.par, without: w.without,
	}
	if w.prepared != nil {
		cfg.Keys = w.prepared.keys(w.tb, p)
	}
	return cfg
}

func (w *world) serverConfig(attempt uint32, p session.Parties) ServerConfig {
	cfg := ServerConfig{Submission: w.sub, Attempt: attempt, Participants: p, Parallel: w.par, without: w.without}
	if w.prepared != nil {
		cfg.Keys = w.prepared.publicKeys(w.tb)
	}
	return cfg
}

// worker starts worker p on an attempt.
func (w *world) worker(p session.Party, attempt uint32) *Worker {
	w.tb.Helper()
	m, err := NewWorker(w.workerConfig(p, attempt))
	must(w.tb, err)
	return m
}

func (w *world) everyone() session.Parties { return session.Everyone(len(w.ids)) }

// network puts everybody on a simulated network.
func (w *world) network(attempt uint32, seed uint64, parties session.Parties) *cryptotest.Network {
	w.tb.Helper()
	net := cryptotest.New(seed, session.Start{})
	net.Name = messageName
	server, err := NewServer(w.serverConfig(attempt, parties))
	must(w.tb, err)
	net.Add(session.Coordinator, server, func(state []byte) (session.Machine, error) {
		return RestoreServer(w.serverConfig(attempt, parties), state)
	})
	for _, p := range parties {
		net.Add(p, w.worker(p, attempt), func(state []byte) (session.Machine, error) {
			return RestoreWorker(w.workerConfig(p, attempt), state)
		})
	}
	return net
}

var kindNames = func() map[kind]string {
	names := map[kind]string{
		kindHello: "hello", kindHellos: "hellos", kindReveal: "reveal", kindReveals: "reveals", kindReady: "ready",
		kindOpening: "opening", kindResult: "result",
	}
	for i, name := range []string{"commitment", "commitments", "share", "audit", "aggregate", "claim", "claims"} {
		names[keyExchange+kind(i)] = "key-" + name
		names[inputExchange+kind(i)] = "input-" + name
	}
	return names
}()

func messageName(body []byte) string {
	if name, ok := kindNames[kindOf(body)]; ok {
		return name
	}
	return fmt.Sprintf("kind %#x", uint8(kindOf(body)))
}

// begin starts all machines and hands the inputs over.
func (w *world) begin(net *cryptotest.Network) {
	net.Begin()
	for _, p := range net.Parties() {
		if p != session.Coordinator {
			net.Post(p, w.inputs[p])
		}
	}
}

// opened returns what the analyst makes of the only message that it got.
func (w *world) opened(net *cryptotest.Network) (*Opened, error) {
	w.tb.Helper()
	mail := net.Mailbox(session.Analyst)
	if len(mail) != 1 {
		w.tb.Fatalf("%d messages for the analyst; coordinator: %+v", len(mail), net.Outcome(session.Coordinator))
	}
	return Open(w.question, mail[0], w.par)
}

// compare reports what differs between what was opened and what should be.
func (w *world) compare(o *Opened, parties session.Parties) error {
	want := w.expect(parties)
	if !slices.Equal(o.Participants, []session.Party(parties)) {
		return fmt.Errorf("participants %v, wanted %v", o.Participants, parties)
	}
	for i := range want {
		for j := range want[i] {
			if fmt.Sprint(o.Groups[i][j]) != fmt.Sprint(want[i][j]) {
				return fmt.Errorf("group %d, run %d:\n got %v\nwant %v", i, j, o.Groups[i][j], want[i][j])
			}
		}
	}
	return nil
}

func (w *world) check(o *Opened, parties session.Parties) {
	w.tb.Helper()
	if err := w.compare(o, parties); err != nil {
		w.tb.Error(err)
	}
}
