package benchmarks

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/chart"
)

// Curve is a figure of one benchmark over a size: a scaling curve. X and Y are as long as each other.
type Curve struct {
	Title  string    `json:"title"`
	XLabel string    `json:"x_label"`
	YLabel string    `json:"y_label"`
	X      []float64 `json:"x"`
	Lines  []Line    `json:"lines"`
	Log    bool      `json:"log,omitempty"` // drawn on logarithmic axes
}

// Line is one line of a [Curve], as long as its X.
type Line struct {
	Label string    `json:"label"`
	Y     []float64 `json:"y"`
	// Exponent is the slope of log Y over log X by least squares: 1 is linear. It is nil where a value is not positive.
	Exponent *float64 `json:"exponent,omitempty"`
}

// Markdown writes the report as a document, a table for each benchmark, and its figures as SVG by file name.
func (r *Report) Markdown() (document []byte, figures map[string][]byte, err error) {
	var b bytes.Buffer
	figures = map[string][]byte{}
	fmt.Fprintf(&b, "# Benchmarks\n\n%s, %d cores, %s/%s, %s, %s, %s, seed %d, %d runs.\n",
		r.Machine.CPU, r.Machine.Cores, r.Machine.OS, r.Machine.Arch, r.Machine.Go, r.Software, r.Started.UTC().Format(time.DateOnly), r.Seed, r.Runs)
	if r.Quick {
		b.WriteString("\nSmall sizes: the times mean nothing.\n")
	}
	for _, result := range r.Results {
		if err := result.markdown(&b, figures); err != nil {
			return nil, nil, err
		}
	}
	return b.Bytes(), figures, nil
}

func (r *Result) markdown(b *bytes.Buffer, figures map[string][]byte) error {
	fmt.Fprintf(b, "\n## %s\n\n", r.Name)
	if !r.Correct {
		fmt.Fprintf(b, "Wrong: the answer differs from %s. There are no figures.\n", cell(r.Oracle))
		return nil
	}
	fmt.Fprintf(b, "Equal to %s.\n\n| parameter | |\n| --- | --- |\n", cell(r.Oracle))
	for _, key := range sortedKeys(r.Parameters) {
		fmt.Fprintf(b, "| %s | %s |\n", cell(key), cell(fmt.Sprint(r.Parameters[key])))
	}
	b.WriteString("\n| | min | median | max | unit |\n| --- | --- | --- | --- | --- |\n")
	for _, key := range sortedKeys(r.Metrics) {
		m := r.Metrics[key]
		fmt.Fprintf(b, "| %s | %.4g | %.4g | %.4g | %s |\n", cell(key), m.Min, m.Median, m.Max, cell(m.Unit))
	}
	for i, c := range r.Curves {
		file := fmt.Sprintf("%s-%d.svg", r.Name, i+1)
		svg, err := c.draw()
		if err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		figures[file] = svg
		fmt.Fprintf(b, "\n![%s](%s)\n", cell(c.Title), file)
		for _, l := range c.Lines {
			if l.Exponent != nil {
				fmt.Fprintf(b, "\n%s grows with the power %.2f of %s.\n", cell(l.Label), *l.Exponent, cell(c.XLabel))
			}
		}
	}
	return nil
}

// cell makes text safe inside a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

func (c *Curve) draw() ([]byte, error) {
	var series []chart.Series
	for _, l := range c.Lines {
		if len(l.Y) != len(c.X) {
			return nil, fmt.Errorf("the line %q has %d values, the axis %d", l.Label, len(l.Y), len(c.X))
		}
		series = append(series, chart.Series{Label: l.Label, X: c.X, Y: l.Y})
	}
	var f chart.Figure = &chart.Profile{Title: c.Title, XLabel: c.XLabel, YLabel: c.YLabel, Zero: true, Series: series}
	if c.Log {
		f = &chart.Growth{Title: c.Title, XLabel: c.XLabel, YLabel: c.YLabel, Series: series}
	}
	var b bytes.Buffer
	err := chart.Write(&b, f, "svg")
	return b.Bytes(), err
}

// positive says whether logarithms can be taken.
func positive(values []float64) bool {
	return len(values) > 1 && !slices.ContainsFunc(values, func(v float64) bool { return !(v > 0) })
}
