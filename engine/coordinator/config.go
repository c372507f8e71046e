package coordinator

import (
	"log/slog"
	"net"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Defaults of [Limits] and [Timing].
const (
	DefaultMaxLive       = 1000
	DefaultMaxPerAnalyst = 100
	DefaultMaxStored     = 100_000
	DefaultMaxRunning    = 8
	DefaultMaxAttempts   = 3
	DefaultAdmission     = 2 * time.Minute
	DefaultAnswer        = 5 * time.Second
	DefaultRound         = 2 * time.Minute
	DefaultInput         = 30 * time.Minute
	DefaultRegroup       = 5 * time.Second
	DefaultPatience      = 5 * time.Minute
	DefaultAbsence       = time.Minute
	DefaultRetry         = time.Second
	DefaultIdle          = 2 * time.Second
	DefaultKeysAhead     = 2
	DefaultKeepFetched   = 24 * time.Hour
	DefaultKeepResult    = 30 * 24 * time.Hour
	DefaultKeepRecord    = 30 * 24 * time.Hour
)

const (
	pruneEvery       = time.Hour
	clockSkew        = 5 * time.Minute
	listLimit        = 1000    // jobs in one answer to Jobs
	reasonsInMessage = 10      // refusals that a message lists
	watchQueue       = 256     // events that a slow watcher may be behind
	maxResumptions   = 5       // of a committed attempt that gave up
	maxUnread        = 100_000 // packets towards a worker that speaks and does not read
	vectorSlack      = 4 << 20 // bytes of a message or result beside its vector, at most
)

// Limits bound what the coordinator takes on. A zero field takes its default.
type Limits struct {
	MaxLive       int // jobs that are not over, of all analysts
	MaxPerAnalyst int // of one analyst
	MaxStored     int // records, over or not
	MaxRunning    int // jobs that have an attempt at the same time; others wait
	MaxAttempts   int // of one job
	MaxVector     int // bytes of the longest message of a job; by default, and at most, what Server.Limits let through
	KeysAhead     int // key sets made ahead for each roster and parameter set; negative: none
}

// Timing holds the clocks of a job. A zero field takes its default.
type Timing struct {
	Admission time.Duration // for the owners to answer an offer
	Round     time.Duration // for one phase of the protocol
	Input     time.Duration // for the phase in which workers compute their input
	Regroup   time.Duration // after an interruption, for all workers to connect before an attempt starts with fewer
	Patience  time.Duration // for enough workers to connect; then the job fails
	Absence   time.Duration // a worker that is away for longer is out of the attempt
	Retry     time.Duration // between a failed attempt and the next
	Answer    time.Duration // for the owners to answer an inquiry
	Idle      time.Duration // between looks whether there is time to make a key set
}

// Config of a coordinator.
type Config struct {
	Bundle   *charter.Bundle    // verified by the caller
	Identity *identity.Identity // the coordinator's
	Store    string             // folder of the durable state
	// Server is where and how to listen. Identity, Directory and Log are set by Run.
	Server  transport.ServerConfig
	Updates <-chan *charter.Bundle // verified copies that continue Bundle: their revocations count at once; may be nil
	Limits  Limits
	Timing  Timing
	Keep    store.Retention  // a zero field takes its default
	Log     *slog.Logger     // nil: nothing is logged
	Metrics *obs.Metrics     // may be nil
	Now     func() time.Time // nil: time.Now
	Ready   func(net.Addr)   // may be nil; called once, when it listens
}

func (c *Config) setDefaults() {
	or(&c.Limits.MaxLive, DefaultMaxLive)
	or(&c.Limits.MaxPerAnalyst, DefaultMaxPerAnalyst)
	or(&c.Limits.MaxStored, DefaultMaxStored)
	or(&c.Limits.MaxRunning, DefaultMaxRunning)
	or(&c.Limits.MaxAttempts, DefaultMaxAttempts)
	packet, result := c.Server.Limits.MaxPacket, c.Server.Limits.MaxResult
	or(&packet, transport.DefaultMaxPacket)
	or(&result, transport.DefaultMaxResult)
	most := max(min(packet, result)-vectorSlack, 0)
	or(&c.Limits.MaxVector, most)
	c.Limits.MaxVector = min(c.Limits.MaxVector, most)
	or(&c.Timing.Admission, DefaultAdmission)
	or(&c.Timing.Answer, DefaultAnswer)
	or(&c.Timing.Round, DefaultRound)
	or(&c.Timing.Input, DefaultInput)
	or(&c.Timing.Regroup, DefaultRegroup)
	or(&c.Timing.Patience, DefaultPatience)
	or(&c.Timing.Absence, DefaultAbsence)
	or(&c.Timing.Retry, DefaultRetry)
	or(&c.Timing.Idle, DefaultIdle)
	or(&c.Limits.KeysAhead, DefaultKeysAhead)
	or(&c.Keep.Fetched, DefaultKeepFetched)
	or(&c.Keep.Result, DefaultKeepResult)
	or(&c.Keep.Record, DefaultKeepRecord)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ready == nil {
		c.Ready = func(net.Addr) {}
	}
}

// or sets a zero field to its default.
func or[T comparable](field *T, byDefault T) {
	var zero T
	if *field == zero {
		*field = byDefault
	}
}
