package benchmarks

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/crypto/session"
)

// MaskedSum is the protocol by itself, without network, disk and database: every
// role in one process, one after the other. The dropped workers vanish after they
// have shared their keys, which costs the coordinator most.
var MaskedSum = Benchmark{
	Name:  "masked-sum",
	About: "the masked sum without network: time of each role, against the AES-CTR rate",
	Run:   runMaskedSum,
}

type maskedSumSize struct{ workers, length, dropped int }

func runMaskedSum(ctx context.Context, o Options) (*Result, error) {
	size := maskedSumSize{workers: 100, length: 1 << 20, dropped: 12}
	if o.Quick {
		size = maskedSumSize{workers: 10, length: 1 << 10, dropped: 2}
	}
	samples := map[string][]float64{}
	for run := range o.Runs {
		o.Say("masked sum, run %d of %d", run+1, o.Runs)
		if err := maskedSumOnce(ctx, size, o, run, samples); err != nil {
			return nil, err
		}
	}
	metrics := map[string]Metric{
		"client masks its vector":      Summarise("s", samples["mask"]),
		"client, all rounds":           Summarise("s", samples["client"]),
		"coordinator, all rounds":      Summarise("s", samples["server"]),
		"coordinator unmasks":          Summarise("s", samples["unmask"]),
		"analyst opens":                Summarise("s", samples["open"]),
		"AES-256-CTR rate, one core":   Summarise("GB/s", samples["ctr"]),
		"masking rate, one core":       Summarise("GB/s", samples["rate"]),
		"masking rate / AES-CTR rate":  Summarise("ratio", samples["ratio"]),
		"bytes up per client":          Summarise("bytes", samples["up"]),
		"bytes down per client":        Summarise("bytes", samples["down"]),
		"bytes to the analyst in full": Summarise("bytes", samples["result"]),
	}
	return &Result{
		Name: "masked-sum", Correct: true, Oracle: "the plain sum of the survivors' vectors",
		Parameters: map[string]any{"workers": size.workers, "elements": size.length, "bits": 64, "dropped": size.dropped, "cores": runtime.NumCPU()},
		Metrics:    metrics,
	}, nil
}

// maskedSumRun is one run of the protocol.
type maskedSumRun struct {
	size     maskedSumSize
	seed     uint64
	workers  []*secagg.Worker
	server   *secagg.Server
	question *job.Question
	want     ring.Vector
	result   []byte

	spent    map[string]time.Duration
	up, down int // bytes of the first worker
}

func maskedSumOnce(ctx context.Context, size maskedSumSize, o Options, run int, samples map[string][]float64) error {
	r := &maskedSumRun{size: size, seed: o.Seed + uint64(run), want: ring.NewVector(ring.Width64, size.length), spent: map[string]time.Duration{}}
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.play(ctx); err != nil {
		return err
	}
	begin := time.Now()
	opened, err := secagg.Open(r.question, r.result, parallel)
	if err != nil {
		return err
	}
	r.spent["open"] = time.Since(begin)
	if o.spoil {
		r.want.Words[0]++
	}
	if !opened.Sum.Equal(r.want) {
		return errors.New("masked-sum: the opened sum differs from the plain sum")
	}
	ctr, rate := keystreamRates(size)
	for key, seconds := range map[string]float64{
		"mask": r.spent["mask"].Seconds(), "client": r.spent["client"].Seconds(),
		"server": r.spent["server"].Seconds(), "unmask": r.spent["unmask"].Seconds(), "open": r.spent["open"].Seconds(),
		"ctr": ctr, "rate": rate, "ratio": rate / ctr,
		"up": float64(r.up), "down": float64(r.down), "result": float64(len(r.result)),
	} {
		samples[key] = append(samples[key], seconds)
	}
	return nil
}

func (r *maskedSumRun) prepare() error {
	analyst, err := identity.Generate(rand.Reader)
	if err != nil {
		return err
	}
	corrupt := r.size.workers / 3
	threshold := job.ThresholdFor(r.size.workers, corrupt)
	m := job.Manifest{
		Length: r.size.length, Width: ring.Width64, Threshold: threshold, Corruptions: corrupt,
		MinContributors: max(threshold, corrupt+2),
		Analyst:         job.Member{ID: "analyst", Key: analyst.Public()}, Expiry: 1 << 40,
	}
	members := make([]*identity.Identity, r.size.workers)
	for i := range members {
		if members[i], err = identity.Generate(rand.Reader); err != nil {
			return err
		}
		m.Roster = append(m.Roster, job.Member{ID: fmt.Sprintf("w%03d", i+1), Key: members[i].Public()})
	}
	if r.question, err = job.NewQuestion(m, analyst, rand.Reader); err != nil {
		return err
	}
	return r.machines(members)
}

func (r *maskedSumRun) machines(members []*identity.Identity) error {
	submission, err := job.ParseSubmission(r.question.Submission())
	if err != nil {
		return err
	}
	var everyone []session.Party
	for i, member := range members {
		self := session.Party(i + 1)
		everyone = append(everyone, self)
		offer, err := job.ParseOffer(submission.Offer(self))
		if err != nil {
			return err
		}
		_, alpha, err := offer.Open(member)
		if err != nil {
			return err
		}
		w, err := secagg.NewWorker(secagg.WorkerConfig{
			Manifest: offer.Manifest, Alpha: alpha, Self: self, Identity: member, Attempt: 1, Rand: rand.Reader, Parallel: parallel,
		})
		if err != nil {
			return err
		}
		r.workers = append(r.workers, w)
	}
	r.server, err = secagg.NewServer(secagg.ServerConfig{Submission: submission, Attempt: 1, Participants: everyone, Parallel: parallel})
	return err
}

// play carries messages until the server is done. Messages to workers that
// dropped out are lost.
func (r *maskedSumRun) play(ctx context.Context) error {
	queue, err := r.stepServer(session.Start{})
	if err != nil {
		return err
	}
	for i := range r.workers {
		answers, err := r.stepWorker(i, session.Start{})
		if err != nil {
			return err
		}
		if err := r.toServer(i, answers, &queue); err != nil {
			return err
		}
	}
	for len(queue) > 0 || r.result == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(queue) == 0 {
			return errors.New("masked-sum: the protocol stalled")
		}
		next := queue[0]
		queue = queue[1:]
		if err := r.deliver(next, &queue); err != nil {
			return err
		}
	}
	return nil
}

func (r *maskedSumRun) deliver(e session.Effect, queue *[]session.Effect) error {
	send, ok := e.(session.Send)
	if !ok {
		return r.other(e, queue)
	}
	if send.To == session.Analyst {
		r.result = send.Body
		return nil
	}
	i := int(send.To) - 1
	if i == 0 {
		r.down += len(send.Body)
	}
	answers, err := r.stepWorker(i, session.Message{From: session.Coordinator, Body: send.Body})
	if err != nil {
		return err
	}
	return r.toServer(i, answers, queue)
}

// other handles what is not a message. When inputs are awaited, the survivors get
// theirs and the others are gone.
func (r *maskedSumRun) other(e session.Effect, queue *[]session.Effect) error {
	switch e := e.(type) {
	case session.Abort:
		return fmt.Errorf("masked-sum: aborted: %w", e.Err)
	case session.Wait:
		if e.Phase == secagg.PhaseInput {
			return r.inputs(queue)
		}
	}
	return nil
}

func (r *maskedSumRun) inputs(queue *[]session.Effect) error {
	for i := range r.workers {
		if i >= r.size.workers-r.size.dropped {
			effects, err := r.stepServer(session.Gone{Party: session.Party(i + 1)})
			if err != nil {
				return err
			}
			*queue = append(*queue, effects...)
			continue
		}
		answers, err := r.stepWorker(i, secagg.Input{Vector: r.input(i)})
		if err != nil {
			return err
		}
		if err := r.toServer(i, answers, queue); err != nil {
			return err
		}
	}
	return nil
}

func (r *maskedSumRun) toServer(i int, effects []session.Effect, queue *[]session.Effect) error {
	for _, e := range effects {
		send, ok := e.(session.Send)
		if !ok {
			continue
		}
		if i == 0 {
			r.up += len(send.Body)
		}
		more, err := r.stepServer(session.Message{From: session.Party(i + 1), Body: send.Body})
		if errors.Is(err, session.ErrEnded) {
			return nil // t openings were enough
		}
		if err != nil {
			return err
		}
		*queue = append(*queue, more...)
	}
	return nil
}

func (r *maskedSumRun) stepServer(ev session.Event) ([]session.Effect, error) {
	begin := time.Now()
	effects, err := r.server.Step(ev)
	took := time.Since(begin)
	r.spent["server"] += took
	r.spent["unmask"] = max(r.spent["unmask"], took)
	return effects, err
}

// stepWorker times the first worker; its longest step is the masking.
func (r *maskedSumRun) stepWorker(i int, ev session.Event) ([]session.Effect, error) {
	begin := time.Now()
	effects, err := r.workers[i].Step(ev)
	if took := time.Since(begin); i == 0 {
		r.spent["client"] += took
		r.spent["mask"] = max(r.spent["mask"], took)
	}
	return effects, err
}

// input makes a worker's vector and adds it to the plain sum.
func (r *maskedSumRun) input(i int) ring.Vector {
	g := mathrand.New(mathrand.NewPCG(r.seed, uint64(i)))
	v := ring.NewVector(ring.Width64, r.size.length)
	for j := range v.Words {
		v.Words[j] = uint64(int64(g.Uint64()) >> 10) // 100 of them stay inside 63 bits
	}
	if err := r.want.Add(v); err != nil {
		panic(err)
	}
	return v
}

// keystreamRates measures raw AES-256-CTR and the masking of one vector with as many
// keys as a client has, both on one core, in GB/s.
func keystreamRates(size maskedSumSize) (ctr, mask float64) {
	bytes := float64(8 * size.length * size.workers)
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		panic(err)
	}
	stream, buf := cipher.NewCTR(block, make([]byte, 16)), make([]byte, 4096)
	begin := time.Now()
	for done := 0; done < 8*size.length*size.workers; done += len(buf) {
		stream.XORKeyStream(buf, buf)
	}
	ctr = bytes / time.Since(begin).Seconds() / 1e9
	begin = time.Now()
	maskLikeAClient(size)
	return ctr, bytes / time.Since(begin).Seconds() / 1e9
}

// parallel shares out work over the cores.
func parallel(n int, f func(i int)) {
	var next int
	var mu sync.Mutex
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	var wg sync.WaitGroup
	for range min(n, runtime.NumCPU()) {
		wg.Go(func() {
			for i := take(); i < n; i = take() {
				f(i)
			}
		})
	}
	wg.Wait()
}
