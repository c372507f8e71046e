package guard

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"sync"
	"testing"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// corpus has real messages, states and documents of every kind, of a job of three workers with
// a fresh key set. Key shares and what is as long are not in it: they are polynomials
// and nothing else, which package he decodes.
var corpus = sync.OnceValue(func() map[kind][][]byte {
	w := newWorld(nopTB{}, small(), 3, 1)
	w.shape.Verify = VerifyAll
	out := map[kind][][]byte{}
	keep := func(body []byte) {
		k := kindOf(body)
		long := k == keyExchange+offShare || k == keyExchange+offAudit || k == keyExchange+offAggregate
		if !long && len(out[k]) < 8 {
			out[k] = append(out[k], bytes.Clone(body))
		}
	}
	net := w.network(1, 1, w.everyone())
	for _, p := range net.Parties() {
		net.Lies[p] = func(_ session.Party, body []byte) [][]byte {
			keep(body)
			return [][]byte{body}
		}
	}
	net.Trace = func(string, ...any) {
		if s := net.Machine(session.Coordinator).(*Server); s.settled != nil || s.phase == phaseDone && s.result != nil {
			keep(s.persist().(session.Persist).State)
		}
		if m := net.Machine(1).(*Worker); m.held != nil {
			keep(m.state())
		}
	}
	w.begin(net)
	net.Run()
	o, err := w.opened(net)
	must(nopTB{}, err)
	keep(o.Receipt)
	ready := begin(kindReady)
	ready.Fixed(make([]byte, 32))
	keep(ready.Data())
	return out
})

// nopTB stands in for a test where none runs.
type nopTB struct{ testing.TB }

func (nopTB) Helper() {}

// fuzzed is the job whose messages are fuzzed, with its numbers.
var fuzzed = sync.OnceValue(func() *world { return newWorld(nopTB{}, small(), 3, 1) })

// fuzzedRelease decodes what needs a release; its key set has no id.
var fuzzedRelease = sync.OnceValue(func() *release {
	w := fuzzed()
	c, err := shapeOf(w.manifest)
	must(nopTB{}, err)
	return newRelease(w.worker(1, 1).Attempt, c, &PublicKeys{Parties: w.everyone()})
})

// fuzzedKeys decodes what an exchange of keys has.
func fuzzedKeys() exchange {
	r := fuzzedRelease()
	return r.circle.keyExchange(r.params, [32]byte{})
}

// reencode decodes with every decoder and encodes again. It returns nil if the decoder
// refuses the bytes.
var reencode = map[kind]func(b []byte) []byte{
	kindHello: again(kindHello, decodeHello, (*hello).encode),
	kindHellos: func(b []byte) []byte {
		m, err := decodeHellos(b, 3)
		if err != nil {
			return nil
		}
		return encodeHellos(m.parties, m.of)
	},
	kindReveal: func(b []byte) []byte { // of worker 1
		m, err := decodeRevealed(1, b, session.Everyone(3))
		if err != nil {
			return nil
		}
		return m.message(session.Everyone(3))
	},
	kindReveals: func(b []byte) []byte { // for worker 2
		m, err := decodeReveals(b, 2, session.Everyone(3))
		if err != nil {
			return nil
		}
		return m.message(session.Everyone(3))
	},
	keyExchange + offCommitment: func(b []byte) []byte {
		x := fuzzedKeys()
		return again(x.base+offCommitment, x.decodeCommitment, (*commitment).encode)(b)
	},
	keyExchange + offClaim: func(b []byte) []byte {
		x := fuzzedKeys()
		return again(x.base+offClaim, x.decodeClaim, (*claim).encode)(b)
	},
	keyExchange + offClaims: func(b []byte) []byte {
		x := fuzzedKeys()
		return againAll(b, x.base+offClaims, x.parties, x.decodeClaim, (*claim).encode)
	},
	inputExchange + offCommitment: func(b []byte) []byte {
		x := fuzzedRelease().inputExchange()
		return again(x.base+offCommitment, x.decodeCommitment, (*commitment).encode)(b)
	},
	inputExchange + offClaim: func(b []byte) []byte {
		x := fuzzedRelease().inputExchange()
		return again(x.base+offClaim, x.decodeClaim, (*claim).encode)(b)
	},
	inputExchange + offClaims: func(b []byte) []byte {
		x := fuzzedRelease().inputExchange()
		return againAll(b, x.base+offClaims, x.parties, x.decodeClaim, (*claim).encode)
	},
	inputExchange + offCommitments: func(b []byte) []byte {
		x := fuzzedRelease().inputExchange()
		return againAll(b, x.base+offCommitments, x.parties, x.decodeCommitment, (*commitment).encode)
	},
	kindOpening: func(b []byte) []byte {
		o, err := fuzzedRelease().decodeOpening(1, b)
		if err != nil {
			return nil
		}
		return o.message()
	},
	kindResult: func(b []byte) []byte {
		r := fuzzedRelease()
		res, err := decodeResult(r.Manifest, r.checked, b)
		if err != nil {
			return nil
		}
		return res.encode()
	},
	kindReceipt: again(kindReceipt, func(r *wire.Reader) *receipt { return decodeReceipt(r, 3) }, (*receipt).encode),
	kindWorkerState: func(b []byte) []byte {
		m, err := RestoreWorker(fuzzed().workerConfig(1, 1), b)
		if err != nil {
			return nil
		}
		return m.state()
	},
	kindServerState: func(b []byte) []byte {
		s, err := RestoreServer(fuzzed().serverConfig(1, fuzzed().everyone()), b)
		if err != nil {
			return nil
		}
		return s.persist().(session.Persist).State
	},
	kindKeySet: func(b []byte) []byte {
		k, err := ParseKeySet(b)
		if err != nil {
			return nil
		}
		return k.Marshal()
	},
	kindPublicKeys: func(b []byte) []byte {
		k, err := ParsePublicKeys(b)
		if err != nil {
			return nil
		}
		return k.Marshal()
	},
}

// again decodes and encodes one thing.
func again[T any](k kind, read func(*wire.Reader) *T, encode func(*T, *wire.Writer)) func(b []byte) []byte {
	return func(b []byte) []byte {
		m, err := decode(1, b, k, func(r *wire.Reader) (*T, error) { return read(r), nil })
		if err != nil {
			return nil
		}
		w := begin(k)
		encode(m, w)
		return w.Data()
	}
}

// againAll decodes and encodes one of every party.
func againAll[T any](b []byte, k kind, p session.Parties, read func(*wire.Reader) *T, encode func(*T, *wire.Writer)) []byte {
	all, err := decode(1, b, k, func(r *wire.Reader) (map[session.Party]*T, error) { return readList(r, p, read), nil })
	if err != nil {
		return nil
	}
	w := begin(k)
	for _, u := range p {
		encode(all[u], w)
	}
	return w.Data()
}

// TestReencode: what a machine says is canonical, so that the fuzzer's seeds are not all
// refused.
func TestReencode(t *testing.T) {
	w := newWorld(t, small(), 3, 1).prepare()
	stored := map[kind][][]byte{kindKeySet: {w.prepared.workers[1], w.prepared.workers[3]}, kindPublicKeys: {w.prepared.public}}
	for k, f := range reencode {
		bodies := append(stored[k], corpus()[k]...)
		if len(bodies) == 0 {
			t.Errorf("kind %#x: no example", uint8(k))
		}
		accepted := 0
		for _, body := range bodies {
			again := f(body)
			if again == nil && (k == kindReveal || k == kindReveals) {
				continue // of or for another worker
			}
			accepted++
			if !bytes.Equal(again, body) {
				t.Errorf("kind %#x: %d bytes encode differently or are refused", uint8(k), len(body))
			}
			for _, wrong := range [][]byte{body[:len(body)-1], append(bytes.Clone(body), 0), body[:1], nil} {
				if f(wrong) != nil {
					t.Errorf("kind %#x: %d bytes are accepted, wanted %d", uint8(k), len(wrong), len(body))
				}
			}
		}
		if accepted == 0 {
			t.Errorf("kind %#x: none of %d is accepted", uint8(k), len(bodies))
		}
	}
}

// FuzzDecode: no input panics a decoder, and what it accepts encodes to the same bytes.
func FuzzDecode(f *testing.F) {
	for _, bodies := range corpus() {
		for _, body := range bodies[:min(3, len(bodies))] {
			f.Add(body)
		}
	}
	// Beginnings of key sets: with too many parties, with another set's name, cut off.
	w := newWorld(nopTB{}, small(), 3, 1).prepare()
	for _, stored := range [][]byte{w.prepared.public, w.prepared.workers[2]} {
		f.Add(stored[:1000])
		f.Add(append(bytes.Clone(stored[:33]), 4, 0, 0, 0, 'H', '3', '1', '!', 0xff, 0xff, 0xff, 0xff))
		f.Add(append(bytes.Clone(stored[:33]), 0xff, 0xff, 0xff, 0x7f))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		decode, ok := reencode[kindOf(b)]
		if !ok {
			return
		}
		if out := decode(b); out != nil && !bytes.Equal(out, b) {
			t.Errorf("not canonical: kind %#x", uint8(kindOf(b)))
		}
	})
}

// FuzzShape: no input panics, what is accepted encodes to the same bytes and holds the limits.
func FuzzShape(f *testing.F) {
	f.Add(small().Marshal())
	f.Add((&Shape{Set: "G15", Verify: VerifySome, Groups: []Group{{K: 10, Runs: []Run{{Guards: 5, Limbs: 3}}}, {K: 2, Packed: true, Runs: []Run{{Guards: 2, Limbs: 1, Open: true}}}}}).Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseShape(b, 3)
		if err != nil {
			if s != nil {
				t.Error("a shape beside an error")
			}
			return
		}
		if !bytes.Equal(s.Marshal(), b) {
			t.Error("not canonical")
		}
		if s.Inputs() > MaxCiphertexts || len(s.Groups) > MaxGroups {
			t.Errorf("%d inputs, %d groups", s.Inputs(), len(s.Groups))
		}
	})
}

// FuzzOpen gives arbitrary results to the analyst: none opens to something else.
func FuzzOpen(f *testing.F) {
	w := fuzzed()
	for _, body := range corpus()[kindResult] {
		f.Add(uint32(0), byte(0), body)
		f.Add(uint32(len(body)/2), byte(1), body)
	}
	f.Fuzz(func(t *testing.T, at uint32, flip byte, b []byte) {
		if len(b) > 0 {
			b[int(at)%len(b)] ^= flip
		}
		o, err := Open(w.question, b, nil)
		if err == nil && w.compare(o, w.everyone()) != nil {
			t.Fatal("wrong release")
		}
	})
}

// FuzzStep gives arbitrary messages to the machines of an attempt with a prepared key set, in
// every round: no panic, and what is refused leaves the attempt as it was, so that it still
// ends with the right release. (A message in the place of a worker's own may end it.)
func FuzzStep(f *testing.F) {
	for k, bodies := range corpus() {
		if k >= inputExchange && k <= kindOpening {
			f.Add(uint8(k)%2*2, 1-uint8(k)%2, uint8(3*k), bodies[0])
		}
	}
	f.Fuzz(func(t *testing.T, to, from, after uint8, body []byte) {
		w := *fuzzed()
		w.tb = t
		w.prepare()
		net := w.network(1, 1, w.everyone())
		net.Orderly = true
		w.begin(net)
		for range after % 32 {
			net.Deliver()
		}
		net.Inject(session.Party(from%5), session.Party(to%4), body)
		net.Run()
		for _, result := range net.Mailbox(session.Analyst) {
			if err := w.compareWith(result, defences{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Lengths that are announced take no memory before they are compared with what is there.
func TestAnnouncedLengths(t *testing.T) {
	w := newWorld(t, small(), 3, 1)
	hash := w.manifest.Hash()
	list := func(to []byte, n uint32) []byte { return binary.LittleEndian.AppendUint32(to, n) }
	many := list(nil, 500)
	for p := range uint16(500) {
		many = binary.LittleEndian.AppendUint16(many, p+1)
	}
	keys := append(make([]byte, 33), 2, 0, 0, 0, 'F', '7')
	state := append(append(append([]byte{byte(kindServerState)}, hash[:]...), 1, 0, 0, 0), 0)
	done := append(append(append([]byte{byte(kindServerState)}, hash[:]...), 1, 0, 0, 0), 1)
	worker := append(append(append([]byte{byte(kindWorkerState)}, hash[:]...), 1, 0, 0, 0), 1, 0, 0)
	result := append([]byte{byte(kindResult)}, make([]byte, 100)...)
	public := func(b []byte) error { b[0] = byte(kindPublicKeys); _, err := ParsePublicKeys(b); return err }
	keySet := func(b []byte) error { b[0] = byte(kindKeySet); _, err := ParseKeySet(b); return err }
	server := func(b []byte) error { _, err := RestoreServer(w.serverConfig(1, w.everyone()), b); return err }
	restored := func(b []byte) error { _, err := RestoreWorker(fuzzed().workerConfig(1, 1), b); return err }
	open := func(b []byte) error { _, err := Open(w.question, b, nil); return err }
	hellos := func(b []byte) error { _, err := decodeHellos(b, 500); return err }
	shape := func(b []byte) error { _, err := ParseShape(b, 3); return err }
	for name, c := range map[string]struct {
		parse func([]byte) error
		b     []byte
	}{
		"public keys, parties":      {public, list(bytes.Clone(keys), 0xffffffff)},
		"public keys, 500 parties":  {public, append(bytes.Clone(keys), many...)},
		"public keys, set":          {public, list(make([]byte, 33), 0x7fffffff)},
		"key set, parties":          {keySet, list(bytes.Clone(keys), 0xffffffff)},
		"key set, 500 parties":      {keySet, append(bytes.Clone(keys), many...)},
		"server state, parties":     {server, list(bytes.Clone(state), 0xffffffff)},
		"server state, 500 parties": {server, append(bytes.Clone(state), many...)},
		"server state, result":      {server, list(bytes.Clone(done), 1<<30)},
		"worker state, parties":     {restored, list(bytes.Clone(worker), 0xffffffff)},
		"result, parties":           {open, list(bytes.Clone(result), 0xffffffff)},
		"result, 500 parties":       {open, append(bytes.Clone(result), many...)},
		"hellos, parties":           {hellos, list([]byte{byte(kindHellos)}, 0xffffffff)},
		"hellos, 500 parties":       {hellos, append([]byte{byte(kindHellos)}, many...)},
		"shape, groups":             {shape, list([]byte{1, 2, 0, 0, 0, 'F', '7', 1}, 0xffffffff)},
		"shape, runs":               {shape, list(append(list([]byte{1, 2, 0, 0, 0, 'F', '7', 1}, 1), 2, 1), 0xffffffff)},
	} {
		_ = c.parse(bytes.Clone(c.b)) // parameter sets are made once
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := c.parse(c.b)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%s: %d bytes of input take %d bytes", name, len(c.b), took)
		}
	}
}
