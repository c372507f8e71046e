package cryptotest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/tacit-space/tacit/crypto/session"
)

// ErrReleased ends the attempt of a party that released the job before, under
// another digest.
var ErrReleased = errors.New("cryptotest: the job is released already")

// Restore makes a machine from a persisted state.
type Restore func(state []byte) (session.Machine, error)

// Network holds the machines of one attempt. Fields are set before the first
// step.
type Network struct {
	Faults Faults
	Lies   map[session.Party]Lie         // what a party sends instead of what its machine says
	Kill   map[session.Party]int         // kill a party after so many effects, once
	Ledger map[session.Party][32]byte    // digests of releases, kept over attempts
	Trace  func(format string, a ...any) // is told every step; may be nil
	Name   func(body []byte) string      // of a message, for Trace

	// Orderly delivers the oldest message first, so that a transcript reads well.
	Orderly bool

	Start session.Event // the first event of every machine, restored ones included

	rng     *rand.Rand
	nodes   map[session.Party]*node
	order   []session.Party
	links   [][]packet // by link; FIFO
	link    map[[2]session.Party]int
	mailbox map[session.Party][][]byte
	posted  int
}

// Faults are probabilities in [0, 1], per message.
type Faults struct {
	Drop, Duplicate, Reorder, Corrupt float64
	Hasty                             float64 // per step: a clock fires although messages are on their way
}

// Lie returns what is sent to a party in place of body; nothing means silence.
type Lie func(to session.Party, body []byte) [][]byte

// node is a party and what its driver keeps of it.
type node struct {
	party   session.Party
	machine session.Machine // nil: killed for good
	restore Restore
	state   []byte // persisted; nil: none
	clock   *session.Phase
	effects int // carried out so far
	sent    []packet
	outcome Outcome
}

// Outcome is how a party's attempt ended: none of the fields is set while it has
// not. Refusals are in it from the start.
type Outcome struct {
	Done     bool
	Abort    *session.Abort
	Err      error // the driver ended it
	Refusals []error
}

// Ended reports whether the attempt is over for the party.
func (o Outcome) Ended() bool { return o.Done || o.Abort != nil || o.Err != nil }

type packet struct {
	from, to session.Party
	body     []byte
	number   int // of all messages, in the order of sending
}

// New returns an empty network. Equal seeds, machines and faults give equal runs.
func New(seed uint64, start session.Event) *Network {
	return &Network{
		Lies: map[session.Party]Lie{}, Kill: map[session.Party]int{}, Ledger: map[session.Party][32]byte{},
		Start:   start,
		rng:     rand.New(rand.NewPCG(seed, 0x7461636974)),
		nodes:   map[session.Party]*node{},
		link:    map[[2]session.Party]int{},
		mailbox: map[session.Party][][]byte{},
	}
}

// Add puts a party's machine on the network. Restore may be nil if the party is
// never killed.
func (n *Network) Add(p session.Party, m session.Machine, restore Restore) {
	n.nodes[p] = &node{party: p, machine: m, restore: restore}
	n.order = append(n.order, p)
	slices.Sort(n.order)
}

// Outcome returns how p's attempt ended.
func (n *Network) Outcome(p session.Party) Outcome { return n.nodes[p].outcome }

// Effects returns how many effects of p were carried out.
func (n *Network) Effects(p session.Party) int { return n.nodes[p].effects }

// Mailbox returns what was sent to a party that has no machine, such as the
// analyst.
func (n *Network) Mailbox(p session.Party) [][]byte { return n.mailbox[p] }

// Parties returns the parties with a machine, ascending.
func (n *Network) Parties() []session.Party { return slices.Clone(n.order) }

// Machine returns p's machine, or nil if p was killed for good.
func (n *Network) Machine(p session.Party) session.Machine { return n.nodes[p].machine }

// Begin gives every machine its first event, in order.
func (n *Network) Begin() {
	for _, p := range n.order {
		n.Post(p, n.Start)
	}
}

// Run goes on until nothing is on its way and no clock runs.
func (n *Network) Run() {
	for n.Step() {
	}
}

// Step delivers one message, or lets one clock run down. It returns false if there is
// neither.
func (n *Network) Step() bool {
	if n.rng.Float64() < n.Faults.Hasty && n.tick() {
		return true
	}
	return n.Deliver() || n.tick()
}

// Deliver delivers one message. It returns false if none is on its way.
func (n *Network) Deliver() bool {
	k, ok := n.pick()
	if ok {
		n.deliver(n.take(k))
	}
	return ok
}

// Post gives an event to a party's machine and carries out the effects. Events
// for a party whose attempt is over are dropped.
func (n *Network) Post(p session.Party, ev session.Event) {
	d := n.nodes[p]
	if d == nil || d.machine == nil || d.outcome.Ended() {
		return
	}
	effects, err := d.machine.Step(ev)
	if err != nil {
		n.trace("%d refuses: %v", p, err)
		d.outcome.Refusals = append(d.outcome.Refusals, err)
		return
	}
	for _, e := range effects {
		if !n.carryOut(d, e) {
			return
		}
		d.effects++
		if kill, ok := n.Kill[p]; ok && d.effects == kill {
			delete(n.Kill, p)
			n.Restart(p)
			return
		}
	}
}

// carryOut reports whether the next effect may follow.
func (n *Network) carryOut(d *node, effect session.Effect) bool {
	switch e := effect.(type) {
	case session.Persist:
		d.state = slices.Clone(e.State)
		n.trace("%d persists", d.party)
	case session.Release:
		return n.release(d, e.Digest)
	case session.Send:
		n.send(d, e)
	case session.Wait:
		d.clock = &e.Phase
		n.trace("%d waits in phase %d", d.party, e.Phase)
	case session.Done:
		d.outcome.Done, d.clock = true, nil
		n.trace("%d is done", d.party)
	case session.Abort:
		d.outcome.Abort, d.clock = &e, nil
		n.trace("%d aborts: %v", d.party, e.Err)
	default:
		panic(fmt.Sprintf("cryptotest: effect %T", effect))
	}
	return true
}

func (n *Network) release(d *node, digest [32]byte) bool {
	if old, ok := n.Ledger[d.party]; ok && old != digest {
		d.outcome.Err = ErrReleased
		n.trace("%d has released before", d.party)
		return false
	}
	n.Ledger[d.party] = digest
	n.trace("%d releases", d.party)
	return true
}

func (n *Network) send(d *node, e session.Send) {
	bodies := [][]byte{e.Body}
	if lie := n.Lies[d.party]; lie != nil {
		bodies = lie(e.To, slices.Clone(e.Body))
	}
	for _, body := range bodies {
		p := packet{from: d.party, to: e.To, body: slices.Clone(body)}
		d.sent = append(d.sent, p)
		n.post(p)
	}
}

// Inject puts a message on its way that no machine said.
func (n *Network) Inject(from, to session.Party, body []byte) {
	n.post(packet{from: from, to: to, body: slices.Clone(body)})
}

// post puts a message on its link, or into a mailbox.
func (n *Network) post(p packet) {
	if n.nodes[p.to] == nil {
		n.mailbox[p.to] = append(n.mailbox[p.to], p.body)
		n.trace("%d -> %d %s", p.from, p.to, n.name(p.body))
		return
	}
	if n.rng.Float64() < n.Faults.Drop {
		n.trace("%d -> %d %s is lost", p.from, p.to, n.name(p.body))
		return
	}
	key := [2]session.Party{p.from, p.to}
	k, ok := n.link[key]
	if !ok {
		k = len(n.links)
		n.link[key] = k
		n.links = append(n.links, nil)
	}
	n.posted++
	p.number = n.posted
	n.links[k] = append(n.links[k], p)
	if n.rng.Float64() < n.Faults.Duplicate {
		n.links[k] = append(n.links[k], p)
	}
}

// pick chooses a link with a message on it.
func (n *Network) pick() (int, bool) {
	var busy []int
	for k, l := range n.links {
		if len(l) > 0 {
			busy = append(busy, k)
		}
	}
	if len(busy) == 0 {
		return 0, false
	}
	if n.Orderly {
		return slices.MinFunc(busy, func(a, b int) int { return n.links[a][0].number - n.links[b][0].number }), true
	}
	return busy[n.rng.IntN(len(busy))], true
}

// take removes the message that comes next on a link.
func (n *Network) take(k int) packet {
	i := 0
	if n.rng.Float64() < n.Faults.Reorder {
		i = n.rng.IntN(len(n.links[k]))
	}
	p := n.links[k][i]
	n.links[k] = slices.Delete(n.links[k], i, i+1)
	return p
}

func (n *Network) deliver(p packet) {
	body := slices.Clone(p.body)
	if n.rng.Float64() < n.Faults.Corrupt {
		body = n.corrupt(body)
	}
	n.trace("%d -> %d %s", p.from, p.to, n.name(body))
	n.Post(p.to, session.Message{From: p.from, Body: body})
}

// corrupt flips a bit, cuts the end off, or appends a byte.
func (n *Network) corrupt(body []byte) []byte {
	switch i := n.rng.IntN(len(body) + 1); {
	case i == len(body) || n.rng.IntN(8) == 0:
		return append(body, byte(n.rng.Uint32()))
	case n.rng.IntN(8) == 0:
		return body[:i]
	default:
		body[i] ^= 1 << n.rng.IntN(8)
		return body
	}
}

// tick fires one running clock.
func (n *Network) tick() bool {
	var running []*node
	for _, p := range n.order {
		if d := n.nodes[p]; d.clock != nil {
			running = append(running, d)
		}
	}
	if len(running) == 0 {
		return false
	}
	d := running[n.rng.IntN(len(running))]
	phase := *d.clock
	d.clock = nil
	n.trace("phase %d of %d is over", phase, d.party)
	n.Post(d.party, session.Deadline{Phase: phase})
	return true
}

// Restart kills a party and restores it from what it persisted.
func (n *Network) Restart(p session.Party) {
	d := n.nodes[p]
	n.forget(p)
	d.machine, d.clock, d.sent = nil, nil, nil
	d.outcome.Done, d.outcome.Abort = false, nil
	if d.state == nil {
		n.trace("%d is killed", p)
		n.Gone(p)
		return
	}
	n.trace("%d restarts", p)
	m, err := d.restore(slices.Clone(d.state))
	if err != nil {
		d.outcome.Err = err
		n.Gone(p)
		return
	}
	d.machine = m
	n.Post(p, n.Start)
	for _, other := range n.order {
		for _, sent := range n.nodes[other].sent {
			if sent.to == p {
				n.post(sent)
			}
		}
	}
}

// Gone tells the coordinator that a worker is gone, or everybody that the
// coordinator is.
func (n *Network) Gone(p session.Party) {
	if p != session.Coordinator {
		n.Post(session.Coordinator, session.Gone{Party: p})
		return
	}
	for _, w := range n.order {
		if w != session.Coordinator {
			n.Post(w, session.Gone{Party: p})
		}
	}
}

// Cut removes a party for good, silently.
func (n *Network) Cut(p session.Party) {
	n.forget(p)
	n.nodes[p].machine, n.nodes[p].clock = nil, nil
}

// forget drops what is on its way to p.
func (n *Network) forget(p session.Party) {
	for k, l := range n.links {
		n.links[k] = slices.DeleteFunc(l, func(x packet) bool { return x.to == p })
	}
}

func (n *Network) trace(format string, args ...any) {
	if n.Trace != nil {
		n.Trace(format, args...)
	}
}

func (n *Network) name(body []byte) string {
	if n.Name == nil {
		return fmt.Sprintf("%d bytes", len(body))
	}
	return n.Name(body)
}
