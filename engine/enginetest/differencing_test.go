package enginetest_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/worker"
)

const cohort = 5

// guardedSpace has rows as units, cohort of which must stand behind a number. Every row has
// a cost, so that a condition on it leaves out what the test says and no more.
func guardedSpace(t *testing.T, mode string, own ...string) *enginetest.Space {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: cohort,
		Rules: func(r *charter.Rules) { r.Differencing.Mode = mode },
		Worker: func(id string, c *worker.Config) {
			if len(own) > 0 {
				c.Accept = config.Accept{Differencing: own[0]}
			}
		},
	})
	for _, id := range s.Owners {
		rows := slices.Clone(s.Rows[id])
		for i := range rows {
			rows[i].Missing = false
		}
		s.SetRows(id, rows)
	}
	return s
}

const everything = "SELECT COUNT(*) AS n, SUM(cost) AS cost FROM visits"

// butThree asks for all rows but the three of the largest cost, and returns their sum.
func butThree(s *enginetest.Space) (sql string, sum int64) {
	var costs []int64
	for _, rows := range s.Rows {
		for _, r := range rows {
			costs = append(costs, r.Cost)
		}
	}
	slices.Sort(costs)
	top := costs[len(costs)-3:]
	return fmt.Sprintf("%s WHERE cost < %d", everything, top[0]), top[0] + top[1] + top[2]
}

// numbersOf returns the one line of an answer.
func numbersOf(t *testing.T, answer *analyst.Answer) (n, cost int64) {
	t.Helper()
	var b bytes.Buffer
	if err := answer.Table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n, err1 := strconv.ParseInt(lines[1][0], 10, 64)
	cost, err2 := strconv.ParseInt(lines[1][1], 10, 64)
	if err1 != nil || err2 != nil {
		t.Fatal(lines)
	}
	return n, cost
}

func answered(t *testing.T, q *enginetest.Question) *analyst.Answer {
	t.Helper()
	answer, err := q.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// wantRefusal checks that an owner refused with the code, and that the text tells no number.
func wantRefusal(t *testing.T, q *enginetest.Question, code string) {
	t.Helper()
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), "refused ("+code+": "+fault.Find(code).Title+")") {
		t.Fatalf("the error does not name %s: %v", code, err)
	}
}

// TestDifferencingAttack: with the rule off, two analysts who put their answers together read the
// sum over three rows, of which neither could ask.
func TestDifferencingAttack(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingOff).Start()
	all, cost := numbersOf(t, answered(t, s.AskSQL(s.Client(), everything)))
	sql, secret := butThree(s)
	most, part := numbersOf(t, answered(t, s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), sql)))
	if all-most != 3 || cost-part != secret {
		t.Fatalf("%d rows of %d, want 3 of %d", all-most, cost-part, secret)
	}
}

// TestDifferencingRefused: the same with the rule. It holds across restarts of the owners, whoever asks; the first
// question may be repeated.
func TestDifferencingRefused(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingRefuse).Start()
	answered(t, s.AskSQL(s.Client(), everything))
	sql, _ := butThree(s)
	wantRefusal(t, s.AskSQL(s.Client(), sql), differencing.Earlier.Code)
	for _, id := range s.Owners {
		s.StopWorker(id)
		s.StartWorker(id)
	}
	wantRefusal(t, s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), sql), differencing.Earlier.Code)
	answered(t, s.AskSQL(s.Client(), everything))
	answered(t, s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), everything))
}

// TestComplementRefused: both parts of a complement in one question.
func TestComplementRefused(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingRefuse).Start()
	sql, _ := butThree(s)
	_, condition, _ := strings.Cut(sql, " WHERE ")
	sql = "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE " + condition + ") AS most FROM visits"
	wantRefusal(t, s.AskSQL(s.Client(), sql), differencing.Within.Code)
}

// TestOwnDifferencing: an owner may be stricter than the charter, and not laxer.
func TestOwnDifferencing(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingNote, charter.DifferencingRefuse).Start()
	answered(t, s.AskSQL(s.Client(), everything))
	sql, _ := butThree(s)
	wantRefusal(t, s.AskSQL(s.Client(), sql), differencing.Earlier.Code)

	s = guardedSpace(t, charter.DifferencingRefuse, charter.DifferencingNote).Start()
	answered(t, s.AskSQL(s.Client(), everything))
	sql, _ = butThree(s)
	wantRefusal(t, s.AskSQL(s.Client(), sql), differencing.Earlier.Code)
}

// TestDifferencingNoted: the owner's log says which question it was, and no number.
func TestDifferencingNoted(t *testing.T) {
	s := guardedSpace(t, "").Start() // what holds if the charter says nothing
	first := s.AskSQL(s.Client(), everything)
	answered(t, first)
	sql, _ := butThree(s)
	answered(t, s.AskSQL(s.Client(), sql))
	if log := s.Log.String(); !strings.Contains(log, "question differs in a few units") || !strings.Contains(log, "from="+first.Job().String()) {
		t.Error("the log does not say so")
	}
}

// TestComplementsAtOnce: of two questions that must not both be answered at most one is, in
// whatever order they come to the owners.
func TestComplementsAtOnce(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingRefuse).Start()
	sql, _ := butThree(s)
	a, b := s.AskSQL(s.Client(), everything), s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), sql)
	_, err1 := a.Wait()
	_, err2 := b.Wait()
	if err1 == nil && err2 == nil {
		t.Fatal("both were answered")
	}
	for _, err := range []error{err1, err2} {
		if err != nil {
			wantCode(t, err, coordinator.TooFew)
		}
	}
}

// TestDataChange: what an owner accepted is compared once more before its input leaves, over the
// data as they are then.
func TestDataChange(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingRefuse).Start()
	answered(t, s.AskSQL(s.Client(), everything))
	s.StopWorker("owner3")
	limit := int64(math.MaxInt64) // every owner has cohort rows that cost as much or more
	for _, rows := range s.Rows {
		var costs []int64
		for _, r := range rows {
			costs = append(costs, r.Cost)
		}
		slices.Sort(costs)
		limit = min(limit, costs[len(costs)-cohort])
	}
	q := s.AskSQL(s.Client(), fmt.Sprintf("%s WHERE cost < %d", everything, limit))
	s.Log.UntilTimes(5, "job accepted") // three, and two
	rows := slices.Clone(s.Rows["owner1"])
	for i := range rows[1:] {
		rows[i+1].Cost = min(rows[i+1].Cost, limit-1)
	}
	rows[0].Cost = limit
	s.SetRows("owner1", rows)
	s.StartWorker("owner3")
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), "owner1") || !strings.Contains(err.Error(), differencing.Earlier.Code) {
		t.Fatalf("the error does not say who withdrew: %v", err)
	}
}

// TestCancelledBeforeTheInput: a question that ended before any input left is not one that others are
// compared with; one of which an input may have left is, though it was never answered.
func TestCancelledBeforeTheInput(t *testing.T) {
	for _, left := range []bool{false, true} {
		s := guardedSpace(t, charter.DifferencingRefuse)
		for _, id := range s.Owners {
			if id == s.Owners[0] || !left {
				s.Gates[id].Close()
			}
		}
		s.Start()
		q := s.AskSQL(s.Client(), everything)
		if left {
			s.Log.UntilTimes(2, "input leaves")
		} else {
			q.Until(inPhase(1))
		}
		if err := s.Client().Cancel(context.Background(), q.Job()); err != nil {
			t.Fatal(err)
		}
		q.Wait()
		s.Log.UntilTimes(3, "job is over")
		for _, id := range s.Owners {
			s.Gates[id].Open()
		}
		sql, _ := butThree(s)
		_, err := s.AskSQL(s.Client(), sql).Wait()
		if !left && err != nil {
			t.Errorf("nothing has left: %v", err)
		}
		if left && err == nil && otherOwnerHasOne(s) {
			t.Error("an input had left, and the complement was answered")
		}
	}
}

// otherOwnerHasOne reports whether an owner whose input had left has one of the three rows.
func otherOwnerHasOne(s *enginetest.Space) bool {
	sql, _ := butThree(s)
	_, limit, _ := strings.Cut(sql, "cost < ")
	top, _ := strconv.ParseInt(limit, 10, 64)
	for _, id := range s.Owners[1:] {
		for _, r := range s.Rows[id] {
			if r.Cost >= top {
				return true
			}
		}
	}
	return false
}
