package enginetest

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
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
	ch := s.Bundle.Charter()
	compiled, err := query.Compile(Query, ch)
	s.must(err)
	p := compiled.Plan
	now := time.Now().Unix()
	job := &plan.Job{
		Charter: s.Bundle.Hash(), Space: ch.Space, Analyst: AnalystID, Plan: p,
		Leakage: plan.Explain(&p, ch).Hash(), Created: now, Expiry: now + 3600,
	}
	body, err := job.Marshal()
	s.must(err)
	m := cryptojob.Manifest{
		Context: body, Length: p.Length(), Width: ring.Width(p.Width),
		Analyst:         cryptojob.Member{ID: AnalystID, Key: s.identities[AnalystID].Public()},
		MinContributors: ch.Rules.MinContributors, Corruptions: ch.Rules.ToleratedCorruption,
		Threshold: cryptojob.ThresholdFor(len(s.Owners), ch.Rules.ToleratedCorruption), Expiry: job.Expiry,
	}
	for _, id := range s.Owners {
		m.Roster = append(m.Roster, cryptojob.Member{ID: id, Key: s.identities[id].Public()})
	}
	_, err = rand.Read(m.Job[:])
	s.must(err)
	q, err := cryptojob.NewQuestion(m, s.identities[AnalystID], rand.Reader)
	s.must(err)
	return q
}

// HostileHub is a coordinator that says what a test wants.
type HostileHub struct {
	transport.Handler // analysts' calls are not served
	s                 *Space
	hub               *transport.Hub
	connected         chan string
	packets           chan said
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
		Listen: "127.0.0.1:0", Timing: timing(), Software: "test",
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
func (h *HostileHub) Attempt(q *cryptojob.Question, number uint32) {
	h.s.T.Helper()
	submission, err := cryptojob.ParseSubmission(q.Submission())
	h.s.must(err)
	a := &hostileAttempt{h: h, job: q.Manifest().Job, number: number}
	var everybody []session.Party
	for i := range h.s.Owners {
		everybody = append(everybody, session.Party(i+1))
	}
	machine, err := secagg.NewServer(secagg.ServerConfig{Submission: submission, Attempt: number, Participants: everybody})
	h.s.must(err)
	r := runner.New(runner.Config{Machine: machine, Host: a})
	ended := make(chan runner.Outcome, 1)
	go func() { ended <- r.Run(context.Background(), session.Start{}) }()
	for _, id := range h.s.Owners {
		h.Say(id, a.job, number, envelope.Begin, nil)
	}
	for {
		select {
		case p := <-h.packets:
			party, _ := q.Manifest().Party(p.member)
			_ = r.Post(context.Background(), session.Message{From: party, Body: p.Body})
		case out := <-ended:
			if !out.Done {
				h.s.T.Fatalf("outcome %+v", out)
			}
			return
		}
	}
}

type hostileAttempt struct {
	h      *HostileHub
	job    store.JobID
	number uint32
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
	packet := transport.Packet{Job: a.job, Attempt: a.number, Kind: uint8(envelope.Protocol), Body: body}
	return a.h.hub.Send(context.Background(), a.h.s.Owners[to-1], packet)
}
