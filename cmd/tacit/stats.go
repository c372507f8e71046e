package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/statistic"
)

func (a *app) stats() *cobra.Command {
	c := &cobra.Command{
		Use:   "stats",
		Short: "Ask for a statistic: tests, models, survival curves",
		Long: `Each statistic equals the one over the pooled rows of all owners. It is asked as a question
like any other, so owners check, approve and refuse it in the same way; tacit query takes the SQL that --sql prints.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listStatistics() },
	}
	for _, s := range statistic.All() {
		c.AddCommand(a.statisticCommand(s))
	}
	return c
}

type statisticJSON struct {
	Name     string   `json:"name"`
	Aliases  []string `json:"aliases,omitempty"`
	Synopsis string   `json:"synopsis"`
}

func (a *app) listStatistics() error {
	if err := a.plainFormat(); err != nil {
		return err
	}
	if a.json() {
		var out []statisticJSON
		for _, s := range statistic.All() {
			out = append(out, statisticJSON{s.Name, s.Aliases, s.Synopsis})
		}
		return a.writeJSON(out)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STATISTIC\tSHORT\tWHAT IT ANSWERS")
	for _, s := range statistic.All() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, strings.Join(s.Aliases, ", "), s.Synopsis)
	}
	w.Flush()
	_, err := fmt.Fprintln(a.out, "\nMore about one: tacit stats NAME --help")
	return err
}

func (a *app) statisticCommand(s *statistic.Statistic) *cobra.Command {
	q := asking{report: true}
	var sqlOnly bool
	places := placed(s)
	c := &cobra.Command{
		Use:     s.Name + " TABLE" + usage(places),
		Aliases: s.Aliases,
		Short:   s.Synopsis,
		Example: "  tacit stats " + s.Name + " " + s.Example,
		Args:    cobra.RangeArgs(1, 1+len(places)),
	}
	f := c.Flags()
	values := map[string]*string{}
	for _, p := range s.Parameters {
		v := f.String(flagOf(p.Name), p.Default, p.Help+choices(p))
		values[p.Name] = v
		if p.Kind == statistic.Flag {
			f.Lookup(flagOf(p.Name)).NoOptDefVal = "true"
		}
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		given := map[string]string{}
		for _, p := range s.Parameters {
			if f.Changed(flagOf(p.Name)) {
				given[p.Name] = *values[p.Name]
			}
		}
		for i, text := range args[1:] {
			if _, twice := given[places[i].Name]; twice {
				return ErrUsage.New("%s is given twice, by its place and by --%s", places[i].Name, flagOf(places[i].Name))
			}
			given[places[i].Name] = text
		}
		if q.plot != "" {
			if _, err := chart.Format(q.plot); err != nil {
				return err
			}
		}
		sql := statistic.NewCall(s, args[0], given)
		a.query = sql
		if sqlOnly {
			_, err := fmt.Fprintln(a.out, sql)
			return err
		}
		return a.ask(c.Context(), &q, func(ctx context.Context, client *analyst.Client, o analyst.Options) (*analyst.Answer, error) {
			return client.Ask(ctx, sql, o)
		})
	}
	f.BoolVar(&sqlOnly, "sql", false, "print the SQL that asks the same, and ask nothing")
	f.StringVar(&q.plot, "plot", "", "draw the result into this file, .svg or .png")
	q.outputFlags(f)
	q.termsFlags(f)
	q.labFlag(f)
	return c
}

// placed are the parameters that follow the table without a name.
func placed(s *statistic.Statistic) []statistic.Parameter {
	var out []statistic.Parameter
	for n := 1; ; n++ {
		found := false
		for _, p := range s.Parameters {
			if p.Place == n {
				out, found = append(out, p), true
			}
		}
		if !found {
			return out
		}
	}
}

func usage(places []statistic.Parameter) string {
	var b strings.Builder
	for _, p := range places {
		word := strings.ToUpper(strings.ReplaceAll(p.Name, "_", "-"))
		if p.Required {
			fmt.Fprintf(&b, " %s", word)
		} else {
			fmt.Fprintf(&b, " [%s]", word)
		}
	}
	return b.String()
}

func choices(p statistic.Parameter) string {
	if len(p.Choices) == 0 {
		return ""
	}
	return ": " + strings.Join(p.Choices, ", ")
}

func flagOf(name string) string { return strings.ReplaceAll(name, "_", "-") }

// draw writes the figure of an answer.
func draw(file string, answer *analyst.Answer) error {
	if answer.Report == nil || answer.Report.Figure == nil {
		return chart.NoFigure.New("there is nothing to draw")
	}
	format, err := chart.Format(file)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := chart.Write(&b, answer.Report.Figure, format); err != nil {
		return err
	}
	return fileFault(os.WriteFile(file, b.Bytes(), 0o600))
}
