package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/benchmarks"
)

func (a *app) benchReport() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "report FILE.json",
		Short: "Write what a run measured as a document with tables and figures",
		Long:  `Prints Markdown. With --out the document is README.md of that folder, beside its figures.`,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			r, err := readBench(args[0])
			if err != nil {
				return err
			}
			if a.json() {
				return a.writeJSON(r)
			}
			document, figures, err := r.Markdown()
			if err != nil {
				return err
			}
			if dir == "" {
				_, err := a.out.Write(document)
				return err
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fileFault(err)
			}
			figures["README.md"] = document
			for name, content := range figures {
				if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
					return fileFault(err)
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&dir, "out", "", "write README.md and its figures into this folder")
	return c
}

func (a *app) benchCompare() *cobra.Command {
	return &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Compare what two runs measured",
		Long: `Compares the medians of the figures that both runs have. A change that chance may explain is
shown as ~ (Mann and Whitney's test over the repetitions, p of 0.05 or more). Four repetitions are the least that can show any.`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			old, err := readBench(args[0])
			if err != nil {
				return err
			}
			latest, err := readBench(args[1])
			if err != nil {
				return err
			}
			c, err := benchmarks.Compare(old, latest)
			if err != nil {
				return ErrUsage.New("%s and %s: %w", args[0], args[1], err)
			}
			if a.json() {
				return a.writeJSON(c)
			}
			return c.Write(a.out)
		},
	}
}

func readBench(file string) (*benchmarks.Report, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fileFault(err)
	}
	r, err := benchmarks.Parse(text)
	if err != nil {
		return nil, ErrUsage.New("%s: %w", file, err).With("Reports are written by: tacit bench run NAME --json FILE")
	}
	return r, nil
}
