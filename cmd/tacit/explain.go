package main

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
)

func (a *app) explain() *cobra.Command {
	var q asking
	var owners bool
	c := &cobra.Command{
		Use:   `explain ["SQL" | -f FILE | - | --template NAME]`,
		Short: "Say what a question would give away, and to whom, without asking it",
		Long: `Prints the plan of a question, what its answer gives away to whom, and which rules of the
space are in force for it. Nothing leaves this machine.

With --owners every owner is asked what it would say to the question: accept, ask a person, or
refuse, and why. That spends nothing and is recorded nowhere; owners and coordinator see the question. What depends on an
owner's data, above all the comparison with earlier questions, is looked at only when the question is asked.
The exit code is 3 if the question would be refused, and 4 if too few owners are connected.`,
		Example: `  tacit explain "SELECT sex, AVG(age) FROM lung GROUP BY sex"
  tacit explain --owners --purpose quality "SELECT sex, AVG(age) FROM lung GROUP BY sex"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			sql, err := a.question(c.Context(), args, &q)
			if err != nil {
				return err
			}
			if owners {
				return a.explainOwners(c.Context(), sql, &q)
			}
			file, err := a.profileOf(q.lab)
			if err != nil {
				return err
			}
			cfg, err := a.loadAnalyst(file)
			if err != nil {
				return err
			}
			bundle, err := charter.ReadBundle(string(cfg.Space))
			if err != nil {
				return err
			}
			if err := bundle.Active(); err != nil {
				return err
			}
			return a.explainQuery(sql, &q, bundle.Charter())
		},
	}
	q.questionFlags(c.Flags())
	q.noising.flags(c.Flags())
	c.Flags().BoolVar(&owners, "owners", false, "ask every owner what it would say, without asking the question")
	q.termsFlags(c.Flags())
	q.labFlag(c.Flags())
	return c
}

type leakJSON struct {
	Party  string `json:"party"`
	Learns string `json:"learns"`
}

type statementJSON struct {
	Template    string     `json:"template,omitempty"`
	Question    string     `json:"question"`
	Cells       int        `json:"cells"`
	Numbers     int        `json:"numbers"`
	Bits        int        `json:"bits"` // of the ring
	Released    []string   `json:"released"`
	Noise       []string   `json:"noise,omitempty"`
	Price       string     `json:"price,omitempty"` // rho at each owner, in zCDP
	Exactness   []string   `json:"exactness"`
	Leakage     []leakJSON `json:"leakage"`
	Compared    []string   `json:"compared,omitempty"` // with what owners compare the question
	Rounds      int        `json:"rounds"`
	Upload      int64      `json:"upload"`   // bytes of one worker
	Download    int64      `json:"download"` // bytes of one worker
	Assumptions []string   `json:"assumptions"`
	Hash        string     `json:"hash"`

	TooLong string       `json:"too_long,omitempty"` // that a message is longer than is taken by default
	Refused *fault.Fault `json:"refused,omitempty"`  // by the charter
}

func (a *app) explainQuery(sql string, asked *asking, c *charter.Charter) error {
	q, arguments, err := a.compile(asked, sql, c)
	if err != nil {
		return err
	}
	s := plan.Explain(&q.Plan, c).As(asked.template, arguments)
	job := plan.Job{Purpose: asked.purpose, Template: asked.template, Arguments: arguments, Plan: q.Plan, Leakage: s.Hash()}
	why := foresee(job, asked.lifetime, c)
	if err := a.printExplained(s, &q.Plan, why, c); err != nil {
		return err
	}
	if why != nil && !unstated(why, asked) {
		return exitStatus(exitRefused)
	}
	return nil
}

// printExplained prints a statement, and what the charter has against the question.
func (a *app) printExplained(s *plan.Statement, p *plan.Plan, why *fault.Fault, c *charter.Charter) error {
	if a.json() {
		out := statementToJSON(s, p, c)
		out.Refused = why
		return a.writeJSON(out)
	}
	verdict := "nothing against the question; what owners add to it, tacit explain --owners asks them"
	if why != nil {
		verdict = fmt.Sprintf("would be refused: %s\n  fix: %s", why, why.Remedy)
	}
	_, err := fmt.Fprintf(a.out, "%sRules of the charter\n  %s\n", s.Text(), verdict)
	return err
}

// foresee is what the charter has against the question, if it was asked now; nil: nothing.
func foresee(job plan.Job, lifetime time.Duration, c *charter.Charter) *fault.Fault {
	now := time.Now()
	if lifetime <= 0 {
		lifetime = min(analyst.DefaultLifetime, c.Rules.Lifetime())
	}
	job.Charter, job.Space = c.Hash(), c.Space
	job.Created, job.Expiry = now.Unix(), now.Add(lifetime).Unix()
	err := policy.Foresee(c, job, now)
	if err == nil {
		return nil
	}
	return fault.From(err)
}

// unstated reports whether the question is refused because no purpose was stated, which is no
// mistake before it is asked.
func unstated(why *fault.Fault, asked *asking) bool {
	return asked.purpose == "" && policy.WrongPurpose.Is(why)
}

func statementToJSON(s *plan.Statement, p *plan.Plan, c *charter.Charter) statementJSON {
	hash := s.Hash()
	out := statementJSON{
		Template: s.Template, Question: s.Question, Cells: p.Cells(), Numbers: p.Length(), Bits: int(p.Width),
		Released: s.Released, Exactness: s.Exactness, Leakage: []leakJSON{}, Rounds: s.Rounds, Upload: s.Upload, Download: s.Download,
		Assumptions: s.Assumptions, Hash: hex.EncodeToString(hash[:]),
	}
	out.Noise, out.Compared, out.TooLong = s.Noise, s.Compared, s.TooLong
	if rho, ok := plan.Price(p, c); ok {
		out.Price = rho.String()
	}
	for _, l := range s.Leakage {
		out.Leakage = append(out.Leakage, leakJSON(l))
	}
	return out
}
