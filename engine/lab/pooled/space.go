package pooled

import (
	"context"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/source"
)

// Space is the rows of every owner, in the open: an engine for each.
type Space struct {
	charter *charter.Charter
	owners  map[string]*source.Engine // by member id
}

// Open reads the owners' files. file returns the path of an owner's file of a table,
// as [github.com/tacit-space/tacit/engine/lab.Lab.File] does. The caller closes the space.
func Open(ctx context.Context, ch *charter.Charter, file func(owner, table string) string) (*Space, error) {
	s := &Space{charter: ch, owners: map[string]*source.Engine{}}
	for _, owner := range ch.WithRole(charter.Owner) {
		engine, err := source.Open(source.Config{Threads: 1})
		if err != nil {
			s.Close()
			return nil, err
		}
		s.owners[owner.ID] = engine
	}
	for _, t := range ch.Tables {
		for _, owner := range ch.OwnersOf(t.Name) {
			m := source.Mapping{Files: []string{file(owner.ID, t.Name)}}
			if err := s.owners[owner.ID].AddTable(ctx, m, t); err != nil {
				s.Close()
				return nil, err
			}
		}
	}
	return s, nil
}

// Close ends the engines.
func (s *Space) Close() {
	for _, engine := range s.owners {
		engine.Close()
	}
}

// Answer is what the analyst of a space gets to see: sums behind which too few
// privacy units stand, counted in the open, are suppressed.
func (s *Space) Answer(ctx context.Context, sql string) (*Answer, error) {
	q, err := query.Compile(sql, s.charter)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, q, plan.Guards(&q.Plan, s.charter))
}

// Whole is the answer with nothing suppressed. It is what the embedded engine answers to
// the same question over all rows, see [Ask].
func (s *Space) Whole(ctx context.Context, sql string) (*Answer, error) {
	q, err := query.Compile(sql, s.charter)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, q, nil)
}

// sums adds what the owners of the question's table contribute.
func (s *Space) sums(ctx context.Context, q *query.Query, guards []plan.Guard) (*totals, error) {
	all := newTotals(&q.Plan, guards)
	for _, owner := range s.charter.OwnersOf(q.Plan.Table) {
		if err := all.add(ctx, s.owners[owner.ID], s.charter); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *Space) finish(ctx context.Context, q *query.Query, guards []plan.Guard) (*Answer, error) {
	all, err := s.sums(ctx, q, guards)
	if err != nil {
		return nil, err
	}
	table, err := q.Finish(all)
	if err != nil {
		return nil, err
	}
	return answerOf(table)
}

// totals are the sums and privacy units of a plan over all owners so far.
type totals struct {
	plan   *plan.Plan
	guards []plan.Guard
	behind []int // per sum, index of its guard, or -1
	sums   []*big.Int
	units  [][]uint64 // per guard and cell of the plan across
}

func newTotals(p *plan.Plan, guards []plan.Guard) *totals {
	t := &totals{plan: p, guards: guards, behind: make([]int, len(p.Sums)), sums: make([]*big.Int, p.Length())}
	for i := range t.sums {
		t.sums[i] = new(big.Int)
	}
	for i := range t.behind {
		t.behind[i] = -1
	}
	for i, g := range guards {
		t.units = append(t.units, make([]uint64, p.Cells()/p.Points()))
		for _, sum := range g.Sums {
			t.behind[sum] = i
		}
	}
	return t
}

// add adds what one owner has. A unit that several owners have counts once at each.
func (t *totals) add(ctx context.Context, owner *source.Engine, ch *charter.Charter) error {
	rows, err := owner.AggregateUnits(ctx, t.plan, t.guards)
	if err != nil {
		return err
	}
	defer rows.Release()
	return t.addRows(ctx, rows, ch)
}

// addRows adds what an owner's engine aggregated.
func (t *totals) addRows(ctx context.Context, rows array.RecordReader, ch *charter.Charter) error {
	sums, units, _, err := column.Cells(ctx, rows, t.plan, t.guards, ch)
	if err != nil {
		return err
	}
	for i, sum := range t.sums {
		sum.Add(sum, sums.Big(i))
	}
	for i := range t.guards {
		for cell, n := range units[i] {
			t.units[i][cell] += n
		}
	}
	return nil
}

// At returns element i.
func (t *totals) At(i int) *big.Int { return t.sums[i] }

// Suppressed returns k if fewer than k units stand behind element i, or behind a lock of it, else 0.
func (t *totals) Suppressed(i int) int {
	g := t.behind[i%len(t.behind)]
	if g < 0 || t.holds(g, i) {
		g = t.Lock(i)
	}
	if g < 0 {
		return 0
	}
	return t.guards[g].K
}

// holds reports whether enough units stand behind the cell of element i for a guard.
func (t *totals) holds(g, i int) bool {
	return t.units[g][i/len(t.behind)/t.plan.Points()] >= uint64(t.guards[g].K)
}

// Lock returns the first lock that holds element i back, -1 if none does.
func (t *totals) Lock(i int) int {
	sum := i % len(t.behind)
	if own := t.behind[sum]; !t.plan.Sums[sum].HasValues() || own >= 0 && !t.holds(own, i) {
		return -1
	}
	for g := range t.guards {
		if t.guards[g].Lock && !t.holds(g, i) {
			return g
		}
	}
	return -1
}
