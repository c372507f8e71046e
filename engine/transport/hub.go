package transport

import (
	"context"
	"net"
)

// Hub is the coordinator's end: it accepts workers and analysts.
type Hub struct{}

// Listen opens the port and returns a hub that does not yet accept. Errors:
// [PortInUse], [CannotListen], [BadConfig].
func Listen(cfg ServerConfig) (*Hub, error) { panic("not yet") }

// Addr returns the address that the hub listens on.
func (h *Hub) Addr() net.Addr { return nil }

// Serve accepts connections until ctx ends, then drains: it says goodbye to the
// workers, lets calls finish for Timing.Drain, and returns nil when every
// goroutine has ended. It is called once.
func (h *Hub) Serve(ctx context.Context, handler Handler) error { return nil }

// Send queues a packet for a worker. It may be called by many goroutines; the
// packets of one goroutine arrive in its order.
//
// It blocks only while the worker is connected and Limits.Outbox is full, until
// the worker has caught up or ctx ends ([Full], the packet is not queued).
// One slow worker holds back those who send to it, and nobody else.
// [Away]: the worker has no session, or was away with a full outbox, which ends
// its session; its next connection is fresh, so the packet can be left to
// [Handler].Connected. [TooBig]: above the size that both sides agreed on.
func (h *Hub) Send(ctx context.Context, member string, p Packet) error { return nil }

// Members lists the workers that have a session, by member id.
func (h *Hub) Members() []Presence { return nil }

// Close releases the port of a hub whose Serve was never called.
func (h *Hub) Close() error { return nil }
