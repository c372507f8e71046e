package guard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/session"
)

// TestRelease: what stands behind k units or more is released exactly, nothing else.
func TestRelease(t *testing.T) {
	shapes := map[string]*Shape{
		"packed, smallest": small(),
		"columns":          {Set: "F7", Verify: VerifyAll, Groups: []Group{{K: 5, Runs: []Run{{Guards: 8192, Limbs: 1}}}}},
		"several groups": {Set: "G15", Verify: VerifySome, Groups: []Group{
			{K: 10, Packed: true, Runs: []Run{{Guards: 100, Limbs: 3}, {Guards: 7, Limbs: 0}, {Guards: 2, Limbs: 50, Open: true}}},
			{K: 3, Packed: true, Runs: []Run{{Guards: 1, Limbs: 16382}}},
		}},
		"nobody evaluates again": {Set: "F7", Verify: VerifyNone, Groups: []Group{{K: 3, Packed: true, Runs: []Run{{Guards: 50, Limbs: 1}}}}},
	}
	for name, s := range shapes {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s, 4, 7)
			everyone := session.Everyone(4)
			net := w.network(1, 1, everyone)
			w.begin(net)
			net.Run()
			o, err := w.opened(net)
			must(t, err)
			w.check(o, everyone)
			for _, p := range everyone {
				if out := net.Outcome(p); !out.Done || len(out.Refusals) > 0 {
					t.Errorf("worker %d: %+v", p, out)
				}
			}
			who, err := VerifyReceipt(w.manifest, o.Receipt)
			must(t, err)
			if fmt.Sprint(who) != fmt.Sprint(everyone) {
				t.Errorf("receipt says %v", who)
			}
		})
	}
}

// One residue changed anywhere is noticed by everybody, and nothing is opened: in the sum of
// an input, in that of a key share, in an output that a worker does not compute itself.
func TestOneResidue(t *testing.T) {
	t.Run("input", func(t *testing.T) {
		m := newMallory(t, attackWorld(t, VerifyAll, defences{}), 1)
		m.share(twist{sums: func(x *collector) { bump(x.sum[1], 2, 4711) }})
		m.allNotice(session.ErrCheck)
	})
	t.Run("key", func(t *testing.T) {
		m := newMallory(t, attackWorldOf(t, small(), 3, defences{}), 1)
		m.makeKeys(twist{sums: func(x *collector) { bump(x.sum[14], 5, 8191) }}, nil)
		m.allNotice(session.ErrCheck)
	})
	t.Run("output", func(t *testing.T) {
		m := newMallory(t, attackWorld(t, VerifySome, defences{}), 1)
		m.share(twist{more: func(u session.Party) []byte {
			if m.release.evaluators().Has(u) {
				return nil
			}
			out := m.honestOutputs(m.inputs.sum)[0]
			bump(out.Poly(1), 0, 0)
			return m.release.encodeOutputs([]*he.Ciphertext{out})
		}})
		m.allNotice(session.ErrCheck)
	})
}

// bump adds one to a residue, which is not the largest.
func bump(p he.Poly, limb, i int) { p[limb][i]++ }

func (m *mallory) allNotice(want error) {
	m.t.Helper()
	for _, p := range m.w.everyone() {
		if !errors.Is(m.errs[p], want) {
			m.t.Errorf("worker %d: %v", p, m.errs[p])
		}
		blames(m.t, m.errs[p], nobody)
	}
	m.nothingOpened()
}

// A worker whose claim alone is wrong is blamed by its auditor, and by nobody else is
// anybody blamed; the coordinator ends the attempt too.
func TestWrongClaim(t *testing.T) {
	w := attackWorld(t, VerifyAll, defences{})
	net := w.network(1, 1, w.everyone())
	net.Lies[3] = func(_ session.Party, body []byte) [][]byte {
		if kindOf(body) == inputExchange+offClaim {
			x := net.Machine(3).(*Worker).shares
			c := *x.beliefs.own
			c.fingerprint = slices.Clone(c.fingerprint)
			c.fingerprint[0] ^= 1
			c.sig = sign(w.ids[3], x.label("sign claim"), x.claimed(x.beliefs.challenge, 3, &c))
			x.beliefs.own = &c // it stands by its lie
			body = x.beliefs.message(inputExchange)
		}
		return [][]byte{body}
	}
	w.begin(net)
	net.Run()
	for p, wanted := range map[session.Party][]session.Party{0: nil, 1: nil, 2: {3}, 3: nil} {
		out := net.Outcome(p)
		if out.Abort == nil || !slices.Equal(out.Abort.Blame, wanted) {
			t.Errorf("%d: %+v, wanted blame of %v", p, out.Abort, wanted)
		}
	}
	if err := net.Outcome(session.Coordinator).Abort.Err; !errors.Is(err, session.ErrCheck) {
		t.Errorf("the coordinator does not see that the claims do not add up: %v", err)
	}
	if len(net.Ledger) > 0 || len(net.Mailbox(session.Analyst)) > 0 {
		t.Error("something is released")
	}
}

// The coordinator and worker 4 hide from the analyst that worker 4 took part: they take its
// mask off the sum, and its name off the list. The others have signed for whom they opened.
func TestNobodyIsStruckOut(t *testing.T) {
	w := attackWorldOf(t, small(), 4, defences{}).prepare()
	net := w.network(1, 1, w.everyone())
	w.begin(net)
	for net.Machine(4).(*Worker).analyst == nil {
		net.Step()
	}
	masks := []mask.Mask{{Key: net.Machine(4).(*Worker).analyst.key, Sub: true}}
	net.Run()
	c, err := shapeOf(w.manifest)
	must(t, err)
	res, err := decodeResult(w.manifest, c, net.Mailbox(session.Analyst)[0])
	must(t, err)
	mask.Add(res.sum, masks, nil)
	res.tag = mask.AddTags(res.tag, masks)
	res.receipt.parties = session.Everyone(3)
	_, err = Open(w.question, res.encode(), nil)
	blames(t, err, session.Coordinator)
	if o, err := (&opener{question: w.question, without: defences{resultCheck: true}}).open(res.encode()); err != nil || len(o.Participants) != 3 {
		t.Errorf("it would not work without signatures: %v", err)
	}
}

// The analyst computes P(g) again, and looks at what should be zero.
func TestReadingIsStrict(t *testing.T) {
	shapes := map[string]*Shape{
		"packed":  small(),
		"columns": {Set: "F7", Verify: VerifyAll, Groups: []Group{{K: 2, Runs: []Run{{Guards: 6, Limbs: 2}}}}},
	}
	for name, s := range shapes {
		c, err := s.check(3)
		must(t, err)
		at := func(out [][]uint64, column, cell int) *uint64 {
			if len(out) == 1 {
				return &out[0][6*column+cell]
			}
			return &out[column][cell]
		}
		// Cell 0 has g = 3, P = 6, and values 10 and −10; cell 1 has g = 1.
		lists := func() [][]uint64 {
			out := make([][]uint64, c.Outputs())
			for i := range out {
				out[i] = make([]uint64, c.params.Slots())
			}
			for i, x := range []uint64{6, 18, 60, c.params.T() - 60} {
				*at(out, i, 0) = x
			}
			return out
		}
		groups, err := c.read(lists(), true)
		must(t, err)
		if run := groups[0][0]; !run.Released[0] || run.Guards[0] != 3 || run.Limbs[0][0] != 10 || run.Limbs[1][0] != -10 || run.Released[1] {
			t.Errorf("%s: %+v", name, run)
		}
		for what, change := range map[string]func(out [][]uint64){
			"P":                   func(out [][]uint64) { *at(out, 0, 0)++ },
			"gP":                  func(out [][]uint64) { *at(out, 1, 0)++ },
			"P of a small cell":   func(out [][]uint64) { *at(out, 0, 1)++ },
			"gP of a small cell":  func(out [][]uint64) { *at(out, 1, 1)++ },
			"a small cell's limb": func(out [][]uint64) { *at(out, 3, 1)++ },
			"a slot behind":       func(out [][]uint64) { out[0][8000]++ },
		} {
			out := lists()
			change(out)
			if _, err := c.read(out, true); !errors.Is(err, session.ErrCheck) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}

// A worker that claims other outputs than the evaluation's is blamed by those who evaluate.
func TestWrongOutputs(t *testing.T) {
	m := newMallory(t, attackWorld(t, VerifyAll, defences{}), 1, 3)
	m.share(twist{claims: func(_ session.Party, x *collector) []byte {
		c := *x.claims[3]
		c.tail = slices.Repeat([]byte{1}, 32)
		c.sig = sign(m.w.ids[3], x.label("sign claim"), x.claimed(x.challenge, 3, &c))
		x.claims[3] = &c
		body, _ := x.closeClaims()
		return body
	}})
	blames(t, m.errs[1], 3)
	blames(t, m.errs[2], 3)
}

// The common polynomials follow from nonces that were committed to: a coordinator that
// changes or exchanges them, or leaves one out, is refused.
func TestNoncesAreCommitted(t *testing.T) {
	for name, change := range map[string]func(nonces []byte) []byte{
		"changed":   func(n []byte) []byte { n[40] ^= 1; return n },
		"exchanged": func(n []byte) []byte { copy(n[32:], bytes.Clone(n[:32])); return n },
		"left out":  func(n []byte) []byte { return n[32:] },
		"zeros":     func(n []byte) []byte { clear(n[64:]); return n },
	} {
		m := newMallory(t, attackWorldOf(t, small(), 3, defences{}), 1)
		m.makeKeys(twist{}, func(_ *keyServer, bodies map[session.Party][]byte) {
			for p, body := range bodies {
				nonces := change(bytes.Clone(body[1 : 1+3*nonceSize]))
				bodies[p] = append(append([]byte{body[0]}, nonces...), body[1+3*nonceSize:]...)
			}
		})
		for _, p := range m.w.everyone() {
			t.Run(fmt.Sprintf("%s/%d", name, p), func(t *testing.T) { blames(t, m.errs[p], session.Coordinator) })
		}
	}
}

// A key set is for one attempt, of its worker, its parameter set and its members.
func TestKeySetIsForItsJob(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	keys := w.prepared.keys(t, 2)
	cfg := w.workerConfig(2, 1)
	cfg.Keys = keys
	_, err := NewWorker(cfg)
	must(t, err)
	cfg.Attempt = 2
	if _, err := NewWorker(cfg); err == nil {
		t.Error("used twice")
	}
	if panics(func() { keys.Marshal() }) == nil {
		t.Error("a used key set is stored")
	}
	wiped := w.prepared.keys(t, 2)
	wiped.Wipe()
	cfg.Keys = wiped
	if _, err := NewWorker(cfg); err == nil {
		t.Error("a wiped key set is used: its masks and keys are zeros")
	}
	cfg.Keys = w.prepared.keys(t, 1)
	if _, err := NewWorker(cfg); err == nil {
		t.Error("of another worker")
	}
	for name, other := range map[string]*world{
		"set": newWorld(t, &Shape{Set: "G7", Verify: VerifyAll, Groups: small().Groups}, 3, 1), "number of workers": newWorldOf(t, small(), 4, 4, 1),
		"roster": newWorld(t, small(), 3, 1).withRoster(2, 1, 3),
	} {
		cfg := other.workerConfig(3, 1)
		cfg.Keys = w.prepared.keys(t, 3)
		if _, err := NewWorker(cfg); err == nil {
			t.Errorf("for another %s", name)
		}
		server := other.serverConfig(1, other.everyone())
		server.Keys = w.prepared.publicKeys(t)
		if _, err := NewServer(server); err == nil {
			t.Errorf("server: for another %s", name)
		}
	}
	public := w.serverConfig(1, w.everyone())
	_, err = NewServer(public)
	must(t, err)
	if _, err := NewServer(public); err == nil {
		t.Error("server: used twice")
	}
}

func panics(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// withRoster returns a world whose question has its workers in another order.
func (w *world) withRoster(order ...int) *world {
	w.tb.Helper()
	m := w.shape.manifest(len(order), 1, w.manifest.MinContributors)
	old, ids := slices.Clone(m.Roster), map[session.Party]*identity.Identity{}
	for i, from := range order {
		m.Roster[i] = old[from-1]
		ids[session.Party(i+1)] = w.ids[session.Party(from)]
	}
	q, err := job.NewQuestion(m, testIdentity("analyst"), cryptotest.Rand("question"))
	must(w.tb, err)
	other := *w
	other.question, other.manifest, other.alpha, other.ids = q, q.Manifest(), q.Alpha(), ids
	other.sub, err = job.ParseSubmission(q.Submission())
	must(w.tb, err)
	return &other
}

// A worker that was shown another shape is in another job: its words do not fit.
func TestShapeIsBound(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	altered := small()
	altered.Groups[0].K = 3
	other := newWorld(t, altered, 3, 1).prepare()
	net := w.network(1, 1, w.everyone())
	cfg := other.workerConfig(2, 1)
	cfg.Alpha = other.alpha
	m, err := NewWorker(cfg)
	must(t, err)
	net.Add(2, m, nil)
	w.begin(net)
	net.Run()
	var b *session.BlameError
	if r := net.Outcome(session.Coordinator).Refusals; len(r) == 0 || !errors.As(r[0], &b) {
		t.Errorf("the coordinator takes a commitment of another job: %v", r)
	}
}

// What the coordinator sees and stores has no number of a cell in it, and what it could open gives
// nothing: the mask towards the analyst is on it. What the analyst opens is zero where fewer than
// k units stand.
func TestWhoSeesWhat(t *testing.T) {
	w := attackWorld(t, VerifyAll, defences{})
	for p := range w.inputs { // numbers that are nowhere else
		run := w.inputs[p].Groups[0][0]
		for c := range run.Limbs[0] {
			run.Limbs[0][c] = int64(0x1a2b3c + 1000*int(p) + c)
		}
	}
	var seen bytes.Buffer
	net := w.network(1, 1, w.everyone())
	for _, p := range net.Parties() {
		net.Lies[p] = func(_ session.Party, body []byte) [][]byte {
			seen.Write(body)
			return [][]byte{body}
		}
	}
	net.Trace = func(string, ...any) {
		if s := net.Machine(session.Coordinator).(*Server); s.settled != nil {
			seen.Write(s.persist().(session.Persist).State)
		}
	}
	w.begin(net)
	net.Run()
	guards, limbs := w.totals(0, 0)
	for c := range guards {
		for _, x := range []uint64{uint64(limbs[0][c]), uint64(w.inputs[1].Groups[0][0].Limbs[0][c])} {
			if bytes.Contains(seen.Bytes(), binary.LittleEndian.AppendUint64(nil, x)[:6]) {
				t.Errorf("a number of cell %d is in a message", c)
			}
		}
	}
	c, err := shapeOf(w.manifest)
	must(t, err)
	body := net.Mailbox(session.Analyst)[0]
	masked, err := decodeResult(w.manifest, c, body)
	must(t, err)
	below := 0
	slots := masked.slots(nil)[0]
	for _, x := range slots {
		if x < c.params.T()/2 {
			below++
		}
	}
	if n := len(slots); below < n/2-410 || below > n/2+410 { // 9 standard deviations
		t.Errorf("%d of %d slots that the coordinator could open are below t/2", below, n)
	}
	res, err := decodeResult(w.manifest, c, body)
	must(t, err)
	must(t, res.unmask(w.question, nil))
	slots = res.slots(nil)[0]
	for i, g := range guards {
		for column := range 4 {
			if x := slots[6*column+i]; g < 2 && x != 0 {
				t.Errorf("slot %d of suppressed cell %d is %d", column, i, x)
			}
		}
	}
	if rest := slots[6*4+3:]; slices.ContainsFunc(rest, func(x uint64) bool { return x != 0 }) {
		t.Error("slots that nobody fills are not zero")
	}
}

// Every single change of a bit of the result is refused, except for what decoding refuses.
func TestResultIsAuthentic(t *testing.T) {
	w := attackWorld(t, VerifyAll, defences{})
	net := w.network(1, 1, w.everyone())
	w.begin(net)
	net.Run()
	body := net.Mailbox(session.Analyst)[0]
	must(t, w.compareWith(body, defences{}))
	for i := 0; i < len(body); i += 1 + len(body)/60 {
		forged := bytes.Clone(body)
		forged[i] ^= 1 << (i % 8)
		if _, err := Open(w.question, forged, nil); err == nil {
			t.Errorf("byte %d of %d may be changed", i, len(body))
		}
	}
}

// The evidence says who took part; a receipt that leaves somebody out or is of another
// job is refused.
func TestReceipt(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	receipt := corpus()[kindReceipt][0]
	who, err := VerifyReceipt(fuzzed().manifest, receipt)
	if err != nil || len(who) != 3 {
		t.Errorf("%v, %v", who, err)
	}
	for i := 0; i < len(receipt); i += 97 {
		forged := bytes.Clone(receipt)
		forged[i] ^= 1
		if _, err := VerifyReceipt(w.manifest, forged); err == nil {
			t.Errorf("byte %d may be changed", i)
		}
	}
	if _, err := VerifyReceipt(newWorldOf(t, small(), 4, 3, 1).manifest, receipt); err == nil {
		t.Error("of another job")
	}
}

// State of another job, attempt or worker, and damaged state, are refused.
func TestRestoreRefuses(t *testing.T) {
	w, other := fuzzed(), newWorldOf(t, small(), 4, 3, 1)
	for _, state := range corpus()[kindWorkerState] {
		for name, cfg := range map[string]WorkerConfig{
			"attempt": w.workerConfig(1, 2), "worker": w.workerConfig(2, 1), "job": other.workerConfig(1, 1),
		} {
			if _, err := RestoreWorker(cfg, state); !errors.Is(err, session.ErrState) {
				t.Errorf("worker, other %s: %v", name, err)
			}
		}
		if _, err := RestoreWorker(w.workerConfig(1, 1), state[:len(state)-1]); !errors.Is(err, session.ErrState) {
			t.Errorf("worker, cut: %v", err)
		}
	}
	for _, state := range corpus()[kindServerState] {
		for name, cfg := range map[string]ServerConfig{
			"attempt": w.serverConfig(2, w.everyone()), "job": other.serverConfig(1, other.everyone()),
		} {
			if _, err := RestoreServer(cfg, state); !errors.Is(err, session.ErrState) {
				t.Errorf("server, other %s: %v", name, err)
			}
		}
		if _, err := RestoreServer(w.serverConfig(1, w.everyone()), state[:len(state)-1]); !errors.Is(err, session.ErrState) {
			t.Errorf("server, cut: %v", err)
		}
	}
	stored := newWorld(t, small(), 3, 1).prepare().prepared
	for _, b := range [][]byte{nil, {0}, stored.public[:40], stored.public[:len(stored.public)-1], stored.workers[1]} {
		if _, err := ParsePublicKeys(b); !errors.Is(err, session.ErrState) || strings.Contains(err.Error(), "%!") {
			t.Errorf("public keys of %d bytes: %v", len(b), err)
		}
	}
	stranger := bytes.Clone(stored.workers[1])
	at := 1 + 32 + 4 + 2 + 4 + 2*3 + 32 + 32
	stranger[at] = 9 // its own position
	for _, b := range [][]byte{nil, {0}, stranger, stored.workers[1][:100], stored.public} {
		if _, err := ParseKeySet(b); !errors.Is(err, session.ErrState) || strings.Contains(err.Error(), "%!") {
			t.Errorf("key set of %d bytes: %v", len(b), err)
		}
	}
}

func TestServerNeedsEnough(t *testing.T) {
	w := newWorldOf(t, small(), 4, 3, 1)
	for _, p := range []session.Parties{{1, 2}, {1, 2, 2}, {1, 2, 5}, {0, 1, 2}, nil} {
		if _, err := NewServer(w.serverConfig(1, p)); err == nil {
			t.Errorf("participants %v are accepted", p)
		}
		cfg := w.prepareConfig(0)
		cfg.Participants = p
		if _, err := NewPrepareServer(cfg); err == nil {
			t.Errorf("participants %v are accepted for a key set", p)
		}
	}
	if _, err := NewServer(w.serverConfig(1, session.Parties{4, 1, 2})); err != nil {
		t.Errorf("order matters: %v", err)
	}
	few := w.prepareConfig(1)
	few.Least = 2
	if _, err := NewPreparer(few); err == nil {
		t.Error("a key set of two")
	}
	stranger := w.prepareConfig(1)
	stranger.Identity = testIdentity("analyst")
	if _, err := NewPreparer(stranger); err == nil {
		t.Error("another identity than the roster's")
	}
}

func TestInputIsChecked(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	change := func(f func(run *RunInput)) Input {
		in := Input{Groups: [][]RunInput{{{}, {}}}}
		for j, r := range w.inputs[1].Groups[0] {
			in.Groups[0][j].Guards = slices.Clone(r.Guards)
			for _, l := range r.Limbs {
				in.Groups[0][j].Limbs = append(in.Groups[0][j].Limbs, slices.Clone(l))
			}
		}
		f(&in.Groups[0][0])
		return in
	}
	const t23 = 0x7e4001
	for name, in := range map[string]Input{
		"no group":      {},
		"no run":        {Groups: [][]RunInput{{}}},
		"few guards":    change(func(r *RunInput) { r.Guards = r.Guards[1:] }),
		"few limbs":     change(func(r *RunInput) { r.Limbs = r.Limbs[1:] }),
		"a short limb":  change(func(r *RunInput) { r.Limbs[1] = r.Limbs[1][1:] }),
		"a large guard": change(func(r *RunInput) { r.Guards[3] = t23 }),
		"a large value": change(func(r *RunInput) { r.Limbs[0][3] = t23/2 + 1 }),
		"a small value": change(func(r *RunInput) { r.Limbs[0][3] = -t23/2 - 1 }),
		"guards of an open run": {Groups: [][]RunInput{{
			w.inputs[1].Groups[0][0], {Guards: make([]uint64, 3), Limbs: w.inputs[1].Groups[0][1].Limbs},
		}}},
	} {
		m := w.worker(1, 1)
		if _, err := m.Step(in); !errors.Is(err, session.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := m.Step(w.inputs[1]); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
		if _, err := m.Step(w.inputs[1]); !errors.Is(err, session.ErrEvent) {
			t.Errorf("second input: %v", err)
		}
	}
}

// Without randomness nothing is said, and the worker is as it was.
func TestRandomnessFails(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	cfg := w.workerConfig(1, 1)
	empty := bytes.NewReader(nil)
	cfg.Rand = empty
	m, err := NewWorker(cfg)
	must(t, err)
	if effects, err := m.Step(w.inputs[1]); err == nil || len(effects) > 0 {
		t.Fatalf("%v %v", effects, err)
	}
	empty.Reset(make([]byte, 4096))
	if effects, err := m.Step(w.inputs[1]); err != nil || len(effects) != 1 {
		t.Errorf("%v %v", effects, err)
	}
}

func TestOrderOfEvents(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	server, err := NewServer(w.serverConfig(1, w.everyone()))
	must(t, err)
	for _, ev := range []session.Event{session.Gone{Party: 1}, session.Deadline{Phase: PhaseInput}, session.Message{From: 1, Body: []byte{0x50}}} {
		if _, err := server.Step(ev); !errors.Is(err, session.ErrEvent) {
			t.Errorf("%T before Start: %v", ev, err)
		}
	}
	_, err = server.Step(session.Start{})
	must(t, err)
	if _, err := server.Step(session.Start{}); !errors.Is(err, session.ErrEvent) {
		t.Errorf("second Start: %v", err)
	}
	if effects, err := server.Step(session.Deadline{Phase: PhaseReady}); err != nil || len(effects) > 0 {
		t.Errorf("a clock of another phase: %v %v", effects, err)
	}
	if _, err := server.Step(w.inputs[1]); !errors.Is(err, session.ErrEvent) {
		t.Error(err)
	}
	if effects, err := server.Step(session.Deadline{Phase: PhaseInput}); err != nil || len(effects) != 1 {
		t.Errorf("%v %v", effects, err)
	}
	if _, err := server.Step(session.Message{From: 1}); !errors.Is(err, session.ErrEnded) {
		t.Error(err)
	}
	m := w.worker(1, 1)
	if _, err := m.Step(session.Gone{Party: 2}); err != nil {
		t.Error(err)
	}
	if effects, err := m.Step(session.Deadline{}); err != nil || len(effects) != 1 {
		t.Errorf("%v %v", effects, err)
	}
	if _, err := m.Step(session.Start{}); !errors.Is(err, session.ErrEnded) {
		t.Error(err)
	}
}

// The coordinator of a preparation minds its own clock and workers only.
func TestOrderOfPreparation(t *testing.T) {
	w := newWorldOf(t, small(), 4, 3, 1)
	cfg := w.prepareConfig(0)
	cfg.Participants = session.Everyone(3)
	server, err := NewPrepareServer(cfg)
	must(t, err)
	_, err = server.Step(session.Start{})
	must(t, err)
	for _, ev := range []session.Event{session.Deadline{Phase: PhaseReveal}, session.Gone{Party: 4}} {
		if effects, err := server.Step(ev); err != nil || len(effects) > 0 {
			t.Errorf("%+v: %v %v", ev, effects, err)
		}
	}
	ready := begin(kindReady)
	ready.Fixed(make([]byte, 32))
	for from, want := range map[session.Party]error{4: session.ErrUnknownSender, 3: session.ErrEarly} {
		if _, err := server.Step(session.Message{From: from, Body: ready.Data()}); !errors.Is(err, want) {
			t.Errorf("ready from %d: %v", from, err)
		}
	}
	effects, err := server.Step(session.Gone{Party: 3})
	must(t, err)
	if abort, ok := effects[0].(session.Abort); !ok || !errors.Is(abort.Err, session.ErrTooFew) {
		t.Errorf("%+v", effects)
	}
	if _, err := server.Step(session.Start{}); !errors.Is(err, session.ErrEnded) {
		t.Error(err)
	}
}

// Sizes of messages in bytes, as the package comment states them.
func TestSizes(t *testing.T) {
	const n = 3
	w := newWorld(t, small(), n, 1)
	c, err := shapeOf(w.manifest)
	must(t, err)
	slots, inputs, outputs := c.params.Slots(), c.Inputs(), c.Outputs()
	fingerprint := c.inputs.FingerprintSize()
	want := map[kind]int{
		kindHello: 1313, kindHellos: 5 + n*(2+1312), kindReady: 33,
		inputExchange + offCommitment: 1217, inputExchange + offCommitments: 1 + n*1216,
		inputExchange + offShare: 1 + inputs*c.inputs.Size(), inputExchange + offAudit: 1 + inputs*c.inputs.Size(),
		inputExchange + offAggregate: 1 + inputs*c.inputs.Size(),
		inputExchange + offClaim:     97 + fingerprint, inputExchange + offClaims: 1 + n*(96+fingerprint),
		kindOpening: 81 + 8*slots*outputs, kindResult: 121 + 1218*n + 16*slots*outputs,
	}
	for k, size := range want {
		for _, body := range corpus()[k] {
			if len(body) != size {
				t.Errorf("%s: %d bytes, wanted %d", messageName(body), len(body), size)
			}
		}
	}
	p, err := he.Set("G15")
	must(t, err)
	circuit, err := he.NewCircuit(10)
	must(t, err)
	if share, key := p.Inputs(circuit).Size(), p.KeyPolys()*p.QP.Size(); share != 587776 || key != 5124096 || p.Slots() != 16384 {
		t.Errorf("G15: a polynomial of an input has %d bytes, a key share %d", share, key)
	}
}

// No way of printing a machine or a key set shows a secret.
func TestNothingPrintsSecrets(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	keys := w.prepared.keys(t, 1)
	cfg := w.workerConfig(1, 1)
	begun := w.worker(2, 1)
	_, err := begun.Step(w.inputs[2])
	must(t, err)
	preparer, err := NewPreparer(w.prepareConfig(1))
	must(t, err)
	server, err := NewServer(w.serverConfig(1, w.everyone()))
	must(t, err)
	preparing, err := NewPrepareServer(w.prepareConfig(0))
	must(t, err)
	greeting := preparer.keygen.greeting
	secrets := [][]byte{
		keys.secret.Seed().Bytes(), keys.pairs[2].Bytes(), keys.pairs[3].Bytes(), greeting.nonce[:], greeting.key.Seed().Bytes(),
		begun.analyst.key[:], begun.keys.secret.Seed().Bytes(),
	}
	type inner struct {
		k *KeySet
		w *Worker
		p *Preparer
		g *greetingHolder
		c WorkerConfig
	}
	nested := inner{keys, begun, preparer, &greetingHolder{greeting}, cfg}
	for _, v := range []any{
		keys, *keys, &keys.PublicKeys, keys.PublicKeys, begun, preparer, server, preparing, greeting, *greeting,
		begun.analyst, *begun.analyst, begun.keys, nested, &nested, cfg, &cfg,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			for i, s := range secrets {
				if shows(text, s) {
					t.Errorf("%s of %v prints secret %d", verb, reflect.TypeOf(v), i)
				}
			}
		}
	}
}

type greetingHolder struct{ inner *greeting }

// shows looks for a secret in the forms in which fmt prints bytes.
func shows(text string, secret []byte) bool {
	part := secret[4:12]
	return strings.Contains(text, string(part)) || strings.Contains(text, hex.EncodeToString(part)) ||
		strings.Contains(text, strings.Trim(fmt.Sprint(part), "[]")) ||
		strings.Contains(text, strings.Trim(fmt.Sprintf("%#v", part), "[]byte{}"))
}

// Work that is shared out gives the same bytes. (Run it with -race.)
func TestParallel(t *testing.T) {
	s := &Shape{Set: "F7", Verify: VerifySome, Groups: []Group{{K: 3, Runs: []Run{{Guards: 20, Limbs: 3}}}, small().Groups[0]}}
	results := [2][]byte{}
	for i, par := range []session.Parallel{nil, func(n int, f func(int)) {
		var all sync.WaitGroup
		for j := range n {
			all.Go(func() { f(j) })
		}
		all.Wait()
	}} {
		w := newWorld(t, s, 3, 2)
		w.par = par
		net := w.network(1, 1, w.everyone())
		net.Orderly = true
		w.begin(net)
		net.Run()
		o, err := w.opened(net)
		must(t, err)
		w.check(o, w.everyone())
		results[i] = net.Mailbox(session.Analyst)[0]
	}
	if !bytes.Equal(results[0], results[1]) {
		t.Error("the result depends on who works")
	}
}

// A worker without randomness, a manifest or an identity does not start.
func TestWorkerNeeds(t *testing.T) {
	w := newWorld(t, small(), 3, 1)
	for name, take := range map[string]func(*WorkerConfig){
		"randomness":    func(c *WorkerConfig) { c.Rand = nil },
		"manifest":      func(c *WorkerConfig) { c.Manifest = nil },
		"identity":      func(c *WorkerConfig) { c.Identity = nil },
		"own position":  func(c *WorkerConfig) { c.Self = 2 },
		"alpha":         func(c *WorkerConfig) { c.Alpha = job.Alpha{} },
		"a worker's":    func(c *WorkerConfig) { c.Self = session.Analyst },
		"valid numbers": func(c *WorkerConfig) { m := *c.Manifest; m.Threshold = 1; c.Manifest = &m },
		"shape":         func(c *WorkerConfig) { m := *c.Manifest; m.Guard = nil; c.Manifest = &m },
	} {
		cfg := w.workerConfig(1, 1)
		take(&cfg)
		if _, err := NewWorker(cfg); err == nil {
			t.Errorf("starts without %s", name)
		}
	}
}

// When a worker claims, its keys are overwritten, and nothing of them is in its state: whoever gets hold of it
// afterwards cannot open another output.
func TestKeysAreGoneBeforeTheClaim(t *testing.T) {
	w := newWorld(t, small(), 3, 1)
	net := w.network(1, 1, w.everyone())
	var keys *KeySet
	var secrets [][]byte
	claimed := false
	net.Lies[1] = func(_ session.Party, body []byte) [][]byte {
		m := net.Machine(1).(*Worker)
		switch kindOf(body) {
		case inputExchange + offShare:
			keys = m.keys
			secrets = append(secrets, bytes.Clone(keys.secret.Seed().Bytes()), bytes.Clone(m.analyst.key[:]))
			for _, pair := range keys.pairs {
				secrets = append(secrets, bytes.Clone(pair.Bytes()))
			}
		case inputExchange + offClaim:
			claimed = true
			if m.keys != nil || m.analyst != nil || m.input != nil || m.keygen != nil {
				t.Error("the worker still has its keys")
			}
			held := [][]byte{keys.secret.Seed().Bytes(), m.state()}
			for _, pair := range keys.pairs {
				held = append(held, pair.Bytes())
			}
			for _, s := range secrets {
				if slices.ContainsFunc(held, func(b []byte) bool { return bytes.Contains(b, s) }) {
					t.Error("a secret is left")
				}
			}
		}
		return [][]byte{body}
	}
	w.begin(net)
	net.Run()
	if !claimed || len(secrets) != 4 {
		t.Errorf("claimed %t, %d secrets", claimed, len(secrets))
	}
}
