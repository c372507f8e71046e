package pooled

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/result"
)

// Comparison is what there is to say of a noisy answer beside the pooled one.
type Comparison struct {
	Want     *Answer // over the rows as owners bound them, without noise; every group
	Compared int     // noised numbers that were compared
	Open     int     // noised numbers that were not: NULL, or without an interval
	// Cut: a privacy unit is in more groups than count. Which of them an owner keeps is its secret, so no noised
	// number was compared.
	Cut     bool
	Differs string // the first number that noise does not explain, "" if there is none
}

// Noisy compares an answer with noise, of some owners, with the pooled one over their rows. The rows are bounded as owners
// bound them: values clamped, units weighted down to the rows and groups that count. A noised number differs if it is farther from the
// pooled one than the declared noise of these owners takes it; that an honest answer is said to differ has a probability of at
// most alarm in all (1e-5 and more are in reach for some hundred numbers). Numbers without noise have to be equal. What cannot be compared is counted.
func (s *Space) Noisy(ctx context.Context, sql string, got *Answer, owners []string, alarm float64) (*Comparison, error) {
	q, err := query.Compile(sql, s.charter)
	if err != nil {
		return nil, err
	}
	n := q.Noise()
	if n == nil {
		return nil, fmt.Errorf("pooled: a question without noise")
	}
	sums, cut, err := s.bounded(ctx, q, n, owners)
	if err != nil {
		return nil, err
	}
	table, err := q.Around(sums, len(owners), alarm/float64(q.Plan.Cells()*len(got.Columns)))
	if err != nil {
		return nil, err
	}
	c := &Comparison{Cut: cut}
	if c.Want, err = answerOf(table); err != nil {
		return nil, err
	}
	c.compare(table, got)
	return c, nil
}

// bounded adds what owners contribute before noise, and reports whether a unit is in more groups than count.
func (s *Space) bounded(ctx context.Context, q *query.Query, n *plan.Noise, owners []string) (*totals, bool, error) {
	guards := plan.Guards(&q.Plan, s.charter)
	kept, all := newTotals(&q.Plan, guards), newTotals(&q.Plan, guards)
	unbounded := *n
	unbounded.Groups = q.Plan.Cells()
	for _, id := range owners {
		engine := s.owners[id]
		if engine == nil {
			return nil, false, fmt.Errorf("pooled: %q is no owner", id)
		}
		for to, n := range map[*totals]*plan.Noise{kept: n, all: &unbounded} {
			rows, err := engine.AggregateBounded(ctx, &q.Plan, guards, n, [32]byte{})
			if err != nil {
				return nil, false, err
			}
			err = to.addRows(ctx, rows, s.charter)
			rows.Release()
			if err != nil {
				return nil, false, err
			}
		}
	}
	if n.Sums[0] == nil { // an exact number of rows tells nothing of it
		return kept, n.Groups < unbounded.Groups, nil
	}
	// The first sum counts rows: a unit that is left out of a group takes at least one away there.
	for i := 0; i < len(kept.sums); i += len(q.Plan.Sums) {
		if kept.sums[i].Cmp(all.sums[i]) != 0 {
			return kept, true, nil
		}
	}
	return kept, false, nil
}

func answerOf(t *result.Table) (*Answer, error) {
	var text bytes.Buffer
	if err := t.WriteJSON(&text, nil); err != nil {
		return nil, err
	}
	return Decode(text.Bytes())
}

// compare finds for each row the pooled one with the same numbers without noise, of which the keys are part.
func (c *Comparison) compare(want *result.Table, got *Answer) {
	if len(got.Columns) != len(want.Columns) {
		c.Differs = fmt.Sprintf("%d columns, want %d", len(got.Columns), len(want.Columns))
		return
	}
	at := map[string]int{}
	for i, row := range c.Want.Rows {
		at[c.exact(want, row)] = i
	}
	for r, row := range got.Rows {
		i, ok := at[c.exact(want, row)]
		if !ok {
			c.Differs = fmt.Sprintf("row %d has keys or exact numbers that no pooled row has", r+1)
			return
		}
		delete(at, c.exact(want, row))
		for j := range row {
			if want.Columns[j].Noise != nil && !c.within(want, i, j, row[j]) && c.Differs == "" {
				c.Differs = fmt.Sprintf("row %d, %s: %v, pooled %v: farther off than its noise goes", r+1, want.Columns[j].Name, row[j], c.Want.Rows[i][j])
			}
		}
	}
}

// exact is one text for the values of a row without noise. Doubles among them are rounded.
func (c *Comparison) exact(want *result.Table, row []any) string {
	var b strings.Builder
	for j, v := range row {
		if want.Columns[j].Noise != nil {
			continue
		}
		text := canonical(c.Want.Columns[j].Type, v)
		if x, err := double(v); err == nil && c.Want.Columns[j].Type == "DOUBLE" && !math.IsNaN(x) {
			text = fmt.Sprintf("%.8g", x)
		}
		b.WriteString(text + "\x00")
	}
	return b.String()
}

// within reports whether a noised value may be what it is.
func (c *Comparison) within(want *result.Table, row, column int, got any) bool {
	span, ok := want.Intervals[result.Cell{Row: row, Column: column}]
	if !ok || got == nil || c.Cut {
		c.Open++
		return true
	}
	x, err := double(got)
	if err != nil {
		return false
	}
	c.Compared++
	slack := absolute + relative*math.Abs(x)
	return x >= span.Low-slack && x <= span.High+slack
}
