package secagg

import (
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"filippo.io/edwards25519"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// TestAttacks runs every known mistake as an attack, twice: against the code,
// where it must fail, and against the code without the one defence that it is
// about, where it must succeed (else the test would show nothing).
//
// An attack returns whether it succeeded: whether the adversary learnt, or made the
// analyst believe, what it must not.
//
// Mistake 1, a manifest that nobody authenticates, is a test of package job.
func TestAttacks(t *testing.T) {
	for _, c := range []struct {
		name    string
		attack  func(t *testing.T, without defences) bool
		without defences
	}{
		{"2 analyst ciphertext replayed", attackReplay, defences{analystMask: unboundAnalystMask}},
		{"3 analyst mask in two attempts", attackTwoAttempts, defences{analystMask: sameAnalystMask}},
		{"4 both secrets of one worker", attackBothSecrets, defences{oneAnswer: true}},
		{"5 split views", attackSplitViews, defences{certificate: true}},
		{"6 parameters of the coordinator's choice", attackParameters, defences{parameterCheck: true}},
		{"7 masks from a small seed", attackSmallSeed, defences{maskKey: testInsecureKey}},
		{"8 second release", attackSecondRelease, defences{releaseOnce: true}},
		{"9 fewer contributors than promised", attackFewContributors, defences{minContributors: true}},
		{"10 overflow of the ring", attackOverflow, defences{sumCheck: true}},
		{"10 sum altered by the coordinator", attackAlteredSum, defences{sumCheck: true}},
		{"11 late input read", attackLateInputRead, defences{selfMask: true}},
		{"11 late input added", attackLateInputAdded, defences{lateRefusal: true}},
		{"12 commitments in a group", attackGroupCommitment, defences{commit: groupCommitment}},
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

// Mistake 2: KA_u not bound to u and H(ctA_u). Corrupt workers 3 and 4 replay the
// analyst ciphertexts of the honest 1 and 2. They do not know the honest inputs, and
// make the analyst accept twice their sum: inputs are no longer independent.
func attackReplay(t *testing.T, without defences) bool {
	w := newWorld(t, shape{n: 4, corruptions: 1, threshold: 3, min: 3, length: 3, width: 64}, without)
	n := w.network(1, 1, w.everyone())
	honest := map[session.Party]*maskedInput{}
	for _, u := range []session.Party{1, 2} {
		replayer := u + 2
		w.inputs[replayer] = ring.NewVector(64, 3) // nothing of its own
		own := n.Machine(replayer).(*Worker).fresh.analyst.Key
		n.Lies[u] = onKind(kindInput, func(body []byte) []byte {
			honest[u] = w.decodeInput(body)
			return body
		})
		n.Lies[replayer] = onKind(kindInput, func(body []byte) []byte {
			return w.replay(replayer, w.decodeInput(body), own, honest[u].evidence.ct)
		})
	}
	n.Lies[session.Coordinator] = onKind(kindResult, w.double)
	n.Begin()
	w.provideInputs(n, session.Parties{1, 2})
	for len(honest) < 2 {
		n.Step()
	}
	w.provideInputs(n, session.Parties{3, 4})
	n.Run()
	o, err := w.open(n)
	if err != nil {
		if !errors.Is(err, session.ErrCheck) {
			t.Fatal(err)
		}
		return false
	}
	return o != nil && o.Sum.Equal(w.sum([]session.Party{1, 2, 1, 2}))
}

// onKind changes what a party says in messages of one kind.
func onKind(k kind, change func(body []byte) []byte) cryptotest.Lie {
	return func(_ session.Party, body []byte) [][]byte {
		if kindOf(body) == k {
			body = change(body)
		}
		return [][]byte{body}
	}
}

func (w *world) attempt(number uint32) attempt { return newAttempt(w.manifest, number) }

func (w *world) decodeInput(body []byte) *maskedInput {
	a := w.attempt(1)
	m, err := unmarshal(body, kindInput, func(r *wire.Reader) *maskedInput { return decodeInput(r, a) })
	must(w.tb, err)
	return m
}

// replay takes u's own analyst mask off its input and puts another's ciphertext in.
func (w *world) replay(u session.Party, m *maskedInput, own prg.Key, ct [kem.CiphertextSize]byte) []byte {
	off := []mask.Mask{{Key: own, Sub: true}}
	y, err := ring.Decode(64, 3, m.words)
	must(w.tb, err)
	mask.Add(y, off, nil)
	m.words, m.tag, m.evidence.ct = y.Append(nil), mask.AddTags(m.tag, off), ct
	return w.resign(u, m)
}

// resign signs a changed input with u's identity.
func (w *world) resign(u session.Party, m *maskedInput) []byte {
	a := w.attempt(1)
	m.evidence.digest = a.inputDigest(m.tag, m.words)
	st := m.evidence.statement(a, u, m.view)
	m.evidence.sig = signature(w.ids[u].Sign(signInput, st[:]))
	return marshal(m)
}

// double multiplies a result by two.
func (w *world) double(body []byte) []byte {
	return w.alter(body, func(s ring.Vector, tag ring.F127) ring.F127 {
		must(w.tb, s.Add(s.Clone()))
		return tag.Add(tag)
	})
}

// alter changes S and Tag of a result.
func (w *world) alter(body []byte, change func(ring.Vector, ring.F127) ring.F127) []byte {
	m := w.manifest
	res, err := unmarshal(body, kindResult, func(r *wire.Reader) *result { return decodeResult(r, m) })
	must(w.tb, err)
	s, err := ring.Decode(m.Width, m.Length, res.words)
	must(w.tb, err)
	res.tag = change(s, res.tag)
	res.words = s.Append(nil)
	return marshal(res)
}

// unboundAnalystMask is KDF(ssA, "analyst") and nothing else.
func unboundAnalystMask(_ attempt, shared, _ []byte, _ session.Party) prg.Key {
	return prg.Key(session.KDF(shared, labelAnalyst))
}

// Mistake 3: the same analyst mask in two attempts. The coordinator and four corrupt
// workers (more than T, so that they strip the other masks of the last one) see worker 1 in
// two attempts with inputs that differ, for example by their noise. Worker 1's
// randomness repeats: it was restored from a snapshot. They learn the difference.
func attackTwoAttempts(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	w.rand = func(p session.Party, attempt uint32) io.Reader {
		if p == 1 {
			attempt = 0
		}
		return cryptotest.Rand("worker %d attempt %d", p, attempt)
	}
	seen := func(number uint32) ring.Vector {
		m := newMallory(t, w, number, session.Parties{2, 3, 4, 5})
		must(t, m.collect(w.everyone(), w.everyone()))
		x, ok := m.strip(1, w.everyone(), m.corruptPairs(), m.secretOf(1, selfKind))
		if !ok {
			t.Fatal("four of five shares open the self mask")
		}
		return x
	}
	before, x := seen(1), w.inputs[1].Clone()
	w.inputs[1].Words[0] += 77
	after := seen(2)
	must(t, after.Sub(before))
	must(t, x.Sub(w.inputs[1]))
	must(t, after.Add(x))
	return after.Equal(ring.NewVector(64, 3))
}

// sameAnalystMask does not bind the attempt.
func sameAnalystMask(a attempt, shared, ct []byte, u session.Party) prg.Key {
	a.Number = 0
	return a.analystMask(shared, ct, u)
}

// Mistake 4: b_v and r_v of one worker. The coordinator first lets everybody open with worker
// 1 alive, then asks again with worker 1 dead. Together with the analyst it reads
// worker 1's input.
func attackBothSecrets(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	m := newMallory(t, w, 1, nil)
	all, rest := w.everyone(), session.Parties{2, 3, 4, 5}
	must(t, m.collect(all, all))
	if err := m.openWith(all, all); err != nil {
		t.Fatal(err)
	}
	m.ledger = map[session.Party][32]byte{} // another layer, with its own attack below
	_ = m.openWith(rest, rest)
	return m.reads(1)
}

// openWith lets signers sign U3, and opens with their certificate.
func (m *mallory) openWith(signers, u3 session.Parties) error {
	cert, err := m.certify(signers, u3)
	if err != nil {
		return err
	}
	for _, p := range signers {
		if err := m.say(p, cert); err != nil {
			return err
		}
	}
	return nil
}

// reads reports whether the coalition with the analyst gets u's input.
func (m *mallory) reads(u session.Party) bool {
	pairs := m.corruptPairs()
	pairs[u] = m.secretOf(u, pairKind)
	x, ok := m.strip(u, m.w.everyone(), pairs, m.secretOf(u, selfKind))
	return ok && m.unmaskForAnalyst(x, u).Equal(m.w.inputs[u])
}

// Mistake 5: no consistency round. n=10, T=3, t=7: every honest worker sees seven
// alive, itself included, and yet, since the views differ, the masks of all but workers 1 and
// 2 come off. The parameters promise four honest inputs in every sum.
func attackSplitViews(t *testing.T, without defences) bool {
	w := newWorld(t, shape{n: 10, corruptions: 3, threshold: 7, min: 7, length: 3, width: 64}, without)
	m := newMallory(t, w, 1, session.Parties{8, 9, 10})
	all := w.everyone()
	must(t, m.collect(all, all))
	dropped := map[session.Party]session.Parties{
		1: {3, 4, 5}, 2: {6, 7},
		3: {4, 5, 6}, 4: {5, 6, 7}, 5: {3, 6, 7}, 6: {3, 4, 7}, 7: {3, 4, 5},
	}
	for p, gone := range dropped {
		u3 := all.Without(gone)
		own, err := m.certify(session.Parties{p}, u3)
		must(t, err)
		if err := m.say(p, m.forge(own, u3)); err != nil {
			return false
		}
	}
	sum := ring.NewVector(64, 3)
	for _, u := range []session.Party{1, 2} {
		pairs := m.corruptPairs()
		for v := session.Party(3); v <= 7; v++ {
			pairs[v] = m.secretOf(v, pairKind)
		}
		x, ok := m.strip(u, all.Without(session.Parties{3 - u}), pairs, m.secretOf(u, selfKind))
		if !ok {
			return false
		}
		must(t, sum.Add(m.unmaskForAnalyst(x, u))) // between 1 and 2 the masks cancel
	}
	return sum.Equal(w.sum([]session.Party{1, 2}))
}

// forge fills a certificate up with signatures that mallory can make: none.
func (m *mallory) forge(own *certificate, u3 session.Parties) *certificate {
	cert := &certificate{signers: u3[:m.a.Threshold], sigs: map[session.Party]signature{}}
	for p, sig := range own.sigs {
		cert.sigs[p] = sig
	}
	return cert
}

// Mistake 6: parameters that the coordinator chooses. With t = 2 and n_min = 2
// (and an analyst who signs that) one corrupt worker is enough to read worker 1.
func attackParameters(t *testing.T, without defences) bool {
	bad := shape{n: 5, corruptions: 1, threshold: 2, min: 2, length: 3, width: 64}
	w := newWorld(t, bad, defences{parameterCheck: true}) // the analyst colludes
	w.without = without
	if _, err := NewWorker(w.workerConfig(1, 1)); err != nil {
		return false
	}
	n := w.network(1, 1, w.everyone())
	for _, p := range []session.Party{2, 3, 4} {
		n.Lies[p] = onInputNothing
	}
	o, err := w.run(n, w.everyone())
	must(t, err)
	return len(o.Participants) == 2 && o.Sum.Equal(w.sum([]session.Party{1, 5})) // and 5 knows its own
}

func onInputNothing(_ session.Party, body []byte) [][]byte {
	if kindOf(body) == kindInput {
		return nil
	}
	return [][]byte{body}
}

// Mistake 7: masks from a small seed. The coordinator and four corrupt workers see x_1 + G(KA_1)
// and know that the first elements are zero; they try 2^16 keys.
func attackSmallSeed(t *testing.T, without defences) bool {
	s := five
	s.length = 6
	w := newWorld(t, s, without)
	clear(w.inputs[1].Words[:4])
	m := newMallory(t, w, 1, session.Parties{2, 3, 4, 5})
	must(t, m.collect(w.everyone(), w.everyone()))
	x, ok := m.strip(1, w.everyone(), m.corruptPairs(), m.secretOf(1, selfKind))
	if !ok {
		t.Fatal("four of five shares open the self mask")
	}
	for seed := range 1 << 16 {
		var key prg.Key
		binary.LittleEndian.PutUint16(key[:], uint16(seed))
		try := x.Clone()
		prg.AddVector(try, &key, 0, true)
		if try.Words[0] == 0 && try.Words[1] == 0 && try.Words[2] == 0 {
			return try.Equal(w.inputs[1])
		}
	}
	return false
}

// testInsecureKey keeps 16 bits of a key.
func testInsecureKey(k prg.Key) prg.Key {
	var small prg.Key
	copy(small[:2], k[:2])
	return small
}

// Mistake 8: a second release. The coordinator repeats the job without worker 1; the
// analyst subtracts.
func attackSecondRelease(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	n := w.network(1, 1, w.everyone())
	all, err := w.run(n, w.everyone())
	must(t, err)
	rest := session.Parties{2, 3, 4, 5}
	again := w.network(1, 2, rest)
	again.Ledger = n.Ledger // what the drivers have on disk
	fewer, err := w.run(again, rest)
	must(t, err)
	if fewer == nil {
		return false
	}
	must(t, all.Sum.Sub(fewer.Sum))
	return all.Sum.Equal(w.inputs[1])
}

// Mistake 9: n_min checked by the server only. The charter promises all five; the
// coordinator leaves out worker 5, the analyst does not mind.
func attackFewContributors(t *testing.T, without defences) bool {
	s := five
	s.min = 5
	w := newWorld(t, s, defences{minContributors: true})
	four := session.Parties{1, 2, 3, 4}
	n := cryptotest.New(1, session.Start{})
	server, err := NewServer(w.serverConfig(1, four))
	must(t, err)
	n.Add(session.Coordinator, server, nil)
	w.without = without
	for _, p := range four {
		n.Add(p, w.worker(p, 1), nil)
	}
	o, err := w.run(n, four)
	must(t, err)
	return o != nil && o.Sum.Equal(w.sum(four))
}

// Mistake 10: overflow of the ring. That it cannot happen is the planner's proof; if
// it happens all the same, the check of the sum notices.
func attackOverflow(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	w.inputs[1].Words[0], w.inputs[2].Words[0] = 1<<62, 1<<62
	o, err := w.run(w.network(1, 1, w.everyone()), w.everyone())
	if err != nil && !errors.Is(err, session.ErrCheck) {
		t.Fatal(err)
	}
	return err == nil && int64(o.Sum.Words[0]) < 0
}

// Beside mistake 10: the coordinator adds 1 to an element of the masked sum.
func attackAlteredSum(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	n := w.network(1, 1, w.everyone())
	n.Lies[session.Coordinator] = onKind(kindResult, func(body []byte) []byte {
		return w.alter(body, func(s ring.Vector, tag ring.F127) ring.F127 {
			s.Words[1]++
			return tag
		})
	})
	o, err := w.run(n, w.everyone())
	if err != nil && !errors.Is(err, session.ErrCheck) {
		t.Fatal(err)
	}
	return err == nil && o.Sum.Words[1] == w.sum(w.everyone()).Words[1]+1
}

// Mistake 11: a late input. Worker 1 is slow; the others open r_1, since they think that it
// dropped out; then its masked input arrives. The coordinator and the analyst read
// it, were it not for the self mask, which nobody opens any more.
func attackLateInputRead(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	m := newMallory(t, w, 1, nil)
	all, rest := w.everyone(), session.Parties{2, 3, 4, 5}
	must(t, m.collect(all, all))
	must(t, m.openWith(rest, rest))
	if m.secretOf(1, pairKind) == nil {
		t.Fatal("four shares open r_1")
	}
	if _, err := m.certify(session.Parties{1}, rest); err == nil {
		t.Fatal("worker 1 signs survivors without itself")
	}
	return m.reads(1)
}

// And the late input, added to the sum after U3 was agreed, spoils it for everybody.
func attackLateInputAdded(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	n := w.network(1, 1, w.everyone())
	var late []byte
	n.Lies[1] = func(_ session.Party, body []byte) [][]byte {
		if kindOf(body) == kindInput {
			late = body
			return nil
		}
		return [][]byte{body}
	}
	n.Lies[session.Coordinator] = func(to session.Party, body []byte) [][]byte {
		if kindOf(body) == kindCertificate && to == 2 {
			n.Inject(1, session.Coordinator, late)
		}
		return [][]byte{body}
	}
	n.Orderly = true
	o, err := w.run(n, w.everyone())
	if err != nil && !errors.Is(err, session.ErrCheck) {
		t.Fatal(err)
	}
	if err == nil {
		w.expect(o, err, session.Parties{2, 3, 4, 5})
	}
	return err != nil
}

// Mistake 12: commitments in a group. Whoever computes discrete logarithms (a quantum
// computer: here a table of the scalars that were drawn, which answers for group
// elements) reads r_1 and b_1 off worker 1's advertisement, and with the analyst its
// input. A hash commitment is not in the table.
func attackGroupCommitment(t *testing.T, without defences) bool {
	w := newWorld(t, five, without)
	m := newMallory(t, w, 1, nil)
	table := map[[32]byte][]byte{}
	for _, p := range w.everyone() {
		f := m.workers[p].fresh
		for _, scalar := range [][]byte{clone(f.pair.Bytes()), clone(f.self.Bytes())} {
			table[groupCommitment(scalar)] = scalar
		}
	}
	must(t, m.collect(w.everyone(), w.everyone()))
	pair, self := table[m.ads[1].commitPair], table[m.ads[1].commitSelf]
	if pair == nil || self == nil {
		return false
	}
	x, ok := m.strip(1, w.everyone(), map[session.Party][]byte{1: pair}, self)
	return ok && m.unmaskForAnalyst(x, 1).Equal(w.inputs[1])
}

// groupCommitment is g^r.
func groupCommitment(scalar []byte) [32]byte {
	r, err := edwards25519.NewScalar().SetCanonicalBytes(scalar)
	if err != nil {
		panic(err)
	}
	return [32]byte(new(edwards25519.Point).ScalarBaseMult(r).Bytes())
}
