package guard

import (
	"fmt"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// mallory is a coordinator that does as it likes, together with corrupt workers that go
// along with it, and with the analyst. It drives the workers' machines by hand.
type mallory struct {
	t       *testing.T
	w       *world
	workers map[session.Party]*Worker
	corrupt session.Parties
	ledger  map[session.Party][32]byte // durable releases of the honest drivers
	said    map[kind]map[session.Party][]byte
	errs    map[session.Party]error // the first objection of every worker

	common  [32]byte
	keySums []he.Poly // what the workers hold for the key
	keyID   KeyID
	release *release
	inputs  *collector
}

// twist is what mallory does differently in an exchange; nil is what an honest
// coordinator does.
type twist struct {
	shares func(x *collector, audits map[session.Party][]byte) // when all shares are there
	sums   func(x *collector)                                  // before the sums are published
	more   func(u session.Party) []byte                        // what follows the sums
	claims func(u session.Party, x *collector) []byte          // the claims for u
}

// newMallory starts the workers. Corrupt ones check nothing.
func newMallory(t *testing.T, w *world, number uint32, corrupt ...session.Party) *mallory {
	t.Helper()
	m := &mallory{
		t: t, w: w, workers: map[session.Party]*Worker{}, corrupt: corrupt, ledger: map[session.Party][32]byte{},
		said: map[kind]map[session.Party][]byte{}, errs: map[session.Party]error{},
	}
	for _, p := range w.everyone() {
		cfg := w.workerConfig(p, number)
		if m.corrupt.Has(p) {
			cfg.without.commitment, cfg.without.sameView, cfg.without.fingerprint, cfg.without.audit = true, true, true, true
		}
		var err error
		m.workers[p], err = NewWorker(cfg)
		must(t, err)
	}
	if w.prepared != nil {
		keys := w.prepared.publicKeys(t)
		m.common, m.keySums, m.keyID = keys.common, keys.sums, keys.ID
	}
	return m
}

// step gives an event to a worker, as a driver would: a second release under another
// digest ends it. It keeps the first objection.
func (m *mallory) step(p session.Party, ev session.Event) {
	if m.errs[p] != nil {
		return
	}
	effects, err := m.workers[p].Step(ev)
	m.errs[p] = err
	for _, e := range effects {
		switch e := e.(type) {
		case session.Release:
			if old, ok := m.ledger[p]; ok && old != e.Digest {
				m.errs[p] = cryptotest.ErrReleased
				return
			}
			m.ledger[p] = e.Digest
		case session.Abort:
			m.errs[p] = e.Err
		case session.Send:
			k := kindOf(e.Body)
			if m.said[k] == nil {
				m.said[k] = map[session.Party][]byte{}
			}
			m.said[k][p] = e.Body
		}
	}
}

func (m *mallory) say(p session.Party, body []byte) {
	m.step(p, session.Message{From: session.Coordinator, Body: append([]byte(nil), body...)})
}

// objection returns the first honest worker's.
func (m *mallory) objection() error {
	for _, p := range m.w.everyone() {
		if m.errs[p] != nil && !m.corrupt.Has(p) {
			return m.errs[p]
		}
	}
	return nil
}

// everybody reports whether no honest worker has objected.
func (m *mallory) everybody() bool { return m.objection() == nil }

// makeKeys runs the making of a key set; reveals changes the messages after the nonces.
func (m *mallory) makeKeys(tw twist, reveals func(k *keyServer, bodies map[session.Party][]byte)) {
	m.t.Helper()
	a := m.workers[1].Attempt
	k, err := newKeyServer(attemptTerms(a, m.w.shape.Set), m.w.everyone(), nil)
	must(m.t, err)
	for _, p := range m.w.everyone() {
		m.step(p, session.Start{})
		must(m.t, k.takeHello(p, m.said[kindHello][p]))
	}
	hellos := k.closeHellos()
	for _, p := range m.w.everyone() {
		m.say(p, hellos)
		must(m.t, k.takeReveal(p, m.said[kindReveal][p]))
	}
	bodies := k.closeReveals()
	if reveals != nil {
		reveals(k, bodies)
	}
	for _, p := range m.w.everyone() {
		m.say(p, bodies[p])
	}
	m.common = k.common
	if !m.everybody() || !m.exchange(k.exchange, tw) {
		return
	}
	_, transcript := k.exchange.closeClaims()
	m.keyID, m.keySums = KeyID(transcript), k.exchange.sum
}

// share hands the inputs over and runs their exchange, with the key set that the workers have. It
// reports whether everybody has gone along.
func (m *mallory) share(tw twist) bool {
	m.t.Helper()
	for _, p := range m.w.everyone() {
		m.step(p, m.w.inputs[p])
	}
	m.release = m.workers[1].release
	m.inputs = newCollector(m.release.inputExchange(), nil)
	return m.exchange(m.inputs, tw)
}

// exchange runs an exchange and reports whether everybody has gone along.
func (m *mallory) exchange(x *collector, tw twist) bool {
	m.t.Helper()
	all := m.w.everyone()
	for _, p := range all {
		must(m.t, x.takeCommitment(p, m.said[x.base+offCommitment][p]))
	}
	m.toAll(x.closeCommitments())
	audits := map[session.Party][]byte{}
	for _, p := range all {
		var err error
		audits[p], err = x.takeShare(p, m.said[x.base+offShare][p])
		must(m.t, err)
	}
	if tw.shares != nil {
		tw.shares(x, audits)
	}
	for _, p := range all {
		m.say(x.auditor(p), audits[p])
	}
	if !m.everybody() {
		return false
	}
	if tw.sums != nil {
		tw.sums(x)
	}
	x.closeShares()
	return m.confirm(x, tw)
}

// confirm publishes the sums and collects the claims.
func (m *mallory) confirm(x *collector, tw twist) bool {
	m.t.Helper()
	for _, p := range m.w.everyone() {
		var more []byte
		if tw.more != nil {
			more = tw.more(p)
		}
		m.say(p, x.aggregated(more))
	}
	if !m.everybody() {
		return false
	}
	for _, p := range m.w.everyone() {
		must(m.t, x.takeClaim(p, m.said[x.base+offClaim][p]))
	}
	body, _ := x.closeClaims()
	for _, p := range m.w.everyone() {
		if tw.claims != nil {
			body = tw.claims(p, x)
		}
		m.say(p, body)
	}
	return m.everybody()
}

func (m *mallory) toAll(body []byte) {
	for _, p := range m.w.everyone() {
		m.say(p, body)
	}
}

// honestOutputs evaluates what the workers would.
func (m *mallory) honestOutputs(sums []he.Poly) []*he.Ciphertext {
	keys := &PublicKeys{ID: m.keyID, common: m.common, sums: clonePolys(m.keySums)}
	return m.release.evaluate(clonePolys(sums), keys, nil)
}

func clonePolys(list []he.Poly) []he.Poly {
	out := make([]he.Poly, len(list))
	for j, p := range list {
		out[j] = make(he.Poly, len(p))
		for l := range p {
			out[j][l] = append([]uint64(nil), p[l]...)
		}
	}
	return out
}

// analystKey returns the key of u's mask with the analyst, who colludes.
func (m *mallory) analystKey(u session.Party) prg.Key {
	ct := [kem.CiphertextSize]byte(m.inputs.commitments[u].extra)
	shared := m.w.question.Decapsulate(ct)
	return m.release.analystMask(shared[:], ct[:], u)
}

// openedBy returns a worker's opening without the mask of the analyst.
func (m *mallory) openedBy(u session.Party) ring.Vector {
	m.t.Helper()
	o, err := m.release.decodeOpening(u, m.said[kindOpening][u])
	must(m.t, err)
	y, err := ring.Decode(ring.Width64, m.release.vectorLength(), append([]byte(nil), o.words...))
	must(m.t, err)
	mask.Add(y, []mask.Mask{{Key: m.analystKey(u), Sub: true}}, nil)
	return y
}

// pooled returns the sum of all openings, without the masks of the analyst: what pairs
// have masked cancels.
func (m *mallory) pooled() ring.Vector {
	m.t.Helper()
	sum := ring.NewVector(ring.Width64, m.release.vectorLength())
	for _, u := range m.w.everyone() {
		must(m.t, sum.Add(m.openedBy(u)))
	}
	return sum
}

// open returns the slots of output number i, which everybody opened.
func (m *mallory) open(i int, out *he.Ciphertext, scale uint64) []uint64 {
	p := m.release.params
	n := p.Slots()
	total := p.Base(out)
	for j, y := range m.pooled().Words[i*n : (i+1)*n] {
		total[j] += y
	}
	return p.NewEncoder().Open(total, scale)
}

// readsSuppressed evaluates as the workers did, divides what they opened, and reports whether
// that gives the guards and limbs of all cells of the first run, those below k too.
func (m *mallory) readsSuppressed() bool {
	var columns [][]uint64 // P, gP, limbs times P
	scales, r := m.release.scales(), m.w.shape.Groups[0].Runs[0]
	for i, out := range m.honestOutputs(m.inputs.sum) {
		columns = append(columns, m.open(i, out, scales[i]))
	}
	if packed := columns[0]; m.w.shape.Groups[0].Packed {
		columns = nil
		for i := range 2 + r.Limbs {
			columns = append(columns, packed[i*r.Guards:(i+1)*r.Guards])
		}
	}
	f := field(m.release.params.T())
	guards, limbs := m.w.totals(0, 0)
	inverse := f.inverse(columns[0])
	for c := range guards {
		if columns[0][c] == 0 || f.mul(columns[1][c], inverse[c]) != guards[c] {
			return false
		}
		for l := range limbs {
			if f.centred(f.mul(columns[2+l][c], inverse[c])) != limbs[l][c] {
				return false
			}
		}
	}
	return true
}

// The primes of the set F7, which attackers know too.
var (
	primesF7  = []uint64{0x1ffffff0001, 0xfffffdc001, 0x3ffffac001, 0x3ffff54001, 0xfff88001}
	specialF7 = []uint64{0x1ffc001}
)

// subMod sets dst to dst − src.
func subMod(dst, src he.Poly, primes []uint64) {
	for l := range dst {
		for i := range dst[l] {
			dst[l][i] = (dst[l][i] + primes[l] - src[l][i]) % primes[l]
		}
	}
}

// encoded returns slots as a polynomial without key or error: what a coordinator adds to a
// ciphertext. It is the difference of two shares with the same error.
func (m *mallory) encoded(slots []uint64) he.Poly {
	m.t.Helper()
	p, b := m.release.params, m.release.inputs
	s := p.SecretOf([32]byte{1})
	with, err := p.NewEncoder().InputShare(b, s, b.Zero(), slots, [32]byte{2})
	must(m.t, err)
	less, err := p.NewEncoder().InputShare(b, s, b.Zero(), make([]uint64, p.Slots()), [32]byte{2})
	must(m.t, err)
	subMod(with, less, primesF7)
	return with
}

// constantOutput returns the constant polynomial c, in the NTT domain and the basis of outputs.
func constantOutput(p *he.Params, c func(prime uint64) uint64) he.Poly {
	x := p.Out.Zero()
	for l := range x {
		for i := range x[l] {
			x[l][i] = c(primesF7[l])
		}
	}
	return x
}

// attackWorld is a small job with cells below k = 2: one that nobody is in, and two with
// one unit and values. Its key set is made ahead.
func attackWorld(t *testing.T, verify Verify, without defences) *world {
	t.Helper()
	s := small()
	s.Verify = verify
	return attackWorldOf(t, s, 3, without).prepare()
}

func attackWorldOf(t *testing.T, s *Shape, n int, without defences) *world {
	t.Helper()
	w := newWorld(t, s, n, 9)
	w.without = without
	for c, total := range []uint64{0, 1, 1, 2, 3, 7} {
		for p := range w.inputs {
			w.inputs[p].Groups[0][0].Guards[c] = 0
		}
		w.inputs[session.Party(1+c%3)].Groups[0][0].Guards[c] = total
	}
	return w
}

func (m *mallory) String() string { return fmt.Sprintf("objections %v", m.errs) }
