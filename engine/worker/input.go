package worker

import (
	"context"
	"time"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source"
)

// input is this owner's vector, computed once for a job by its own goroutine,
// whatever the number of attempts. Its fields are set before done is closed.
type input struct {
	cancel context.CancelFunc
	done   chan struct{}
	told   bool // the job's goroutine has seen that it is done
	vector ring.Vector
	units  [][]uint64 // per guard and cell of the plan across
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
	j.drawAhead()
	drawing := j.drawing
	j.w.wg.Go(func() {
		defer close(in.done)
		select {
		case j.w.queries <- struct{}{}:
			defer func() { <-j.w.queries }()
			begun := time.Now()
			in.vector, in.units, in.err = j.contribution(ctx, drawing)
			j.computed.Add(int64(time.Since(begun)))
		case <-ctx.Done():
			in.err = ctx.Err()
		}
	})
}

// contribution runs the owner's part of the plan in the owner's engine, and adds noise.
func (j *job) contribution(ctx context.Context, d *drawing) (ring.Vector, [][]uint64, error) {
	p := &j.request.Job.Plan
	var guards []plan.Guard
	if j.layout != nil {
		guards = j.layout.Guards
	}
	if err := j.compareAgain(ctx); err != nil {
		return ring.Vector{}, nil, err
	}
	rows, err := j.aggregate(ctx, p, guards)
	if err != nil {
		return ring.Vector{}, nil, err
	}
	defer rows.Release()
	vector, units, _, err := column.Cells(ctx, rows, p, guards, j.w.space)
	if err != nil {
		return ring.Vector{}, nil, err
	}
	if err := enoughRows(p, j.w.space, vector); err != nil {
		clear(vector.Words)
		return ring.Vector{}, nil, err
	}
	if err := j.addNoise(ctx, d, vector); err != nil {
		clear(vector.Words)
		return ring.Vector{}, nil, err
	}
	j.log.Info("input computed", "elements", j.manifest.Length, "owners", len(j.manifest.Roster))
	return vector, units, nil
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

// feed posts the input to the running attempt. The machine gets a copy, as a later
// attempt needs the input again.
func (j *job) feed() {
	if j.attempt == nil {
		return
	}
	if !j.inputLeaves() {
		return
	}
	if j.layout == nil {
		j.attempt.post(secagg.Input{Vector: j.input.vector.Clone()})
		return
	}
	in, err := j.layout.Input(j.w.Self, j.input.vector, j.input.units)
	if err != nil {
		j.withdraw(publicFault(err))
		return
	}
	j.attempt.post(in)
}

// stopInput ends the local query, if one runs, and waits for it.
func (j *job) stopInput() {
	if j.input == nil {
		return
	}
	j.input.cancel()
	<-j.input.done
	clear(j.input.vector.Words)
	for _, units := range j.input.units {
		clear(units)
	}
	j.input = nil
}
