package worker

import (
	"testing"

	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/transport"
)

// After a stop nothing that brings a job forward leaves any more, also of what was queued before; that an owner
// has withdrawn or refused does.
func TestWhatAStopHoldsBack(t *testing.T) {
	held := map[envelope.Kind]bool{envelope.Accept: true, envelope.Parked: true, envelope.Protocol: true}
	for _, stopped := range []bool{false, true} {
		w := &worker{}
		w.stopped.Store(stopped)
		for _, k := range []envelope.Kind{
			envelope.Accept, envelope.Parked, envelope.Protocol, envelope.Refuse, envelope.Withdraw, envelope.Lost,
		} {
			if got := w.holdsBack(transport.Packet{Kind: uint8(k)}); got != (stopped && held[k]) {
				t.Errorf("stopped %t, kind %d: held back %t", stopped, k, got)
			}
		}
	}
}
