package secagg

import (
	"crypto/aes"
	"crypto/cipher"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// The sizes of the benchmarks: a hundred workers, a million cells, twelve drop-outs.
var large = shape{n: 100, corruptions: 33, threshold: 67, min: 67, length: 1 << 20, width: 64}

const dropouts = 12

// cores shares work out over the processors, as drivers do.
func cores(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// aesSeconds is the time that AES-256-CTR alone takes for so many masks of the
// benchmark's length, on as many cores as cores uses.
func aesSeconds(masks int) float64 {
	const part = 1 << 16
	start := time.Now()
	cores(masks, func(int) {
		c, _ := aes.NewCipher(make([]byte, 32))
		s := cipher.NewCTR(c, make([]byte, 16))
		buf := make([]byte, part)
		for range 8 * large.length / part {
			s.XORKeyStream(buf, buf)
		}
	})
	return time.Since(start).Seconds()
}

func reportRatio(b *testing.B, masks int) {
	b.StopTimer()
	perOp := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(perOp/aesSeconds(masks), "x-AES-CTR")
	b.ReportMetric(perOp*1e9/float64(masks*large.length), "ns/element")
}

// largeWorker returns worker 50 of the large job, with its packets opened.
func largeWorker(b *testing.B) *Worker {
	w := newWorld(b, large, defences{})
	m := w.worker(50, 1)
	m.par = cores
	masks := make([]mask.Mask, large.n+1)
	for i := range masks {
		masks[i] = mask.Mask{Sub: i%2 == 0}
		masks[i].Key[0] = byte(i)
	}
	m.held, m.opened = &held{}, &opened{masks: masks}
	return m
}

// BenchmarkWorkerMask: tag, mask with 101 keys, encode and sign.
func BenchmarkWorkerMask(b *testing.B) {
	m := largeWorker(b)
	fresh, o := m.fresh, m.opened
	x := ring.NewVector(large.width, large.length)
	for b.Loop() {
		m.input = nil
		m.fresh, m.opened, m.next = fresh, o, kindSurvivors
		if _, err := m.takeInput(x); err != nil {
			b.Fatal(err)
		}
	}
	reportRatio(b, large.n+1)
}

// BenchmarkServerUnmask: from the t-th opening to the result, with everything
// that the server recovers, checks, persists and encodes.
func BenchmarkServerUnmask(b *testing.B) {
	s := largeServer(b)
	settled, evidence := s.settled, s.evidence
	for b.Loop() {
		s.ended, s.phase, s.settled, s.evidence = false, PhaseOpen, settled, evidence
		s.sum = ring.NewVector(large.width, large.length)
		last := s.closeOpen()
		if _, ok := last[len(last)-1].(session.Done); !ok {
			b.Fatalf("%+v", last)
		}
	}
	survivors := large.n - dropouts
	reportRatio(b, survivors+dropouts*survivors)
}

// largeServer runs the job with vectors of one element, stops before the sum is
// unmasked, and blows the vector up.
func largeServer(b *testing.B) *Server {
	small := large
	small.length = 1
	w := newWorld(b, small, defences{})
	n := w.network(1, 1, w.everyone())
	s := n.Machine(session.Coordinator).(*Server)
	s.par = cores
	for i := range dropouts {
		n.Lies[session.Party(8*i+1)] = onInputNothing
	}
	var kept Server
	n.Lies[session.Coordinator] = onKind(kindCertificate, func(body []byte) []byte {
		kept = *s
		return body
	})
	if _, err := w.run(n, w.everyone()); err != nil {
		b.Fatal(err)
	}
	m := *kept.Manifest
	m.Length = large.length
	kept.Manifest = &m
	return &kept
}

// BenchmarkAnalystOpen: verify, unmask and check the sum of 88 workers.
func BenchmarkAnalystOpen(b *testing.B) {
	w := newWorld(b, large, defences{})
	body := w.emptyResult(session.Everyone(large.n - dropouts))
	for b.Loop() {
		if _, err := Open(w.question, body, cores); err != nil {
			b.Fatal(err)
		}
	}
	reportRatio(b, large.n-dropouts)
}

// emptyResult is the result of a run in which all inputs are zero.
func (w *world) emptyResult(u3 session.Parties) []byte {
	a := w.attempt(1)
	c := consensus{u3: u3}
	res := &result{receipt: receipt{number: 1, agreed: c, evidence: map[session.Party]*evidence{}}}
	sum, st := ring.NewVector(a.Width, a.Length), c.statement(a)
	res.receipt.cert = &certificate{signers: u3[:a.Threshold], sigs: map[session.Party]signature{}}
	key, err := kem.ParsePublicKey(a.AnalystKey[:])
	must(w.tb, err)
	for _, u := range u3 {
		ct, shared, err := kem.Encapsulate(key, w.rand(u, 1))
		must(w.tb, err)
		masks := []mask.Mask{{Key: a.analystMask(shared[:], ct[:], u)}}
		mask.Add(sum, masks, cores)
		res.tag = mask.AddTags(res.tag, masks)
		e := &evidence{ct: ct}
		signed := e.statement(a, u, c.view)
		e.sig = signature(w.ids[u].Sign(signInput, signed[:]))
		res.receipt.evidence[u] = e
		res.receipt.cert.sigs[u] = signature(w.ids[u].Sign(signAgree, st[:]))
	}
	res.words = sum.Append(nil)
	return marshal(res)
}

// BenchmarkWorkerRounds: what a worker of a hundred does beside masking: R0, R1 and
// R2 without the vector, R3 and R4.
func BenchmarkWorkerRounds(b *testing.B) {
	small := large
	small.length = 1
	w := newWorld(b, small, defences{})
	n := w.network(1, 1, w.everyone())
	n.Orderly = true
	n.Begin()
	w.provideInputs(n, w.everyone())
	var bodies [][]byte
	n.Lies[session.Coordinator] = func(to session.Party, body []byte) [][]byte {
		if to == 50 {
			bodies = append(bodies, body)
		}
		return [][]byte{body}
	}
	start := time.Now()
	n.Run()
	b.Logf("all hundred workers and the coordinator: %v", time.Since(start))
	for b.Loop() {
		m := w.worker(50, 1)
		m.par = cores
		if _, err := m.Step(Input{w.inputs[50].Clone()}); err != nil {
			b.Fatal(err)
		}
		for _, body := range bodies {
			if _, err := m.Step(session.Message{Body: body}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
