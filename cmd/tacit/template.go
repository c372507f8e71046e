package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/statistic"
)

// questionFlags are those that say what is asked.
func (q *asking) questionFlags(f *pflag.FlagSet) {
	f.StringVarP(&q.file, "file", "f", "", "read the SQL from this file")
	f.StringVar(&q.template, "template", "", "ask by this template of the charter")
	f.StringArrayVar(&q.params, "param", nil, "NAME=VALUE of a parameter of the template; repeat it for each")
}

// question is the SQL of the line, "" if a template is asked.
func (a *app) question(ctx context.Context, args []string, q *asking) (string, error) {
	switch {
	case q.template == "" && len(q.params) > 0:
		return "", ErrUsage.New("--param goes with --template")
	case q.template == "":
		sql, err := a.sql(ctx, args, q.file)
		if err != nil {
			return "", err
		}
		return a.noised(sql, &q.noising)
	case len(q.noising.arguments()) > 0:
		return "", ErrUsage.New("--epsilon, --delta and --only-required do not go with --template").
			With("What a template adds as noise is part of its SQL.")
	case len(args) > 0 || q.file != "":
		return "", ErrUsage.New("--template and SQL exclude each other")
	}
	return "", nil
}

// given reads NAME=VALUE.
func (q *asking) given() (map[string]string, error) {
	values := map[string]string{}
	for _, p := range q.params {
		name, value, ok := strings.Cut(p, "=")
		if _, twice := values[name]; !ok || name == "" || twice {
			return nil, ErrUsage.New("--param wants NAME=VALUE, each name once").With("For example: --param age=40")
		}
		values[name] = value
	}
	return values, nil
}

// draft compiles what is asked.
func (a *app) draft(client *analyst.Client, q *asking, sql string) (*analyst.Draft, error) {
	if q.template == "" {
		return client.Compile(sql)
	}
	values, err := q.given()
	if err != nil {
		return nil, err
	}
	a.showTemplate(client.Bundle.Charter(), q.template)
	return client.CompileTemplate(q.template, values)
}

// compile is draft without a client.
func (a *app) compile(q *asking, sql string, c *charter.Charter) (*query.Query, []plan.Argument, error) {
	if q.template == "" {
		compiled, _, err := statistic.Question(sql, c)
		return compiled, nil, err
	}
	values, err := q.given()
	if err != nil {
		return nil, nil, err
	}
	a.showTemplate(c, q.template)
	args, err := query.Arguments(c, q.template, values)
	if err != nil {
		return nil, nil, err
	}
	compiled, _, err := statistic.Instantiate(c, q.template, args)
	return compiled, args, err
}

// showTemplate makes errors point into the template's text.
func (a *app) showTemplate(c *charter.Charter, name string) {
	if t := c.Template(name); t != nil {
		a.query = t.SQL
	}
}

func (a *app) template() *cobra.Command {
	c := &cobra.Command{
		Use:   "template",
		Short: "List and show the questions that the charter has ready",
		Long: `A template is a question that the members of the space have read and signed with the
charter. Its parameters are all that an analyst chooses: tacit query --template NAME --param x=1.`,
	}
	c.AddCommand(a.templateList(), a.templateShow())
	return c
}

// ofCharter makes a command that reads the charter of the analyst's profile.
func (a *app) ofCharter(c *cobra.Command, do func(*charter.Charter, []string) error) *cobra.Command {
	var q asking
	c.RunE = func(_ *cobra.Command, args []string) error {
		if err := a.plainFormat(); err != nil {
			return err
		}
		ch, err := a.activeCharter(q.lab)
		if err != nil {
			return err
		}
		return do(ch, args)
	}
	q.labFlag(c.Flags())
	return c
}

// activeCharter is the charter of the analyst's profile, or of a lab's.
func (a *app) activeCharter(lab string) (*charter.Charter, error) {
	file, err := a.profileOf(lab)
	if err != nil {
		return nil, err
	}
	cfg, err := a.loadAnalyst(file)
	if err != nil {
		return nil, err
	}
	bundle, err := charter.ReadBundle(string(cfg.Space))
	if err != nil {
		return nil, err
	}
	if err := bundle.Active(); err != nil {
		return nil, err
	}
	return bundle.Charter(), nil
}

type templateJSON struct {
	Name       string          `json:"name"`
	Title      string          `json:"title,omitempty"`
	SQL        string          `json:"sql"`
	Parameters []parameterJSON `json:"parameters"`
	Analysts   []string        `json:"analysts"` // empty: every analyst
	Purposes   []string        `json:"purposes"` // empty: those of the space
}

type parameterJSON struct {
	Name    string   `json:"name"`
	Title   string   `json:"title,omitempty"`
	Type    string   `json:"type"`
	Values  []string `json:"values,omitempty"`
	Range   []string `json:"range,omitempty"`
	Default string   `json:"default,omitempty"`
}

func templateToJSON(t *charter.Template) templateJSON {
	out := templateJSON{t.Name, t.Title, t.SQL, []parameterJSON{}, orEmpty(t.Analysts), orEmpty(t.Purposes)}
	for _, p := range t.Parameters {
		out.Parameters = append(out.Parameters, parameterJSON(p))
	}
	return out
}

func (a *app) templateList() *cobra.Command {
	return a.ofCharter(&cobra.Command{
		Use:   "list",
		Short: "List the templates of the charter",
		Args:  cobra.NoArgs,
	}, func(c *charter.Charter, _ []string) error {
		if a.json() {
			out := []templateJSON{}
			for i := range c.Templates {
				out = append(out, templateToJSON(&c.Templates[i]))
			}
			return a.writeJSON(out)
		}
		if len(c.Templates) == 0 {
			_, err := fmt.Fprintf(a.out, "the charter of %s has no templates\n", c.Space)
			return err
		}
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "TEMPLATE\tPARAMETERS\tTITLE")
		for _, t := range c.Templates {
			var names []string
			for _, p := range t.Parameters {
				names = append(names, p.Name)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", t.Name, strings.Join(names, ", "), t.Title)
		}
		return w.Flush()
	})
}

func (a *app) templateShow() *cobra.Command {
	return a.ofCharter(&cobra.Command{
		Use:   "show NAME",
		Short: "Show a template: its SQL, what may be chosen, and who may use it",
		Args:  cobra.ExactArgs(1),
	}, func(c *charter.Charter, args []string) error {
		t, err := query.FindTemplate(c, args[0])
		if err != nil {
			return err
		}
		if a.json() {
			return a.writeJSON(templateToJSON(t))
		}
		return a.printTemplate(t)
	})
}

func (a *app) printTemplate(t *charter.Template) error {
	fmt.Fprintf(a.out, "template %s", t.Name)
	if t.Title != "" {
		fmt.Fprintf(a.out, " (%s)", t.Title)
	}
	fmt.Fprintf(a.out, "\n  %s\n", strings.ReplaceAll(strings.TrimSpace(t.SQL), "\n", "\n  "))
	if len(t.Parameters) > 0 {
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "\nPARAMETER\tTYPE\tMAY BE\tDEFAULT\tTITLE")
		for i := range t.Parameters {
			p := &t.Parameters[i]
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Name, p.Type, choiceOf(p), p.Default, p.Title)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "\nanalysts: %s\npurposes: %s\n", orAll(t.Analysts, "all"), orAll(t.Purposes, "all of the space"))
	return nil
}

// choiceOf is what an analyst may choose.
func choiceOf(p *charter.Parameter) string {
	if len(p.Values) > 0 {
		return strings.Join(p.Values, ", ")
	}
	return strings.Join(p.Range, " … ")
}

func orAll(list []string, all string) string {
	if len(list) == 0 {
		return all
	}
	return strings.Join(list, "; ")
}
