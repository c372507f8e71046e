package source

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// real renders a measure as a double: the number that it stands for, of a double the multiple of its
// resolution. The same row gives the same number at every owner.
func real(c *charter.Column, x string) string {
	switch c.Kind() {
	case charter.KindDouble:
		return onGrid(c, x)
	case charter.KindBoolean:
		return "CAST(CAST(" + x + " AS BIGINT) AS DOUBLE)"
	default:
		return "CAST(" + x + " AS DOUBLE)"
	}
}

// reals renders measures as doubles.
func (r *renderer) reals(names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		c, x, err := r.column(name)
		if err != nil {
			return nil, err
		}
		out = append(out, real(c, x))
	}
	return out, nil
}

// predictor derives η of each row, once.
func (r *renderer) predictor() (string, error) {
	m := r.model
	if r.eta != "" {
		return r.eta, nil
	}
	var terms []string
	for i := range m.Terms {
		t, err := r.modelTerm(&m.Terms[i])
		if err != nil {
			return "", fmt.Errorf("term %d: %w", i+1, err)
		}
		if m.Coefficients[i].Text != "0" {
			terms = append(terms, strings.Join(append([]string{cast(m.Coefficients[i].Text, "DOUBLE")}, t...), " * "))
		}
	}
	if m.Offset != "" {
		o, err := r.reals([]string{m.Offset})
		if err != nil {
			return "", err
		}
		if m.LogOffset {
			o[0] = "ln(" + o[0] + ")"
		}
		terms = append(terms, o[0])
	}
	if len(terms) == 0 {
		terms = []string{cast("0", "DOUBLE")}
	}
	r.eta = r.derive(strings.Join(terms, " + "))
	return r.eta, nil
}

func (r *renderer) modelTerm(t *plan.ModelTerm) ([]string, error) {
	parts, err := r.reals(t.Factors)
	if err != nil {
		return nil, err
	}
	for _, l := range t.Levels {
		sql, err := r.predicate(plan.Compare(plan.Eq, l.Column, l.Value))
		if err != nil {
			return nil, err
		}
		parts = append(parts, "CAST("+sql+" AS INTEGER)")
	}
	return parts, nil
}

// weight derives the weight of each row, once for each kind.
func (r *renderer) weight(w plan.Weight) (string, error) {
	if d, ok := r.weights[w]; ok {
		return d, nil
	}
	eta, err := r.predictor()
	if err != nil {
		return "", err
	}
	// e^-|η| never overflows.
	forms := map[plan.Weight]string{
		plan.Exp:      "exp(%[1]s)",
		plan.Logistic: "CASE WHEN %[1]s >= 0 THEN 1 / (1 + exp(-%[1]s)) ELSE exp(%[1]s) / (1 + exp(%[1]s)) END",
		plan.Variance: "exp(-abs(%[1]s)) / ((1 + exp(-abs(%[1]s))) * (1 + exp(-abs(%[1]s))))",
		plan.Softplus: "greatest(%[1]s, 0) + ln(1 + exp(-abs(%[1]s)))",
	}
	form, ok := forms[w]
	if !ok {
		return "", fmt.Errorf("unknown weight %d", w)
	}
	if r.weights == nil {
		r.weights = map[plan.Weight]string{}
	}
	r.weights[w] = r.derive(fmt.Sprintf(form, eta))
	return r.weights[w], nil
}

// weighted renders the sum of weighted products: each is rounded to a multiple of 2^-fraction, and
// these are added up exactly.
func (r *renderer) weighted(s *plan.Sum) (string, error) {
	parts, err := r.reals(s.Factors)
	if err != nil {
		return "", err
	}
	if s.Weight == plan.Entropy {
		parts = append(parts, fmt.Sprintf("CASE WHEN %[1]s > 0 THEN ln(%[1]s) ELSE 0 END", parts[0]))
	} else {
		w, err := r.weight(s.Weight)
		if err != nil {
			return "", err
		}
		parts = append([]string{w}, parts...)
	}
	parts = append(parts, cast(strconv.FormatUint(1<<s.Fraction, 10), "DOUBLE"))
	kind := "HUGEINT"
	if s.Narrow(&charter.Table{Columns: r.columns}) {
		kind = "BIGINT"
	}
	return "sum(CAST(round(" + strings.Join(parts, " * ") + ") AS " + kind + "))", nil
}
