package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

// ownRules are the rules by which the worker of a configuration decided about jobs.
func (a *app) ownRules(s *ledgerSource) (map[store.JobID]string, error) {
	cfg, err := a.ledgerMember(s)
	if err != nil {
		return nil, err
	}
	decided, err := store.ReadDecisions(string(cfg.Store))
	if ledger.NoLedger.Is(err) {
		return nil, nil
	}
	rules := map[store.JobID]string{}
	for _, d := range decided {
		rules[d.Job] = d.Rule
	}
	return rules, err
}

// decidedJSON is a question that an owner has decided about.
type decidedJSON struct {
	Job          string `json:"job"`
	Analyst      string `json:"analyst"`
	Organisation string `json:"organisation"`
	Decision     string `json:"decision"` // accepted, refused or withdrawn
	Rule         string `json:"rule"`     // that decided; "": not known
	Code         string `json:"code,omitempty"`
	Message      string `json:"message,omitempty"`
	Ending       string `json:"ending,omitempty"` // of an accepted one; none while it runs
}

// showDecided shows the question that is decided and whose id begins with a text; else the error stays.
func (a *app) showDecided(b *inbox, prefix string, otherwise error) error {
	decided, err := store.ReadDecisions(string(b.cfg.Store))
	if ledger.NoLedger.Is(err) {
		return otherwise
	}
	if err != nil {
		return err
	}
	var found []store.Decided
	for _, d := range decided {
		if prefix != "" && strings.HasPrefix(d.Job.String(), strings.ToLower(prefix)) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return otherwise
	case 1:
		return a.printDecided(decidedToJSON(&found[0], b))
	}
	return approval.Ambiguous.New("%d questions here begin with %q", len(found), prefix)
}

func decidedToJSON(d *store.Decided, b *inbox) decidedJSON {
	j := decidedJSON{
		Job: d.Job.String(), Analyst: d.Analyst, Decision: string(store.Declined), Rule: d.Rule,
		Code: d.Reason.Code, Message: d.Reason.Message, Ending: d.Ending,
	}
	switch {
	case d.Ending == store.WithdrawnEnding:
		j.Decision = string(store.Withdrawn)
	case d.Accepted:
		j.Decision = string(store.Accepted)
	}
	if m := b.bundle.Charter().Member(d.Analyst); m != nil {
		j.Organisation = m.Organisation
	}
	return j
}

func (a *app) printDecided(j decidedJSON) error {
	if a.json() {
		return a.writeJSON(j)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	lines := []line{{"question", j.Job}, {"who asked", j.Analyst + ", " + j.Organisation}, {"decided", j.Decision}, {"rule", orUnknown(j.Rule)}}
	if j.Code != "" {
		lines = append(lines, line{"why", j.Code + ": " + j.Message})
	}
	if j.Ending != "" {
		lines = append(lines, line{"ended", j.Ending})
	}
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\n", l.name, plain(l.text))
	}
	return w.Flush()
}

func orUnknown(rule string) string {
	if rule == "" {
		return "(not known)"
	}
	return rule
}
