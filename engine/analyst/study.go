package analyst

import (
	"context"
	"encoding/hex"
	"math/big"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/store"
)

// round is an answered round of a study as it is stored, sealed, until the study is over: its sums in the order of the plan.
type round struct {
	Job    store.JobID     `json:"job"`
	Owners []session.Party `json:"owners"` // that took part
	Values []string        `json:"values"` // base 36; "" where suppressed
	Hidden []byte          `json:"hidden"` // k where suppressed, else 0
	Locks  map[int]int     `json:"locks"`  // by element, see [query.Sums]; none: -1
}

// roundOf reads n sums.
func roundOf(job store.JobID, o *opened, n int) round {
	r := round{Job: job, Owners: o.participants, Values: make([]string, n), Hidden: make([]byte, n), Locks: map[int]int{}}
	for i := range n {
		if k := o.sums.Suppressed(i); k > 0 {
			r.Hidden[i] = byte(k)
			if lock := o.sums.Lock(i); lock >= 0 {
				r.Locks[i] = lock
			}
			continue
		}
		r.Values[i] = o.sums.At(i).Text(36)
	}
	return r
}

// sums reads a stored round back.
func (r *round) sums() (query.Sums, error) {
	s := &storedSums{values: make([]*big.Int, len(r.Values)), hidden: r.Hidden, locks: r.Locks}
	if len(r.Hidden) != len(r.Values) {
		return nil, store.Corrupt.New("a round of job %s", r.Job)
	}
	for i, text := range r.Values {
		if r.Hidden[i] > 0 {
			continue
		}
		var ok bool
		if s.values[i], ok = new(big.Int).SetString(text, 36); !ok {
			return nil, store.Corrupt.New("a round of job %s", r.Job)
		}
	}
	return s, nil
}

type storedSums struct {
	values []*big.Int
	hidden []byte
	locks  map[int]int
}

// At returns element i.
func (s *storedSums) At(i int) *big.Int { return s.values[i] }

// Suppressed returns the k of element i, 0 if it was released.
func (s *storedSums) Suppressed(i int) int { return int(s.hidden[i]) }

// Lock returns the lock that holds element i back, -1 if none does.
func (s *storedSums) Lock(i int) int {
	if lock, ok := s.locks[i]; ok {
		return lock
	}
	return -1
}

// nextRound is what follows from the rounds so far.
type nextRound struct {
	job          *plan.Job // of the round that was answered
	coefficients []plan.Value
	rounds       []round
}

// study takes in a round: the answer is finished, or there is a next round.
func (d *Draft) study(a *Answer, job *plan.Job, r *record, o *opened) (*Answer, *nextRound, error) {
	rounds := append(r.Rounds[:len(r.Rounds):len(r.Rounds)], roundOf(r.Job, o, job.Plan.Length()))
	a.Provenance.Study = studyOf(job, rounds)
	if d.Statistic == nil || !d.Statistic.Rounds() {
		return nil, nil, NotVerified.New("the text no longer asks for a study")
	}
	if a.Fault = sameRows(&job.Plan, rounds); a.Fault != nil {
		return a, nil, d.finish(a, o)
	}
	all := make([]query.Sums, len(rounds))
	for i := range rounds {
		var err error
		if all[i], err = rounds[i].sums(); err != nil {
			return nil, nil, err
		}
	}
	next, report, f := d.Statistic.Next(all)
	switch {
	case f != nil:
		a.Fault = f
		return a, nil, d.finish(a, o)
	case report == nil:
		return nil, &nextRound{job, next, rounds}, nil
	}
	a.Report, a.Table = report, report.Main()
	return a, nil, nil
}

// advance asks the next round in the place of the one that was answered, and waits for it. The new
// coefficients pass the charter's rules, or nothing is asked.
func (c *Client) advance(ctx context.Context, r *record, next *nextRound, opts Options) (*Answer, error) {
	under, err := c.under(next.job.Charter)
	if err != nil {
		return nil, err
	}
	job := *next.job
	job.Plan = *next.job.Plan.At(next.coefficients)
	job.Study = &plan.Study{ID: next.job.Study.ID, Round: next.job.Study.Round + 1}
	job.Created = c.Now().Unix()
	if err := plan.Check(&job.Plan, under.space); err != nil {
		return nil, err
	}
	record, about, err := under.signed(&job, r.SQL)
	if err != nil {
		return nil, err
	}
	record.Rounds = next.rounds
	crashpoint.Here(crashpoint.AnalystQuestionBefore)
	if err := c.store.Advance(r.Job, record.row(about)); err != nil {
		return nil, err
	}
	crashpoint.Here(crashpoint.AnalystQuestionAfter)
	if opts.OnJob != nil {
		opts.OnJob(record.Job)
	}
	if opts.OnRound != nil {
		opts.OnRound(int(job.Study.Round), under.space.Table(job.Plan.Table).Rounds())
	}
	if err := c.submit(ctx, record); err != nil {
		return nil, err
	}
	return c.await(ctx, record, opts)
}

// Study says in a provenance which rounds an answer is made of.
type Study struct {
	ID     string   `json:"id"`
	Rounds []string `json:"rounds"` // jobs, in their order
}

func studyOf(job *plan.Job, rounds []round) *Study {
	s := &Study{ID: hex.EncodeToString(job.Study.ID[:])}
	for _, r := range rounds {
		s.Rounds = append(s.Rounds, r.Job.String())
	}
	return s
}
