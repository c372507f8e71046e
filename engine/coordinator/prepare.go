package coordinator

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// preparation is the making of one key set ahead of any question. It is the host of its
// machine.
type preparation struct {
	c       *coordinator
	id      store.JobID
	stock   protocol.KeyStock
	parties map[string]session.Party
	runner  *runner.Runner
	cancel  context.CancelFunc
}

// stockUp makes key sets while nothing else is to do: guarded questions are answered faster
// with a key set that is there. It ends with the role.
func (c *coordinator) stockUp() {
	stocks := protocol.KeyStocks(c.Bundle)
	uses := make([]string, len(stocks))
	for i, s := range stocks {
		uses[i] = s.Use
	}
	if err := c.store.KeepKeySets(uses); err != nil {
		c.fail(err)
		return
	}
	if c.Limits.KeysAhead < 1 || len(stocks) == 0 {
		return
	}
	for c.idle() {
		for more := true; more && c.life.Err() == nil; {
			stock, err := c.missing(stocks)
			if err != nil {
				c.fail(err)
				return
			}
			more = stock != nil && c.quiet(stock) && c.makeKeys(*stock)
		}
	}
}

// idle waits for a while; it reports false when the role ends.
func (c *coordinator) idle() bool {
	wait := time.NewTimer(c.Timing.Idle)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-c.life.Done():
		return false
	}
}

// missing returns the first kind of key set of which there are too few.
func (c *coordinator) missing(stocks []protocol.KeyStock) (*protocol.KeyStock, error) {
	for i := range stocks {
		n, err := c.store.CountKeySets(stocks[i].Use)
		if err != nil || n < c.Limits.KeysAhead {
			return &stocks[i], err
		}
	}
	return nil, nil
}

// quiet reports whether all owners are there and no job is going on; one that waits for a person is
// none, as that may take days.
func (c *coordinator) quiet(s *protocol.KeyStock) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range s.Roster {
		if !c.members[id].online {
			return false
		}
	}
	for _, j := range c.jobs {
		if !j.feed.isParked() {
			return false
		}
	}
	return true
}

// makeKeys makes one key set, waits for its end, and reports whether it is there.
func (c *coordinator) makeKeys(s protocol.KeyStock) bool {
	k := &preparation{c: c, stock: s, parties: map[string]session.Party{}}
	if _, err := rand.Read(k.id[:]); err != nil {
		c.fail(err)
		return false
	}
	terms, err := protocol.KeyTerms(c.Bundle, s.Table, s.Set, k.id)
	if err != nil {
		c.Log.Warn("no key set", "table", s.Table, obs.Err(err))
		return false
	}
	for i, id := range s.Roster {
		k.parties[id] = session.Party(i + 1)
	}
	machine, err := guard.NewPrepareServer(guard.PrepareConfig{
		Terms: terms, Participants: session.Everyone(len(s.Roster)), Parallel: runner.Parallel,
	})
	if err != nil {
		c.Log.Warn("no key set", "table", s.Table, obs.Err(err))
		return false
	}
	return k.run(machine)
}

func (k *preparation) run(machine session.Machine) (made bool) {
	c := k.c
	log := c.Log.With("key_set", k.id.String())
	k.runner = runner.New(runner.Config{
		Machine: machine, Host: k, Log: log,
		Timeout: func(session.Phase) time.Duration { return c.Timing.Round },
	})
	ctx, cancel := context.WithCancel(c.life)
	defer cancel()
	k.cancel = cancel
	c.setPreparation(k)
	defer c.setPreparation(nil)
	order := envelope.Order{Table: k.stock.Table, Set: k.stock.Set}.Marshal()
	for id := range k.parties {
		c.tell(id, k.packet(envelope.Prepare, order))
	}
	begun := time.Now()
	out := k.runner.Run(ctx, session.Start{})
	if out.Done {
		log.Info("key set made", "table", k.stock.Table, "parameters", k.stock.Set, "owners", len(k.parties), "took", time.Since(begun))
		return true
	}
	if out.Abort != nil {
		log.Warn("key set not made", "blamed", out.Abort.Blame, obs.Err(out.Abort.Err))
	}
	over := envelope.Over{State: envelope.Unknown}.Marshal()
	for id := range k.parties {
		c.tell(id, k.packet(envelope.End, over))
	}
	return false
}

func (k *preparation) packet(kind envelope.Kind, body []byte) transport.Packet {
	return transport.Packet{Job: k.id, Attempt: 1, Kind: uint8(kind), Body: body}
}

func (c *coordinator) setPreparation(k *preparation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = k
}

// preparing passes a worker's packet to the preparation that it belongs to.
func (c *coordinator) preparing(ctx context.Context, id string, p transport.Packet) bool {
	c.mu.Lock()
	k := c.keys
	c.mu.Unlock()
	if k == nil || k.id != p.Job {
		return false
	}
	if from, in := k.parties[id]; in && envelope.Kind(p.Kind) == envelope.Protocol {
		_ = k.runner.Post(ctx, session.Message{From: from, Body: p.Body}) // one that ended takes no more
	}
	return true
}

// lostWhilePreparing gives up a key set of which a worker has lost its part.
func (c *coordinator) lostWhilePreparing(id string) {
	c.mu.Lock()
	k := c.keys
	c.mu.Unlock()
	if k == nil {
		return
	}
	if _, in := k.parties[id]; in {
		k.cancel()
	}
}

// Persist implements [runner.Host]: every worker has stored its part.
func (k *preparation) Persist(state []byte) error {
	keys, err := guard.ParsePublicKeys(state)
	if err != nil {
		return err
	}
	return k.c.store.AddKeySet(store.KeyID(keys.ID), k.stock.Use, state)
}

// Release implements [runner.Host]; only workers release.
func (k *preparation) Release([32]byte) error {
	return fmt.Errorf("coordinator: a preparation asked for a release")
}

// Send implements [runner.Host].
func (k *preparation) Send(to session.Party, body []byte) error {
	if to < 1 || int(to) > len(k.stock.Roster) {
		return fmt.Errorf("coordinator: a message for party %d", to)
	}
	k.c.tell(k.stock.Roster[to-1], k.packet(envelope.Protocol, body))
	return nil
}
