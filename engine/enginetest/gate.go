package enginetest

import (
	"context"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/worker"
)

// Gate stands before an owner's data and can hold or spoil its local queries.
// It outlives restarts of the worker.
type Gate struct {
	mu      sync.Mutex
	closed  chan struct{} // while it is closed; closed when it opens
	reached chan struct{} // closed when a query came to the closed gate
	fail    error
}

// Close holds the next local queries; the returned channel is closed when the
// first of them has come.
func (g *Gate) Close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed, g.reached = make(chan struct{}), make(chan struct{})
	return g.reached
}

// Open lets the queries go.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

// Fail makes the next local queries fail.
func (g *Gate) Fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fail = err
}

func (g *Gate) pass(ctx context.Context) error {
	g.mu.Lock()
	closed, reached, fail := g.closed, g.reached, g.fail
	if closed != nil {
		select {
		case <-reached:
		default:
			close(reached)
		}
	}
	g.mu.Unlock()
	if closed != nil {
		select {
		case <-closed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fail
}

// gated is an owner's data behind its gate.
type gated struct {
	worker.Source
	gate *Gate
}

// AggregateUnits implements [worker.Source].
func (g gated) AggregateUnits(ctx context.Context, p *plan.Plan, guards []plan.Guard) (array.RecordReader, error) {
	if err := g.gate.pass(ctx); err != nil {
		return nil, err
	}
	return g.Source.AggregateUnits(ctx, p, guards)
}

// AggregateBounded implements [worker.Source].
func (g gated) AggregateBounded(ctx context.Context, p *plan.Plan, guards []plan.Guard, n *plan.Noise, key [32]byte) (array.RecordReader, error) {
	if err := g.gate.pass(ctx); err != nil {
		return nil, err
	}
	return g.Source.AggregateBounded(ctx, p, guards, n, key)
}

var _ worker.Source = (*source.Engine)(nil)
