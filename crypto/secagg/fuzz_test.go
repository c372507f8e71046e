package secagg

import (
	"bytes"
	"sync"
	"testing"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// corpus has one real message of every kind, of a job with a drop-out.
var corpus = sync.OnceValue(func() map[kind][][]byte {
	w := newWorld(nopTB{}, five, defences{})
	n := w.network(1, 1, w.everyone())
	out := map[kind][][]byte{}
	keep := func(body []byte) { out[kindOf(body)] = append(out[kindOf(body)], bytes.Clone(body)) }
	for _, p := range n.Parties() {
		n.Lies[p] = func(_ session.Party, body []byte) [][]byte {
			keep(body)
			if p == 3 {
				return onInputNothing(0, body)
			}
			return [][]byte{body}
		}
	}
	n.Trace = func(string, ...any) {
		if s := n.Machine(session.Coordinator).(*Server); s.settled != nil {
			keep(s.persist().(session.Persist).State)
		}
		if s := n.Machine(1).(*Worker); s.agreed != nil {
			keep(s.state())
		}
	}
	o, err := w.run(n, w.everyone())
	must(nopTB{}, err)
	keep(o.Receipt)
	return out
})

// nopTB stands in for a test where none runs.
type nopTB struct{ testing.TB }

func (nopTB) Helper() {}

// reencode decodes with every decoder and encodes again. It returns false if the
// decoder of the kind refuses the bytes.
var reencode = map[kind]func(b []byte) ([]byte, bool){
	kindAdvertisement: again(kindAdvertisement, func(r *wire.Reader, _ attempt) message { return decodeAdvertisement(r) }),
	kindRoster:        again(kindRoster, func(r *wire.Reader, a attempt) message { return decodeRoster(r, a.N()) }),
	kindShares:        again(kindShares, func(r *wire.Reader, a attempt) message { return decodeShares(r, 2, a.N()) }),
	kindPackets:       again(kindPackets, func(r *wire.Reader, a attempt) message { return decodePackets(r, 2, a.N()) }),
	kindInput:         again(kindInput, func(r *wire.Reader, a attempt) message { return decodeInput(r, a) }),
	kindSurvivors:     again(kindSurvivors, func(r *wire.Reader, a attempt) message { return decodeSurvivors(r, a.N()) }),
	kindAgreement:     again(kindAgreement, func(r *wire.Reader, _ attempt) message { return decodeAgreement(r) }),
	kindCertificate:   again(kindCertificate, func(r *wire.Reader, a attempt) message { return decodeCertificate(r, a.N()) }),
	kindOpening:       again(kindOpening, func(r *wire.Reader, a attempt) message { return decodeOpening(r, a.N()) }),
	kindResult:        again(kindResult, func(r *wire.Reader, a attempt) message { return decodeResult(r, a.Manifest) }),
	kindReceipt: again(kindReceipt, func(r *wire.Reader, a attempt) message {
		m := decodeReceipt(r, a.N())
		return &m
	}),
	kindWorkerState: again(kindWorkerState, func(r *wire.Reader, a attempt) message { return decodeWorkerState(r, a.N()) }),
	kindServerState: again(kindServerState, func(r *wire.Reader, a attempt) message {
		return (&Server{attempt: a, evidence: map[session.Party]*evidence{}, seen: map[kind]map[session.Party][32]byte{}}).decodeState(r)
	}),
}

var fuzzAttempt = sync.OnceValue(func() attempt { return newWorld(nopTB{}, five, defences{}).attempt(1) })

func again(k kind, decode func(*wire.Reader, attempt) message) func([]byte) ([]byte, bool) {
	return func(b []byte) ([]byte, bool) {
		m, err := unmarshal(b, k, func(r *wire.Reader) message { return decode(r, fuzzAttempt()) })
		if err != nil {
			return nil, false
		}
		return marshal(m), true
	}
}

// TestReencode: what a machine says is canonical, so that the fuzzer's seeds are
// not all refused. (Shares and packets: those of or for worker 2 only.)
func TestReencode(t *testing.T) {
	for k, f := range reencode {
		accepted := 0
		for _, body := range corpus()[k] {
			out, ok := f(body)
			if !ok {
				continue
			}
			accepted++
			if !bytes.Equal(out, body) {
				t.Errorf("kind %#x encodes differently", uint8(k))
			}
		}
		if accepted == 0 {
			t.Errorf("kind %#x: none of %d is accepted", uint8(k), len(corpus()[k]))
		}
	}
}

// FuzzDecode: no input panics a decoder, and what it accepts encodes to the same
// bytes.
func FuzzDecode(f *testing.F) {
	for _, bodies := range corpus() {
		for _, body := range bodies[:min(3, len(bodies))] {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		decode, ok := reencode[kindOf(b)]
		if !ok {
			return
		}
		if out, ok := decode(b); ok && !bytes.Equal(out, b) {
			t.Errorf("not canonical: kind %#x", uint8(kindOf(b)))
		}
	})
}

// FuzzStep gives arbitrary messages to machines in every round: no panic, and a
// refused message leaves the run as it was, so that it still ends with the sum.
func FuzzStep(f *testing.F) {
	for _, bodies := range corpus() {
		f.Add(uint8(0), uint8(0), uint8(20), bodies[0])
		f.Add(uint8(2), uint8(0), uint8(12), bodies[0])
	}
	f.Fuzz(func(t *testing.T, to, from, after uint8, body []byte) {
		w := newWorld(t, shape{n: 3, corruptions: 1, threshold: 3, min: 3, length: 3, width: 64}, defences{})
		n := w.network(1, 1, w.everyone())
		n.Orderly = true
		n.Begin()
		w.provideInputs(n, w.everyone())
		for range after % 32 {
			n.Deliver()
		}
		n.Inject(session.Party(from%5), session.Party(to%4), body)
		n.Run()
		o, err := w.open(n)
		if err != nil || (o != nil && !o.Sum.Equal(w.sum(o.Participants))) {
			t.Fatalf("%v %v", o, err)
		}
	})
}

// FuzzOpen gives arbitrary results to the analyst.
func FuzzOpen(f *testing.F) {
	w := newWorld(f, five, defences{})
	for _, body := range corpus()[kindResult] {
		f.Add(body)
	}
	want := w.sum([]session.Party{1, 2, 4, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := Open(w.question, b, nil)
		if err == nil && !o.Sum.Equal(want) {
			t.Fatal("wrong sum")
		}
	})
}
