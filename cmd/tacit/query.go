package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// asking holds the flags of a question.
type asking struct {
	file       string // -f
	output     string // -o
	purpose    string
	provenance string
	lifetime   time.Duration
	lab        string
	noising    noising
	template   string   // --template
	params     []string // --param NAME=VALUE
	report     bool     // JSON is that of the report of a statistic
	plot       string   // file of a figure
}

func (q *asking) labFlag(f *pflag.FlagSet) {
	f.StringVar(&q.lab, "lab", "", "ask the lab in this folder, which is up")
}

func (q *asking) outputFlags(f *pflag.FlagSet) {
	f.StringVarP(&q.output, "output", "o", "", "write the result to this file, and FILE.provenance.json beside it")
	f.StringVar(&q.provenance, "provenance", "", "write who took part, what was signed and what was given away to this file")
}

func (q *asking) flags(f *pflag.FlagSet) {
	q.outputFlags(f)
	q.noising.flags(f)
	q.termsFlags(f)
}

// termsFlags are what is signed beside the question.
func (q *asking) termsFlags(f *pflag.FlagSet) {
	f.StringVar(&q.purpose, "purpose", "", "what the answer is for; the charter may list the purposes")
	f.DurationVar(&q.lifetime, "lifetime", 0, "how long the owners may take, at most (default 24h or the charter's)")
}

func (a *app) queryCommand() *cobra.Command {
	var q asking
	c := &cobra.Command{
		Use:   `query ["SQL" | -f FILE | - | --template NAME]`,
		Short: "Ask a question and print the answer",
		Long: `Compiles the SQL against the charter, signs it, hands it to the coordinator, waits for
the owners, verifies and opens the result, and prints it. Ctrl-C cancels the question; a
question that was interrupted otherwise goes on with tacit resume.`,
		Example: `  tacit query "SELECT sex, COUNT(*), AVG(age) FROM lung GROUP BY sex"
  tacit query -f question.sql --format csv -o answer.csv
  tacit query --epsilon 0.5 "SELECT sex, COUNT(*) FROM lung GROUP BY sex"
  tacit query --template cost_by_sex --param age=40 --purpose "heart study"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			sql, err := a.question(c.Context(), args, &q)
			if err != nil {
				return err
			}
			return a.ask(c.Context(), &q, func(ctx context.Context, client *analyst.Client, o analyst.Options) (*analyst.Answer, error) {
				draft, err := a.draft(client, &q, sql)
				if err != nil {
					return nil, err
				}
				return client.AskDraft(ctx, draft, o)
			})
		},
	}
	q.questionFlags(c.Flags())
	q.flags(c.Flags())
	q.labFlag(c.Flags())
	return c
}

// maxQueryFile bounds what is read as a query; the compiler's own limit is lower.
const maxQueryFile = 4 << 20

// sql is the text from the argument, a file or standard input.
func (a *app) sql(ctx context.Context, args []string, file string) (string, error) {
	switch {
	case file != "" && len(args) > 0:
		return "", ErrUsage.New("-f FILE and SQL exclude each other")
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return "", fileFault(err)
		}
		defer f.Close()
		return a.readSQL(ctx, f)
	case len(args) == 0:
		return "", ErrUsage.New("wants SQL, -f FILE, or - for standard input").With("See: tacit query --help")
	case args[0] == "-":
		return a.readSQL(ctx, a.in)
	}
	a.query = args[0]
	return args[0], nil
}

// readSQL ends with ctx even while nobody types; the read then ends with the program.
func (a *app) readSQL(ctx context.Context, r io.Reader) (string, error) {
	type answer struct {
		text []byte
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(r, maxQueryFile))
		read <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case got := <-read:
		a.query = string(got.text)
		return a.query, fileFault(got.err)
	}
}

// profileOf is the profile of the lab in a folder, or else the analyst's own.
func (a *app) profileOf(folder string) (string, error) {
	if folder == "" {
		return a.profile(), nil
	}
	l, err := lab.Open(folder)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(l.Profile()); err != nil {
		return "", lab.ErrDown.New("the lab in %s was never up", folder)
	}
	return l.Profile(), nil
}

// client opens the analyst's profile.
func (a *app) client(folder string) (*analyst.Client, error) {
	file, err := a.profileOf(folder)
	if err != nil {
		return nil, err
	}
	cfg, err := a.analystConfig(file)
	if err != nil {
		return nil, err
	}
	return analyst.Open(cfg)
}

// loadAnalyst reads a profile. Who has none is told where one could be.
func (a *app) loadAnalyst(file string) (*config.Analyst, error) {
	cfg, err := config.LoadAnalyst(file, a.environ)
	if config.ErrRead.Is(err) && a.config == "" {
		return nil, fault.From(err).With("Name a profile with --config FILE or TACIT_CONFIG, or ask a lab with --lab DIR.")
	}
	return cfg, err
}

// analystConfig reads a profile and what it names.
func (a *app) analystConfig(file string) (analyst.Config, error) {
	cfg, err := a.loadAnalyst(file)
	if err != nil {
		return analyst.Config{}, err
	}
	m, err := a.open(cfg.Space, cfg.Key, cfg.PassphraseFile)
	if err != nil {
		return analyst.Config{}, err
	}
	return analyst.Config{
		Bundle: m.bundle, Self: m.id, Identity: m.identity, Store: string(cfg.Store), Software: software(),
		Client: transport.ClientConfig{
			Address: string(cfg.Coordinator), Proxy: proxy(cfg.Proxy), Software: software(),
			Limits: transport.Limits{MaxResult: int(config.DefaultMaxMessage)},
		},
		Log: obs.NewLogger(a.err, cfg.Log.Level, cfg.Log.Format),
	}, nil
}

// formats of a result; the first is the default.
var formats = []string{"table", "json", "csv", "arrow", "parquet"}

// ask runs a question to its end. When ctx ends, the job is cancelled, politely and
// shortly.
func (a *app) ask(ctx context.Context, q *asking, do func(context.Context, *analyst.Client, analyst.Options) (*analyst.Answer, error)) error {
	format, err := a.resultFormat(q.output)
	if err != nil {
		return err
	}
	if err := writable(q.files()); err != nil {
		return err
	}
	client, err := a.client(q.lab)
	if err != nil {
		return err
	}
	show := a.newProgress()
	var job *store.JobID
	var undelivered error
	answer, err := do(ctx, client, analyst.Options{
		Purpose: q.purpose, Lifetime: q.lifetime,
		OnJob:      func(id store.JobID) { job = &id },
		OnRound:    show.next,
		OnProgress: show.event,
		Deliver: func(answer *analyst.Answer) error {
			show.end()
			undelivered = a.deliver(q, format, answer)
			return undelivered
		},
	})
	show.end()
	if undelivered != nil && job != nil {
		err = fault.From(err).With("The answer is kept: when there is room for it, tacit resume %s prints it again.", job)
	}
	if err != nil && ctx.Err() != nil && job != nil {
		err = a.cancelled(client, *job)
	}
	if err == nil && answer.Fault != nil {
		err = answer.Fault
	}
	return errors.Join(err, client.Close())
}

// cancelled cancels the job of an interrupted question.
func (a *app) cancelled(client *analyst.Client, job store.JobID) error {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	if err := client.Cancel(ctx, job); err != nil {
		return ErrInterrupted.New("interrupted; job %s could not be cancelled: %w", job, err).With("tacit cancel %[1]s, or tacit resume %[1]s", job)
	}
	return ErrInterrupted.New("interrupted; job %s was cancelled", job)
}

// resultFormat is the flag's, or follows from the file's ending.
func (a *app) resultFormat(output string) (string, error) {
	if a.format != "" {
		if !slices.Contains(formats, a.format) {
			return "", ErrUsage.New("no format %q; there are %s", a.format, strings.Join(formats, ", "))
		}
		if output == "" && terminal(a.out) && (a.format == "arrow" || a.format == "parquet") {
			return "", ErrUsage.New("%s is not for a terminal", a.format).With("Write it to a file: -o FILE")
		}
		return a.format, nil
	}
	if ending := strings.TrimPrefix(filepath.Ext(output), "."); slices.Contains(formats, ending) {
		return ending, nil
	}
	return formats[0], nil
}

// deliver writes the result and its provenance. If it fails the question can be
// resumed.
func (a *app) deliver(q *asking, format string, answer *analyst.Answer) error {
	var b bytes.Buffer
	if err := q.write(&b, format, answer); err != nil {
		return err
	}
	provenance, err := json.MarshalIndent(answer.Provenance, "", "  ")
	if err != nil {
		return err
	}
	provenance = append(provenance, '\n')
	for _, file := range provenanceFiles(q) {
		if err := os.WriteFile(file, provenance, 0o600); err != nil {
			return fileFault(err)
		}
	}
	if q.output != "" {
		err = os.WriteFile(q.output, b.Bytes(), 0o600)
	} else {
		_, err = a.out.Write(b.Bytes())
	}
	if err != nil || q.plot == "" || answer.Fault != nil {
		return fileFault(err)
	}
	return a.plotted(q, answer)
}

// plotted draws the figure. That a result has none is said, and no reason to keep the question.
func (a *app) plotted(q *asking, answer *analyst.Answer) error {
	err := draw(q.plot, answer)
	if chart.NoFigure.Is(err) {
		fmt.Fprintf(a.err, "no figure: %s\n", fault.From(err).Message)
		return nil
	}
	return err
}

func provenanceFiles(q *asking) []string {
	var files []string
	if q.output != "" {
		files = append(files, q.output+".provenance.json")
	}
	if q.provenance != "" {
		files = append(files, q.provenance)
	}
	return files
}

// mostReleased is how many rows of what was released people see where a statistic could not be computed.
const mostReleased = 20

func (q *asking) write(w io.Writer, format string, answer *analyst.Answer) error {
	switch format {
	case "json":
		if q.report && answer.Report != nil {
			return answer.Report.WriteJSON(w, answer.Provenance)
		}
		return answer.Table.WriteJSON(w, answer.Provenance)
	case "csv":
		return answer.Table.WriteCSV(w)
	case "arrow":
		return answer.Table.WriteArrow(w, memory.DefaultAllocator)
	case "parquet":
		return answer.Table.WriteParquet(w, memory.DefaultAllocator)
	}
	write := answer.Table.WriteTable
	if answer.Fault != nil && q.output == "" { // what was released in place of a statistic
		write = answer.Table.Head(mostReleased).WriteTable
	}
	if answer.Report != nil {
		write = answer.Report.WriteText
	}
	if err := write(w); err != nil {
		return err
	}
	return participation(w, &answer.Provenance)
}

// participation says below a table on a terminal whose data is missing.
func participation(w io.Writer, p *analyst.Provenance) error {
	if len(p.Missing) == 0 {
		return nil
	}
	var names []string
	for _, m := range p.Missing {
		names = append(names, m.Member)
	}
	_, err := fmt.Fprintf(w, "without %d of %d owners: %s\n", len(p.Missing), p.Owners, strings.Join(names, ", "))
	return err
}
