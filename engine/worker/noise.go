package worker

import (
	"context"
	"crypto/rand"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/noise"
	"github.com/tacit-space/tacit/engine/plan"
)

// drawing is noise that is being drawn, or was. Its fields are set before done is closed.
type drawing struct {
	done  chan struct{}
	noise *noise.Drawn
	err   error
}

// drawAhead begins to draw the job's noise, once. It is called when the job is accepted: by the time
// that the input is due the noise has long been there, so that how long it took shows nowhere.
func (j *job) drawAhead() {
	if j.noise == nil || j.drawing != nil {
		return
	}
	d := &drawing{done: make(chan struct{})}
	j.drawing = d
	j.w.wg.Go(func() {
		defer close(d.done)
		d.noise, d.err = noise.Draw(j.noise, j.request.Job.Plan.Cells(), rand.Reader)
	})
}

// stopDrawing waits for the end of a drawing and forgets what nobody used.
func (j *job) stopDrawing() {
	if j.drawing == nil {
		return
	}
	<-j.drawing.done
	if j.drawing.noise != nil {
		j.drawing.noise.Wipe()
	}
}

// aggregate runs the local query, with the bounds on units that noise needs.
func (j *job) aggregate(ctx context.Context, p *plan.Plan, guards []plan.Guard) (array.RecordReader, error) {
	if j.noise == nil {
		return j.w.Source.AggregateUnits(ctx, p, guards)
	}
	return j.w.Source.AggregateBounded(ctx, p, guards, j.noise, j.choice())
}

// labelChoice derives the key by which cells of a unit are chosen.
const labelChoice = "cells of a unit"

// choice is the key of this job: only this owner knows it, and it is the same after a restart.
func (j *job) choice() [32]byte {
	secret := j.w.Identity.StoreKey(labelChoice)
	return session.KDF(secret[:], labelChoice, j.id[:])
}

// addNoise adds to a vector what was drawn for it, once.
func (j *job) addNoise(ctx context.Context, d *drawing, v ring.Vector) error {
	if d == nil {
		return nil
	}
	select {
	case <-d.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if d.err != nil {
		return d.err
	}
	return d.noise.Add(v)
}
