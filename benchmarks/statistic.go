package benchmarks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/statistic"
)

// Survival and Regression ask statistics of a running space with a minimum cohort of 10. Their reports must be, byte by byte,
// the ones over the pooled rows.
var (
	Survival = Benchmark{
		Name:  "survival",
		About: "a guarded survival curve (Kaplan and Meier) of 8192 points, and its intervals",
		Run:   runSurvival,
	}
	Regression = Benchmark{
		Name:  "regression",
		About: "a linear model of 12 columns, and a logistic model fitted by rounds, both guarded",
		Run:   runRegression,
	}
)

// statisticSize is the size of a space of patients.
type statisticSize struct{ owners, rows, points int } // rows of each owner; points of the curve

func (o Options) statisticSize() statisticSize {
	switch {
	case o.Quick:
		return statisticSize{owners: 3, rows: 200, points: 64}
	case o.Full:
		return statisticSize{owners: 12, rows: 50_000, points: 8192}
	default:
		return statisticSize{owners: 3, rows: 20_000, points: 8192}
	}
}

const patientsCharter = `tacit: charter/v1
space: bench
version: 1
amend: {rule: unanimous}
rules: {min_contributors: %[1]d, tolerated_corruption: %[2]d}
tables:
  - name: patients
    min_cohort: 10
    max_rows: 100000
    model_rounds: 25
    columns:
      - {name: time, type: integer, role: measure, nullable: false, range: ["0", "%[3]d"], curve: "1"}
      - {name: status, type: integer, role: category, nullable: false, domain: ["0", "1"]}
      - {name: outcome, type: integer, role: measure, nullable: false, range: ["0", "1"]}
      - {name: y, type: integer, role: measure, nullable: false, range: ["-2000", "2000"]}
`

// predictors is the number of columns x1, x2, … of the models.
const predictors = 12

func (s statisticSize) charter() string {
	var b strings.Builder
	fmt.Fprintf(&b, patientsCharter, s.owners, max(1, (s.owners-1)/3), s.points-1)
	for i := range predictors {
		fmt.Fprintf(&b, "      - {name: x%d, type: integer, role: measure, nullable: false, range: [\"-10\", \"10\"]}\n", i+1)
	}
	return b.String()
}

// write makes the rows of each owner. The first two columns raise y and the chance of the outcome.
func (s statisticSize) write(dir string, seed uint64) ([]string, error) {
	var files []string
	for owner := range s.owners {
		g := rand.New(rand.NewPCG(seed, uint64(owner)))
		var b bytes.Buffer
		b.WriteString("time,status,outcome,y")
		for i := range predictors {
			fmt.Fprintf(&b, ",x%d", i+1)
		}
		b.WriteByte('\n')
		for range s.rows {
			var x [predictors]int
			y := g.IntN(41) - 20
			for i := range x {
				x[i] = g.IntN(21) - 10
				y += x[i] * (i % 3)
			}
			outcome := 0
			if g.IntN(40) < 20+x[0]-x[1]/2 {
				outcome = 1
			}
			fmt.Fprintf(&b, "%d,%d,%d,%d", min(g.IntN(s.points), g.IntN(s.points)), g.IntN(2), outcome, y)
			for _, v := range x {
				fmt.Fprintf(&b, ",%d", v)
			}
			b.WriteByte('\n')
		}
		folder := filepath.Join(dir, fmt.Sprintf("owner-%02d", owner+1))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		files = append(files, filepath.Join(folder, "patients.csv"))
		if err := os.WriteFile(files[owner], b.Bytes(), 0o600); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// asked is a statistic and what its figures are called.
type asked struct{ name, sql string }

func runSurvival(ctx context.Context, o Options) (*Result, error) {
	return runStatistics(ctx, o, "survival", []asked{{"survival curve", "SELECT * FROM kaplan_meier(patients, formula => 'Surv(time, status == 1) ~ 1')"}})
}

func runRegression(ctx context.Context, o Options) (*Result, error) {
	var terms []string
	for i := range predictors {
		terms = append(terms, fmt.Sprintf("x%d", i+1))
	}
	return runStatistics(ctx, o, "regression", []asked{
		{"linear model", "SELECT * FROM lm(patients, formula => 'y ~ " + strings.Join(terms, " + ") + "')"},
		{"logistic model", "SELECT * FROM glm(patients, formula => 'outcome ~ x1 + x2', family => 'binomial')"},
	})
}

func runStatistics(ctx context.Context, o Options, name string, list []asked) (*Result, error) {
	size := o.statisticSize()
	s := spec{charter: size.charter(), table: "patients", owners: func(_ context.Context, dir string) ([]string, error) {
		return size.write(dir, o.Seed)
	}}
	result := &Result{
		Name: name, Correct: true, Oracle: "the report over the pooled rows, byte by byte", Metrics: map[string]Metric{},
		Parameters: map[string]any{"owners": size.owners, "rows": size.owners * size.rows, "min_cohort": 10, "points of the curve": size.points},
	}
	f := figures{}
	err := withSpace(ctx, o, s, func(ctx context.Context, sp *space) error {
		open, err := pooled.Open(ctx, sp.charter, sp.lab.File)
		if err != nil {
			return err
		}
		defer open.Close()
		for _, a := range list {
			result.Parameters[a.name] = a.sql
			for run := range o.Runs + 1 {
				into := f
				if run == 0 { // the first validates the data and warms the caches
					into = figures{}
				}
				if err := a.once(ctx, o, sp, open, into); err != nil {
					return fmt.Errorf("%s: %w", a.name, err)
				}
				o.Say("%s: %s, run %d of %d", name, a.name, run, o.Runs)
			}
		}
		peaks, err := sp.peaks(ctx)
		addPeaks(result.Metrics, peaks)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.summarise("", result.Metrics)
	return result, nil
}

// once asks the statistic of the space and of the pooled rows.
func (a asked) once(ctx context.Context, o Options, sp *space, open *pooled.Space, f figures) error {
	begin := time.Now()
	want, err := open.Statistic(ctx, a.sql, false)
	if err != nil {
		return err
	}
	plain := time.Since(begin).Seconds()
	before, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	rounds := 1
	begin = time.Now()
	answer, err := sp.client.Ask(ctx, a.sql, analyst.Options{OnRound: func(round, _ int) { rounds = max(rounds, round) }})
	if err != nil {
		return err
	}
	took := time.Since(begin).Seconds()
	if answer.Fault != nil {
		return answer.Fault
	}
	if err := sameReport(answer.Report, want, o.spoil); err != nil {
		return err
	}
	after, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	f.add(a.name, "s", took)
	f.add(a.name+", pooled and unprotected", "s", plain)
	f.add(a.name+" / unprotected", "ratio", took/plain)
	if rounds > 1 {
		f.add(a.name+", rounds", "rounds", float64(rounds))
		f.add(a.name+", a round", "s", took/float64(rounds))
	}
	after.since(before, a.name, f)
	return nil
}

func sameReport(got, want *statistic.Report, spoil bool) error {
	var a, b bytes.Buffer
	if got == nil {
		return errors.New("the answer is no report")
	}
	if err := errors.Join(got.WriteJSON(&a, nil), want.WriteJSON(&b, nil)); err != nil {
		return err
	}
	if spoil {
		b.WriteByte(' ')
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		return errors.New("the report differs from the one over the pooled rows")
	}
	return nil
}
