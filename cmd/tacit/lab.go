package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/draft"
)

func (a *app) lab() *cobra.Command {
	c := &cobra.Command{
		Use:   "lab",
		Short: "Run a whole space on this machine",
		Long: `A lab is a folder with charter.yaml and owners/NAME/TABLE.csv or .parquet. Its
coordinator and workers are separate processes that talk over TLS on this machine.

worker.yaml beside the charter has settings of all workers, such as accept, and
owners/NAME/worker.yaml those of one owner instead.`,
	}
	c.AddCommand(a.labInit(), a.labUp(), a.labDown(), a.labStatus(), a.labRun())
	return c
}

func (a *app) labInit() *cobra.Command {
	var (
		o     draft.Options
		from  string
		roles []string

		curves []string
	)
	c := &cobra.Command{
		Use:   "init DIR --from FILE.csv|FILE.parquet (--owners N | --by COLUMN)",
		Short: "Make a lab of one table: a charter to edit, and its rows split over owners",
		Example: `  tacit lab init mylab --from lung.csv --owners 5
  tacit lab init trial --from cgd.csv --by center --unit id --role age=measure`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if c.Flags().Changed("owners") && o.By != "" {
				return ErrUsage.New("--owners and --by exclude each other")
			}
			var err error
			if o.Roles, err = parseRoles(roles); err != nil {
				return err
			}
			if o.Curves, err = parseCurves(curves); err != nil {
				return err
			}
			d, err := lab.Init(c.Context(), args[0], from, o)
			if err != nil {
				return err
			}
			return a.printDraft(args[0], d)
		},
	}
	f := c.Flags()
	f.StringVar(&from, "from", "", "CSV (with header) or Parquet file")
	f.StringVar(&o.Table, "table", "", "name of the table; by default the file's")
	f.IntVar(&o.Owners, "owners", 5, "deal the rows to this many owners")
	f.StringVar(&o.By, "by", "", "an owner for each value of this column")
	f.StringVar(&o.Unit, "unit", "", "column of the person or thing to protect; without it each row is one")
	f.IntVar(&o.MinCohort, "min-cohort", 0, "smallest number of units behind a released number, 1 to 20 (default 10)")
	f.StringVar(&o.Epsilon, "max-epsilon", "", "allow questions with noise, of at most this epsilon each")
	f.StringArrayVar(&roles, "role", nil, "COLUMN=identifier|category|measure|time|hidden, instead of the guess; may be repeated")
	f.StringArrayVar(&curves, "curve", nil, "COLUMN=STEP: allow curves along a measure or time, such as survival curves; COLUMN=none: not along this one. Integers that are called a time have the step 1 anyway; may be repeated")
	f.IntVar(&o.Models, "models", draft.DefaultModels, "rounds that a logistic, Poisson or Cox model may take, at most 50; 0: allow no models")
	f.Uint64Var(&o.Seed, "seed", 0, "of the dealing; the same seed gives the same split")
	_ = c.MarkFlagRequired("from")
	return c
}

func parseRoles(texts []string) (map[string]charter.ColumnRole, error) {
	known := []charter.ColumnRole{charter.Identifier, charter.Category, charter.Measure, charter.Time, charter.Hidden}
	roles := map[string]charter.ColumnRole{}
	for _, text := range texts {
		i := strings.LastIndexByte(text, '=')
		if i < 1 {
			return nil, ErrUsage.New("--role %s: wants COLUMN=ROLE", text)
		}
		role := charter.ColumnRole(text[i+1:])
		ok := false
		for _, k := range known {
			ok = ok || k == role
		}
		if !ok {
			return nil, ErrUsage.New("--role %s: no role %q; there are %v", text, role, known)
		}
		roles[text[:i]] = role
	}
	return roles, nil
}

func parseCurves(texts []string) (map[string]string, error) {
	steps := map[string]string{}
	for _, text := range texts {
		i := strings.LastIndexByte(text, '=')
		if i < 1 || i == len(text)-1 {
			return nil, ErrUsage.New("--curve %s: wants COLUMN=STEP", text)
		}
		steps[text[:i]] = text[i+1:]
	}
	return steps, nil
}

// printDraft says what was chosen and how to change it.
func (a *app) printDraft(dir string, d *draft.Draft) error {
	if a.json() {
		return a.writeJSON(draftJSON(dir, d))
	}
	fmt.Fprintf(a.out, "%d rows of table %s, split over %d owners in %s/owners.\n\n", d.Rows, d.Table().Name, len(d.Owners), dir)
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "COLUMN\tTYPE\tROLE\tWHY")
	for _, c := range d.Choices {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", sqlName(c.Column.Name), c.Column.Type, c.Column.Role, c.Reason)
	}
	w.Flush()
	if names := d.Curves(); len(names) > 0 {
		fmt.Fprintf(a.out, "\nCurves may be asked for along %s: a single point may show a single person. --curve COLUMN=none takes that back.\n", strings.Join(names, ", "))
	}
	fmt.Fprintf(a.out, "\nChange this in %s/charter.yaml, or run init again with --role COLUMN=ROLE. Then:\n\n  tacit lab run %s --query \"SELECT COUNT(*) FROM %s\"\n",
		dir, dir, d.Table().Name)
	return nil
}

type draftColumn struct {
	Name   string             `json:"name"`
	Title  string             `json:"original"`
	Type   string             `json:"type"`
	Role   charter.ColumnRole `json:"role"`
	Reason string             `json:"reason"`
}

func draftJSON(dir string, d *draft.Draft) any {
	columns := make([]draftColumn, len(d.Choices))
	for i, c := range d.Choices {
		columns[i] = draftColumn{c.Column.Name, c.Source.Original, c.Column.Type, c.Column.Role, c.Reason}
	}
	return struct {
		Dir     string        `json:"dir"`
		Table   string        `json:"table"`
		Rows    int64         `json:"rows"`
		Owners  []string      `json:"owners"`
		Columns []draftColumn `json:"columns"`
	}{dir, d.Table().Name, d.Rows, d.Owners, columns}
}

func (a *app) labUp() *cobra.Command {
	return &cobra.Command{
		Use:   "up DIR",
		Short: "Start a lab's coordinator and workers, and leave them running",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			l, err := lab.Open(args[0])
			if err != nil {
				return err
			}
			if err := l.Up(c.Context()); err != nil {
				return err
			}
			if a.json() {
				return a.printStatus(c.Context(), l)
			}
			fmt.Fprintf(a.out, "The lab is up. Ask it:\n\n  tacit query --lab %[1]s \"SELECT …\"\n\nor, for all commands of this shell:\n\n  export TACIT_CONFIG=%[2]s\n\nStop it with: tacit lab down %[1]s\n",
				args[0], l.Profile())
			return nil
		},
	}
}

func (a *app) labDown() *cobra.Command {
	return &cobra.Command{
		Use:   "down DIR",
		Short: "Stop every process of a lab, also after a crash",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			l, err := lab.Open(args[0])
			if err != nil {
				return err
			}
			return l.Down()
		},
	}
}

func (a *app) labStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status DIR",
		Short: "Show a lab's processes",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			l, err := lab.Open(args[0])
			if err != nil {
				return err
			}
			return a.printStatus(c.Context(), l)
		},
	}
}

func (a *app) printStatus(ctx context.Context, l *lab.Lab) error {
	list, err := l.Status(ctx)
	if err != nil {
		return err
	}
	if a.json() {
		return a.writeJSON(struct {
			Profile   string       `json:"profile"`
			Processes []lab.Status `json:"processes"`
		}{l.Profile(), list})
	}
	if len(list) == 0 {
		fmt.Fprintln(a.out, "The lab is down.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MEMBER\tROLE\tPROCESS\tSTATE\tMETRICS")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\thttp://%s/metrics\n", s.Name, s.Kind, s.PID, strings.TrimSpace(s.State+" "+s.Why), s.Ops)
	}
	return w.Flush()
}

func (a *app) labRun() *cobra.Command {
	var (
		query string
		q     asking
	)
	c := &cobra.Command{
		Use:   "run DIR (--query SQL | -- COMMAND …)",
		Short: "Bring a lab up, run one analyst's command in it, and take it down",
		Long: `Brings the lab up, runs one command of the analyst in it, and takes it down again;
the exit code is the command's. Nothing is left running, whatever happens.`,
		Example: `  tacit lab run mylab --query "SELECT COUNT(*) FROM lung" --format json
  tacit lab run mylab -- explain "SELECT AVG(age) FROM lung"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			command := args[1:]
			switch {
			case c.Flags().Changed("query") && len(command) > 0:
				return ErrUsage.New("--query and a command after -- exclude each other")
			case c.Flags().Changed("query"):
				command = q.command(query)
			case len(command) == 0:
				return ErrUsage.New("wants --query SQL or -- COMMAND …").With("See: tacit lab run --help")
			}
			l, err := lab.Open(args[0])
			if err != nil {
				return err
			}
			return l.Run(c.Context(), func(ctx context.Context, profile string) error {
				return a.within(ctx, profile, command)
			})
		},
	}
	c.Flags().StringVarP(&query, "query", "q", "", "SQL of the one question")
	q.flags(c.Flags())
	return c
}

// command is the command line of a question with these flags.
func (q *asking) command(sql string) []string {
	line := []string{"query"}
	for flag, value := range map[string]string{"--output": q.output, "--purpose": q.purpose, "--provenance": q.provenance} {
		if value != "" {
			line = append(line, flag, value)
		}
	}
	if q.lifetime != 0 {
		line = append(line, "--lifetime", q.lifetime.String())
	}
	return append(append(line, q.noising.arguments()...), "--", sql)
}

// within runs another command line of this program with an analyst's profile. Its
// error is reported there; only the exit code comes back.
func (a *app) within(ctx context.Context, profile string, command []string) error {
	inner := &app{in: a.in, out: a.out, err: a.err, environ: append([]string{"TACIT_CONFIG=" + profile}, a.environ...)}
	var line []string
	if a.format != "" {
		line = append(line, "--format", a.format)
	}
	if a.progress {
		line = append(line, "--progress")
	}
	if code := inner.run(ctx, append(line, command...)); code != exitOK {
		return exitStatus(code)
	}
	return nil
}
