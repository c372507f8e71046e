package main

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/tacit-space/tacit/engine/charter"
)

type signaturesJSON struct {
	File    string   `json:"file"`
	Space   string   `json:"space"`
	Version int      `json:"version"`
	Charter string   `json:"charter"` // hash
	Active  bool     `json:"active"`
	Needed  int      `json:"needed"`
	Signed  []string `json:"signed"`
	Missing []string `json:"missing"`
	Joining []string `json:"joining"` // members with a new key who have not signed with it

	Revocations []revocationJSON `json:"revocations"`
}

func signatures(file string, b *charter.Bundle) (signaturesJSON, error) {
	status, err := b.Verify()
	if err != nil {
		return signaturesJSON{}, err
	}
	c, hash := b.Charter(), b.Hash()
	return signaturesJSON{
		file, c.Space, c.Version, hex.EncodeToString(hash[:]),
		status.Active(), status.Needed, orEmpty(status.Signed), orEmpty(status.Missing), orEmpty(status.Joining),
		revocationsToJSON(b),
	}, nil
}

func (a *app) printSignatures(file string, b *charter.Bundle) error {
	s, err := signatures(file, b)
	if err != nil {
		return err
	}
	if a.json() {
		return a.writeJSON(s)
	}
	a.printEdition(s)
	a.printRevocations(b)
	return nil
}

func (a *app) printEdition(s signaturesJSON) {
	state := fmt.Sprintf("not active: %d of %d needed signatures", len(s.Signed), s.Needed)
	if s.Active {
		state = "active"
	}
	fmt.Fprintf(a.out, "space %s, version %d: %s\ncharter %s\n", s.Space, s.Version, state, s.Charter)
	if len(s.Signed) > 0 {
		fmt.Fprintf(a.out, "signed by %s\n", strings.Join(s.Signed, ", "))
	}
	if len(s.Missing) > 0 {
		fmt.Fprintf(a.out, "not signed by %s\n", strings.Join(s.Missing, ", "))
	}
	if len(s.Joining) > 0 {
		fmt.Fprintf(a.out, "not signed with their new keys by %s\n", strings.Join(s.Joining, ", "))
	}
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

type charterJSON struct {
	signaturesJSON
	MinContributors     int         `json:"min_contributors"`
	ToleratedCorruption int         `json:"tolerated_corruption"`
	Purposes            []string    `json:"purposes"`
	MaxCells            int         `json:"max_cells"`
	JobLifetime         string      `json:"job_lifetime"`
	Verification        string      `json:"verification"`
	Differencing        string      `json:"differencing"`        // what owners do about differences of a few units
	DifferencingWindow  string      `json:"differencing_window"` // how long a question counts as an earlier one
	Members             []partyJSON `json:"members"`
	Tables              []tableJSON `json:"tables"`
}

type partyJSON struct {
	ID           string         `json:"id"`
	Organisation string         `json:"organisation"`
	Roles        []charter.Role `json:"roles"`
	Key          string         `json:"key"`
}

type tableJSON struct {
	Name      string       `json:"name"`
	Title     string       `json:"title,omitempty"`
	Unit      string       `json:"unit,omitempty"`
	MinCohort int          `json:"min_cohort"`
	MaxRows   int64        `json:"max_rows"`
	Owners    []string     `json:"owners"`
	Columns   []columnJSON `json:"columns"`
}

type columnJSON struct {
	Name       string             `json:"name"`
	Title      string             `json:"title,omitempty"`
	Type       string             `json:"type"`
	Role       charter.ColumnRole `json:"role"`
	Nullable   bool               `json:"nullable"`
	Unit       string             `json:"unit,omitempty"`
	Range      []string           `json:"range,omitempty"`
	Resolution string             `json:"resolution,omitempty"`
	Domain     []string           `json:"domain,omitempty"`
	Grain      string             `json:"grain,omitempty"`
	Curve      string             `json:"curve,omitempty"`
	Aggregates []string           `json:"aggregates,omitempty"`
	MinCohort  int                `json:"min_cohort,omitempty"` // of its own; the larger one of table and column counts
}

func charterToJSON(s signaturesJSON, c *charter.Charter) charterJSON {
	out := charterJSON{
		signaturesJSON: s, MinContributors: c.Rules.MinContributors, ToleratedCorruption: c.Rules.ToleratedCorruption,
		Purposes: orEmpty(c.Rules.Purposes), MaxCells: c.Rules.Cells(), JobLifetime: charter.Duration(c.Rules.Lifetime()).String(),
		Verification: c.Rules.Verify(), Differencing: c.Rules.Differencing.Rule(), DifferencingWindow: charter.Duration(c.Rules.Differencing.Span()).String(),
	}
	for _, m := range c.Members {
		out.Members = append(out.Members, partyJSON{m.ID, m.Organisation, m.Roles, m.Key})
	}
	for i := range c.Tables {
		t := &c.Tables[i]
		table := tableJSON{Name: t.Name, Title: t.Title, Unit: t.Unit, MinCohort: t.K(), MaxRows: t.MaxRows, Owners: orEmpty(t.Owners)}
		for _, col := range t.Columns {
			if col.Role != charter.Hidden {
				table.Columns = append(table.Columns, columnJSON{
					col.Name, col.Title, col.Type, col.Role, col.IsNullable(), col.Unit,
					col.Range, col.Resolution, col.Domain, col.Grain, col.Curve, col.Aggregates, ownCohort(&col),
				})
			}
		}
		out.Tables = append(out.Tables, table)
	}
	return out
}

// ownCohort is what a column asks for by itself, 0 if nothing.
func ownCohort(c *charter.Column) int {
	if c.MinCohort == nil {
		return 0
	}
	return c.K()
}

// verifiers says who makes sure that nothing else is opened.
func verifiers(c *charter.Charter) string {
	switch c.Rules.Verify() {
	case charter.VerifySome:
		return fmt.Sprintf("%d owners verify that before anybody opens", c.Rules.ToleratedCorruption+1)
	case charter.VerifyNone:
		return "the coordinator is trusted to do so"
	}
	return "every owner verifies that before it opens"
}

// differences says what owners do about questions that differ in a few units from another.
func differences(c *charter.Charter) string {
	d := &c.Rules.Differencing
	does := map[string]string{
		charter.DifferencingRefuse: "are refused", charter.DifferencingAsk: "wait for a person", charter.DifferencingNote: "are noted in the owners' logs",
	}[d.Rule()]
	if does == "" {
		return "questions are not compared with earlier ones"
	}
	return fmt.Sprintf("questions that differ in a few units of an owner from one of the last %s %s", charter.Duration(d.Span()), does)
}

func (a *app) printCharter(c *charter.Charter) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nat least %d owners in every answer; %d of them may collude with coordinator and analyst\n",
		c.Rules.MinContributors, c.Rules.ToleratedCorruption)
	fmt.Fprintf(w, "small groups are suppressed under encryption; %s\n", verifiers(c))
	fmt.Fprintln(w, differences(c))
	if len(c.Rules.Purposes) > 0 {
		fmt.Fprintf(w, "purposes: %s\n", strings.Join(c.Rules.Purposes, "; "))
	}
	for i := range c.Rules.Quotas {
		fmt.Fprintln(w, quota(&c.Rules.Quotas[i]))
	}
	if p := &c.Rules.Privacy; p.Allowed() {
		fmt.Fprintf(w, "noise: epsilon of a question at most %s; of all questions about a table, for each %s, at most %s (delta %s) in %s\n",
			p.MaxEpsilon, p.Budget.Account(), p.Budget.Epsilon, p.Budget.Delta, p.Budget.Period)
	}
	fmt.Fprintln(w, "\nMEMBER\tORGANISATION\tROLES\tKEY")
	for _, m := range c.Members {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.ID, m.Organisation, joined(m.Roles), m.Key)
	}
	for i := range c.Tables {
		printTable(w, c, &c.Tables[i])
	}
	return w.Flush()
}

// quota says what a quota bounds.
func quota(q *charter.Quota) string {
	text := fmt.Sprintf("quota: %d questions in %s for each %s", q.Questions, q.Period, q.Per)
	for _, only := range []struct {
		of   string
		list []string
	}{{"analysts", q.Analysts}, {"organisations", q.Organisations}, {"tables", q.Tables}} {
		if len(only.list) > 0 {
			text += fmt.Sprintf("; %s %s", only.of, strings.Join(only.list, ", "))
		}
	}
	return text
}

func printTable(w *tabwriter.Writer, c *charter.Charter, t *charter.Table) {
	unit := "each row is a unit"
	if t.Unit != "" {
		unit = "unit " + t.Unit
	}
	fmt.Fprintf(w, "\ntable %s: %d owners, %s, smallest cohort %d", t.Name, len(c.OwnersOf(t.Name)), unit, t.K())
	if t.Title != "" {
		fmt.Fprintf(w, " (%s)", t.Title)
	}
	if len(t.Analysts) > 0 {
		fmt.Fprintf(w, "\nonly for %s", strings.Join(t.Analysts, ", "))
	}
	if len(t.Purposes) > 0 {
		fmt.Fprintf(w, "\nonly for the purposes %s", strings.Join(t.Purposes, "; "))
	}
	fmt.Fprintln(w, "\nCOLUMN\tTYPE\tROLE\tVALUES\tTITLE")
	for _, col := range t.Columns {
		if col.Role == charter.Hidden {
			continue
		}
		title := col.Title
		if col.Unit != "" {
			title = strings.TrimSpace(title + " [" + col.Unit + "]")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", sqlName(col.Name), col.Type, col.Role, values(&col), title)
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// sqlName is a column as a query names it.
func sqlName(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// values says shortly what a column can hold.
func values(c *charter.Column) string {
	var parts []string
	const most = 60
	switch {
	case len(c.Domain) > 0:
		text := strings.Join(c.Domain, ", ")
		if r := []rune(text); len(r) > most {
			text = fmt.Sprintf("%s… (%d values)", string(r[:most]), len(c.Domain))
		}
		parts = append(parts, text)
	case len(c.Range) == 2:
		parts = append(parts, c.Range[0]+" … "+c.Range[1])
	}
	if c.Resolution != "" {
		parts = append(parts, "in steps of "+c.Resolution)
	}
	if c.Grain != "" {
		parts = append(parts, "by "+c.Grain)
	}
	if c.Curve != "" {
		parts = append(parts, "curves by "+c.Curve)
	}
	if k := ownCohort(c); k > 0 {
		parts = append(parts, fmt.Sprintf("smallest cohort %d", k))
	}
	return strings.Join(parts, ", ")
}

func joined[S ~string](list []S) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}
