package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/transport"
)

// Defaults of [Limits].
const (
	DefaultMaxLive     = 1000
	DefaultMaxQueries  = 4
	DefaultMaxAttempts = 20
	DefaultMemory      = 2 << 30
	DefaultKeep        = 400 * 24 * time.Hour
	DefaultPoll        = 500 * time.Millisecond

	pruneEvery = time.Hour
	maxUnread  = 100_000 // packets towards a coordinator that speaks and does not read
)

// Limits bound what a worker takes on. A zero field takes its default.
type Limits struct {
	MaxLive     int   // accepted jobs that are not over
	MaxQueries  int   // local queries at the same time; others wait
	MaxAttempts int   // of one job that this worker takes part in
	Memory      int64 // bytes for the vectors of accepted jobs
}

// Source is the owner's data; [source.Engine] is one.
type Source interface {
	// Validate checks a table against the charter.
	Validate(ctx context.Context, table string) (*source.Report, error)
	// AggregateUnits runs the owner's part of a plan, and counts the privacy units of each
	// guard. The caller releases the reader.
	AggregateUnits(ctx context.Context, p *plan.Plan, guards []plan.Guard) (array.RecordReader, error)
	// AggregateBounded is AggregateUnits with bounds on what one unit adds to noised sums.
	AggregateBounded(ctx context.Context, p *plan.Plan, guards []plan.Guard, n *plan.Noise, key [32]byte) (array.RecordReader, error)
	// Compare fills a comparison of questions from the table's rows.
	Compare(ctx context.Context, table string, c *differencing.Comparison) error
}

// Config of a worker.
type Config struct {
	Bundle   *charter.Bundle    // verified by the caller
	Self     string             // member id of this owner
	Identity *identity.Identity // of this owner
	Store    string             // folder of the durable state
	Source   Source             // the owner's tables, mapped and locked
	Accept   config.Accept      // the owner's own rules
	Approval config.Approval    // which questions wait for a person; a zero field takes its default
	// Link is how to reach the coordinator. Identity, Directory and Log are set
	// by Run.
	Link    transport.ClientConfig
	Limits  Limits
	Updates <-chan *charter.Bundle // verified copies that continue Bundle: their revocations count at once; may be nil
	Keep    time.Duration          // records of jobs, after their expiry; 0: DefaultKeep
	Poll    time.Duration          // between looks whether people wrote to the store; 0: DefaultPoll
	Log     *slog.Logger           // nil: nothing is logged
	Metrics *obs.Metrics           // may be nil
	Now     func() time.Time       // nil: time.Now
}

func (c *Config) setDefaults() {
	or(&c.Limits.MaxLive, DefaultMaxLive)
	or(&c.Limits.MaxQueries, DefaultMaxQueries)
	or(&c.Limits.MaxAttempts, DefaultMaxAttempts)
	or(&c.Limits.Memory, DefaultMemory)
	or(&c.Keep, DefaultKeep)
	or(&c.Poll, DefaultPoll)
	or(&c.Approval.Needed, 1)
	or(&c.Approval.Expire, config.DefaultExpire)
	or(&c.Approval.MaxParked, config.DefaultMaxParked)
	or(&c.Approval.MaxOfAnalyst, config.DefaultMaxOfAnalyst)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// or sets a zero field to its default.
func or[T comparable](field *T, byDefault T) {
	var zero T
	if *field == zero {
		*field = byDefault
	}
}
