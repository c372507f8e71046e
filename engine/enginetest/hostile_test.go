package enginetest_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/sign"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// changed signs the manifest of a question again after a change, as a dishonest
// analyst would; the job id is kept unless the change sets another.
func changed(t *testing.T, s *enginetest.Space, q *cryptojob.Question, change func(*cryptojob.Manifest)) *cryptojob.Question {
	t.Helper()
	m := *q.Manifest()
	change(&m)
	again, err := cryptojob.NewQuestion(m, s.Identity(enginetest.AnalystID), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func fresh(m *cryptojob.Manifest) { _, _ = rand.Read(m.Job[:]) }

// TestSubmissionsRefused: what no worker would accept does not get past the
// coordinator either.
func TestSubmissionsRefused(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Coordinator: func(c *coordinator.Config) { c.Limits.MaxPerAnalyst = 1 },
	})
	s.StartCoordinator()
	c := s.NetClient(enginetest.AnalystID)
	honest := s.Question()
	stranger, err := identity.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tampered := honest.Submission()
	tampered[len(tampered)/2] ^= 1
	forged := honest.Submission() // kind, length, manifest, signature, boxes
	forged[1+4+len(honest.Manifest().Marshal())+sign.SignatureSize] ^= 1
	for _, test := range []struct {
		name string
		body []byte
		want *fault.Kind
	}{
		{"nothing", nil, coordinator.Malformed},
		{"bytes after the end", append(honest.Submission(), 0), coordinator.Malformed},
		{"a changed byte", tampered, coordinator.Malformed},
		{"a forged signature", forged, coordinator.Malformed},
		{"another roster", changed(t, s, honest, func(m *cryptojob.Manifest) {
			fresh(m)
			m.Roster[0], m.Roster[1] = m.Roster[1], m.Roster[0]
		}).Submission(), coordinator.Malformed},
		{"another key of an owner", changed(t, s, s.Question(), func(m *cryptojob.Manifest) {
			m.Roster[0].Key = stranger.Public()
		}).Submission(), coordinator.Malformed},
		{"another context", changed(t, s, s.Question(), func(m *cryptojob.Manifest) {
			m.Context = append(m.Context, 0)
		}).Submission(), coordinator.Malformed},
		{"another expiry", changed(t, s, s.Question(), func(m *cryptojob.Manifest) { m.Expiry++ }).Submission(), coordinator.Malformed},
	} {
		if _, err := c.Submit(t.Context(), test.body); !test.want.Is(err) {
			t.Errorf("%s: %v, want code %s", test.name, err, test.want.Code)
		}
	}

	honest = s.Question()
	for range 2 { // the second time after a lost answer
		if id, err := c.Submit(t.Context(), honest.Submission()); err != nil || id != honest.Manifest().Job {
			t.Fatalf("an honest submission: job %x, %v", id, err)
		}
	}
	_, err = c.Submit(t.Context(), changed(t, s, honest, func(*cryptojob.Manifest) {}).Submission())
	wantCode(t, err, coordinator.Replayed)
	_, err = c.Submit(t.Context(), s.Question().Submission())
	wantCode(t, err, coordinator.TooMany)
}

func TestResultTooLarge(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Coordinator: func(c *coordinator.Config) { c.Limits.MaxVector = 8 },
	})
	s.StartCoordinator()
	_, err := s.NetClient(enginetest.AnalystID).Submit(t.Context(), s.Question().Submission())
	wantCode(t, err, coordinator.TooLarge)
}

// A dishonest coordinator cannot make a worker see one job id with two contents,
// take part under a changed offer, or release twice.
func TestWorkerAgainstItsCoordinator(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	q := s.Question()
	m := q.Manifest()
	offer := offerOf(t, q, 1)

	broken := append([]byte(nil), offer...)
	broken[len(broken)-1] ^= 1
	hub.Say("owner1", m.Job, 0, envelope.Offer, broken)
	hub.Want(envelope.Refuse, worker.Malformed)

	hub.Say("owner1", m.Job, 0, envelope.Offer, offerOf(t, q, 2)) // of another worker
	hub.Want(envelope.Refuse, worker.Malformed)

	hub.Say("owner1", m.Job, 0, envelope.Offer, offer)
	hub.Want(envelope.Accept, nil)
	hub.Say("owner1", m.Job, 0, envelope.Offer, offer)
	hub.Want(envelope.Accept, nil)

	hub.Say("owner1", m.Job, 0, envelope.Offer, offerOf(t, changed(t, s, q, func(*cryptojob.Manifest) {}), 1))
	hub.Want(envelope.Refuse, worker.Replayed)

	hub.Say("owner1", m.Job, 1, envelope.Begin, nil)
	hub.Want(envelope.Protocol, nil)

	// After a restart its secrets of the attempt are gone; it does not make others
	// under the same number.
	s.StopWorker("owner1")
	s.StartWorker("owner1")
	hub.Await("owner1")
	hub.Want(envelope.Accept, nil)
	hub.Say("owner1", m.Job, 1, envelope.Begin, nil)
	hub.Want(envelope.Lost, nil)
	hub.Say("owner1", m.Job, 2, envelope.Begin, nil)
	hub.Want(envelope.Protocol, nil)

	hub.Say("owner1", m.Job, 0, envelope.End, envelope.Over{State: "failed"}.Marshal())
	s.Log.Until("job is over")
	s.StopWorker("owner1")
	s.StartWorker("owner1")
	hub.Await("owner1")
	hub.Say("owner1", m.Job, 3, envelope.Begin, nil)
	hub.Want(envelope.Withdraw, worker.Over)
	hub.Say("owner1", m.Job, 0, envelope.Offer, offer)
	hub.Want(envelope.Refuse, worker.Over)
}

// Two sums over different participants would open their difference: after a
// release a worker takes part in no other attempt, whoever asks, and also after a
// restart.
func TestNoSecondAttemptAfterTheRelease(t *testing.T) {
	for name, opts := range map[string]enginetest.Options{"open": {Owners: 3}, "guarded": {Owners: 3, Cohort: small}} {
		t.Run(name, func(t *testing.T) { noSecondAttempt(t, enginetest.New(t, opts)) })
	}
}

func noSecondAttempt(t *testing.T, s *enginetest.Space) {
	hub := s.StartHostileHub()
	q := s.Question()
	job := q.Manifest().Job
	accepted(t, s, hub, q)
	hub.Attempt(q, 1)
	hub.Say("owner1", job, 2, envelope.Begin, nil)
	hub.WantOnly(envelope.Withdraw, worker.ReleasedBefore)

	s.StopWorker("owner2")
	hub.Drain()
	s.StartWorker("owner2")
	hub.Await("owner2")
	hub.Say("owner2", job, 2, envelope.Begin, nil)
	hub.WantOnly(envelope.Withdraw, worker.ReleasedBefore)
}

// A manifest that is refused stays refused, also when the worker restarts with
// other rules, and another manifest under its id is a replay.
func TestRefusalIsKept(t *testing.T) {
	late := false
	s := enginetest.New(t, enginetest.Options{Owners: 3, Worker: func(_ string, c *worker.Config) {
		if !late {
			c.Now = func() time.Time { return time.Now().Add(1000 * time.Hour) }
		}
	}})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	q := s.Question()
	hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, 1))
	hub.Want(envelope.Refuse, policy.Expired)
	s.StopWorker("owner1")
	late = true
	s.StartWorker("owner1")
	hub.Await("owner1")
	hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, 1))
	hub.Want(envelope.Refuse, policy.Expired)
	hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, changed(t, s, q, func(*cryptojob.Manifest) {}), 1))
	hub.Want(envelope.Refuse, worker.Replayed)
}

// The memory for vectors is bounded before a job is accepted.
func TestWorkerIsBusy(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Worker: func(_ string, c *worker.Config) { c.Limits.Memory = 8 }})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	q := s.Question()
	hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, 1))
	hub.Want(envelope.Refuse, worker.Busy)
}

// Results and jobs of one analyst are not there for another.
func TestJobsAreTheirAnalysts(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3}).Start()
	q := s.Ask(analyst.Options{})
	q.Want(s.Owners...)
	other := s.NetClient(enginetest.OtherAnalystID)
	_, err := other.Result(t.Context(), q.Job())
	wantCode(t, err, coordinator.NoJob)
	wantCode(t, other.Cancel(t.Context(), q.Job()), coordinator.NoJob)
	err = other.Watch(t.Context(), q.Job(), func(transport.Progress) error { return errors.New("told") })
	wantCode(t, err, coordinator.NoJob)
	if jobs, err := other.Jobs(t.Context()); err != nil || len(jobs) != 0 {
		t.Errorf("another analyst sees %+v, %v", jobs, err)
	}
	_, err = other.Submit(t.Context(), s.Question().Submission())
	wantCode(t, err, coordinator.Malformed)

	own := s.NetClient(enginetest.AnalystID)
	jobs, err := own.Jobs(t.Context())
	if err != nil || len(jobs) != 1 || jobs[0].Job != q.Job() || jobs[0].State != transport.Released || len(jobs[0].Members) != 3 {
		t.Errorf("jobs %+v, %v", jobs, err)
	}
	_, err = own.Result(t.Context(), store.JobID{1})
	wantCode(t, err, coordinator.NoJob)
}

// accepted starts all workers and has them accept a question.
func accepted(t *testing.T, s *enginetest.Space, hub *enginetest.HostileHub, q *cryptojob.Question) {
	t.Helper()
	for i, id := range s.Owners {
		s.StartWorker(id)
		hub.Await(id)
		hub.Say(id, q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, session.Party(i+1)))
		hub.Want(envelope.Accept, nil)
	}
}

func offerOf(t *testing.T, q *cryptojob.Question, p session.Party) []byte {
	t.Helper()
	submission, err := cryptojob.ParseSubmission(q.Submission())
	if err != nil {
		t.Fatal(err)
	}
	return submission.Offer(p)
}
