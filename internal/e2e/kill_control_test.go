//go:build e2e

package e2e

import (
	"encoding/json"
	"math/big"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A space whose questions may have noise, and where one owner looks at some of them first.
const controlCharterText = `tacit: charter/v1
space: e2e
version: 1
amend: {rule: unanimous}
rules:
  min_contributors: 4
  tolerated_corruption: 1
  privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 720h}}
tables:
  - name: t
    min_cohort: 1
    max_rows: 10
    columns:
      - {name: x, type: integer, role: measure, range: ["-10000000000", "10000000000"]}
`

const looksFirst = `approval:
  rules:
    - {name: a look, purposes: [look], then: ask}
`

func newControlledSpace(t *testing.T, values [owners][2]int64) *space {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "charter.yaml"), controlCharterText)
	writeRows(t, dir, values)
	write(t, filepath.Join(dir, "owners", owner(2), "worker.yaml"), looksFirst)
	return up(t, dir, values, false)
}

// configuration of a member's role.
func (s *space) configuration(name string) string {
	return filepath.Join(s.Dir, ".lab", "conf", name+".yaml")
}

// account is what an owner's account says, which the command compares with the signed ledger first: rho spent and
// reserved.
func (s *space) account(name string) (spent, reserved *big.Rat) {
	s.t.Helper()
	out, err := tacit(s.t, nil, "budget", "--json", "--config", s.configuration(name))
	if err != nil {
		s.t.Fatal(err)
	}
	var accounts []struct{ Spent, Reserved struct{ Rho string } }
	if err := json.Unmarshal([]byte(out), &accounts); err != nil || len(accounts) != 1 {
		s.t.Fatalf("%v: %s", err, out)
	}
	spent, ok1 := new(big.Rat).SetString(accounts[0].Spent.Rho)
	reserved, ok2 := new(big.Rat).SetString(accounts[0].Reserved.Rho)
	if !ok1 || !ok2 {
		s.t.Fatal(out)
	}
	return spent, reserved
}

func (s *space) spent(name string) *big.Rat {
	s.t.Helper()
	rho, _ := s.account(name)
	return rho
}

// TestBudgetKillMinusNine kills an owner's process at every durable step of a question with noise. The owner pays
// once for a question whose input may have left, whatever is repeated, and never less.
func TestBudgetKillMinusNine(t *testing.T) {
	s := newControlledSpace(t, killed9)
	noisy := []string{"--epsilon", "0.1"}
	if got := <-s.askWith(noisy).out; got.err != nil {
		t.Fatal(got.err)
	}
	price := s.spent(owner(2))
	if price.Sign() == 0 {
		t.Fatal("the question cost nothing")
	}
	before := []string{"worker.decision.before", "worker.decision.after", "worker.input.before"}
	after := []string{"worker.input.after", "worker.persist.before", "worker.persist.after", "worker.release.before", "worker.release.after", "worker.end.before", "worker.end.after"}
	for _, point := range append(slices.Clone(before), after...) {
		t.Run(point, func(t *testing.T) {
			s := s.in(t)
			was := s.spent(owner(2))
			doomed := s.replace(owner(2), "TACIT_TEST_CRASH="+point)
			a := s.askWith(noisy)
			for !s.diesIn(doomed, a) { // enough others were quicker: the point was not passed
				was = s.spent(owner(2))
				a = s.askWith(noisy)
			}
			s.dies(doomed)
			paid := new(big.Rat).Sub(s.spent(owner(2)), was)
			if !slices.Contains(before, point) && paid.Cmp(price) != 0 {
				t.Errorf("killed after the debit, with %v paid", paid)
			}
			s.start(owner(2))
			if got := <-a.out; got.err != nil {
				t.Logf("failed: %v", got.err)
			}
			s.ended(owner(2))
			if paid := new(big.Rat).Sub(s.spent(owner(2)), was); paid.Sign() != 0 && paid.Cmp(price) != 0 || paid.Sign() == 0 && !slices.Contains(before, point) {
				t.Errorf("%v paid for one question, which costs %v", paid, price)
			}
		})
	}
	s.verifyLedgers()
}

// TestApprovalKillMinusNine kills an owner's process while a question begins to wait for a person, and when it was
// approved: it waits on, or goes on, and what the person said counts once.
func TestApprovalKillMinusNine(t *testing.T) {
	s := newControlledSpace(t, killed9)
	look := []string{"--purpose", "look"}
	for _, point := range []string{"worker.park.before", "worker.park.after", "worker.approval.before"} {
		t.Run(point, func(t *testing.T) {
			s := s.in(t)
			doomed := s.replace(owner(2), "TACIT_TEST_CRASH="+point)
			a := s.askWith(look)
			if point != "worker.approval.before" {
				s.dies(doomed)
				s.start(owner(2))
			}
			id := s.waiting(owner(2))
			if _, err := tacit(t, nil, "inbox", "approve", id, "--config", s.configuration(owner(2))); err != nil {
				t.Fatal(err)
			}
			if point == "worker.approval.before" {
				s.dies(doomed)
				s.start(owner(2))
			}
			got := <-a.out
			if got.err != nil {
				t.Fatal(got.err)
			}
			s.check(got.text)
		})
	}
	s.verifyLedgers()
}

// dies waits until a crash point has killed the process.
func (s *space) dies(r *role) {
	s.t.Helper()
	select {
	case err := <-r.ended:
		if !killed(err) {
			s.t.Fatalf("the process ended with %v", err)
		}
		r.ended <- err
	case <-time.After(time.Minute):
		s.t.Fatal("the point is never passed")
	}
}

// diesIn reports whether a role dies while a question runs, or shortly after it.
func (s *space) diesIn(r *role, a asking) bool {
	s.t.Helper()
	over := make(chan struct{})
	go func() {
		got := <-a.out
		a.out <- got
		close(over)
	}()
	select {
	case err := <-r.ended:
		r.ended <- err
		return true
	case <-over:
	}
	select {
	case err := <-r.ended:
		r.ended <- err
		return true
	case <-time.After(3 * time.Second):
		return false
	}
}

// waiting returns the one question that waits for a person at an owner, once there is one.
func (s *space) waiting(name string) string {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		out, err := tacit(s.t, nil, "inbox", "--json", "--config", s.configuration(name))
		if err != nil {
			s.t.Fatal(err)
		}
		var list []struct{ Job string }
		if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) > 1 {
			s.t.Fatalf("%v: %s", err, out)
		}
		if len(list) == 1 {
			return list[0].Job
		}
	}
	s.t.Fatal("nothing waits")
	return ""
}

// ended waits until nothing is reserved at an owner: its questions are over.
func (s *space) ended(name string) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if _, reserved := s.account(name); reserved.Sign() == 0 {
			return
		}
	}
	s.t.Fatalf("%s holds a reservation for a question that is over", name)
}

// verifyLedgers verifies that of every owner.
func (s *space) verifyLedgers() {
	s.t.Helper()
	for i := range owners {
		if _, err := tacit(s.t, nil, "ledger", "verify", "--config", s.configuration(owner(i))); err != nil {
			s.t.Error(err)
		}
	}
}
