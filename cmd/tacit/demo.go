package main

import (
	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/lab/demo"
)

func (a *app) demo() *cobra.Command {
	d := demo.Demo{}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run two example spaces on this machine and compare with the pooled answers",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d.Out = a.out
			d.Open = func(profile string) (analyst.Config, error) { return a.analystConfig(profile) }
			return d.Run(c.Context())
		},
	}
	c.Flags().BoolVar(&d.All, "all", false, "ask every question of the examples; it takes a minute or two more")
	c.Flags().StringVar(&d.Only, "only", "", "one of health, energy")
	return c
}
