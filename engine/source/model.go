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

// Depths of what is derived for a model: each is computed once a row, over those before.
const (
	realDepth    = iota // measures as doubles
	etaDepth            // η
	weightDepth         // 2^fraction · weight
	productDepth        // times all factors but the last; so many more as there are factors
)

// reals derives measures as doubles.
func (r *renderer) reals(names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		c, x, err := r.column(name)
		if err != nil {
			return nil, err
		}
		out = append(out, r.deriveAt(realDepth, real(c, x)))
	}
	return out, nil
}

// predictor derives η of each row, once.
func (r *renderer) predictor() (string, error) {
	m := r.model
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
		o, err := r.offset()
		if err != nil {
			return "", err
		}
		terms = append(terms, o)
	}
	if len(terms) == 0 {
		terms = []string{cast("0", "DOUBLE")}
	}
	return r.deriveAt(etaDepth, strings.Join(terms, " + ")), nil
}

// offset is the part of η without a coefficient.
func (r *renderer) offset() (string, error) {
	o, err := r.reals([]string{r.model.Offset})
	if err != nil {
		return "", err
	}
	if r.model.LogOffset {
		return "ln(" + o[0] + ")", nil
	}
	return o[0], nil
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

// forms are weights as functions of η. e^-|η| never overflows.
var forms = map[plan.Weight]string{
	plan.Exp:      "exp(%[1]s)",
	plan.Logistic: "CASE WHEN %[1]s >= 0 THEN 1 / (1 + exp(-%[1]s)) ELSE exp(%[1]s) / (1 + exp(%[1]s)) END",
	plan.Variance: "exp(-abs(%[1]s)) / ((1 + exp(-abs(%[1]s))) * (1 + exp(-abs(%[1]s))))",
	plan.Softplus: "greatest(%[1]s, 0) + ln(1 + exp(-abs(%[1]s)))",
}

// weight derives the weight of each row, in multiples of 2^-fraction. That power of two changes no digit.
func (r *renderer) weight(s *plan.Sum, factors []string) (string, error) {
	var form string
	switch s.Weight {
	case plan.Entropy:
		form = fmt.Sprintf("CASE WHEN %[1]s > 0 THEN ln(%[1]s) ELSE 0 END", factors[0])
	case plan.LogFactorial:
		form = fmt.Sprintf("lgamma(%s + 1)", factors[0])
	case plan.Shift:
		o, err := r.offset()
		if err != nil {
			return "", err
		}
		form = o
	default:
		f, ok := forms[s.Weight]
		if !ok {
			return "", fmt.Errorf("unknown weight %d", s.Weight)
		}
		eta, err := r.predictor()
		if err != nil {
			return "", err
		}
		form = fmt.Sprintf(f, eta)
	}
	scale := cast(strconv.FormatUint(1<<s.Fraction, 10), "DOUBLE")
	return r.deriveAt(weightDepth, "("+form+") * "+scale), nil
}

// weighted renders the sum of weighted products: each is rounded to a multiple of 2^-fraction, and
// these are added up exactly. Products that sums share are computed once.
func (r *renderer) weighted(s *plan.Sum) (string, error) {
	factors, err := r.reals(s.Factors)
	if err != nil {
		return "", err
	}
	x, err := r.weight(s, factors)
	if err != nil {
		return "", err
	}
	if s.Weight == plan.LogFactorial {
		factors = nil // the weight is all of the summand
	}
	for i, f := range factors {
		if i < len(factors)-1 {
			x = r.deriveAt(productDepth+i, x+" * "+f)
		} else {
			x += " * " + f
		}
	}
	kind := "HUGEINT"
	if s.Narrow(&charter.Table{Columns: r.columns}) {
		kind = "BIGINT"
	}
	return "sum(CAST(round(" + x + ") AS " + kind + "))", nil
}
