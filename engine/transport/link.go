package transport

import "context"

// Link is a worker's end: one stream to the coordinator, made again when lost.
type Link struct{}

// Dial checks the configuration and returns a link that is not yet connected.
// Errors: [BadConfig].
func Dial(cfg ClientConfig) (*Link, error) { panic("not yet") }

// Run connects, and connects again after each loss with a growing, jittered
// wait, until ctx ends (it returns nil) or until another process with the same
// key took this one's place ([Replaced]). Refusals such as a wrong key, charter
// or version are reported to Disconnected and tried again after
// Timing.BackoffMax, as the other side may be put right. It is called once; on
// return every goroutine has ended.
func (l *Link) Run(ctx context.Context, handler LinkHandler) error { return nil }

// Send queues a packet for the coordinator, as [Hub.Send] does for a worker.
func (l *Link) Send(ctx context.Context, p Packet) error { return nil }
