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
	want     [][]RunOpened
	without  defences                  // of everybody
	keys     map[session.Party]*KeySet // made ahead, if not nil
	public   *PublicKeys
	par      session.Parallel
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
// both signs. All workers have to stay, and t of them must be enough.
func newWorld(tb testing.TB, s *Shape, n int, seed uint64) *world {
	tb.Helper()
	w := &world{
		tb: tb, shape: s, ids: map[session.Party]*identity.Identity{}, inputs: map[session.Party]Input{},
	}
	corruptions := max(1, (n-1)/3)
	least := max(job.ThresholdFor(n, corruptions), corruptions+2)
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
	return WorkerConfig{
		Manifest: w.manifest, Alpha: w.alpha, Self: p, Identity: w.ids[p], Attempt: attempt, Keys: w.keys[p],
		Rand: cryptotest.Rand("worker %d attempt %d", p, attempt), Parallel: w.par, without: w.without,
	}
}

func (w *world) serverConfig(attempt uint32, p session.Parties) ServerConfig {
	return ServerConfig{
		Submission: w.sub, Attempt: attempt, Participants: p, Keys: w.public, Parallel: w.par, without: w.without,
	}
}

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
		m, err := NewWorker(w.workerConfig(p, attempt))
		must(w.tb, err)
		net.Add(p, m, func(state []byte) (session.Machine, error) {
			return RestoreWorker(w.workerConfig(p, attempt), state)
		})
	}
	return net
}

func messageName(body []byte) string {
	names := map[kind]string{
		kindHello: "hello", kindHellos: "hellos", kindReveal: "reveal", kindReveals: "reveals", kindReady: "ready",
		kindOpening: "opening", kindResult: "result",
	}
	offs := []string{"commitment", "commitments", "share", "audit", "aggregate", "claim", "claims"}
	for i, name := range offs {
		names[keyExchange+kind(i)] = "key " + name
		names[inputExchange+kind(i)] = "input " + name
	}
	if name, ok := names[kindOf(body)]; ok {
		return name
	}
	return "?"
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

func (w *world) check(o *Opened, parties session.Parties) {
	w.tb.Helper()
	want := w.expect(parties)
	if !slices.Equal(o.Participants, []session.Party(parties)) {
		w.tb.Errorf("participants %v, wanted %v", o.Participants, parties)
	}
	for i := range want {
		for j := range want[i] {
			if fmt.Sprint(o.Groups[i][j]) != fmt.Sprint(want[i][j]) {
				w.tb.Errorf("group %d, run %d:\n got %v\nwant %v", i, j, o.Groups[i][j], want[i][j])
			}
		}
	}
}
