package statistic

import (
	"math"
	"slices"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

func roc() *Statistic {
	return &Statistic{
		Name: "roc", Aliases: []string{"auc"},
		Synopsis: "how well a score tells those with an event from those without: ROC curve and its area, by group",
		Parameters: []Parameter{
			{Name: "score", Kind: Column, Required: true, Place: 1, Help: "measure with the score; higher means more likely"},
			{Name: "event", Kind: Condition, Required: true, Place: 2, Help: "condition of an event, such as died = 1"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a curve for each combination"},
			edgesParameter, scoreStepParameter, fromParameter, toParameter, where, level,
		},
		Example: `admissions score "died = 1"`,
		Prepare: prepareROC,
	}
}

// discrimination finishes a ROC curve.
type discrimination struct {
	by    []*charter.Column
	scale *scale
	level float64
}

func prepareROC(c *Call) (*Prepared, *fault.Fault) {
	d := &discrimination{}
	o, bad := c.scored(&d.by, &d.scale)
	if bad != nil {
		return nil, bad
	}
	if d.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	return &Prepared{SQL: d.scale.question(c, o, d.by, "COUNT(*) AS n"), Finish: d.finish}, nil
}

// scored reads the parameters score, event and by.
func (c *Call) scored(by *[]*charter.Column, s **scale) (*outcome, *fault.Fault) {
	var bad *fault.Fault
	if *by, bad = c.Columns("by"); bad != nil {
		return nil, bad
	}
	if *s, bad = newScale(c, "score", 3*groupsOf(*by)); bad != nil {
		return nil, bad
	}
	o := &outcome{event: c.Text("event")}
	return o, c.At("event", o.mentioned(c))
}

// question asks for aggregates of each value of the score, of rows with the event and of those without as cells of their own.
func (s *scale) question(c *Call, o *outcome, by []*charter.Column, aggregates ...string) string {
	needed := append(append(slices.Clone(o.columns), by...), s.column)
	selected := append(keys(by), "("+o.event+") AS event", s.key+" AS bin")
	return "SELECT " + join(append(selected, aggregates...)) + c.From(known(needed...)...) + grouped(len(by)+2)
}

// scoredGroup is the rows of a question by value of the score: of each the row with the event and that without, -1 where there is none.
type scoredGroup struct {
	labels []result.Value
	rows   [2][]int // without, with
	hidden int
}

// read puts the rows of each group together.
func (s *scale) read(in *Released, keys int) []*scoredGroup {
	var out []*scoredGroup
	for r := range in.Len() {
		event, known := in.Value(r, "event").(bool)
		if !known {
			continue // the question leaves rows out whose event is unknown
		}
		shown := labels(in, r, keys)
		i := slices.IndexFunc(out, func(g *scoredGroup) bool { return slices.Equal(g.labels, shown) })
		if i < 0 {
			i = len(out)
			g := &scoredGroup{labels: shown}
			for side := range g.rows {
				g.rows[side] = slices.Repeat([]int{-1}, s.len())
			}
			out = append(out, g)
		}
		if k := in.Hidden(r); k > 0 {
			out[i].hidden = max(out[i].hidden, k)
			continue
		}
		if at := s.at(in, r, "bin"); at >= 0 {
			out[i].rows[map[bool]int{true: 1}[event]][at] = r
		}
	}
	return out
}

// counts are those of one side of a group.
func (g *scoredGroup) counts(in *Released, side int) []int64 {
	out := make([]int64, len(g.rows[side]))
	for i, r := range g.rows[side] {
		if r >= 0 {
			out[i] = in.Count(r, "n")
		}
	}
	return out
}

func (d *discrimination) finish(in *Released) (*Report, *fault.Fault) {
	t := headed(d.by, countColumn("n"), countColumn("events"), doubleColumn("auc"), doubleColumn("se"), doubleColumn("lower"), doubleColumn("upper"),
		doubleColumn("least"), doubleColumn("most"), doubleColumn("threshold"), doubleColumn("sensitivity"), doubleColumn("specificity"))
	curve := headed(d.by, doubleColumn("threshold"), countColumn("events"), countColumn("others"), doubleColumn("sensitivity"), doubleColumn("specificity"), doubleColumn("predictive_value"))
	figure := &chart.Profile{Title: "ROC curve of " + axis(d.scale.column), XLabel: "1 - specificity", YLabel: "sensitivity", Zero: true, Low: true}
	for _, g := range d.scale.read(in, len(d.by)) {
		if g.hidden > 0 {
			suppressRow(t, g.hidden, g.labels...)
			suppressRow(curve, g.hidden, g.labels...)
			continue
		}
		without, with := g.counts(in, 0), g.counts(in, 1)
		r, f := inference.NewROC(with, without, d.level)
		if f != nil {
			return nil, f
		}
		least, most := r.Least, r.Most
		if d.scale.exact() { // those with one value of the score have one score
			least, most = r.Area.Value, r.Area.Value
		}
		n, events := total64(without)+total64(with), total64(with)
		best := r.Points[r.Best]
		t.Rows = append(t.Rows, append(slices.Clone(g.labels), n, events, r.Area.Value, r.Area.SE, r.Area.Lower, r.Area.Upper, least, most,
			d.scale.from(best.Value), best.Sensitivity, best.Specificity))
		d.list(curve, g, r, with, without)
		figure.Series = append(figure.Series, rocLine((&stratum{labels: g.labels}).name(d.by), r))
	}
	out := &Report{
		Title:  "ROC curve of " + axis(d.scale.column) + ", " + percent(d.level) + " intervals by DeLong",
		Tables: []Named{{Name: "groups", Table: t}, {Name: "curve", Table: curve, Aside: true, Curve: true, Keys: len(d.by)}},
	}
	if !d.scale.exact() {
		out.Notes = append(out.Notes, "within a band people are tied: the area of the score itself is between least and most")
	}
	if len(t.Rows) == 0 {
		return nil, inference.TooFew.New("there is nobody with a score")
	}
	if len(figure.Series) > 0 {
		figure.Series = append(figure.Series, chart.Series{Label: "by chance", X: []float64{0, 1}, Y: []float64{0, 1}})
		out.Figure = figure
	}
	return out, nil
}

// list adds the points of a group at which anybody is, and the one at which nobody is positive.
func (d *discrimination) list(t *result.Table, g *scoredGroup, r *inference.ROC, with, without []int64) {
	for i, p := range r.Points {
		if with[i]+without[i] == 0 {
			continue
		}
		var predictive result.Value
		if !math.IsNaN(p.Predictive) {
			predictive = p.Predictive
		}
		t.Rows = append(t.Rows, append(slices.Clone(g.labels), d.scale.from(p.Value), with[i], without[i], p.Sensitivity, p.Specificity, predictive))
	}
}

func rocLine(label string, r *inference.ROC) chart.Series {
	s := chart.Series{Label: label, X: []float64{0}, Y: []float64{0}}
	for _, p := range slices.Backward(r.Points) {
		s.X, s.Y = append(s.X, 1-p.Specificity), append(s.Y, p.Sensitivity)
	}
	return s
}
