package demo

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/examples"
)

// ErrDiffers is raised when an answer is not the expected one.
var ErrDiffers = fault.Declare("TACIT-X030", "answer differs",
	"An answer of the demo is not the one over the pooled data.",
	"This is a defect of tacit: report it with the output of the demo.")

// Demo is one run.
type Demo struct {
	Out  io.Writer
	Open func(profile string) (analyst.Config, error) // makes the analyst of a profile
	Only string                                       // name of one example; "": all
	All  bool                                         // ask every question, not only those that show an example in short

	asked, equal, suppressed int
}

// Run runs the examples. It returns [ErrDiffers] if an answer is not the expected
// one; whatever happens, nothing is left running and no file is left.
func (d *Demo) Run(ctx context.Context) error {
	began := time.Now()
	for _, e := range examples.All() {
		if d.Only != "" && d.Only != e.Name {
			continue
		}
		if err := d.example(ctx, e); err != nil {
			return err
		}
	}
	d.say("%d questions, %d answers equal to those over the pooled data, %d values suppressed, %s.\n",
		d.asked, d.equal, d.suppressed, time.Since(began).Round(100*time.Millisecond))
	if d.equal != d.asked {
		return ErrDiffers.New("%d of %d answers differ from those over the pooled data", d.asked-d.equal, d.asked)
	}
	return nil
}

func (d *Demo) say(format string, args ...any) { fmt.Fprintf(d.Out, format, args...) }

func (d *Demo) example(ctx context.Context, e examples.Example) (err error) {
	dir, err := os.MkdirTemp("", "tacit-demo-")
	if err != nil {
		return lab.ErrFolder.New("%w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := e.Extract(dir); err != nil {
		return lab.ErrFolder.New("%w", err)
	}
	l, err := lab.Open(dir)
	if err != nil {
		return err
	}
	questions, err := e.Questions()
	if err != nil {
		return err
	}
	d.say("%s\n%s: %s\n\n", strings.Repeat("=", 100), e.Name, e.Title)
	if !d.All && e.Brief != nil {
		questions = slices.DeleteFunc(questions, func(q examples.Question) bool { return !slices.Contains(e.Brief, q.Name) })
	}
	began := time.Now()
	return l.Run(ctx, func(ctx context.Context, profile string) error {
		t, err := d.connect(profile)
		if err != nil {
			return err
		}
		defer t.close()
		d.say("Started 1 coordinator and %d workers, a process each, in %s.\n\n",
			len(t.charter.WithRole(charter.Owner)), time.Since(began).Round(100*time.Millisecond))
		if err := d.leakage(t, questions[0]); err != nil {
			return err
		}
		for _, q := range questions {
			if err := d.question(ctx, t, q); err != nil {
				return err
			}
		}
		return nil
	})
}

// table is where the analyst sits: a client that asks, and one that looks at what
// the coordinator has.
type table struct {
	charter *charter.Charter
	client  *analyst.Client
	raw     *transport.Client
}

func (d *Demo) connect(profile string) (*table, error) {
	cfg, err := d.Open(profile)
	if err != nil {
		return nil, err
	}
	client, err := analyst.Open(cfg)
	if err != nil {
		return nil, err
	}
	network := cfg.Client
	network.Identity = cfg.Identity
	network.Directory = transport.FromBundle(cfg.Bundle)
	raw, err := transport.NewClient(network)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &table{cfg.Bundle.Charter(), client, raw}, nil
}

func (t *table) close() {
	_ = t.client.Close()
	_ = t.raw.Close()
}

// leakage prints, once per example, who learns what.
func (d *Demo) leakage(t *table, q examples.Question) error {
	draft, err := t.client.Compile(q.SQL)
	if err != nil {
		return err
	}
	width := 0
	for _, l := range draft.Statement.Leakage {
		width = max(width, len(l.Party))
	}
	d.say("Who learns what, as tacit explain says it and every question signs it:\n")
	for _, l := range draft.Statement.Leakage {
		d.say("  %-*s  %s\n", width, l.Party, l.Learns)
	}
	d.say("\n")
	return nil
}

// question asks one question and prints everything about it.
func (d *Demo) question(ctx context.Context, t *table, q examples.Question) error {
	draft, err := t.client.Compile(q.SQL)
	if err != nil {
		return err
	}
	var job store.JobID
	began := time.Now()
	answer, err := t.client.Ask(ctx, q.SQL, analyst.Options{OnJob: func(id store.JobID) { job = id }})
	if err != nil {
		return err
	}
	took := time.Since(began)
	d.asked++
	d.say("%s\n%s\n%s\n\n", strings.Repeat("-", 100), q.Text, indent(q.SQL, "    "))
	if err := answer.Table.WriteTable(d.Out); err != nil {
		return err
	}
	difference, err := compare(q.Expected, answer)
	if err != nil {
		return err
	}
	verdict := "equal to the answer over the pooled data"
	if len(answer.Table.Suppressed) > 0 {
		verdict += ", and suppressed where that has too few units"
	}
	if difference == "" {
		d.equal++
	} else {
		verdict = "DIFFERENT from the answer over the pooled data: " + difference
	}
	d.say("\n  answer       %s\n", verdict)
	if hidden := len(answer.Table.Suppressed); hidden > 0 {
		d.suppressed += hidden
		d.say("  suppressed   %d of %d values, under encryption: nobody saw them, or how many units there are\n",
			hidden, len(answer.Table.Rows)*len(answer.Table.Columns))
	}
	d.say("  took         %d ms; %d of %d owners, %d signatures\n",
		took.Milliseconds(), len(answer.Provenance.Participants), answer.Provenance.Owners, answer.Provenance.Signatures)
	held, err := t.raw.Result(ctx, job)
	if err != nil {
		return err
	}
	what, err := d.held(t.charter, &draft.Query.Plan, held)
	if err != nil {
		return err
	}
	d.say("  coordinator  held %s\n\n", what)
	return nil
}

// held describes the result of a question as the coordinator has it.
func (d *Demo) held(ch *charter.Charter, p *plan.Plan, body []byte) (string, error) {
	layout, f := plan.NewLayout(p, ch)
	switch {
	case f != nil:
		return "", f
	case layout == nil:
		length := p.Length()
		return fmt.Sprintf("%d masked numbers in %d bytes: %s", length, len(body), words(body, length, int(p.Width)/8)), nil
	}
	params, err := he.Set(layout.Shape.Set)
	if err != nil {
		return "", err
	}
	length := layout.Shape.Outputs() * params.Slots()
	return fmt.Sprintf("%d encrypted polynomial%s of %d masked coefficients in %d bytes: %s",
		layout.Shape.Outputs(), plural(layout.Shape.Outputs()), params.Slots(), len(body), words(body, length, 8)), nil
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// compare returns the first difference of an answer from the expected one.
func compare(expected []byte, answer *analyst.Answer) (string, error) {
	want, err := pooled.Decode(expected)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := answer.Table.WriteJSON(&text, nil); err != nil {
		return "", err
	}
	got, err := pooled.Decode(text.Bytes())
	if err != nil {
		return "", err
	}
	return pooled.Difference(want, got, true, nil), nil
}

// words shows the first masked numbers of the vector with which a result ends.
func words(body []byte, length, size int) string {
	vector := body[len(body)-length*size:]
	const most = 4
	var words []string
	for i := range min(length, most) {
		words = append(words, fmt.Sprintf("%016x", binary.LittleEndian.Uint64(vector[i*size:])))
	}
	if length > most {
		words = append(words, "…")
	}
	return strings.Join(words, " ")
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(text, "\n", "\n"+by)
}
