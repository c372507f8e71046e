package secagg

import (
	"fmt"
	"io"
	"math/big"
	"sync"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// world is one job and its parties.
type world struct {
	tb       testing.TB
	question *job.Question
	manifest *job.Manifest // the question's, unless its numbers do not pass
	sub      *job.Submission
	analyst  *identity.Identity
	ids      map[session.Party]*identity.Identity
	alpha    job.Alpha
	inputs   map[session.Party]ring.Vector
	without  defences                        // of everybody
	shown    map[session.Party]*job.Manifest // to a worker, in place of the manifest
	rand     func(p session.Party, attempt uint32) io.Reader
}

// shape of a job in tests.
type shape struct {
	n, corruptions, threshold, min int
	length                         int
	width                          ring.Width
}

// five is the usual small job: (5,1,4) tolerates one drop-out.
var five = shape{n: 5, corruptions: 1, threshold: 4, min: 4, length: 3, width: 64}

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

func (s shape) manifest() job.Manifest {
	m := job.Manifest{
		Job: [16]byte{1}, Context: []byte("test"), Length: s.length, Width: s.width,
		Analyst:         job.Member{ID: "analyst", Key: testIdentity("analyst").Public()},
		MinContributors: s.min, Threshold: s.threshold, Corruptions: s.corruptions, Expiry: 2000000000,
	}
	for i := range s.n {
		id := fmt.Sprintf("w%d", i+1)
		m.Roster = append(m.Roster, job.Member{ID: id, Key: testIdentity(id).Public()})
	}
	return m
}

// newWorld makes a job with inputs x_u[j] = ±(1000u + j). Without the check of the
// parameters the manifest has numbers of which no question can be made: those of an
// analyst who colludes.
func newWorld(tb testing.TB, s shape, without defences) *world {
	tb.Helper()
	w := &world{
		tb: tb, analyst: testIdentity("analyst"), without: without,
		ids: map[session.Party]*identity.Identity{}, inputs: map[session.Party]ring.Vector{},
		rand: func(p session.Party, attempt uint32) io.Reader {
			return cryptotest.Rand("worker %d attempt %d", p, attempt)
		},
	}
	signed := s
	if without.parameterCheck {
		signed = five
	}
	var err error
	w.question, err = job.NewQuestion(signed.manifest(), w.analyst, cryptotest.Rand("question"))
	must(tb, err)
	w.sub, err = job.ParseSubmission(w.question.Submission())
	must(tb, err)
	w.manifest, w.alpha = w.question.Manifest(), w.question.Alpha()
	if without.parameterCheck {
		m := s.manifest()
		m.AnalystKey, m.AlphaHash = w.manifest.AnalystKey, w.manifest.AlphaHash
		w.manifest, w.sub = &m, &job.Submission{Manifest: &m}
	}
	for _, p := range session.Everyone(s.n) {
		w.ids[p] = testIdentity(fmt.Sprintf("w%d", p))
		w.inputs[p] = testInput(s, p)
	}
	return w
}

func testInput(s shape, p session.Party) ring.Vector {
	x := ring.NewVector(s.width, s.length)
	for j := range s.length {
		v := int64(1000*int(p) + j)
		if j%2 == 1 {
			v = -v
		}
		if err := x.SetBig(j, big.NewInt(v)); err != nil {
			panic(err)
		}
	}
	return x
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func (w *world) workerConfig(p session.Party, attempt uint32) WorkerConfig {
	manifest := w.manifest
	if other := w.shown[p]; other != nil {
		manifest = other
	}
	return WorkerConfig{
		Manifest: manifest, Alpha: w.alpha, Self: p, Identity: w.ids[p],
		Attempt: attempt, Rand: w.rand(p, attempt), without: w.without,
	}
}

func (w *world) worker(p session.Party, attempt uint32) *Worker {
	w.tb.Helper()
	m, err := NewWorker(w.workerConfig(p, attempt))
	must(w.tb, err)
	return m
}

func (w *world) serverConfig(attempt uint32, p session.Parties) ServerConfig {
	return ServerConfig{Submission: w.sub, Attempt: attempt, Participants: p, without: w.without}
}

func (w *world) everyone() session.Parties { return session.Everyone(len(w.ids)) }

// network puts an attempt with these participants on a network; the workers get
// their inputs once they have begun.
func (w *world) network(seed uint64, attempt uint32, p session.Parties) *cryptotest.Network {
	w.tb.Helper()
	n := cryptotest.New(seed, session.Start{})
	n.Name = describe
	server, err := NewServer(w.serverConfig(attempt, p))
	must(w.tb, err)
	n.Add(session.Coordinator, server, func(state []byte) (session.Machine, error) {
		return RestoreServer(w.serverConfig(attempt, p), state)
	})
	for _, u := range p {
		n.Add(u, w.worker(u, attempt), func(state []byte) (session.Machine, error) {
			return RestoreWorker(w.workerConfig(u, attempt), state)
		})
	}
	return n
}

func (w *world) provideInputs(n *cryptotest.Network, p session.Parties) {
	for _, u := range p {
		n.Post(u, Input{w.inputs[u].Clone()})
	}
}

// run lets an attempt go to its end and opens its result; nil if there is none.
func (w *world) run(n *cryptotest.Network, p session.Parties) (*Opened, error) {
	n.Begin()
	w.provideInputs(n, p)
	n.Run()
	return w.open(n)
}

// open opens the first result. No other one opens to another sum, even if the
// coordinator lies.
func (w *world) open(n *cryptotest.Network) (*Opened, error) {
	results := n.Mailbox(session.Analyst)
	if len(results) == 0 {
		return nil, nil
	}
	first, err := w.openResult(results[0])
	for _, r := range results[1:] {
		other, err := w.openResult(r)
		if err == nil && first != nil && !w.without.sumCheck && !other.Sum.Equal(first.Sum) {
			w.tb.Error("two results open to different sums")
		}
	}
	return first, err
}

// openResult is [Open], without the defences that the world is without.
func (w *world) openResult(body []byte) (*Opened, error) {
	return (&opener{question: w.question, manifest: w.manifest, without: w.without}).open(body)
}

// sum adds the inputs of a set.
func (w *world) sum(p []session.Party) ring.Vector {
	w.tb.Helper()
	m := w.manifest
	sum := ring.NewVector(m.Width, m.Length)
	for _, u := range p {
		must(w.tb, sum.Add(w.inputs[u]))
	}
	return sum
}

// expect opens the result and compares it with the sum of the inputs.
func (w *world) expect(o *Opened, err error, p session.Parties) {
	w.tb.Helper()
	must(w.tb, err)
	if o == nil {
		w.tb.Fatal("no result")
	}
	if fmt.Sprint(o.Participants) != fmt.Sprint([]session.Party(p)) {
		w.tb.Fatalf("participants %v, wanted %v", o.Participants, p)
	}
	if !o.Sum.Equal(w.sum(p)) {
		w.tb.Fatal("wrong sum")
	}
}

var kindNames = map[kind]string{
	kindAdvertisement: "advertisement", kindRoster: "roster", kindShares: "shares", kindPackets: "packets",
	kindInput: "input", kindSurvivors: "survivors", kindAgreement: "agreement", kindCertificate: "certificate",
	kindOpening: "opening", kindResult: "result",
}

func describe(body []byte) string {
	if name := kindNames[kindOf(body)]; name != "" {
		return name
	}
	return fmt.Sprintf("kind %#x", uint8(kindOf(body)))
}

func TestSumOfAll(t *testing.T) {
	for _, width := range []ring.Width{64, 128} {
		for _, s := range []shape{
			{n: 3, corruptions: 1, threshold: 3, min: 3, length: 1, width: width},
			{n: 5, corruptions: 1, threshold: 4, min: 4, length: 7, width: width},
			{n: 10, corruptions: 3, threshold: 7, min: 7, length: 20000, width: width},
		} {
			t.Run(fmt.Sprintf("n=%d width=%d", s.n, width), func(t *testing.T) {
				w := newWorld(t, s, defences{})
				n := w.network(1, 1, w.everyone())
				o, err := w.run(n, w.everyone())
				w.expect(o, err, w.everyone())
				for _, p := range n.Parties() {
					if out := n.Outcome(p); !out.Done || len(out.Refusals) > 0 {
						t.Errorf("party %d: %+v", p, out)
					}
				}
				who, err := VerifyReceipt(w.manifest, o.Receipt)
				must(t, err)
				if len(who) != s.n {
					t.Errorf("receipt of %d", len(who))
				}
			})
		}
	}
}
