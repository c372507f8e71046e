package enginetest_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
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

// A refusal is stored before it is told: what was told and forgotten could be decided otherwise after a restart.
func TestRefusalIsStoredBeforeItIsTold(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	hub := s.StartHostileHub()
	s.StartWorker("owner1") // makes its store
	hub.Await("owner1")
	s.StopWorker("owner1")
	file := filepath.Join(s.Store("owner1"), "tacit.db")
	execute(t, file, "CREATE TRIGGER full BEFORE INSERT ON job WHEN NOT NEW.accepted BEGIN SELECT RAISE(ABORT, 'full'); END")
	ended := make(chan error)
	go func() { ended <- worker.Run(t.Context(), s.WorkerConfig("owner1")) }()
	hub.Await("owner1")
	refused := changed(t, s, s.Question(), func(m *cryptojob.Manifest) { m.Roster[0], m.Roster[1] = m.Roster[1], m.Roster[0] })
	hub.Say("owner1", refused.Manifest().Job, 0, envelope.Offer, offerOf(t, refused, 2))
	if err := <-ended; !store.Unusable.Is(err) {
		t.Fatal(err)
	}
	execute(t, file, "DROP TRIGGER full")
	s.StartWorker("owner1")
	hub.Await("owner1")
	q := s.Question()
	hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, 1))
	hub.Want(envelope.Accept, nil) // and nothing before it
}

// execute changes a database that nobody has open.
func execute(t *testing.T, file, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
