package analyst

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/transport"
)

const (
	firstWait   = 50 * time.Millisecond
	longestWait = 2 * time.Second
	patience    = time.Minute
)

// Faults after which the same call may work: the connection was lost, or this
// member makes too many calls at once; and, once the coordinator has been
// reached, that it restarts.
var (
	passing    = []*fault.Kind{transport.Busy, transport.Stopping, transport.Lost, transport.TimedOut}
	restarting = append([]*fault.Kind{transport.Unreachable, transport.TLSFailed}, passing...)
)

// patiently repeats a call while it fails with one of these kinds, with growing,
// jittered waits, for a minute in all.
func (c *Client) patiently(ctx context.Context, kinds []*fault.Kind, call func() error) error {
	begun, wait := time.Now(), firstWait
	for {
		err := call()
		again := slices.ContainsFunc(kinds, func(k *fault.Kind) bool { return k.Is(err) })
		if err == nil || !again || time.Since(begun) > patience {
			return err
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
			wait = min(2*wait, longestWait)
		case <-ctx.Done():
			return err
		}
	}
}
