package enginetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/worker"
)

// An offer in the envelope of another job would be decided under one id and run under the other: it is refused, and
// the worker goes on.
func TestOfferOfAnotherJob(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	q, other := s.Question(), s.Question()
	hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, 1))
	hub.Want(envelope.Accept, nil)
	hub.Say("owner1", store.JobID{1}, 0, envelope.Offer, offerOf(t, q, 1)) // one that it has decided about
	hub.Want(envelope.Refuse, worker.Malformed)
	hub.Say("owner1", store.JobID{2}, 0, envelope.Offer, offerOf(t, other, 1)) // one that it does not know
	hub.Want(envelope.Refuse, worker.Malformed)
	hub.Say("owner1", other.Manifest().Job, 0, envelope.Offer, offerOf(t, other, 1))
	hub.Want(envelope.Accept, nil)
}

// A coordinator cannot make a worker work on one job without end.
func TestAttemptsOfOneJobAreBounded(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Worker: func(_ string, c *worker.Config) { c.Limits.MaxAttempts = 2 }})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	q := s.Question()
	job := q.Manifest().Job
	hub.Say("owner1", job, 0, envelope.Offer, offerOf(t, q, 1))
	hub.Want(envelope.Accept, nil)
	for number := range uint32(2) {
		hub.Say("owner1", job, number+1, envelope.Begin, nil)
		hub.Want(envelope.Protocol, nil)
	}
	hub.Say("owner1", job, 3, envelope.Begin, nil)
	hub.Want(envelope.Withdraw, worker.Busy)
}

// A model of an owner with fewer complete rows than a third of what the coefficients need together with the others is
// not answered, whatever the analyst signs: nothing of the owner's rows leaves.
func TestModelOfTooFewRows(t *testing.T) {
	s := outcomes(enginetest.New(t, logistic(enginetest.Options{Owners: 3})))
	s.SetRows("owner1", s.Rows["owner1"][:1])
	s.Start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := s.Client().Ask(ctx, fit, analyst.Options{})
	if err == nil {
		t.Fatal("a model over too few rows is answered")
	}
	s.Log.Until(worker.TooFewRows.Code)
}
