package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
)

// question is one that waits, as people look at it.
type question struct {
	store.Parked
	space   *charter.Charter
	owner   string
	needed  int
	job     *plan.Job
	grounds *approval.Grounds
	notes   *approval.Notes
	said    approval.Judgement
	account *budget.State // that it is charged to, now; nil if it has no noise
}

// read makes sense of what is stored of a question.
func (b *inbox) read(p store.Parked) (*question, error) {
	corrupt := func(err error) error { return store.Corrupt.New("question %s: %w", p.ID, err) }
	offer, err := cryptojob.ParseOffer(p.Offer)
	if err != nil {
		return nil, corrupt(err)
	}
	request, err := policy.NewRequest(offer.Manifest)
	if err != nil {
		return nil, corrupt(err)
	}
	q := &question{Parked: p, space: b.bundle.Charter(), owner: b.owner.ID, needed: b.panel.Needed, job: &request.Job}
	if q.space.Table(q.plan().Table) == nil {
		return nil, corrupt(fmt.Errorf("the charter has no table %q", q.plan().Table))
	}
	if q.grounds, err = approval.ParseGrounds(p.Grounds); err != nil {
		return nil, corrupt(err)
	}
	if q.notes, err = approval.ParseNotes(p.Notes); err != nil {
		return nil, corrupt(err)
	}
	q.said = b.panel.Judge(q.theCase(), p.Answers, time.Now())
	q.account, err = b.account(q)
	return q, err
}

func (q *question) plan() *plan.Plan { return &q.job.Plan }

// statement says what the answer gives away, as it was signed.
func (q *question) statement() *plan.Statement {
	return plan.Explain(q.plan(), q.space).As(q.job.Template, q.job.Arguments)
}

func (q *question) theCase() *approval.Case {
	return &approval.Case{
		Space: q.space.Space, Owner: q.owner, Job: q.ID, Manifest: q.Manifest, Shown: q.grounds.Hash(), Deadline: q.Deadline,
	}
}

// mayAnswer says at once what the worker would say of an answer.
func (q *question) mayAnswer(name string, d approval.Decision, key string) error {
	switch {
	case name == "":
		return approval.NotApprover.New("the key %s may not answer for %s", key, q.owner)
	case !time.Now().Before(q.Deadline):
		return approval.Late.New("question %s waited until %s", q.ID, q.Deadline.Local().Format(time.DateTime))
	case q.said.State == approval.Refused:
		return approval.Twice.New("question %s is refused by %s", q.ID, q.said.Refused)
	case d == approval.Approve && slices.Contains(q.said.Approved, name):
		return approval.Twice.New("%s has approved question %s before", name, q.ID)
	}
	return nil
}

// because says why the question waits, in a few words.
func (q *question) because() string {
	var why []string
	if q.grounds.Rule != "" {
		why = append(why, q.grounds.Rule)
	}
	if len(q.grounds.Findings) > 0 {
		why = append(why, "differs in a few units")
	}
	return strings.Join(why, ", ")
}

func (q *question) organisation(member string) string {
	if m := q.space.Member(member); m != nil {
		return m.Organisation
	}
	return ""
}

// findings in plain words.
func (q *question) findings() []string {
	lines := []string{}
	for _, f := range q.grounds.Findings {
		if f.Job == [16]byte{} {
			lines = append(lines, "Two numbers of this question differ in a few units of yours ("+f.How+").")
			continue
		}
		lines = append(lines, fmt.Sprintf("A number of this question differs from one of question %s%s in a few units of yours (%s).",
			store.JobID(f.Job), q.whose(store.JobID(f.Job)), f.How))
	}
	if len(lines) > 0 {
		lines = append(lines, "Whoever has both numbers can subtract them, and sees the sum over these few.")
	}
	return lines
}

// whose tells about an earlier question, as far as the notes do.
func (q *question) whose(id store.JobID) string {
	for _, e := range q.notes.Nearest {
		if e.Job == id.String() {
			return fmt.Sprintf(", asked by %s until %s,", plain(e.Organisation), e.At.Local().Format(time.DateTime))
		}
	}
	return ""
}

// columns that the question uses, with their roles.
func (q *question) columns() []string {
	var names []string
	table := q.space.Table(q.plan().Table)
	for i := range table.Columns {
		c := &table.Columns[i]
		if q.plan().Uses(c.Name) {
			names = append(names, fmt.Sprintf("%s (%s)", c.Name, c.Role))
		}
	}
	return names
}

// inboxJSON is a question as programs read it.
type inboxJSON struct {
	Job          string             `json:"job"`
	Analyst      string             `json:"analyst"`
	Organisation string             `json:"organisation"`
	Purpose      string             `json:"purpose"`
	Study        string             `json:"study,omitempty"`       // a model that is fitted by rounds
	MostRounds   int                `json:"most_rounds,omitempty"` // for all of which the answer counts
	Table        string             `json:"table"`
	Template     string             `json:"template,omitempty"` // of the charter, with its arguments
	Query        string             `json:"query"`
	Columns      []string           `json:"columns"`
	Cells        int                `json:"cells"`
	Numbers      int                `json:"numbers"`
	Bytes        int64              `json:"bytes"`
	MinCohort    int                `json:"min_cohort"`
	Privacy      string             `json:"privacy,omitempty"`     // of a question with noise: the clause
	Price        string             `json:"price,omitempty"`       // rho at each owner, in zCDP
	BudgetLeft   string             `json:"budget_left,omitempty"` // rho, before the question
	BudgetLimit  string             `json:"budget_limit,omitempty"`
	Rule         string             `json:"rule"`
	Findings     []string           `json:"findings"`
	Earlier      int                `json:"earlier"`
	Nearest      []approval.Earlier `json:"nearest"`
	Since        time.Time          `json:"since"`
	Deadline     time.Time          `json:"deadline"`
	Needed       int                `json:"needed"`
	Approved     []string           `json:"approved"`
	Leakage      string             `json:"leakage"`
}

func (q *question) json() inboxJSON {
	p, statement := q.plan(), q.statement()
	j := inboxJSON{
		Job: q.ID.String(), Analyst: q.Analyst, Organisation: q.organisation(q.Analyst), Purpose: q.job.Purpose,
		Table: p.Table, Template: statement.Template, Query: p.SQL(), Columns: q.columns(), Cells: p.Cells(), Numbers: p.Length(), Bytes: statement.Upload,
		MinCohort: plan.LeastCohort(p, q.space), Rule: q.grounds.Rule, Findings: q.findings(),
		Earlier: q.notes.Earlier, Nearest: q.notes.Nearest, Since: q.Since, Deadline: q.Deadline,
		Needed: q.needed, Approved: q.said.Approved, Leakage: statement.Text(),
	}
	if rho, ok := plan.Price(p, q.space); ok {
		j.Privacy, j.Price = p.Privacy.SQL(), rho.String()
		j.BudgetLeft, j.BudgetLimit = q.account.Left().String(), q.account.Limit.String()
	}
	if s := q.job.Study; s != nil {
		j.Study, j.MostRounds = hex.EncodeToString(s.ID[:]), q.space.Table(p.Table).Rounds()
	}
	if j.Approved == nil {
		j.Approved = []string{}
	}
	return j
}

// line is one fact about a question.
type line struct{ name, text string }

// facts are the lines of tacit inbox show, above its sections.
func (q *question) facts() []line {
	j := q.json()
	facts := []line{
		{"question", j.Job},
		{"who asks", fmt.Sprintf("%s, %s", j.Analyst, j.Organisation)},
		{"purpose", orNone(j.Purpose)},
		{"study", orOneQuestion(j.Study, j.MostRounds)},
		{"table", j.Table},
		{"template", orOwnWords(j.Template)},
		{"columns", strings.Join(j.Columns, ", ")},
		{"what leaves", fmt.Sprintf("%d numbers in %d cells, added to those of the other owners; about %d bytes, masked or encrypted", j.Numbers, j.Cells, j.Bytes)},
		{"shown only if", q.condition()},
		{"why it waits", q.because()},
		{"since", j.Since.Local().Format(time.DateTime)},
		{"until", j.Deadline.Local().Format(time.DateTime) + ", then it is refused"},
		{"approvals", fmt.Sprintf("%d of %d", len(j.Approved), j.Needed)},
	}
	if len(j.Approved) > 0 {
		facts[len(facts)-1].text += ": " + strings.Join(j.Approved, ", ")
	}
	if q.account != nil {
		facts = append(facts, line{"budget", q.afterwards()})
	}
	return facts
}

func orNone(text string) string {
	if text == "" {
		return "(none stated)"
	}
	return text
}

// orOneQuestion says of a study what an answer is about.
func orOneQuestion(study string, most int) string {
	if study == "" {
		return "none: one question"
	}
	return fmt.Sprintf("%s, a model that is fitted by at most %d rounds: you decide about all of them", study[:8], most)
}

func orOwnWords(template string) string {
	if template == "" {
		return "none: the analyst's own words"
	}
	return template
}

// print writes everything that a person needs to decide.
func (q *question) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range q.facts() {
		fmt.Fprintf(w, "%s\t%s\n", f.name, plain(f.text))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(out, "\n%s\n", title)
		for _, l := range lines {
			fmt.Fprintf(out, "  %s\n", plain(l))
		}
	}
	section("Small differences", q.findings())
	section("Earlier questions about the table", q.earlier())
	// The statement begins with the query, as the workers will run it.
	text := strings.TrimRight(q.statement().Text(), "\n")
	section("What it gives away", strings.Split(text, "\n"))
	return nil
}

// earlier describes how far the question is from those before it.
func (q *question) earlier() []string {
	lines := []string{"There are none that count."}
	if q.notes.Earlier > 0 {
		lines = []string{fmt.Sprintf("%d count when questions are compared. The newest:", q.notes.Earlier)}
	}
	for _, e := range q.notes.Nearest {
		differs := "the same question"
		if len(e.Differs) > 0 {
			differs = "differs in " + strings.Join(e.Differs, ", ")
		}
		lines = append(lines, fmt.Sprintf("%.8s  %s  %s: %s", e.Job, e.At.Local().Format(time.DateTime), e.Organisation, differs))
	}
	return lines
}

// plain makes a text of somebody else safe for a terminal: one line, nothing that moves the cursor.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
