package enginetest

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Identity returns the identity of a member.
func (s *Space) Identity(id string) *identity.Identity { return s.identities[id] }

// NetClient connects to the coordinator as a member, past the analyst's role.
func (s *Space) NetClient(id string) *transport.Client {
	s.T.Helper()
	c, err := transport.NewClient(transport.ClientConfig{
		Address: s.Address, Proxy: "direct", Timing: timing(), Software: "test",
		Identity: s.identities[id], Directory: transport.FromBundle(s.Bundle),
	})
	s.must(err)
	s.T.Cleanup(func() { c.Close() })
	return c
}

// Question signs [Query] as the analyst, past the analyst's role.
func (s *Space) Question() *cryptojob.Question {
	s.T.Helper()
	q, err := cryptojob.NewQuestion(s.Manifest(Query, nil), s.identities[AnalystID], rand.Reader)
	s.must(err)
	return q
}

// Manifest is that of a question of the analyst, with its job changed if change is not nil.
func (s *Space) Manifest(sql string, change func(*plan.Job)) cryptojob.Manifest {
	s.T.Helper()
	compiled, err := query.Compile(sql, s.Bundle.Charter())
	s.must(err)
	return s.ManifestOf(compiled.Plan, change)
}

// ManifestOf is [Space.Manifest] of a plan.
func (s *Space) ManifestOf(p plan.Plan, change func(*plan.Job)) cryptojob.Manifest {
	s.T.Helper()
	ch := s.Bundle.Charter()
	now := time.Now().Unix()
	job := &plan.Job{
		Charter: s.Bundle.Hash(), Space: ch.Space, Analyst: AnalystID, Plan: p,
		Leakage: plan.Explain(&p, ch).Hash(), Created: now, Expiry: now + 3600,
	}
	if change != nil {
		change(job)
	}
	body, err := job.Marshal()
	s.must(err)
	shape, err := plan.GuardShape(&p, ch)
	s.must(err)
	m := cryptojob.Manifest{
		Context: body, Length: p.Length(), Width: ring.Width(p.Width), Guard: shape,
		Analyst:         cryptojob.Member{ID: AnalystID, Key: s.identities[AnalystID].Public()},
		MinContributors: ch.Rules.MinContributors, Corruptions: ch.Rules.ToleratedCorruption,
		Threshold: cryptojob.ThresholdFor(len(s.Owners), ch.Rules.ToleratedCorruption), Expiry: job.Expiry,
	}
	for _, id := range s.Owners {
		m.Roster = append(m.Roster, cryptojob.Member{ID: id, Key: s.identities[id].Public()})
	}
	_, err = rand.Read(m.Job[:])
	s.must(err)
	return m
}

// HostileHub is a coordinator that says what a test wants.
type HostileHub struct {
	transport.Handler // analysts' calls are not served
	s                 *Space
	hub               *transport.Hub
	connected         chan string
	packets           chan said
	claims            *hostileAttempt // of [HostileHub.Claims]

	// OnInquiry, if set, is what it does with an inquiry of an analyst.
	OnInquiry func(raw []byte, send func(transport.InquiryReply) error) error
}

// Inquire implements [transport.Handler].
func (h *HostileHub) Inquire(_ context.Context, _ string, raw []byte, send func(transport.InquiryReply) error) error {
	return h.OnInquiry(raw, send)
}

// Next takes the next packet of any worker.
func (h *HostileHub) Next() (member string, p transport.Packet) {
	got := <-h.packets
	return got.member, got.Packet
}

// said is what a worker said.
type said struct {
	member string
	transport.Packet
}

// StartHostileHub starts one in the place of the coordinator.
func (s *Space) StartHostileHub() *HostileHub {
	s.T.Helper()
	hub, err := transport.Listen(transport.ServerConfig{
		Listen: anyPort(), Timing: timing(), Software: "test",
		Identity: s.identities[CoordinatorID], Directory: transport.FromBundle(s.Bundle),
	})
	s.must(err)
	s.Address = hub.Addr().String()
	h := &HostileHub{s: s, hub: hub, connected: make(chan string, 100), packets: make(chan said, 100)}
	startRole(s.T, func(ctx context.Context) error { return hub.Serve(ctx, h) })
	return h
}

// Connected implements [transport.Handler].
func (h *HostileHub) Connected(_ context.Context, member string, fresh bool) {
	if fresh {
		h.connected <- member
	}
}

// Disconnected implements [transport.Handler].
func (h *HostileHub) Disconnected(string) {}

// Receive implements [transport.Handler].
func (h *HostileHub) Receive(ctx context.Context, member string, p transport.Packet) error {
	select {
	case h.packets <- said{member, p}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Await waits for a fresh session of a worker.
func (h *HostileHub) Await(member string) {
	h.s.T.Helper()
	for got := range h.connected {
		if got == member {
			return
		}
	}
}

// Say sends a packet.
func (h *HostileHub) Say(member string, job store.JobID, attempt uint32, kind envelope.Kind, body []byte) {
	h.s.T.Helper()
	h.s.must(h.hub.Send(context.Background(), member, transport.Packet{Job: job, Attempt: attempt, Kind: uint8(kind), Body: body}))
}

// Want takes the next packet and checks its kind and, if why is not nil, the
// code of its reason.
func (h *HostileHub) Want(kind envelope.Kind, why *fault.Kind) {
	h.s.T.Helper()
	p := <-h.packets
	if envelope.Kind(p.Kind) != kind {
		h.s.T.Fatalf("got %s, want %s", envelope.Kind(p.Kind), kind)
	}
	h.check(p.Packet, why)
}

func (h *HostileHub) check(p transport.Packet, why *fault.Kind) {
	h.s.T.Helper()
	if why == nil {
		return
	}
	reason, err := envelope.ParseReason(p.Body)
	h.s.must(err)
	if reason.Code != why.Code {
		h.s.T.Fatalf("got %s with %s (%s), want %s", envelope.Kind(p.Kind), reason.Code, reason.Message, why.Code)
	}
}

// Drain forgets what the workers have said so far.
func (h *HostileHub) Drain() {
	for {
		select {
		case <-h.packets:
		default:
			return
		}
	}
}

// WantOnly is Want, past other kinds of packets.
func (h *HostileHub) WantOnly(kind envelope.Kind, why *fault.Kind) {
	h.s.T.Helper()
	for p := range h.packets {
		if envelope.Kind(p.Kind) == kind {
			h.check(p.Packet, why)
			return
		}
	}
}

// Attempt runs an attempt of the protocol with all workers to its end, as an
// honest coordinator would, except that it tells nobody that the job is over.
func (h *HostileHub) Attempt(q *cryptojob.Question, number uint32) { h.AttemptWith(q, number, nil) }

// AttemptWith is [HostileHub.Attempt] with messages to the workers that are changed, or dropped if change
// returns nil.
func (h *HostileHub) AttemptWith(q *cryptojob.Question, number uint32, change func(member string, body []byte) []byte) {
	h.s.T.Helper()
	a := h.newAttempt(q, number, change)
	ended := a.start()
	for {
		select {
		case p := <-h.packets:
			a.receive(p)
		case out := <-ended:
			if !out.Done {
				h.s.T.Fatalf("outcome %+v", out)
			}
			return
		}
	}
}

// The kinds of messages that a coordinator changes, drops or makes up here: of a masked sum (package secagg) what makes
// workers release; of a guarded release (package guard) sums, a worker's claim, the claims of all.
const (
	KindCertificate = 0x17

	KindSums   = 0x54
	kindClaim  = 0x55
	kindClaims = 0x56
)

// Forge runs an attempt of a guarded release in which the coordinator changes its
// messages to the workers, and hands round the claims of all, although it sees that they
// do not agree. It returns when so many workers have failed or refused a message.
func (h *HostileHub) Forge(q *cryptojob.Question, number uint32, failures int, change func(member string, body []byte) []byte) {
	h.s.T.Helper()
	a := h.newAttempt(q, number, change)
	a.start()
	failed := make(chan struct{})
	go func() {
		defer close(failed)
		h.s.Log.UntilTimes(failures, `msg="attempt failed"`, `msg="message refused"`)
	}()
	a.gather(failed)
}

// Claims runs an attempt of a guarded release until all workers have made their opening
// and wait for the claims of all, which [HostileHub.HandRound] says.
func (h *HostileHub) Claims(q *cryptojob.Question, number uint32) {
	h.s.T.Helper()
	a := h.newAttempt(q, number, nil)
	a.held = true
	a.start()
	a.gather(nil)
	h.claims = a
}

// HandRound says the claims that [HostileHub.Claims] gathered.
func (h *HostileHub) HandRound() { h.claims.handRound() }

// gather collects the claims, which the machine does not get, and hands them round unless
// they are held, until it has them all or, if it is not nil, end is closed.
func (a *hostileAttempt) gather(end <-chan struct{}) {
	for {
		select {
		case p := <-a.h.packets:
			if len(p.Body) == 0 || p.Body[0] != kindClaim {
				a.receive(p)
				continue
			}
			a.claims[p.member] = p.Body[1:]
			if len(a.claims) < len(a.h.s.Owners) {
				continue
			}
			if a.held {
				return
			}
			a.handRound()
		case <-end:
			return
		}
	}
}

type hostileAttempt struct {
	h      *HostileHub
	q      *cryptojob.Question
	job    store.JobID
	number uint32
	runner *runner.Runner
	change func(member string, body []byte) []byte // nil: honest
	held   bool                                    // claims are not handed round
	claims map[string][]byte                       // without their kind, by member
}

func (h *HostileHub) newAttempt(q *cryptojob.Question, number uint32, change func(string, []byte) []byte) *hostileAttempt {
	h.s.T.Helper()
	submission, err := cryptojob.ParseSubmission(q.Submission())
	h.s.must(err)
	machine, err := protocol.NewServer(protocol.Server{
		Submission: submission, Attempt: number, Participants: session.Everyone(len(h.s.Owners)),
	})
	h.s.must(err)
	a := &hostileAttempt{h: h, q: q, job: q.Manifest().Job, number: number, change: change, claims: map[string][]byte{}}
	a.runner = runner.New(runner.Config{Machine: machine, Host: a})
	return a
}

// start tells the workers and lets the machine run.
func (a *hostileAttempt) start() <-chan runner.Outcome {
	a.h.s.T.Helper()
	ended := make(chan runner.Outcome, 1)
	ctx, cancel := context.WithCancel(context.Background())
	a.h.s.T.Cleanup(cancel)
	go func() { ended <- a.runner.Run(ctx, session.Start{}) }()
	for _, id := range a.h.s.Owners {
		a.h.Say(id, a.job, a.number, envelope.Begin, nil)
	}
	return ended
}

// receive gives the machine what a worker said.
func (a *hostileAttempt) receive(p said) {
	if envelope.Kind(p.Kind) != envelope.Protocol || p.Attempt != a.number {
		return
	}
	party, _ := a.q.Manifest().Party(p.member)
	_ = a.runner.Post(context.Background(), session.Message{From: party, Body: p.Body})
}

// handRound sends every worker the claims of all.
func (a *hostileAttempt) handRound() {
	body := []byte{kindClaims}
	for _, id := range a.h.s.Owners {
		body = append(body, a.claims[id]...)
	}
	for _, id := range a.h.s.Owners {
		a.h.Say(id, a.job, a.number, envelope.Protocol, body)
	}
}

// Persist implements [runner.Host].
func (a *hostileAttempt) Persist([]byte) error { return nil }

// Release implements [runner.Host].
func (a *hostileAttempt) Release([32]byte) error { return nil }

// Send implements [runner.Host].
func (a *hostileAttempt) Send(to session.Party, body []byte) error {
	if to == session.Analyst {
		return nil
	}
	id := a.h.s.Owners[to-1]
	if a.change != nil {
		if body = a.change(id, body); body == nil {
			return nil
		}
	}
	packet := transport.Packet{Job: a.job, Attempt: a.number, Kind: uint8(envelope.Protocol), Body: body}
	return a.h.hub.Send(context.Background(), id, packet)
}

// Compile compiles a question against the charter.
func (s *Space) Compile(sql string) (*query.Query, error) {
	return query.Compile(sql, s.Bundle.Charter())
}
