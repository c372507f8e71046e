package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/lab/pooled"
)

// scaling is one benchmark over a size. Every figure has a line and a size: "masked question, 1000 rows".
type scaling struct {
	over    string // what grows: "rows"
	sizes   []int
	figures figures
}

// at is the name of the figure of a line at a size.
func (s *scaling) at(line string, size int) string {
	return fmt.Sprintf("%s, %d %s", line, size, s.over)
}

func (s *scaling) add(line, unit string, size int, values ...float64) {
	s.figures.add(s.at(line, size), unit, values...)
}

// curve draws medians of lines over the sizes, on logarithmic axes, each with its exponent. A line that has no figure at
// some size is left out.
func (s *scaling) curve(title, xLabel, yLabel string, lines ...string) Curve {
	c := Curve{Title: title, XLabel: xLabel, YLabel: yLabel, Log: true}
	for _, size := range s.sizes {
		c.X = append(c.X, float64(size))
	}
	for _, name := range lines {
		var y []float64
		for _, size := range s.sizes {
			if f := s.figures[s.at(name, size)]; f != nil {
				y = append(y, Summarise(f.unit, f.values).Median)
			}
		}
		if len(y) == len(c.X) && positive(y) {
			c.Lines = append(c.Lines, line(name, c.X, y))
		}
	}
	return c
}

// result has all figures and the curves that have lines.
func (s *scaling) result(name, oracle string, parameters map[string]any, curves ...Curve) *Result {
	r := &Result{Name: name, Correct: true, Oracle: oracle, Parameters: parameters, Metrics: map[string]Metric{}}
	r.Parameters[s.over] = s.sizes
	s.figures.summarise("", r.Metrics)
	r.Curves = slices.DeleteFunc(curves, func(c Curve) bool { return len(c.Lines) == 0 })
	return r
}

// known is a question whose answer over the rows of all owners is known before it is asked.
type known struct {
	name, sql string
	want      *pooled.Answer
}

// know computes the answer in the open. Where plain is SQL of the embedded engine over the pooled files, what that
// answers, with nothing suppressed, has to be the same: two oracles are one.
func (sp *space) know(ctx context.Context, o Options, open *pooled.Space, name, sql, plain string) (*known, error) {
	want, err := open.Answer(ctx, sql)
	if err != nil {
		return nil, err
	}
	k := &known{name, sql, want}
	if plain != "" {
		rows, _, err := sp.plain(ctx, plain)
		if err != nil {
			return nil, err
		}
		if err := check(textsOf(want), rows); err != nil {
			return nil, fmt.Errorf("the oracles differ: %w", err)
		}
	}
	if o.spoil {
		k.want.Rows = k.want.Rows[1:]
	}
	return k, nil
}

// ask asks the space and compares.
func (k *known) ask(ctx context.Context, sp *space) (time.Duration, error) {
	begin := time.Now()
	answer, err := sp.client.Ask(ctx, k.sql, analyst.Options{})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", k.name, err)
	}
	took := time.Since(begin)
	if err := sameTable(answer, k.want, false); err != nil {
		return 0, fmt.Errorf("%s: %w", k.name, err)
	}
	return took, nil
}

// measure asks once and adds time, core-seconds and bytes at a size.
func (k *known) measure(ctx context.Context, sp *space, s *scaling, size int) error {
	before, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	took, err := k.ask(ctx, sp)
	if err != nil {
		return err
	}
	after, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	s.add(k.name, "s", size, took.Seconds())
	owners, was := after["worker"], before["worker"]
	if owners == nil || was == nil || owners.processes != was.processes {
		return errors.New(k.name + ": an owner came or went")
	}
	n := float64(owners.processes)
	s.add(k.name+", processor of an owner", "core-s", size, (owners.cores-was.cores)/n)
	s.add(k.name+", processor of the coordinator", "core-s", size, after["coordinator"].cores-before["coordinator"].cores)
	s.add(k.name+", an owner sends", "bytes", size, (owners.out-was.out)/n)
	s.add(k.name+", an owner receives", "bytes", size, (owners.in-was.in)/n)
	return nil
}

// warm asks once and adds nothing: the first question of a table validates its rows.
func (k *known) warm(ctx context.Context, sp *space) error {
	_, err := k.ask(ctx, sp)
	return err
}

// textsOf are the rows of an answer as text.
func textsOf(a *pooled.Answer) [][]string {
	rows := make([][]string, len(a.Rows))
	for i, row := range a.Rows {
		for _, v := range row {
			rows[i] = append(rows[i], fmt.Sprint(v))
		}
	}
	return rows
}
