package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of models.
var (
	NoModels = fault.Declare("TACIT-P170", "no models of this table",
		"The question fits a model by rounds, and the charter does not declare the table for models. The analyst chooses coefficients between rounds, so that the members have to agree.",
		"Ask for a linear model, which needs one round of plain sums; or amend the charter with model_rounds for the table.")
	BadModel = fault.Declare("TACIT-P171", "model not in its form",
		"A model has terms, coefficients or weighted sums that do not fit together, or columns that may be missing where the condition does not leave these rows out.",
		"Ask by \"tacit stats\": it writes models in their form.")
	BeyondReach = fault.Declare("TACIT-P172", "coefficients beyond the bound",
		"Over the declared ranges of its columns the linear predictor of the model may be below -20 or above 20, or its terms may be so large that they cancel. Such weights could pick out single rows.",
		"Narrow the declared ranges in the charter, or ask for a model with fewer or scaled terms.")
	NoisyModel = fault.Declare("TACIT-P173", "model with noise",
		"WITH PRIVACY is not offered for models.",
		"Leave WITH PRIVACY out, or ask for counts and means.")
)

// Model is a linear predictor η = Σ Coefficients[j] · Terms[j] + offset of each row. It enters sums by
// their [Weight]. Owners compute it in double precision, each row by itself, and round the weighted summand of a row
// to a multiple of 2^-[Sum.Fraction]: so a sum does not depend on how rows are split.
type Model struct {
	Terms        []ModelTerm
	Coefficients []Value // Decimal, one for each term
	Offset       string  // measure with the coefficient 1; "": none
	LogOffset    bool    // its natural logarithm instead
}

// ModelTerm is a product of measures and of indicators of levels; without either it is 1.
type ModelTerm struct {
	Factors []string // sorted, with repetition
	Levels  []Level  // sorted by column
}

// Level is 1 in rows in which a category has a value, else 0.
type Level struct {
	Column string
	Value  Value
}

// Weight is a function of η that a sum is weighted with.
type Weight uint8

// Weights. The last ones are no functions of η, and so the same in every round: Entropy is ln of the sum's one factor, so that the
// sum is Σ y ln y, with 0 ln 0 = 0; LogFactorial takes the place of the one factor, a whole number, so that the sum is Σ ln y!;
// Shift is the model's offset, or its logarithm.
const (
	Unweighted Weight = iota
	Exp               // e^η
	Logistic          // 1 / (1 + e^-η)
	Variance          // of a 0/1 outcome: e^η / (1 + e^η)²
	Softplus          // ln(1 + e^η)
	Entropy
	LogFactorial
	Shift
)

// Limits of models.
const (
	MaxTerms   = 64
	MaxFactors = 4       // of a term, and of a weighted sum
	Reach      = 20      // the largest |η| over the declared ranges
	Magnitude  = 1 << 20 // the largest Σ |term| over them: terms that cancel keep 32 bits of η

	maxCoefficient = 40 // bytes
	leastFraction  = 16 // of a sum that is worth computing
)

// largest is the weight's maximum for |η| <= Reach, rounded up. With at most [Magnitude] the rounding of η in double precision
// is below 1e-7, and the room above e^20 = 485165195.4 is more than that times e^20.
var largest = map[Weight]int64{
	Exp: 485165300, Logistic: 1, Variance: 1, Softplus: 21, Entropy: 64,
	LogFactorial: 64, // of each unit of y: ln y! <= y ln y
	Shift:        Reach + 1,
}

// SQL writes the predictor for people.
func (m *Model) SQL() string {
	return m.text(func(i int) string { return m.Coefficients[i].Text })
}

// symbolic writes the predictor with b1, b2, … for coefficients.
func (m *Model) symbolic() string {
	return m.text(func(i int) string { return fmt.Sprintf("b%d", i+1) })
}

func (m *Model) text(coefficient func(int) string) string {
	parts := make([]string, 0, len(m.Terms)+1)
	for i, t := range m.Terms {
		text := coefficient(i)
		if p := t.SQL(); p != "" {
			text += " * " + p
		}
		parts = append(parts, text)
	}
	if m.Offset != "" {
		o := QuoteName(m.Offset)
		if m.LogOffset {
			o = "ln(" + o + ")"
		}
		parts = append(parts, o)
	}
	return strings.Join(parts, " + ")
}

// SQL writes the term, "" for 1.
func (t *ModelTerm) SQL() string {
	var parts []string
	for _, f := range t.Factors {
		parts = append(parts, QuoteName(f))
	}
	for _, l := range t.Levels {
		parts = append(parts, "("+QuoteName(l.Column)+" = "+l.Value.SQL()+")")
	}
	return strings.Join(parts, " * ")
}

// sql writes the weight for people; eta stands for the predictor.
func (w Weight) sql() string {
	switch w {
	case Exp:
		return "exp(eta)"
	case Logistic:
		return "logistic(eta)"
	case Variance:
		return "logistic(eta) * (1 - logistic(eta))"
	case Softplus:
		return "ln(1 + exp(eta))"
	case Shift:
		return "offset"
	default:
		return ""
	}
}

// columns calls visit for every column of the model.
func (m *Model) columns(visit func(name string)) {
	if m == nil {
		return
	}
	for _, t := range m.Terms {
		for _, f := range t.Factors {
			visit(f)
		}
		for _, l := range t.Levels {
			visit(l.Column)
		}
	}
	if m.Offset != "" {
		visit(m.Offset)
	}
}

// modelLines say what is released of a model.
func (p *Plan) modelLines(ch *charter.Charter) []string {
	if p.Model == nil {
		return nil
	}
	return []string{
		fmt.Sprintf("weighted sums of a model of %d coefficients b1, b2, …, which the analyst chooses anew in each round, at most %d rounds; eta stays in [-%d, %d] over the declared ranges",
			len(p.Model.Terms), ch.Table(p.Table).Rounds(), Reach, Reach),
		"each round releases as many numbers again, about the same rows with other weights; together they tell more of single rows than one round does",
	}
}

// At is the plan with other coefficients. Everything that owners decide about is the same.
func (p *Plan) At(coefficients []Value) *Plan {
	out := *p
	m := *p.Model
	m.Coefficients = coefficients
	out.Model = &m
	return &out
}

// Fixed is the plan as it is in every round of a study: with coefficients of 0. A plan without a
// model is its own.
func (p *Plan) Fixed() *Plan {
	if p.Model == nil {
		return p
	}
	return p.At(slices.Repeat([]Value{{Decimal, "0"}}, len(p.Model.Terms)))
}
