package charter

import "time"

// Duration is a time.Duration written as in Go ("24h", "90m").
type Duration time.Duration
