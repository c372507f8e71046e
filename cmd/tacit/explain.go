package main

import (
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

func (a *app) explain() *cobra.Command {
	var q asking
	var owners bool
	c := &cobra.Command{
		Use:   `explain ["SQL" | -f FILE | -]`,
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
			sql, err := a.sql(c.Context(), args, q.file)
			if err == nil {
				sql, err = a.noised(sql, &q.noising)
			}
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
			return a.explainQuery(sql, bundle.Charter())
		},
	}
	c.Flags().StringVarP(&q.file, "file", "f", "", "read the SQL from this file")
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
	Question    string     `json:"question"`
	Cells       int        `json:"cells"`
	Numbers     int        `json:"numbers"`
	Bits        int        `json:"bits"` // of the ring
	Released    []string   `json:"released"`
	Noise       []string   `json:"noise,omitempty"`
	Price       string     `json:"price,omitempty"` // rho at each owner, in zCDP
	Exactness   []string   `json:"exactness"`
	Leakage     []leakJSON `json:"leakage"`
	Rounds      int        `json:"rounds"`
	Upload      int64      `json:"upload"`   // bytes of one worker
	Download    int64      `json:"download"` // bytes of one worker
	Assumptions []string   `json:"assumptions"`
	Hash        string     `json:"hash"`
}

func (a *app) explainQuery(sql string, c *charter.Charter) error {
	q, err := query.Compile(sql, c)
	if err != nil {
		return err
	}
	s := plan.Explain(&q.Plan, c)
	if a.json() {
		return a.writeJSON(statementToJSON(s, &q.Plan, c))
	}
	_, err = fmt.Fprint(a.out, s.Text())
	return err
}

func statementToJSON(s *plan.Statement, p *plan.Plan, c *charter.Charter) statementJSON {
	hash := s.Hash()
	out := statementJSON{
		Question: s.Question, Cells: p.Cells(), Numbers: p.Length(), Bits: int(p.Width),
		Released: s.Released, Exactness: s.Exactness, Leakage: []leakJSON{}, Rounds: s.Rounds, Upload: s.Upload, Download: s.Download,
		Assumptions: s.Assumptions, Hash: hex.EncodeToString(hash[:]),
	}
	out.Noise = s.Noise
	if rho, ok := plan.Price(p, c); ok {
		out.Price = rho.String()
	}
	for _, l := range s.Leakage {
		out.Leakage = append(out.Leakage, leakJSON(l))
	}
	return out
}
