package transport

import "context"

// Probe checks step by step whether this machine reaches the coordinator, for
// `tacit doctor`. It stops at the first step that fails.
func Probe(ctx context.Context, cfg ClientConfig) []Finding { return nil }
