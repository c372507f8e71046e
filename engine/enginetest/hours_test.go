package enginetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/worker"
)

// hoursFrom begin and end so long after now.
func hoursFrom(begin, end time.Duration, outside string) config.Hours {
	now := time.Now().UTC()
	return config.Hours{From: now.Add(begin).Format("15:04"), To: now.Add(end).Format("15:04"), Outside: outside}
}

// TestOutsideOfHoursAPersonIsAsked: outside of its hours an owner with `outside: ask` does not serve a question before a
// person has approved it, for that reason; within them nobody is asked.
func TestOutsideOfHoursAPersonIsAsked(t *testing.T) {
	hours := hoursFrom(2*time.Hour, 3*time.Hour, config.ThenAsk)
	s := asking(t, func(c *worker.Config) {
		c.Approval = config.Approval{}
		c.Accept.Hours = hours
	}).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	grounds, err := approval.ParseGrounds(s.Waiting("owner1")[0].Grounds)
	if err != nil || grounds.Rule != "own: accept.hours" || len(grounds.Findings) != 0 {
		t.Errorf("it waits because of %+v, %v", grounds, err)
	}
	s.Answer("owner1", own(s), approval.Approve)
	q.Want(s.Owners...)
	if got := kindsOf(s, q.Job(), "owner1"); !strings.HasPrefix(got, "asked , parked owner1, approved owner1, accepted owner1, begun") {
		t.Errorf("ledger: %s", got)
	}

	refused := s.Ask(analyst.Options{})
	refused.Until(enginetest.Parked("owner1"))
	s.Answer("owner1", own(s), approval.Refuse)
	_, err = refused.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), worker.Denied.Code) {
		t.Errorf("%v", err)
	}

	s.StopWorker("owner1")
	hours = hoursFrom(-time.Hour, time.Hour, config.ThenAsk)
	s.StartWorker("owner1")
	within := s.Ask(analyst.Options{})
	within.Want(s.Owners...)
	if within.Saw(enginetest.Parked("owner1")) {
		t.Error("within the hours a person was asked")
	}
}

// TestApprovedOutsideOfHours: where hours refuse, they refuse what a person approves outside of them too, with the
// time from which questions are accepted; approved within them, it is served.
func TestApprovedOutsideOfHours(t *testing.T) {
	hours := hoursFrom(-time.Hour, time.Hour, "")
	s := asking(t, func(c *worker.Config) { c.Accept.Hours = hours }).Start()
	q := s.Ask(analyst.Options{})
	q.Until(enginetest.Parked("owner1"))
	s.StopWorker("owner1")
	hours = hoursFrom(2*time.Hour, 3*time.Hour, "")
	s.Answer("owner1", own(s), approval.Approve)
	s.StartWorker("owner1")
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), policy.OutOfHours.Code) {
		t.Errorf("%v", err)
	}
	if got := kindsOf(s, q.Job(), "owner1"); got != "asked , parked owner1, approved owner1, refused owner1" {
		t.Errorf("ledger: %s", got)
	}
}
