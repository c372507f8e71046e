package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/benchmarks"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/lab"
)

func (a *app) benchOwn() *cobra.Command {
	var (
		o         benchmarks.Options
		questions []string
		file      string
	)
	c := &cobra.Command{
		Use:   "own DIR --query SQL",
		Short: "Measure questions to a lab of your own tables",
		Long: `Brings a lab up, asks each question several times, and compares every answer with the one that
is computed in the open from the files of all owners. An answer that differs is an error, and nothing
is reported then. "tacit lab init" makes a lab of a CSV or Parquet file.`,
		Example: `  tacit lab init mylab --from lung.csv --owners 5
  tacit bench own mylab --query "SELECT sex, AVG(age) FROM lung GROUP BY sex" --json own.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if o.Runs < 1 {
				return ErrUsage.New("--runs %d: at least 1", o.Runs)
			}
			if len(questions) == 0 {
				return ErrUsage.New("wants --query SQL").With("See: tacit bench own --help")
			}
			l, err := lab.Open(args[0])
			if err != nil {
				return err
			}
			o.Open = func(profile string) (analyst.Config, error) { return a.analystConfig(profile) }
			o.Say = func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
			result, err := benchmarks.Own(c.Context(), o, l, questions)
			if errors.Is(err, benchmarks.ErrNoise) {
				return ErrUsage.New("%w", err).With("Measure the same question without noise.")
			}
			if err != nil {
				return err
			}
			report := benchReport(o)
			report.Results = append(report.Results, result)
			return a.writeReport(report, file)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&questions, "query", "q", nil, "SQL of a question, or of a statistic; may be repeated")
	f.IntVar(&o.Runs, "runs", 5, "repetitions of each question")
	f.StringVar(&file, "json", "", "also write the report to this file, as JSON")
	return c
}
