package guard

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/session"
)

// prepared is a key set made ahead, as its parties store it.
type prepared struct {
	public  []byte
	workers map[session.Party][]byte
}

// keys returns worker p's part, read from its store: one that no attempt has had.
func (k *prepared) keys(tb testing.TB, p session.Party) *KeySet {
	tb.Helper()
	set, err := ParseKeySet(k.workers[p])
	must(tb, err)
	return set
}

func (k *prepared) publicKeys(tb testing.TB) *PublicKeys {
	tb.Helper()
	set, err := ParsePublicKeys(k.public)
	must(tb, err)
	return set
}

// keeper passes a machine's effects on and keeps what it persists.
type keeper struct {
	session.Machine
	state []byte
}

func (k *keeper) Step(ev session.Event) ([]session.Effect, error) {
	effects, err := k.Machine.Step(ev)
	for _, e := range effects {
		if p, ok := e.(session.Persist); ok {
			k.state = p.State
		}
	}
	return effects, err
}

// preparation is the making of a key set on a simulated network.
type preparation struct {
	net     *cryptotest.Network
	server  *keeper
	workers map[session.Party]*keeper
}

func (w *world) terms() Terms {
	return Terms{Context: [32]byte{7}, Set: w.shape.Set, Roster: w.manifest.Roster, Least: w.manifest.MinContributors}
}

func (w *world) prepareConfig(p session.Party) PrepareConfig {
	return PrepareConfig{
		Terms: w.terms(), Self: p, Identity: w.ids[p], Participants: w.everyone(),
		Rand: cryptotest.Rand("preparing worker %d", p),
	}
}

func (w *world) preparation(seed uint64) *preparation {
	w.tb.Helper()
	p := &preparation{net: cryptotest.New(seed, session.Start{}), workers: map[session.Party]*keeper{}}
	p.net.Name = messageName
	server, err := NewPrepareServer(w.prepareConfig(0))
	must(w.tb, err)
	p.server = &keeper{Machine: server}
	p.net.Add(session.Coordinator, p.server, nil)
	for _, u := range w.everyone() {
		m, err := NewPreparer(w.prepareConfig(u))
		must(w.tb, err)
		p.workers[u] = &keeper{Machine: m}
		p.net.Add(u, p.workers[u], nil)
	}
	return p
}

// keys returns what was stored.
func (p *preparation) keys() *prepared {
	k := &prepared{public: p.server.state, workers: map[session.Party][]byte{}}
	for u, m := range p.workers {
		k.workers[u] = m.state
	}
	return k
}

var (
	preparedSets   = map[string]*prepared{}
	preparedSetsMu sync.Mutex
)

// prepare gives the world a key set made ahead, the same for all worlds of this size and set:
// only a test may do that.
func (w *world) prepare() *world {
	w.tb.Helper()
	preparedSetsMu.Lock()
	defer preparedSetsMu.Unlock()
	name := fmt.Sprint(w.shape.Set, len(w.ids))
	if preparedSets[name] == nil {
		p := w.preparation(1)
		p.net.Begin()
		p.net.Run()
		preparedSets[name] = p.keys()
	}
	w.prepared = preparedSets[name]
	return w
}

// A key set that is made ahead serves one release.
func TestPreparedKeys(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	net := w.network(1, 1, w.everyone())
	w.begin(net)
	net.Run()
	o, err := w.opened(net)
	must(t, err)
	w.check(o, w.everyone())
	for _, p := range net.Parties() {
		if out := net.Outcome(p); !out.Done || len(out.Refusals) > 0 {
			t.Errorf("party %d: %+v", p, out)
		}
	}
}
