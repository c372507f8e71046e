package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inquiry"
)

// explainOwners asks every owner what it would say to a question, and prints it below the statement.
func (a *app) explainOwners(ctx context.Context, sql string, q *asking) error {
	client, err := a.client(q.lab)
	if err != nil {
		return err
	}
	forecast, err := a.inquire(ctx, client, sql, q)
	if err := errors.Join(err, client.Close()); err != nil {
		return err
	}
	if err := a.printForecast(forecast, client.Bundle.Charter()); err != nil {
		return err
	}
	switch forecast.Outlook() {
	case analyst.WouldFail:
		return exitStatus(exitRefused)
	case analyst.NotConnected:
		return exitStatus(exitUnreachable)
	}
	return nil
}

func (a *app) inquire(ctx context.Context, client *analyst.Client, sql string, q *asking) (*analyst.Forecast, error) {
	draft, err := a.draft(client, q, sql)
	if err != nil {
		return nil, err
	}
	return client.Inquire(ctx, draft, analyst.Options{Purpose: q.purpose, Lifetime: q.lifetime})
}

type forecastJSON struct {
	statementJSON
	Owners      []ownerJSON  `json:"owners"`
	Coordinator *fault.Fault `json:"coordinator,omitempty"` // why it would refuse, by its own word
	Needed      int          `json:"needed"`                // owners that have to take part
	Outlook     string       `json:"outlook"`
}

type ownerJSON struct {
	Member       string       `json:"member"`
	Organisation string       `json:"organisation"`
	Verdict      string       `json:"verdict"`                // accept, ask, refuse, silent; none: no answer
	Differencing string       `json:"differencing,omitempty"` // what the owner does about differences of a few units, when the question is asked
	Budget       *budgetJSON  `json:"budget,omitempty"`       // if the owner discloses it
	Fault        *fault.Fault `json:"fault,omitempty"`        // why
}

// budgetJSON is a privacy budget, in zCDP.
type budgetJSON struct {
	Left   string `json:"left"`   // rho
	Limit  string `json:"limit"`  // rho
	Period string `json:"period"` // for how long what is spent counts
}

func (a *app) printForecast(f *analyst.Forecast, c *charter.Charter) error {
	if !a.json() {
		return writeForecast(a.out, f)
	}
	out := forecastJSON{
		statementJSON: statementToJSON(f.Draft.Statement, &f.Draft.Query.Plan, c),
		Coordinator:   f.Coordinator, Needed: f.Needed, Outlook: string(f.Outlook()),
	}
	for _, o := range f.Owners {
		line := ownerJSON{Member: o.Member, Organisation: o.Organisation, Verdict: "none", Fault: o.Fault}
		if o.Answer != nil {
			line.Verdict, line.Differencing, line.Fault = o.Answer.Verdict.String(), o.Answer.Differencing, o.Answer.Reason.Fault()
			if b := o.Answer.Budget; b != nil {
				line.Budget = &budgetJSON{b.Left.String(), b.Limit.String(), charter.Duration(b.Period).String()}
			}
		}
		out.Owners = append(out.Owners, line)
	}
	return a.writeJSON(out)
}

// writeForecast prints the statement, a line for each owner, and what it comes to.
func writeForecast(out io.Writer, f *analyst.Forecast) error {
	if _, err := fmt.Fprintf(out, "%sWhat the owners would say\n", f.Draft.Statement.Text()); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, o := range f.Owners {
		says, why := wording(&o)
		fmt.Fprintf(w, "  %s\t%s\n", o.Member, says)
		if line := budgetLine(o.Answer, f.Price); line != "" {
			fmt.Fprintf(w, "\t%s\n", line)
		}
		if why != nil {
			fmt.Fprintf(w, "\t%s\n", why)
			if why.Remedy != "" {
				fmt.Fprintf(w, "\tfix: %s\n", why.Remedy)
			}
		}
	}
	if f.Coordinator != nil {
		fmt.Fprintf(w, "  coordinator\twould refuse\n\t%s\n\tfix: %s\n", f.Coordinator, f.Coordinator.Remedy)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "Outlook\n  %s\n  nothing was spent, and nothing recorded\n", outlook(f))
	return err
}

// wording is what an owner says, and why.
func wording(o *analyst.OwnerForecast) (string, *fault.Fault) {
	if o.Answer == nil {
		return "no answer", o.Fault
	}
	why := o.Answer.Reason.Fault()
	switch o.Answer.Verdict {
	case inquiry.Accept:
		return "would accept" + comparison(o.Answer), nil
	case inquiry.Ask:
		return "would ask a person" + comparison(o.Answer), why
	case inquiry.Refuse:
		return "would refuse", why
	}
	return "does not say", why
}

// budgetLine says what is left of an owner's privacy budget; "" if the owner does not tell.
func budgetLine(a *inquiry.Answer, price dp.Rho) string {
	if a == nil || a.Budget == nil {
		return ""
	}
	b := a.Budget
	return fmt.Sprintf("privacy budget: rho %s is left of %s for %s; the question costs %s", b.Left, b.Limit, charter.Duration(b.Period), price)
}

// comparison says what is looked at when the question is asked.
func comparison(a *inquiry.Answer) string {
	switch a.Differencing {
	case "", "off":
		return ", after a look at its data"
	}
	return fmt.Sprintf(", after a look at its data and a comparison with earlier questions (%s)", a.Differencing)
}

// outlook says what the whole comes to.
func outlook(f *analyst.Forecast) string {
	tally := f.Tally()
	text := fmt.Sprintf("%d of %d owners would accept", tally.Accept, len(f.Owners))
	for _, more := range []struct {
		n    int
		what string
	}{{tally.Ask, "would ask a person"}, {tally.Refuse, "would refuse"}, {tally.Silent, "did not say"}, {tally.Away, "not connected"}} {
		if more.n > 0 {
			text += fmt.Sprintf(", %d %s", more.n, more.what)
		}
	}
	return text + fmt.Sprintf("; %d are needed: %s", f.Needed, map[analyst.Outlook]string{
		analyst.WouldRun:     "the question would be answered",
		analyst.WouldWait:    "the question would wait for persons",
		analyst.NotSaid:      "whether it would be answered is not known",
		analyst.NotConnected: "the question would wait for owners that are not connected",
		analyst.WouldFail:    "the question would be refused",
	}[f.Outlook()])
}
