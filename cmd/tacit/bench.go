package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/benchmarks"
	"github.com/tacit-space/tacit/engine/analyst"
)

func (a *app) bench() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure what tacit costs on this machine",
		Long: `Each benchmark makes its data from the seed, compares its answer with an oracle
before it reports a time, and measures a floor in the same run.`,
	}
	c.AddCommand(a.benchList(), a.benchRun(), a.benchOwn(), a.benchReport(), a.benchCompare())
	return c
}

func (a *app) benchList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the benchmarks",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if a.json() {
				return a.writeJSON(benchList())
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			for _, b := range benchmarks.All() {
				fmt.Fprintf(w, "%s\t%s\n", b.Name, b.About)
			}
			return w.Flush()
		},
	}
}

type benchEntry struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

func benchList() []benchEntry {
	var list []benchEntry
	for _, b := range benchmarks.All() {
		list = append(list, benchEntry{b.Name, b.About})
	}
	return list
}

func (a *app) benchRun() *cobra.Command {
	var (
		o    benchmarks.Options
		file string
	)
	c := &cobra.Command{
		Use:   "run NAME… | all",
		Short: "Run benchmarks",
		Long:  `Run benchmarks. An answer that differs from the oracle's is an error, and nothing is reported then.`,
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if o.Runs < 1 {
				return ErrUsage.New("--runs %d: at least 1", o.Runs)
			}
			if o.Quick && o.Full {
				return ErrUsage.New("--quick and --full exclude each other")
			}
			chosen, err := benchChosen(args)
			if err != nil {
				return err
			}
			if o.Program, err = os.Executable(); err != nil {
				return fileFault(err)
			}
			o.Open = func(profile string) (analyst.Config, error) { return a.analystConfig(profile) }
			o.Say = func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
			report := benchReport(o)
			for _, b := range chosen {
				result, err := b.Measure(c.Context(), o)
				if err != nil {
					return err
				}
				report.Results = append(report.Results, result)
			}
			return a.writeReport(report, file)
		},
	}
	f := c.Flags()
	f.Uint64Var(&o.Seed, "seed", 1, "of the data")
	f.IntVar(&o.Runs, "runs", 5, "repetitions")
	f.BoolVar(&o.Quick, "quick", false, "small sizes: checks the benchmark, its times mean nothing")
	f.BoolVar(&o.Full, "full", false, "full sizes, for the benchmarks that are smaller otherwise")
	f.StringVar(&file, "json", "", "also write the report to this file, as JSON")
	return c
}

// benchReport is a report without results.
func benchReport(o benchmarks.Options) *benchmarks.Report {
	return &benchmarks.Report{
		Schema: benchmarks.Schema, Machine: benchmarks.ThisMachine(), Software: software(),
		Started: time.Now().UTC(), Seed: o.Seed, Runs: o.Runs, Quick: o.Quick, Full: o.Full,
	}
}

func benchChosen(names []string) ([]benchmarks.Benchmark, error) {
	if slices.Equal(names, []string{"all"}) {
		return benchmarks.All(), nil
	}
	var chosen []benchmarks.Benchmark
	for _, name := range names {
		b, ok := benchmarks.Find(name)
		if !ok {
			return nil, ErrUsage.New("no benchmark %q", name).With("List them with: tacit bench list")
		}
		chosen = append(chosen, b)
	}
	return chosen, nil
}

func (a *app) writeReport(r *benchmarks.Report, file string) error {
	if file != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			return fileFault(err)
		}
	}
	if a.json() {
		return a.writeJSON(r)
	}
	return r.Write(a.out)
}
