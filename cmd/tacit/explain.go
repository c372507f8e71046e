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
	c := &cobra.Command{
		Use:   `explain ["SQL" | -f FILE | -]`,
		Short: "Say what a question would give away, and to whom, without asking it",
		Args:  cobra.MaximumNArgs(1),
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
	if !a.json() {
		_, err := fmt.Fprint(a.out, s.Text())
		return err
	}
	hash := s.Hash()
	out := statementJSON{
		Question: s.Question, Cells: q.Plan.Cells(), Numbers: q.Plan.Length(), Bits: int(q.Plan.Width),
		Released: s.Released, Exactness: s.Exactness, Leakage: []leakJSON{}, Rounds: s.Rounds, Upload: s.Upload, Download: s.Download,
		Assumptions: s.Assumptions, Hash: hex.EncodeToString(hash[:]),
	}
	out.Noise = s.Noise
	if rho, ok := plan.Price(&q.Plan, c); ok {
		out.Price = rho.String()
	}
	for _, l := range s.Leakage {
		out.Leakage = append(out.Leakage, leakJSON(l))
	}
	return a.writeJSON(out)
}
