package enginetest_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/worker"
)

// logistic makes cost an outcome of 0 or 1, and has more rows of it.
func logistic(opts enginetest.Options) enginetest.Options {
	opts.Table = func(t *charter.Table) {
		enginetest.Models(25)(t)
		no := false
		cost := &t.Columns[len(t.Columns)-1]
		t.Columns[len(t.Columns)-2].Domain = []string{"north", "south"}
		cost.Range, cost.Nullable = []string{"0", "1"}, &no
	}
	return opts
}

const fit = "SELECT * FROM glm(visits, 'cost ~ factor(region)')"

// outcomes gives every owner rows whose outcome depends on the region.
func outcomes(s *enginetest.Space) *enginetest.Space {
	for o, id := range s.Owners {
		var rows []enginetest.Row
		for i := range 60 {
			r := enginetest.Row{Region: "north", Patient: fmt.Sprint(i)}
			if i%2 == 1 {
				r.Region = "south"
			}
			if (i*7+o)%(3+2*(i%2)) == 0 {
				r.Cost = 1
			}
			rows = append(rows, r)
		}
		s.SetRows(id, rows)
	}
	return s
}

// TestFitOfARareLevel: the real roles open nothing of a model of which one level has too few people, and the analyst hears
// which.
func TestFitOfARareLevel(t *testing.T) {
	s := enginetest.New(t, logistic(enginetest.Options{Owners: 3, Cohort: small}))
	for _, id := range s.Owners {
		rows := slices.Repeat([]enginetest.Row{{Region: "north"}}, 20)
		rows[0].Region = "south"
		for i := range rows {
			rows[i].Patient, rows[i].Cost = fmt.Sprint(i), int64(i%2)
		}
		s.SetRows(id, rows)
	}
	a, err := s.Start().Client().Ask(t.Context(), fit, analyst.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !statistic.Suppressed.Is(a.Fault) || !strings.Contains(a.Fault.Error(), "region = 'south'") {
		t.Errorf("%v", a.Fault)
	}
}

// wantFit: a third of the north has the outcome 1, of the south a fifth.
func wantFit(t *testing.T, a *analyst.Answer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if a.Fault != nil {
		t.Fatal(a.Fault)
	}
	for i := range 2 { // ln(1/2), and ln(1/4) less that
		got, ok := a.Table.Rows[i][1].(float64)
		if !ok || math.Abs(got+math.Ln2) > 1e-8 {
			t.Errorf("coefficient %d is %v, want %v", i, a.Table.Rows[i][1], -math.Ln2)
		}
	}
	if n := len(a.Provenance.Study.Rounds); n < 3 {
		t.Errorf("a fit of %d rounds", n)
	}
}

// A model is fitted by rounds, whether numbers are guarded or not.
func TestFitByRounds(t *testing.T) {
	for name, opts := range map[string]enginetest.Options{"masked": {Owners: 5}, "guarded": {Owners: 3, Cohort: small}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := outcomes(enginetest.New(t, logistic(opts))).Start()
			a, err := s.Client().Ask(t.Context(), fit, analyst.Options{})
			wantFit(t, a, err)
			for i, text := range a.Provenance.Study.Rounds {
				job, _ := store.ParseJobID(text)
				for id, entries := range s.LedgersAgree(job) {
					e := entries[1]
					if e.Kind != ledger.Round || int(e.Attempt) != i+1 || hex.EncodeToString(e.Digest[:]) != a.Provenance.Study.ID {
						t.Errorf("the ledger of %s does not say which round it was, but %s: %s", id, e.Kind, e.Text())
					}
				}
			}
		})
	}
}

// A client that ends between two rounds, or in one, leaves one question, which another client goes on with.
func TestFitIsResumed(t *testing.T) {
	s := outcomes(enginetest.New(t, logistic(enginetest.Options{Owners: 3}))).Start()
	for _, stop := range []int{2, 3} {
		ctx, cancel := context.WithCancel(t.Context())
		c := s.Client()
		var jobs []store.JobID
		if _, err := c.Ask(ctx, fit, analyst.Options{OnJob: func(id store.JobID) { jobs = append(jobs, id) }, OnRound: func(r, _ int) {
			if r == stop {
				cancel()
			}
		}}); err == nil {
			t.Fatal("a client that was stopped has an answer")
		}
		pending, err := c.Pending()
		if err != nil || len(pending) != 1 {
			t.Fatalf("%d questions are pending, want one: %v", len(pending), err)
		}
		rounds, err := c.Rounds()
		if err != nil || rounds[jobs[0]].Number != 1 || rounds[pending[0]].Number != stop || rounds[jobs[0]].Study != rounds[pending[0]].Study {
			t.Errorf("the rounds are %v: %v", rounds, err)
		}
		// The first round's job stands for the study, as a person may have noted it.
		a, err := s.Client().Resume(t.Context(), jobs[0], analyst.Options{})
		wantFit(t, a, err)
		if pending, err = c.Pending(); err != nil || len(pending) != 0 {
			t.Fatalf("%d questions are pending after the answer: %v", len(pending), err)
		}
	}
}

// Rounds over different rows are not put together.
func TestFitOverOtherRows(t *testing.T) {
	for name, change := range map[string]func(*enginetest.Space){
		"an owner drops out": func(s *enginetest.Space) { s.StopWorker("owner5") },
		"data change":        func(s *enginetest.Space) { s.SetRows("owner5", s.Rows["owner5"][1:]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := outcomes(enginetest.New(t, logistic(enginetest.Options{Owners: 5, Coordinator: func(c *coordinator.Config) {
				c.Timing.Admission = 3 * time.Second // an owner who is away is waited for as long
			}}))).Start()
			a, err := s.Client().Ask(t.Context(), fit, analyst.Options{OnRound: func(r, _ int) {
				if r == 2 {
					change(s)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if a.Fault == nil || a.Fault.Code != analyst.OtherRows.Code || a.Report != nil {
				t.Errorf("fault %v", a.Fault)
			}
		})
	}
}

// A person decides once about all rounds.
func TestFitApprovedOnce(t *testing.T) {
	s := outcomes(enginetest.New(t, logistic(enginetest.Options{Owners: 3, Worker: func(id string, c *worker.Config) {
		c.Poll = 5 * time.Millisecond
		if id == "owner1" {
			c.Approval = config.Approval{Rules: []config.ApprovalRule{{Name: "all of them", Then: config.ThenAsk}}}
		}
	}}))).Start()
	q := s.AskSQL(s.Client(), fit)
	q.Until(enginetest.Parked("owner1"))
	s.Answer("owner1", own(s), approval.Approve)
	a, err := q.Wait()
	wantFit(t, a, err)
	if len(s.Waiting("owner1")) != 0 {
		t.Error("a later round waits for a person")
	}
}
