package source

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// logisticRound is one round of a logistic model of n numeric columns: the count, U and I of n+1
// coefficients, and the deviance.
func logisticRound(n int) (charter.Table, plan.Plan, string) {
	table := charter.Table{Name: "t", MaxRows: 1 << 24}
	model := plan.Model{Terms: []plan.ModelTerm{{}}, Coefficients: []plan.Value{num(plan.Decimal, "-0.5")}}
	designs := [][]string{nil}
	var data []string
	for i := range n {
		name := fmt.Sprintf("x%02d", i)
		table.Columns = append(table.Columns, col(name, "decimal(9,3)", charter.Measure, "-5", "5"))
		data = append(data, fmt.Sprintf("CAST(hash(range + %d) %% 10001 / 1000.0 - 5 AS DECIMAL(9,3)) AS %s", 7919*i, name))
		model.Terms = append(model.Terms, plan.ModelTerm{Factors: []string{name}})
		model.Coefficients = append(model.Coefficients, num(plan.Decimal, fmt.Sprintf("0.%03d", 11+i)))
		designs = append(designs, []string{name})
	}
	p := plan.Plan{Table: "t", Width: plan.Width128, Model: &model, Sums: []plan.Sum{{}, {Weight: plan.Softplus, Fraction: 40}}}
	for i, a := range designs {
		p.Sums = append(p.Sums, plan.Sum{Weight: plan.Logistic, Fraction: 40, Factors: a})
		for _, b := range designs[i:] {
			p.Sums = append(p.Sums, plan.Sum{Weight: plan.Variance, Fraction: 40, Factors: append(append([]string{}, a...), b...)})
		}
	}
	return table, p, "SELECT " + strings.Join(data, ", ") + " FROM range({rows})"
}

// BenchmarkModel measures one round of a logistic model at one owner: 32 columns, 33 + 561 weighted sums.
func BenchmarkModel(b *testing.B) {
	table, p, data := logisticRound(32)
	e, err := Open(Config{Threads: 1, Memory: "4GB"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	path := filepath.Join(b.TempDir(), "x.parquet")
	if err := e.db.Exec(b.Context(), "COPY ("+strings.ReplaceAll(data, "{rows}", fmt.Sprint(benchRows()))+") TO "+quote(path)); err != nil {
		b.Fatal(err)
	}
	if err := e.AddTable(b.Context(), Mapping{Files: []string{path}}, table); err != nil {
		b.Fatal(err)
	}
	if _, err := e.Validate(b.Context(), "t"); err != nil {
		b.Fatal(err)
	}
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	for b.Loop() {
		r, err := e.Aggregate(b.Context(), &p)
		drain(b, r, err)
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	spent := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(spent.Seconds()/float64(b.N), "core-s/op")
	b.ReportMetric(float64(benchRows())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
