package main

import (
	"encoding/hex"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

// entryJSON is an entry as the commands print it.
type entryJSON struct {
	Seq       uint64    `json:"seq"`
	Time      time.Time `json:"time"`
	Kind      string    `json:"kind"`
	Job       string    `json:"job,omitempty"`
	Manifest  string    `json:"manifest,omitempty"`
	Analyst   string    `json:"analyst,omitempty"`
	Purpose   string    `json:"purpose,omitempty"`
	Table     string    `json:"table,omitempty"`
	Plan      string    `json:"plan,omitempty"` // hash
	Cells     uint64    `json:"cells,omitempty"`
	Sums      uint32    `json:"sums,omitempty"`
	MinCohort uint32    `json:"min_cohort,omitempty"`
	Member    string    `json:"member,omitempty"`
	Code      string    `json:"code,omitempty"`
	State     string    `json:"state,omitempty"`
	Attempt   uint32    `json:"attempt,omitempty"`
	Digest    string    `json:"digest,omitempty"`
	Version   uint32    `json:"charter_version,omitempty"`
	Sent      uint64    `json:"sent_bytes,omitempty"`
	Compute   uint64    `json:"compute_ms,omitempty"`
	NanoRho   uint64    `json:"nano_rho,omitempty"`
	Rule      string    `json:"rule,omitempty"` // that decided; from the store, not signed
}

func entryToJSON(e *ledger.Entry) entryJSON {
	return entryJSON{
		Seq: e.Seq, Time: e.When(), Kind: e.Kind.String(), Job: hexOf(e.Job[:]), Manifest: hexOf(e.Manifest[:]),
		Analyst: e.About.Analyst, Purpose: e.About.Purpose, Table: e.About.Table, Plan: hexOf(e.About.Plan[:]),
		Cells: e.About.Cells, Sums: e.About.Sums, MinCohort: e.About.Cohort, Member: e.Member, Code: e.Code, State: e.State,
		Attempt: e.Attempt, Digest: hexOf(e.Digest[:]), Version: e.Version, Sent: e.Usage.Sent, Compute: e.Usage.Compute, NanoRho: e.Amount,
	}
}

// hexOf is "" for zeros: the kind does not have the field.
func hexOf(b []byte) string {
	for _, x := range b {
		if x != 0 {
			return hex.EncodeToString(b)
		}
	}
	return ""
}

// printEntries lists entries; rules are those that decided about jobs, as far as they are known.
func (a *app) printEntries(entries []ledger.Entry, rules map[store.JobID]string) error {
	if a.json() {
		out := make([]entryJSON, len(entries))
		for i := range entries {
			out[i] = entryToJSON(&entries[i])
			out[i].Rule = ruleOf(&entries[i], rules)
		}
		return a.writeJSON(out)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "#\tTIME\tKIND\tJOB\tDETAILS")
	for i := range entries {
		e := &entries[i]
		job := ""
		if e.Job != [16]byte{} {
			job = store.JobID(e.Job).String()
		}
		text := e.Text()
		if rule := ruleOf(e, rules); rule != "" {
			text += " (" + plain(rule) + ")"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", e.Seq, e.When().Local().Format(time.DateTime), e.Kind, job, text)
	}
	return w.Flush()
}

// ruleOf is the rule that made the decision which an entry is about.
func ruleOf(e *ledger.Entry, rules map[store.JobID]string) string {
	if e.Kind != ledger.Accepted && e.Kind != ledger.Refused {
		return ""
	}
	return rules[e.Job]
}

// ledgerJSON describes a ledger that was verified.
type ledgerJSON struct {
	Ledger    string    `json:"ledger"`
	Member    string    `json:"member"`
	Role      string    `json:"role"`
	Size      uint64    `json:"size"`
	Root      string    `json:"root"`
	Shown     int       `json:"shown"` // entries that are here
	Complete  bool      `json:"complete"`
	Witnesses []string  `json:"witnesses"`
	From      time.Time `json:"from,omitzero"`
	Until     time.Time `json:"until,omitzero"`
	Kept      int       `json:"kept_checkpoints"` // that it continues
	File      string    `json:"file,omitempty"`

	Debits *ledger.Debits `json:"debits,omitempty"`
}

func ledgerToJSON(v *ledger.Verified) ledgerJSON {
	j := ledgerJSON{
		Ledger: v.Origin.String(), Member: v.Origin.Member, Role: string(v.Origin.Role), Size: v.Size, Root: v.Root.String(),
		Shown: len(v.Entries), Complete: v.Complete, Witnesses: append([]string{}, v.Witnesses...),
	}
	if n := len(v.Entries); n > 0 {
		j.From, j.Until = v.Entries[0].When(), v.Entries[n-1].When()
	}
	return j
}

func (a *app) printVerified(v *ledger.Verified, kept int, debits ledger.Debits) error {
	j := ledgerToJSON(v)
	j.Kept = kept
	if debits.Jobs > 0 {
		j.Debits = &debits
	}
	if a.json() {
		return a.writeJSON(j)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "ledger\t%s\n", j.Ledger)
	fmt.Fprintf(w, "entries\t%d, all signed by %s\n", j.Size, j.Member)
	if !j.Complete {
		fmt.Fprintf(w, "here\t%d of them, each with its proof\n", j.Shown)
	}
	if j.Shown > 0 {
		fmt.Fprintf(w, "from\t%s\nuntil\t%s\n", j.From.Local().Format(time.DateTime), j.Until.Local().Format(time.DateTime))
	}
	if j.Debits != nil {
		fmt.Fprintf(w, "debits\tof %d jobs, rho %s together, each accepted and charged once\n", debits.Jobs, debits.Rho)
	}
	fmt.Fprintf(w, "root\t%s\n", j.Root)
	fmt.Fprintf(w, "countersigned\t%s\n", list(j.Witnesses, "by nobody"))
	if kept > 0 {
		fmt.Fprintf(w, "continues\t%d kept checkpoints\n", kept)
	} else {
		fmt.Fprintf(w, "continues\tnot checked: without a kept checkpoint, entries cut off at the end do not show\n")
	}
	return w.Flush()
}

func (a *app) printExport(file string, v *ledger.Verified, x *ledger.Export) error {
	if a.json() {
		j := ledgerToJSON(v)
		j.Shown, j.Complete, j.File = len(x.Entries), x.Complete, file
		return a.writeJSON(j)
	}
	_, err := fmt.Fprintf(a.out, "%s: %d of %d entries of %s\n", file, len(x.Entries), v.Size, v.Origin)
	return err
}

func (a *app) printFindings(ledgers []*ledger.Verified, findings []ledger.Finding) error {
	if a.json() {
		j := struct {
			Ledgers  []ledgerJSON     `json:"ledgers"`
			Findings []ledger.Finding `json:"findings"`
		}{Findings: append([]ledger.Finding{}, findings...)}
		for _, v := range ledgers {
			j.Ledgers = append(j.Ledgers, ledgerToJSON(v))
		}
		return a.writeJSON(j)
	}
	for _, v := range ledgers {
		fmt.Fprintf(a.out, "%s %s: %d entries\n", v.Origin.Role, v.Origin.Member, len(v.Entries))
	}
	for _, f := range findings {
		kind := "note"
		if f.Grave {
			kind = "disagreement"
		}
		if f.Job != "" {
			kind += " on job " + f.Job
		}
		fmt.Fprintf(a.out, "%s: %s\n", kind, f.Text)
	}
	if len(findings) == 0 {
		fmt.Fprintln(a.out, "They agree.")
	}
	return nil
}

func (a *app) printStatement(s *ledger.Statement, checked bool) error {
	if a.json() {
		return a.writeJSON(struct {
			Ledger  string         `json:"ledger"`
			Member  string         `json:"member"`
			Period  string         `json:"period"`
			Made    time.Time      `json:"made"`
			Entries uint64         `json:"entries"`
			Counts  ledger.Counts  `json:"counts"`
			Units   []ledger.Units `json:"units,omitempty"`
			Checked bool           `json:"checked"` // the counts, against the ledger
		}{s.Origin.String(), s.Origin.Member, s.Period, s.Made, s.Size, s.Counts, s.Units, checked})
	}
	fmt.Fprint(a.out, s.Text())
	if checked {
		fmt.Fprintf(a.out, "Signed by %s, and the numbers are those of its ledger.%s\n", s.Origin.Member, unchecked(s))
		return nil
	}
	fmt.Fprintf(a.out, "Signed by %s. The numbers were not compared with its ledger: --ledger.\n", s.Origin.Member)
	return nil
}

// unchecked says which numbers of a statement no ledger has.
func unchecked(s *ledger.Statement) string {
	if len(s.Units) == 0 {
		return ""
	}
	return " Units are as it counted them."
}

// list joins texts, or says that there are none.
func list(texts []string, none string) string {
	if len(texts) == 0 {
		return none
	}
	return strings.Join(texts, ", ")
}
