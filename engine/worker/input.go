package worker

import (
	"context"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/source"
)

// input is this owner's vector, computed once for a job by its own goroutine,
// whatever the number of attempts. Its fields are set before done is closed.
type input struct {
	cancel context.CancelFunc
	done   chan struct{}
	told   bool // the job's goroutine has seen that it is done
	vector ring.Vector
	err    error
}

// provideInput gives the machine the vector, now or when it is computed.
func (j *job) provideInput() {
	if j.input == nil {
		j.compute()
		return
	}
	if j.input.told {
		j.feed()
	}
}

// compute begins the local query. It waits for its turn, and ends with the job.
func (j *job) compute() {
	ctx, cancel := context.WithCancel(j.w.life)
	in := &input{cancel: cancel, done: make(chan struct{})}
	j.input = in
	j.w.wg.Go(func() {
		defer close(in.done)
		select {
		case j.w.queries <- struct{}{}:
			defer func() { <-j.w.queries }()
			in.vector, in.err = j.vector(ctx)
		case <-ctx.Done():
			in.err = ctx.Err()
		}
	})
}

// vector runs the owner's part of the plan in the owner's engine.
func (j *job) vector(ctx context.Context) (ring.Vector, error) {
	p := &j.request.Job.Plan
	rows, err := j.w.Source.Aggregate(ctx, p)
	if err != nil {
		return ring.Vector{}, err
	}
	defer rows.Release()
	vector, _, err := column.Vector(ctx, rows, p, j.w.space)
	if err != nil {
		return ring.Vector{}, err
	}
	j.log.Info("input computed", "elements", j.manifest.Length, "owners", len(j.manifest.Roster))
	return vector, nil
}

// ready is closed when the input is there and nobody has looked yet.
func (in *input) ready() <-chan struct{} {
	if in == nil || in.told {
		return nil
	}
	return in.done
}

// inputReady gives the machine the vector, or withdraws if there is none.
func (j *job) inputReady() {
	j.input.told = true
	switch err := j.input.err; {
	case err == nil:
		j.feed()
	case j.w.life.Err() != nil:
	default:
		j.log.Error("input failed", obs.Err(err))
		j.withdraw(publicFault(err))
	}
}

// publicFault is what leaves this owner of an error: not the text of one without a
// code, which could hold values, and not the names and counts of a fault of the data.
func publicFault(err error) *fault.Fault {
	if fault.Code(err) != "" {
		return source.Public(err)
	}
	return Broken.New("the local query failed")
}

// feed posts the vector to the running attempt. The machine gets a copy, as a
// later attempt needs the vector again.
func (j *job) feed() {
	if j.attempt == nil {
		return
	}
	j.attempt.post(secagg.Input{Vector: j.input.vector.Clone()})
}

// stopInput ends the local query, if one runs, and waits for it.
func (j *job) stopInput() {
	if j.input == nil {
		return
	}
	j.input.cancel()
	<-j.input.done
	clear(j.input.vector.Words)
	j.input = nil
}
