package guard

import (
	"bytes"
	"errors"
	"math/big"
	"testing"

	lattigo "github.com/tuneinsight/lattigo/v5/ring"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// TestAttacks runs every known attack twice: against the code, where it must fail, and
// against the code without the one defence that it is about, where it must succeed (else the
// test would show nothing). The adversary is the coordinator with the analyst, and where it says
// so with a worker.
//
// An attack returns whether it succeeded: whether the adversary really has what it must
// not have.
func TestAttacks(t *testing.T) {
	for _, c := range []struct {
		name    string
		attack  func(t *testing.T, without defences) bool
		without defences
	}{
		{"k added to the summed guards", attackGuardRaised, defences{fingerprint: true}},
		{"outputs that are not the circuit's", attackOtherOutputs, defences{evaluation: true}},
		{"different outputs to different workers", attackSplitView, defences{sameView: true}},
		{"wrong relinearisation key", attackWrongKey, defences{fingerprint: true}},
		{"share chosen after the others", attackRushing, defences{commitment: true}},
		{"claim that fits altered sums", attackLyingClaim, defences{audit: true}},
		{"second request to one worker", attackSecondRequest, defences{oneAnswer: true, releaseOnce: true}},
		{"second request, past the worker", attackSecondRequestLedger, defences{oneAnswer: true, releaseOnce: true}},
		{"worker restored from a snapshot", attackSnapshot, defences{releaseOnce: true}},
		{"second release", attackSecondRelease, defences{releaseOnce: true}},
		{"chosen common polynomials", attackCommon, defences{common: zeroPoly}},
		{"no masks between pairs", attackSingleInput, defences{masks: knownMask}},
		{"substituted pairwise ciphertext", attackPairing, defences{pairing: true}},
		{"fewer workers than promised", attackFew, defences{minContributors: true}},
		{"altered result", attackAlteredResult, defences{resultCheck: true}},
	} {
		t.Run(c.name+"/defended", func(t *testing.T) {
			if c.attack(t, defences{}) {
				t.Error("the attack succeeds")
			}
		})
		t.Run(c.name+"/undefended", func(t *testing.T) {
			if !c.attack(t, c.without) {
				t.Error("the attack fails without the defence, so the test shows nothing")
			}
		})
	}
}

// blames asserts whom an error blames: nobody, if party is 0xFFFF.
func blames(t *testing.T, err error, party session.Party) {
	t.Helper()
	var b *session.BlameError
	switch {
	case err == nil:
		t.Error("no objection")
	case !errors.As(err, &b):
		if party != session.Analyst {
			t.Errorf("blames nobody, wanted %d: %v", party, err)
		}
	case b.Party != party:
		t.Errorf("blames %d, wanted %d: %v", b.Party, party, err)
	}
}

const nobody = session.Analyst // is never blamed

// The coordinator adds k to every slot of the summed guards, so that no cell is below k.
func attackGuardRaised(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyAll, without), 1)
	if !m.share(twist{sums: m.raise}) {
		blames(t, m.objection(), nobody) // it might be a worker's claim that is wrong
		m.nothingOpened()
		return false
	}
	return m.readsSuppressed()
}

// raise adds k to the sums of the guards.
func (m *mallory) raise(x *collector) {
	slots := make([]uint64, m.release.params.Slots())
	for i := range slots {
		slots[i] = uint64(m.w.shape.Groups[0].K)
	}
	x.basis.Add(x.sum[0], m.encoded(slots))
}

func (m *mallory) nothingOpened() {
	m.t.Helper()
	if len(m.said[kindOpening]) > 0 {
		m.t.Errorf("%d workers opened", len(m.said[kindOpening]))
	}
}

// The coordinator has the guards themselves opened.
func attackOtherOutputs(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyAll, without), 1)
	var out *he.Ciphertext
	ok := m.share(twist{more: func(session.Party) []byte {
		out = m.guardCiphertext()
		return m.release.encodeOutputs([]*he.Ciphertext{out})
	}})
	if !ok {
		blames(t, m.objection(), session.Coordinator)
		m.nothingOpened()
		return false
	}
	return m.readsGuards(out)
}

// guardCiphertext is the sum of the guards with the primes of an output.
func (m *mallory) guardCiphertext() *he.Ciphertext {
	return he.NewCiphertext(m.inputs.sum[0][:2], m.commonInput(0)[:2])
}

// commonInput is the common random polynomial of an input.
func (m *mallory) commonInput(j int) he.Poly {
	common := commonKey(m.common, inputList)
	return m.release.inputs.Uniform(&common, j)
}

// readsGuards reports whether an output opens to all guards.
func (m *mallory) readsGuards(out *he.Ciphertext) bool {
	slots := m.open(0, out, 1)
	guards, _ := m.w.totals(0, 0)
	for i, g := range append(guards, guards...) { // beside the ones, and beside themselves
		if slots[i] != g {
			return false
		}
	}
	return true
}

// The mode "some": workers that do not evaluate take outputs from the coordinator, and
// notice by the claims of those who do. Nobody can tell who lies.
func TestSomeEvaluate(t *testing.T) {
	m := newMallory(t, attackWorld(t, VerifySome, defences{}), 1)
	ok := m.share(twist{more: func(u session.Party) []byte {
		if m.release.evaluators().Has(u) {
			return nil
		}
		return m.release.encodeOutputs([]*he.Ciphertext{m.guardCiphertext()})
	}})
	if ok || len(m.release.evaluators()) != 2 {
		t.Fatalf("nobody objects; %d workers evaluate", len(m.release.evaluators()))
	}
	for p, err := range m.errs {
		if !errors.Is(err, session.ErrCheck) {
			t.Errorf("worker %d: %v", p, err)
		}
		blames(t, err, nobody)
	}
	m.nothingOpened()
}

// In the mode "none" the coordinator is trusted to evaluate. This is what that means.
func TestNobodyEvaluates(t *testing.T) {
	m := newMallory(t, attackWorld(t, VerifyNone, defences{}), 1)
	var out *he.Ciphertext
	if !m.share(twist{more: func(session.Party) []byte {
		out = m.guardCiphertext()
		return m.release.encodeOutputs([]*he.Ciphertext{out})
	}}) {
		t.Fatal(m)
	}
	if !m.readsGuards(out) {
		t.Error("the mode is better than its documentation")
	}
}

// The coordinator shows outputs (0, Q'/8) to worker 1 and zeros to the others, so that the
// sum of all openings is Q'/8·s_1: worker 1's secret key, coefficient by coefficient. The
// mode is "none", the claims for each worker are made up but for its own.
func attackSplitView(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyNone, without), 1)
	tw := twist{
		more: func(u session.Party) []byte { return m.release.encodeOutputs([]*he.Ciphertext{m.probe(u == 1)}) },
		claims: func(u session.Party, x *collector) []byte {
			w := begin(x.base + offClaims)
			for _, p := range x.parties {
				c := *x.claims[p]
				c.tail = x.claims[u].tail
				c.encode(w)
			}
			return w.Data()
		},
	}
	if !m.share(tw) {
		blames(t, m.objection(), session.Coordinator)
		m.nothingOpened()
		return false
	}
	return m.isSecretOf(1, m.pooled().Words)
}

// probe is the output (0, Q'/8) or (0, 0).
func (m *mallory) probe(on bool) *he.Ciphertext {
	p := m.release.params
	if !on {
		return he.NewCiphertext(p.Out.Zero(), p.Out.Zero())
	}
	kept := new(big.Int).SetUint64(primesF7[0])
	kept.Mul(kept, new(big.Int).SetUint64(primesF7[1]))
	eighth := kept.Rsh(kept, 3)
	return he.NewCiphertext(p.Out.Zero(), constantOutput(p, func(q uint64) uint64 {
		return new(big.Int).Mod(eighth, new(big.Int).SetUint64(q)).Uint64()
	}))
}

// isSecretOf reports whether words are those of opening the probe with the secret of a worker: multiples of
// an eighth of their range, −1, 0 and 1. What they should be follows from the key set.
func (m *mallory) isSecretOf(u session.Party, words []uint64) bool {
	secret := m.w.prepared.keys(m.t, u).secret
	want := m.release.params.OpenShare(secret, m.probe(true), [32]byte{3})
	nonzero := 0
	for i := range want {
		got := m.eighths(words[i])
		if got != m.eighths(want[i]) || got > 1 && got < 7 {
			return false
		}
		if got != 0 {
			nonzero++
		}
	}
	return nonzero > len(want)/2
}

// eighths rounds a word to eighths of 2^w.
func (m *mallory) eighths(y uint64) uint64 {
	w := m.release.params.RoundBits()
	return (y + 1<<(w-4)) >> (w - 3) & 7
}

// The coordinator changes one row of the summed key so that the ciphertext of P(g) = g(g−1)
// becomes one of P(g) + S, which is hardly zero anywhere: all cells are released, in the layout
// of columns, and the secret S can be read in all slots that nobody fills. The row is of the last
// prime of the inputs, which only the first product uses; what it multiplies are the digits of
// a_g², which everybody knows.
func attackWrongKey(t *testing.T, without defences) bool {
	w := attackWorldOf(t, &Shape{Set: "F7", Verify: VerifyAll, Groups: []Group{{K: 2, Runs: []Run{{Guards: 6, Limbs: 2}}}}}, 3, without)
	m := newMallory(t, w, 1)
	m.release = newRelease(m.workers[1].Attempt, m.workers[1].shape, &PublicKeys{Parties: w.everyone()}) // for its numbers
	m.makeKeys(twist{sums: func(x *collector) { m.spoilKey(x.sum) }}, nil)
	if !m.everybody() {
		blames(t, m.objection(), nobody)
		if m.workers[1].keys != nil {
			t.Error("a worker takes the key set")
		}
		return false
	}
	if !m.share(twist{}) {
		t.Fatal(m)
	}
	return m.readsSuppressed()
}

// spoilKey adds P·t⁻¹/digit to D2 of row 3, where digit is that of t·a_g² for the prime of that row.
func (m *mallory) spoilKey(sums []he.Poly) {
	const row = 3
	p := m.release.params
	rq, err := lattigo.NewRing(p.Slots(), primesF7[:row+1])
	must(m.t, err)
	q := primesF7[row]
	digit := make([]uint64, p.Slots())
	for i, a := range m.commonInput(0)[row] {
		digit[i] = mulmod(mulmod(a, a, q), p.T(), q)
	}
	rq.SubRings[row].INTT(digit, digit)
	for l, prime := range primesF7[:row+1] {
		lifted := make([]uint64, p.Slots())
		for i, c := range digit {
			if lifted[i] = c % prime; c > q/2 {
				lifted[i] = (c%prime + prime - q%prime) % prime
			}
		}
		rq.SubRings[l].NTT(lifted, lifted)
		factor := mulmod(specialF7[0]%prime, invmod(p.T(), prime), prime)
		for i, d := range lifted {
			add := mulmod(factor, invmod(d, prime), prime)
			x := &sums[3*row+2][l][i]
			*x = (*x + add) % prime
		}
	}
}

func mulmod(a, b, q uint64) uint64 { return field(q).mul(a, b) }
func invmod(a, q uint64) uint64    { return field(q).power(a%q, q-2) }

// Worker 3 chooses its share of the key after it has seen the others', so that the sums are
// what it wants: zeros. Its auditor compares the share with the commitment.
func attackRushing(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorldOf(t, small(), 3, without), 1, 3)
	m.makeKeys(twist{shares: func(x *collector, audits map[session.Party][]byte) {
		primes := append(append([]uint64(nil), primesF7...), specialF7...)
		own := decoded(t, &x.exchange, audits[3][1:])
		for j := range own {
			subMod(own[j], x.sum[j], primes) // less the sum of all
			x.sum[j] = x.basis.Zero()
		}
		m.replaceShare(x, m.workers[3].keygen.exchange, own, audits)
	}}, nil)
	if !m.everybody() {
		blames(t, m.errs[2], session.Coordinator) // the auditor of 3; 3 signed the share that 2 did not get
		return false
	}
	for _, p := range m.keySums {
		for _, limb := range p {
			for _, x := range limb {
				if x != 0 {
					return false
				}
			}
		}
	}
	return m.workers[1].keys != nil
}

// replaceShare has a corrupt worker claim, and its auditor see, another share.
func (m *mallory) replaceShare(x *collector, e *exchanger, share []he.Poly, audits map[session.Party][]byte) {
	e.message = x.encodePolys([]byte{byte(x.base + offShare)}, share)
	w := begin(x.base + offAudit)
	w.Fixed(e.own())
	audits[e.self] = w.Data()
}

// The coordinator adds k to the summed guards, and worker 3 claims the fingerprint that fits. Its
// auditor, worker 2, has seen its share.
func attackLyingClaim(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyAll, without), 1, 3)
	m.share(twist{sums: m.raiseWith(3)})
	if m.errs[2] != nil {
		blames(t, m.errs[2], 3)
		if m.errs[1] != nil || len(m.said[kindOpening]) != 2 {
			t.Errorf("worker 1 cannot know: %v", m.errs[1])
		}
		// Without the opening of 2 the sum is masked. That of 1 and 3 opens to nothing.
		m.said[kindOpening][2] = m.said[kindOpening][1]
	}
	return m.readsSuppressed()
}

// raiseWith adds k to the sums of the guards, and to what a corrupt worker takes for its
// share when it claims.
func (m *mallory) raiseWith(liar session.Party) func(x *collector) {
	return func(x *collector) {
		before := clonePolys(x.sum[:1])[0]
		m.raise(x)
		delta := clonePolys(x.sum[:1])[0]
		subMod(delta, before, primesF7)
		e := m.workers[liar].shares
		own := decoded(m.t, &e.exchange, e.own())
		x.basis.Add(own[0], delta)
		e.message = x.encodePolys([]byte{byte(x.base + offShare)}, own)
	}
}

// What audits do not see, as the package comment says: the coordinator with two workers that
// are neighbours, one who claims and one who should have audited it.
func TestTwoNeighboursLie(t *testing.T) {
	m := newMallory(t, attackWorld(t, VerifyAll, defences{}), 1, 2, 3)
	if !m.share(twist{sums: m.raiseWith(3)}) {
		t.Fatal(m)
	}
	if !m.readsSuppressed() {
		t.Error("the exchange is better than its documentation")
	}
}

// Nor do they see two other workers that lie, if the coordinator shows every worker the
// claims that fit what it audits: of liars 2 and 4 the auditor of 2 gets the wrong claim of 4,
// and all others that of 2. (The claims of keys are in the id of a key set, on which everybody
// has to agree; for inputs, an opening follows at once.)
func TestTwoOthersLie(t *testing.T) {
	w := attackWorldOf(t, small(), 4, defences{}).prepare()
	m := newMallory(t, w, 1, 2, 4)
	var before []he.Poly
	raise := func(x *collector) {
		before = clonePolys(x.sum)
		m.raise(x)
	}
	claims := func(u session.Party, x *collector) []byte {
		liar := session.Party(2)
		if u == 2 || x.audited(u) == 2 {
			liar = 4
		}
		honest := x.claims[liar]
		x.claims[liar] = m.claimWith(x, liar, before)
		body, _ := x.closeClaims()
		x.claims[liar] = honest
		return body
	}
	if !m.share(twist{sums: raise, claims: claims}) {
		t.Fatal(m)
	}
	if !m.readsSuppressed() {
		t.Error("the exchange is better than its documentation")
	}
}

// claimWith is a liar's claim that accounts for what was added to the sums.
func (m *mallory) claimWith(x *collector, liar session.Party, before []he.Poly) *claim {
	added := clonePolys(x.sum)
	for j := range added {
		subMod(added[j], before[j], primesF7)
	}
	c := *x.claims[liar]
	c.fingerprint = x.basis.Fingerprint(added, x.challenge, nil)
	x.basis.AddFingerprint(c.fingerprint, x.claims[liar].fingerprint)
	c.sig = sign(m.w.ids[liar], x.label("sign claim"), x.claimed(x.challenge, liar, &c))
	return &c
}

// A key set that is used twice, from a backup, shows the coordinator the difference of two
// sums, without any opening: what a machine cannot know, and its caller has to prevent.
func TestKeySetFromBackup(t *testing.T) {
	w := attackWorld(t, VerifyAll, defences{})
	var sums [2]he.Poly
	for i := range sums {
		m := newMallory(t, w, uint32(1+i))
		m.share(twist{})
		sums[i] = m.inputs.sum[0]
		if i == 0 {
			w.inputs[2].Groups[0][0].Guards[4] += 5
			continue
		}
		subMod(sums[1], sums[0], primesF7)
		p := m.release.params
		slots := p.NewEncoder().Open(p.Base(he.NewCiphertext(sums[1][:2], p.Out.Zero())), 1)
		if slots[4] != 5 || slots[3] != 0 {
			t.Error("the difference does not show: the warning can go")
		}
	}
}

// Worker 3 sends the analyst the ciphertext of worker 1. Its mask is bound to who
// sends it, so the result does not pass its check.
func TestReplayedCiphertext(t *testing.T) {
	w := attackWorld(t, VerifyAll, defences{})
	net := w.network(1, 1, w.everyone())
	net.Orderly = true
	net.Lies[3] = func(_ session.Party, body []byte) [][]byte {
		if kindOf(body) == inputExchange+offCommitment {
			m := net.Machine(3).(*Worker)
			c := m.shares.commitment
			c.extra = net.Machine(1).(*Worker).shares.commitment.extra
			copy(m.analyst.ct[:], c.extra)
			c.sig = sign(w.ids[3], m.shares.label("sign commitment"), m.shares.committed(3, c))
			out := begin(inputExchange + offCommitment)
			c.encode(out)
			body = out.Data()
		}
		return [][]byte{body}
	}
	w.begin(net)
	net.Run()
	if _, err := w.opened(net); !errors.Is(err, session.ErrCheck) {
		t.Error(err)
	}
}

// A lying worker with the analyst releases everything: it adds k to its own guards. No check of
// sums can see that.
func TestInflatedGuards(t *testing.T) {
	w := attackWorld(t, VerifyAll, defences{})
	honest, limbs := w.totals(0, 0)
	for c := range w.inputs[3].Groups[0][0].Guards {
		w.inputs[3].Groups[0][0].Guards[c] += uint64(w.shape.Groups[0].K)
	}
	net := w.network(1, 1, w.everyone())
	w.begin(net)
	net.Run()
	o, err := w.opened(net)
	must(t, err)
	run := o.Groups[0][0]
	for c := range honest {
		if !run.Released[c] || run.Guards[c]-uint64(w.shape.Groups[0].K) != honest[c] || run.Limbs[0][c] != limbs[0][c] {
			t.Errorf("cell %d is not released: the limit that is documented is gone", c)
		}
	}
}

// The coordinator asks worker 1 to open two outputs under one mask. The difference of the
// answers, which the analyst need not even see, is Q'/8·s_1. The mode is "none".
func attackSecondRequest(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyNone, without), 1)
	if !m.share(twist{more: m.probes(false)}) {
		t.Fatal(m)
	}
	first := m.openedBy(1)
	if !m.confirm(m.inputs, twist{more: m.probes(true)}) {
		blames(t, m.objection(), session.Coordinator)
		return false
	}
	return m.differBySecret(first)
}

// The same, if only the driver's record of the release is left to stop it.
func attackSecondRequestLedger(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyNone, defences{oneAnswer: true, releaseOnce: without.releaseOnce}), 1)
	if !m.share(twist{more: m.probes(false)}) {
		t.Fatal(m)
	}
	first := m.openedBy(1)
	if !m.confirm(m.inputs, twist{more: m.probes(true)}) {
		if err := m.objection(); !errors.Is(err, cryptotest.ErrReleased) {
			t.Error(err)
		}
		return false
	}
	return m.differBySecret(first)
}

func (m *mallory) probes(on bool) func(session.Party) []byte {
	return func(session.Party) []byte { return m.release.encodeOutputs([]*he.Ciphertext{m.probe(on)}) }
}

// differBySecret subtracts worker 1's first opening from its second.
func (m *mallory) differBySecret(first ring.Vector) bool {
	second := m.openedBy(1)
	must(m.t, second.Sub(first))
	return m.isSecretOf(1, second.Words)
}

// The workers' machines are restored from a snapshot after they have opened, and do not
// know that they have. Their drivers do.
func attackSnapshot(t *testing.T, without defences) bool {
	w := attackWorld(t, VerifyNone, without)
	before := newMallory(t, w, 1)
	if !before.share(twist{more: before.probes(false)}) {
		t.Fatal(before)
	}
	after := newMallory(t, w, 1)
	after.ledger = before.ledger
	if !after.share(twist{more: after.probes(true)}) {
		if err := after.objection(); !errors.Is(err, cryptotest.ErrReleased) {
			t.Error(err)
		}
		return false
	}
	return after.differBySecret(before.openedBy(1))
}

// The coordinator repeats the job without worker 4. The analyst subtracts, and has worker 4's
// part of a cell that is released both times.
func attackSecondRelease(t *testing.T, without defences) bool {
	w := newWorld(t, small(), 4, 5)
	w.without = without
	for p, in := range w.inputs { // three units of everybody in the first cell
		in.Groups[0][0].Guards[0] = 3
		w.inputs[p] = in
	}
	all := w.network(1, 1, w.everyone())
	w.begin(all)
	all.Run()
	one, err := w.opened(all)
	must(t, err)
	fewer := w.network(2, 2, session.Everyone(3))
	fewer.Ledger = all.Ledger // what the drivers have on disk
	w.begin(fewer)
	fewer.Run()
	if len(fewer.Mailbox(session.Analyst)) == 0 {
		return false
	}
	two, err := w.opened(fewer)
	must(t, err)
	difference := one.Groups[0][0].Limbs[0][0] - two.Groups[0][0].Limbs[0][0]
	return difference == w.inputs[4].Groups[0][0].Limbs[0][0]
}

// If the coordinator could choose the common polynomials, it would choose zeros, and the sums
// were in the clear: for the coordinator alone, before anything is opened.
func attackCommon(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyAll, without), 1)
	m.share(twist{})
	p := m.release.params
	slots := p.NewEncoder().Open(p.Base(he.NewCiphertext(m.inputs.sum[0][:2], p.Out.Zero())), 1)
	guards, _ := m.w.totals(0, 0)
	for i, g := range guards {
		if slots[i] != g {
			return false
		}
	}
	return true
}

func zeroPoly(a he.Poly) he.Poly {
	for _, limb := range a {
		clear(limb)
	}
	return a
}

// The coordinator has (b_1, a_g) opened, in the mode "none": worker 1's share of the
// opening, with its mask for the analyst taken off, gives worker 1's own guards. Masks
// between pairs, on the slots, the share and the opening, stop that.
func attackSingleInput(t *testing.T, without defences) bool {
	m := newMallory(t, attackWorld(t, VerifyNone, without), 1)
	if !m.share(twist{more: func(session.Party) []byte {
		return m.release.encodeOutputs([]*he.Ciphertext{he.NewCiphertext(m.release.params.Out.Zero(), m.commonInput(0)[:2])})
	}}) {
		t.Fatal(m)
	}
	guessed := map[session.Party]func(label string) prg.Key{}
	for _, v := range []session.Party{2, 3} {
		guessed[v] = func(string) prg.Key { return knownMask(prg.Key{}) }
	}
	slots := m.single(1, guessed)
	if without.masks == nil {
		m.uniform(slots)
	}
	return m.areGuardsOf(1, slots)
}

func knownMask(prg.Key) prg.Key { return prg.Key{4} }

// single takes masks with the others off worker u's share of the guards and off its opening of
// (.., a_g), and returns what that opens to.
func (m *mallory) single(u session.Party, keys map[session.Party]func(label string) prg.Key) []uint64 {
	m.t.Helper()
	list := decoded(m.t, &m.inputs.exchange, m.said[inputExchange+offShare][u][1:])
	var shareMasks, openMasks []mask.Mask
	for v, key := range keys {
		shareMasks = append(shareMasks, mask.Mask{Key: key(labelInputMask), Sub: u < v})
		openMasks = append(openMasks, mask.Mask{Key: key(labelOpenMask), Sub: u < v})
	}
	addMasks(m.inputs.basis, list, shareMasks, nil)
	y := m.openedBy(u)
	mask.Add(y, openMasks, nil)
	p := m.release.params
	total := p.Base(he.NewCiphertext(list[0][:2], m.commonInput(0)[:2]))
	for i := range total {
		total[i] += y.Words[i]
	}
	slots := p.NewEncoder().Open(total, 1)
	for v, key := range keys {
		k := key(labelSlotMask)
		p.MaskSlots(slots, &k, 0, u < v)
	}
	return slots
}

func (m *mallory) areGuardsOf(u session.Party, slots []uint64) bool {
	for c, g := range m.w.inputs[u].Groups[0][0].Guards {
		if slots[c] != g || slots[6+c] != g {
			return false
		}
	}
	return true
}

// uniform checks that values modulo t have no bias that shows: of 8192, half are below t/2. The
// number is outside 9 standard deviations (of 45) with probability 2^-60.
func (m *mallory) uniform(slots []uint64) {
	m.t.Helper()
	below := 0
	for _, x := range slots {
		if x < m.release.params.T()/2 {
			below++
		}
	}
	if n := len(slots); below < n/2-410 || below > n/2+410 {
		m.t.Errorf("%d of %d values are below t/2", below, n)
	}
}

// The coordinator puts ciphertexts of its own in the place of those for worker 3, and so
// knows all masks of worker 3; the others' do not cancel, which in the mode "none" nobody
// sees. Then it goes on as if there were no masks.
func attackPairing(t *testing.T, without defences) bool {
	s := small()
	s.Verify = VerifyNone
	m := newMallory(t, attackWorldOf(t, s, 3, without), 1)
	shared := map[session.Party][32]byte{}
	m.makeKeys(twist{}, func(k *keyServer, bodies map[session.Party][]byte) {
		key, err := kem.ParsePublicKey(k.greetings[3].key[:])
		must(t, err)
		out := begin(kindReveals)
		out.Fixed(bodies[3][1 : 1+3*nonceSize])
		for _, u := range []session.Party{1, 2} {
			ct, secret, err := kem.Encapsulate(key, cryptotest.Rand("mallory %d", u))
			must(t, err)
			shared[u] = k.pairSecret(k.hellos, u, 3, secret[:])
			p := *k.reveals[u].pairings[3]
			p.ct = ct
			p.encode(out)
		}
		bodies[3] = out.Data()
	})
	if !m.everybody() {
		blames(t, m.errs[3], session.Coordinator)
		return false
	}
	if !m.share(twist{more: func(session.Party) []byte {
		return m.release.encodeOutputs([]*he.Ciphertext{he.NewCiphertext(m.release.params.Out.Zero(), m.commonInput(0)[:2])})
	}}) {
		t.Fatal(m)
	}
	keys := map[session.Party]func(label string) prg.Key{}
	for u, pair := range shared {
		keys[u] = func(label string) prg.Key { return prg.Key(m.release.key(pair[:], label)) }
	}
	return m.areGuardsOf(3, m.single(3, keys))
}

// The charter promises four workers; the coordinator runs the job with three. The analyst
// does not mind.
func attackFew(t *testing.T, without defences) bool {
	w := newWorldOf(t, small(), 4, 4, 5)
	w.without = without
	three := session.Everyone(3)
	net := cryptotest.New(1, session.Start{})
	cfg := w.serverConfig(1, three)
	cfg.without.minContributors = true
	server, err := NewServer(cfg)
	must(t, err)
	net.Add(session.Coordinator, server, nil)
	for _, p := range three {
		net.Add(p, w.worker(p, 1), nil)
	}
	w.begin(net)
	net.Run()
	mail := net.Mailbox(session.Analyst)
	if len(mail) == 0 {
		return false
	}
	if _, err := Open(w.question, mail[0], nil); err == nil {
		t.Error("the analyst takes it for a release by four")
	}
	o, err := (&opener{question: w.question, without: defences{resultCheck: true}}).open(mail[0])
	must(t, err)
	w.check(o, three)
	return true
}

// The coordinator alters the result in every part that the analyst relies on.
func attackAlteredResult(t *testing.T, without defences) bool {
	w := attackWorld(t, VerifyAll, defences{})
	net := w.network(1, 1, w.everyone())
	w.begin(net)
	net.Run()
	body := net.Mailbox(session.Analyst)[0]
	must(t, w.compareWith(body, defences{}))
	accepted := 0
	for name, forge := range w.forgeries() {
		forged := forge(t, bytes.Clone(body))
		o, err := (&opener{question: w.question, without: without}).open(forged)
		switch {
		case err == nil && o != nil:
			accepted++
		case without.resultCheck:
			t.Errorf("%s is refused: %v", name, err)
		}
	}
	return accepted > 0
}

func (w *world) compareWith(body []byte, without defences) error {
	o, err := (&opener{question: w.question, without: without}).open(body)
	if err != nil {
		return err
	}
	return w.compare(o, w.everyone())
}

// forgeries are changes of a result that decodes all the same.
func (w *world) forgeries() map[string]func(t *testing.T, body []byte) []byte {
	change := func(f func(res *result)) func(t *testing.T, body []byte) []byte {
		return func(t *testing.T, body []byte) []byte {
			c, err := shapeOf(w.manifest)
			must(t, err)
			res, err := decodeResult(w.manifest, c, body)
			must(t, err)
			f(res)
			return res.encode()
		}
	}
	return map[string]func(t *testing.T, body []byte) []byte{
		"a word of the base":    change(func(r *result) { r.base.Words[5] += 1 << 20 }),
		"a word of the sum":     change(func(r *result) { r.sum.Words[7] += 1 << 20 }),
		"the lowest bit":        change(func(r *result) { r.sum.Words[7] ^= 1 }),
		"the tag":               change(func(r *result) { r.tag = r.tag.Add(ring.F127FromUint64(1)) }),
		"the attempt":           change(func(r *result) { r.receipt.number++ }),
		"the key set":           change(func(r *result) { r.receipt.keyID[0] ^= 1 }),
		"the challenge":         change(func(r *result) { r.receipt.challenge[0] ^= 1 }),
		"the hash of the base":  change(func(r *result) { r.receipt.base[0] ^= 1 }),
		"a signature":           change(func(r *result) { r.receipt.evidence[2].sig[3] ^= 1 }),
		"a digest":              change(func(r *result) { r.receipt.evidence[2].digest[3] ^= 1 }),
		"evidence of another":   change(func(r *result) { r.receipt.evidence[2] = r.receipt.evidence[1] }),
		"analyst ciphertext":    change(func(r *result) { r.receipt.evidence[2].ct[9] ^= 1 }),
		"ciphertext of another": change(func(r *result) { r.receipt.evidence[2].ct = r.receipt.evidence[1].ct }),
		"a worker less":         change(func(r *result) { r.receipt.parties = session.Parties{1, 2} }),
		"nobody":                change(func(r *result) { r.receipt.parties = nil }),
	}
}

// encode is what a coordinator would send.
func (res *result) encode() []byte {
	w := begin(kindResult)
	res.receipt.encode(w)
	tag := res.tag.Bytes()
	w.Fixed(tag[:])
	w.Fixed(res.base.Append(nil))
	w.Fixed(res.sum.Append(nil))
	return w.Data()
}

// decoded reads an encoded share.
func decoded(t testing.TB, x *exchange, share []byte) []he.Poly {
	t.Helper()
	list := x.zero()
	must(t, x.decodePolys(list, share, nil))
	return list
}
