package statistic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

func mantelHaenszel() *Statistic {
	return &Statistic{
		Name: "mantel_haenszel", Aliases: []string{"mh", "cmh"},
		Synopsis: "odds ratio and risk ratio of an exposure over strata, such as sites",
		Parameters: []Parameter{
			exposureParameter, outcomeParameter,
			{Name: "strata", Kind: Columns, Required: true, Place: 3, Help: "categories within which the exposure is looked at"},
			exposedParameter, eventValueParameter,
			where, level,
		},
		Example: `lung sex status ph_ecog --where "ph_ecog IN (0, 1, 2)"`,
		Prepare: prepareMantelHaenszel,
	}
}

func prepareMantelHaenszel(c *Call) (*Prepared, *fault.Fault) {
	a, b, bad := c.pairOf()
	if bad != nil {
		return nil, bad
	}
	strata, bad := c.Columns("strata")
	if bad != nil {
		return nil, bad
	}
	if slices.Contains(strata, a) || slices.Contains(strata, b) {
		return nil, c.Refuse("strata", "names the exposure or the outcome")
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	m := &stratified{a, b, strata, confidence, c.Text("exposed"), c.Text("event")}
	return &Prepared{SQL: c.counts(append(slices.Clone(strata), a, b)...), Finish: m.finish}, nil
}

// stratified finishes a Mantel–Haenszel analysis.
type stratified struct {
	exposure, outcome *charter.Column
	strata            []*charter.Column
	level             float64
	exposed, event    string
}

func (m *stratified) finish(in *Released) (*Report, *fault.Fault) {
	whole := newCross(in, len(m.strata), m.exposure, m.outcome)
	if len(whole.rows) != 2 || len(whole.columns) != 2 {
		return nil, inference.TooFew.New("%d values of %s and %d of %s occur, two of each are needed", len(whole.rows), m.exposure.Name, len(whole.columns), m.outcome.Name).
			With("Leave others out with a condition.")
	}
	if f := whole.begin(m.exposed, m.event); f != nil {
		return nil, f
	}
	names, tables, hidden := m.tables(in, whole)
	if hidden != "" {
		return nil, Suppressed.New("a cell of the stratum %s has too few people", hidden)
	}
	fit, f := inference.Stratified(tables, m.level)
	if f != nil {
		return nil, f
	}
	return m.report(fit, whole, names, tables), nil
}

// tables makes the 2×2 table of each stratum.
func (m *stratified) tables(in *Released, whole *cross) (names []string, tables []inference.TwoByTwo, hidden string) {
	for r := range in.Len() {
		s := stratum{labels: labels(in, r, len(m.strata))}
		name := s.name(m.strata)
		i := slices.Index(names, name)
		if i < 0 {
			i = len(names)
			names, tables = append(names, name), append(tables, inference.TwoByTwo{})
		}
		if in.Hidden(r) > 0 {
			return nil, nil, name
		}
		first := in.Label(r, fmt.Sprintf("k%d", len(m.strata))) == whole.rows[0]
		with := in.Label(r, fmt.Sprintf("k%d", len(m.strata)+1)) == whole.columns[0]
		*cellOf(&tables[i], first, with) = in.Count(r, "n")
	}
	return names, tables, ""
}

func cellOf(t *inference.TwoByTwo, exposed, outcome bool) *int64 {
	switch {
	case exposed && outcome:
		return &t.A
	case exposed:
		return &t.B
	case outcome:
		return &t.C
	default:
		return &t.D
	}
}

func (m *stratified) report(fit *inference.MantelHaenszel, whole *cross, names []string, tables []inference.TwoByTwo) *Report {
	r := &Report{Title: fmt.Sprintf("Mantel–Haenszel: %s = %v against %v, of %s = %v, within %s", m.exposure.Name, whole.rows[0], whole.rows[1],
		m.outcome.Name, whole.columns[0], strings.Join(namesOf(m.strata), ", "))}
	effects := newTable(textColumn("effect"), doubleColumn("estimate"), doubleColumn("se_log"), doubleColumn("lower"), doubleColumn("upper"))
	o := fit.OddsRatio
	effects.Rows = append(effects.Rows, []result.Value{"odds ratio", o.Value, o.SE, o.Lower, o.Upper})
	if x := fit.RiskRatio; x != nil {
		effects.Rows = append(effects.Rows, []result.Value{"risk ratio", x.Value, x.SE, x.Lower, x.Upper})
	}
	strata := newTable(textColumn("stratum"), countColumn("a"), countColumn("b"), countColumn("c"), countColumn("d"), doubleColumn("odds_ratio"))
	forest := &chart.Forest{Title: "Odds ratios", XLabel: "odds ratio", Ratio: true, Reference: 1}
	for i, t := range tables {
		row := []result.Value{names[i], t.A, t.B, t.C, t.D, nil}
		if e, f := t.Effects(m.level); f == nil && e.OddsRatio != nil {
			row[5] = e.OddsRatio.Value
			forest.Rows = append(forest.Rows, chart.ForestRow{Label: names[i], Estimate: e.OddsRatio.Value, Lower: e.OddsRatio.Lower, Upper: e.OddsRatio.Upper})
		}
		strata.Rows = append(strata.Rows, row)
	}
	forest.Rows = append(forest.Rows, chart.ForestRow{Label: "common", Estimate: o.Value, Lower: o.Lower, Upper: o.Upper, Summary: true})
	r.Tables, r.Figure = []Named{{Name: "effects", Table: effects}, {Name: "strata", Table: strata}}, forest
	r.Add("odds_ratio", "common odds ratio", o.Value)
	r.Add("se_log", "standard error of its logarithm", o.SE)
	r.Add("chisq", "Cochran–Mantel–Haenszel χ², 1 df", fit.ChiSq)
	r.Add("p", "", fit.P)
	r.Add("chisq_corrected", "χ² with correction for continuity", fit.Corrected)
	r.Add("homogeneity", fmt.Sprintf("Breslow–Day χ² of different odds ratios, %d df", fit.HomogeneityDF), fit.Homogeneity)
	r.Add("homogeneity_p", "p", fit.HomogeneityP)
	return r
}

func namesOf(columns []*charter.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}
