package secagg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/share"
	"github.com/tacit-space/tacit/crypto/sign"
)

// A question that was stored opens the result.
func TestQuestionSurvives(t *testing.T) {
	w := newWorld(t, five, defences{})
	var err error
	w.question, err = job.ParseQuestion(w.question.Marshal())
	must(t, err)
	o, err := w.run(w.network(1, 1, w.everyone()), w.everyone())
	w.expect(o, err, w.everyone())
}

// A job whose cells are released from a minimum of units on only is not run as a sum.
func TestGuardedManifestIsRefused(t *testing.T) {
	w := newWorld(t, five, defences{})
	m := *w.manifest
	m.Guard = []byte{1}
	w.manifest, w.sub = &m, &job.Submission{Manifest: &m}
	if _, err := NewWorker(w.workerConfig(1, 1)); !errors.Is(err, errGuarded) {
		t.Error(err)
	}
	if _, err := NewServer(w.serverConfig(1, w.everyone())); !errors.Is(err, errGuarded) {
		t.Error(err)
	}
}

// Every single change of a bit of the result is refused: the sum and its tag by the
// check, everything else by signatures.
func TestResultIsAuthentic(t *testing.T) {
	w := newWorld(t, five, defences{})
	n := w.network(1, 1, w.everyone())
	_, err := w.run(n, w.everyone())
	must(t, err)
	body := n.Mailbox(session.Analyst)[0]
	for i := range body {
		if i > 200 && i < len(body)-60 && i%31 != 0 {
			continue
		}
		forged := bytes.Clone(body)
		forged[i] ^= 1 << (i % 8)
		if _, err := Open(w.question, forged, nil); err == nil {
			t.Fatalf("byte %d of %d may be changed", i, len(body))
		}
	}
}

// In 128 bits, p = 2^127−1 added to an element leaves its tag as it is; the result is
// refused because a sum is at most 2^126.
func TestTagBindsWideElements(t *testing.T) {
	s := five
	s.width = 128
	w := newWorld(t, s, defences{})
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))
	n := w.network(1, 1, w.everyone())
	n.Lies[session.Coordinator] = onKind(kindResult, func(body []byte) []byte {
		return w.alter(body, func(sum ring.Vector, tag ring.F127) ring.F127 {
			shift := ring.NewVector(128, 3)
			must(t, shift.SetBig(1, p))
			must(t, sum.Add(shift))
			return tag
		})
	})
	if _, err := w.run(n, w.everyone()); !errors.Is(err, session.ErrCheck) {
		t.Error(err)
	}
}

func TestInputIsChecked(t *testing.T) {
	s := five
	s.width = 128
	w := newWorld(t, s, defences{})
	wide := ring.NewVector(128, 3)
	must(t, wide.SetBig(2, new(big.Int).Lsh(big.NewInt(1), 126)))
	for name, v := range map[string]ring.Vector{
		"short": ring.NewVector(128, 2), "long": ring.NewVector(128, 4), "narrow": ring.NewVector(64, 3),
		"narrow, as many words": ring.NewVector(64, 6), "half": {Width: 128, Words: make([]uint64, 5)}, "beyond 2^126": wide,
	} {
		m := w.worker(1, 1)
		if _, err := m.Step(Input{v}); !errors.Is(err, session.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := m.Step(Input{w.inputs[1].Clone()}); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
		if _, err := m.Step(Input{w.inputs[1].Clone()}); !errors.Is(err, session.ErrEvent) {
			t.Errorf("second input: %v", err)
		}
	}
}

// State of another job, attempt or worker, and damaged state, are refused.
func TestRestoreRefuses(t *testing.T) {
	w := newWorld(t, five, defences{})
	states := corpus()
	for _, state := range states[kindWorkerState] {
		if _, err := RestoreWorker(w.workerConfig(1, 1), state); err != nil {
			t.Fatal(err)
		}
		for name, cfg := range map[string]WorkerConfig{
			"attempt": w.workerConfig(1, 2), "worker": w.workerConfig(2, 1),
			"job": newWorld(t, shape{n: 5, corruptions: 1, threshold: 4, min: 5, length: 3, width: 64}, defences{}).workerConfig(1, 1),
		} {
			if _, err := RestoreWorker(cfg, state); !errors.Is(err, session.ErrState) {
				t.Errorf("other %s: %v", name, err)
			}
		}
		if _, err := RestoreWorker(w.workerConfig(1, 1), state[:len(state)-1]); !errors.Is(err, session.ErrState) {
			t.Errorf("cut: %v", err)
		}
	}
	for _, state := range states[kindServerState] {
		if _, err := RestoreServer(w.serverConfig(1, w.everyone()), state); err != nil {
			t.Fatal(err)
		}
		if _, err := RestoreServer(w.serverConfig(2, w.everyone()), state); !errors.Is(err, session.ErrState) {
			t.Errorf("other attempt: %v", err)
		}
	}
}

// What a worker persists opens nothing beyond U3: of every worker one share, and no
// input.
func TestStateHoldsOneKindOfShare(t *testing.T) {
	w := newWorld(t, five, defences{})
	m := newMallory(t, w, 1, nil)
	all := w.everyone()
	must(t, m.collect(all, all))
	kept := m.workers[2].held.shares
	dealt := maps.Clone(kept)
	_, err := m.certify(session.Parties{2}, session.Parties{1, 2, 3, 4})
	must(t, err)
	if m.workers[2].held != nil || len(kept) != 0 || len(dealt) != 5 {
		t.Errorf("the worker keeps both kinds: %d of %d", len(kept), len(dealt))
	}
	state := m.workers[2].state()
	for v, s := range dealt {
		pair, self := bytes.Contains(state, s.pair[:]), bytes.Contains(state, s.self[:])
		if pair == self || pair != (v == 5) {
			t.Errorf("shares of worker %d: of r %v, of b %v", v, pair, self)
		}
	}
}

// A machine of another attempt, with the same randomness even, shares no key with
// the first.
func TestAttemptsAreApart(t *testing.T) {
	w := newWorld(t, five, defences{})
	one := w.worker(1, 1)
	cfg := w.workerConfig(1, 2)
	cfg.Rand = cryptotest.Rand("worker %d attempt %d", 1, 1)
	two, err := NewWorker(cfg)
	must(t, err)
	if one.fresh.analyst.Key == two.fresh.analyst.Key || one.fresh.ad.maskKey == two.fresh.ad.maskKey ||
		one.fresh.ad.commitPair == two.fresh.ad.commitPair || one.fresh.ad.sig == two.fresh.ad.sig {
		t.Error("the attempt is not bound")
	}
}

// Randomness of known length: 192 bytes at the start.
func TestRandomnessRead(t *testing.T) {
	w := newWorld(t, five, defences{})
	for length, ok := range map[int]bool{191: false, 192: true} {
		cfg := w.workerConfig(1, 1)
		cfg.Rand = bytes.NewReader(make([]byte, length))
		if _, err := NewWorker(cfg); (err == nil) != ok {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

func TestOrderOfRounds(t *testing.T) {
	w := newWorld(t, five, defences{})
	m := w.worker(1, 1)
	for _, k := range []kind{kindPackets, kindSurvivors, kindCertificate} {
		if _, err := m.Step(session.Message{Body: corpus()[k][0]}); !errors.Is(err, session.ErrEarly) {
			t.Errorf("kind %#x: %v", uint8(k), err)
		}
	}
	if _, err := m.Step(session.Message{From: 2, Body: corpus()[kindRoster][0]}); !errors.Is(err, session.ErrUnknownSender) {
		t.Error(err)
	}
	server, err := NewServer(w.serverConfig(1, w.everyone()))
	must(t, err)
	if _, err := server.Step(session.Gone{Party: 1}); !errors.Is(err, session.ErrEvent) {
		t.Errorf("before Start: %v", err)
	}
	_, err = server.Step(session.Start{})
	must(t, err)
	if _, err := server.Step(session.Start{}); !errors.Is(err, session.ErrEvent) {
		t.Errorf("second Start: %v", err)
	}
	if _, err := server.Step(session.Message{From: 1, Body: corpus()[kindInput][0]}); !errors.Is(err, session.ErrEarly) {
		t.Error(err)
	}
	if _, err := m.Step(session.Gone{}); err != nil {
		t.Error(err)
	}
	if _, err := m.Step(session.Start{}); !errors.Is(err, session.ErrEnded) {
		t.Error(err)
	}
}

// Worker 2 was restarted in the midst of R0 and advertised twice; the coordinator shows
// its first advertisement to worker 1 and its second to worker 2. Worker 1's box does not
// open for worker 2, and that is nobody's fault but the coordinator's.
func TestBlameNeedsOneView(t *testing.T) {
	w := newWorld(t, five, defences{})
	m := newMallory(t, w, 1, nil)
	all := w.everyone()
	for _, p := range all {
		must(t, m.step(p, session.Start{}))
	}
	first := m.ads[2]
	cfg := w.workerConfig(2, 1)
	cfg.Rand = cryptotest.Rand("another")
	var err error
	m.workers[2], err = NewWorker(cfg)
	must(t, err)
	must(t, m.step(2, session.Start{}))
	for _, p := range all {
		ads := maps.Clone(m.ads)
		if p == 1 {
			ads[2] = first
		}
		must(t, m.say(p, &roster{u1: all, ads: ads}))
	}
	err = m.say(2, m.packetsFor(2, all))
	var b *session.BlameError
	if !errors.As(err, &b) || b.Party != session.Coordinator {
		t.Error(err)
	}
}

func TestServerNeedsEnough(t *testing.T) {
	w := newWorld(t, five, defences{})
	for _, p := range []session.Parties{{1, 2, 3}, {1, 2, 3, 3}, {1, 2, 3, 6}, {0, 1, 2, 3}} {
		if _, err := NewServer(w.serverConfig(1, p)); err == nil {
			t.Errorf("participants %v are accepted", p)
		}
	}
	if _, err := NewServer(w.serverConfig(1, session.Parties{5, 3, 1, 2})); err != nil {
		t.Errorf("order matters: %v", err)
	}
}

// Sizes of messages in bytes, as the package comment states them.
func TestSizes(t *testing.T) {
	const n, u3 = 5, 4
	want := map[kind]int{
		kindAdvertisement: 2561,
		kindRoster:        5 + n*(2+2560),
		kindInput:         1265 + 3*8,
		kindSurvivors:     5 + 2*u3,
		kindAgreement:     65,
		kindCertificate:   5 + 4*(2+64),
		kindOpening:       69 + n*(2+32),
		kindResult:        1 + 4 + 64 + 4 + 2*u3 + 4 + 4*66 + u3*1216 + 16 + 3*8,
	}
	for k, size := range want {
		for _, body := range corpus()[k] {
			if len(body) != size {
				t.Errorf("kind %#x: %d bytes, wanted %d", uint8(k), len(body), size)
			}
		}
	}
	lower, upper := packetSize(1, 2), packetSize(2, 1)
	if lower != 2480 || upper != 1328 || packetSize(1, 1) != 128 {
		t.Errorf("packets of %d, %d and %d bytes", lower, upper, packetSize(1, 1))
	}
	if signatureSize != sign.SignatureSize {
		t.Error("size of a signature")
	}
}

func packetSize(u, v session.Party) int {
	return ciphertextSize(u, v) + 2*32 + boxSize(u, v) + signatureSize
}

// No way of printing a machine or a question shows a secret.
func TestNothingPrintsSecrets(t *testing.T) {
	w := newWorld(t, five, defences{})
	m := newMallory(t, w, 1, session.Parties{1, 2, 3, 4, 5})
	must(t, m.collect(w.everyone(), session.Parties{1, 2, 3, 4}))
	fifth := m.workers[5]        // still in R1, with everything fresh
	kept := w.question.Marshal() // ends with the seeds of the key and of alpha
	secrets := [][]byte{kept[len(kept)-64 : len(kept)-32], kept[len(kept)-32:]}
	for _, s := range m.secrets {
		secrets = append(secrets, s.pair, s.self, s.analyst[:])
	}
	for _, s := range m.workers[1].held.shares {
		secrets = append(secrets, s.pair[:], s.self[:])
	}
	holder := struct{ a, b, c any }{fifth, w.question, m.workers[1]}
	type inner struct {
		w     *Worker
		q     *job.Question
		alpha job.Alpha
		cfg   WorkerConfig
	}
	nested := inner{fifth, w.question, w.alpha, w.workerConfig(1, 1)}
	for _, v := range []any{fifth, m.workers[1], w.question, w.alpha, holder, nested, &nested} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			for _, s := range secrets {
				if shows(text, s) {
					t.Errorf("%s of %v prints a secret", verb, reflect.TypeOf(v))
				}
			}
		}
	}
}

// shows looks for a secret in the forms in which fmt prints bytes.
func shows(text string, secret []byte) bool {
	part := secret[4:12]
	decimal := strings.Trim(fmt.Sprint(part), "[]")
	return strings.Contains(text, string(part)) || strings.Contains(text, hex.EncodeToString(part)) ||
		strings.Contains(text, decimal) || strings.Contains(text, strings.Trim(fmt.Sprintf("%#v", part), "[]byte{}"))
}

// A worker without randomness, a manifest or an identity does not start.
func TestWorkerNeeds(t *testing.T) {
	w := newWorld(t, five, defences{})
	for name, take := range map[string]func(*WorkerConfig){
		"randomness":    func(c *WorkerConfig) { c.Rand = nil },
		"manifest":      func(c *WorkerConfig) { c.Manifest = nil },
		"identity":      func(c *WorkerConfig) { c.Identity = nil },
		"own position":  func(c *WorkerConfig) { c.Self = 2 },
		"alpha":         func(c *WorkerConfig) { c.Alpha = job.Alpha{} },
		"a worker's":    func(c *WorkerConfig) { c.Self = session.Analyst },
		"valid numbers": func(c *WorkerConfig) { m := *c.Manifest; m.Threshold = 2; c.Manifest = &m },
	} {
		cfg := w.workerConfig(1, 1)
		take(&cfg)
		if _, err := NewWorker(cfg); err == nil {
			t.Errorf("starts without %s", name)
		}
	}
}

// A share in a box that is not the one that its dealer committed to is the dealer's fault, of either secret: it is
// found when the box is opened, and not at the end, when its holder would seem to lie.
func TestSharesAreThoseCommittedTo(t *testing.T) {
	w := newWorld(t, five, defences{})
	r := &roster{u1: w.everyone(), ads: map[session.Party]*advertisement{}}
	workers := map[session.Party]*Worker{}
	for _, p := range w.everyone() {
		workers[p] = w.worker(p, 1)
		r.ads[p] = workers[p].fresh.ad
	}
	for _, m := range workers {
		_, err := m.takeRoster(marshal(r))
		must(t, err)
	}
	dealer, holder := workers[1], workers[2]
	scalar := func(seed string) share.Scalar {
		s, err := share.RandomScalar(cryptotest.Rand("%s", seed))
		must(t, err)
		return s
	}
	right := heldShares{pair: scalar("pair"), self: scalar("self")}
	for name, wrong := range map[string]heldShares{
		"none": right, "pair": {pair: scalar("other"), self: right.self}, "self": {pair: right.pair, self: scalar("other")},
	} {
		p, err := dealer.seal(dealer.dealt, 2, wrong)
		must(t, err)
		p.commitPair = dealer.commitShare(pairKind, right.pair[:], 1, 2)
		p.commitSelf = dealer.commitShare(selfKind, right.self[:], 1, 2)
		_, _, err = holder.openPacket(p, 1)
		var blamed *session.BlameError
		if name == "none" && err != nil || name != "none" && (!errors.As(err, &blamed) || blamed.Party != 1) {
			t.Errorf("wrong share of %s: %v", name, err)
		}
	}
}
