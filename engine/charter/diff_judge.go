package charter

import (
	"reflect"
	"slices"

	"github.com/tacit-space/tacit/engine/decimal"
)

// judge says what a change of one key means.
type judge struct {
	what   string // the key in plain words
	laxer  string // what follows if it becomes laxer; may be empty
	effect func(a, b reflect.Value) Effect
}

// judges has the keys with a meaning that Diff knows, by their path without names. A key that
// is not here is reported as changed.
var judges = map[string]judge{
	"amend.rule":   {"who agrees to an amendment", "some members can change the charter without the others", ranked(Quorum, Unanimous)},
	"amend.quorum": {"members who agree to an amendment", "fewer members can change the charter", quorum},

	"rules.min_contributors":     {"owners whose data must be in every answer", "answers over fewer owners", more},
	"rules.tolerated_corruption": {"owners that may collude with coordinator and analyst", "fewer colluding owners see the data of the others", more},
	"rules.purposes":             {"purposes of questions", "more purposes", purposes},
	"rules.max_cells":            {"numbers in one answer", "larger answers", fewer},
	"rules.job_lifetime":         {"life of a question", "", nil},
	"rules.verification":         {"who verifies that small groups stay hidden", "the coordinator is trusted with more", ranked(VerifyNone, VerifySome, VerifyAll)},
	"rules.differencing.mode":    {"questions that differ in a few units from another", "more of them are answered", ranked(DifferencingOff, DifferencingNote, DifferencingAsk, DifferencingRefuse)},
	"rules.differencing.window":  {"how long earlier questions are compared", "earlier questions are forgotten sooner", more},

	"tables.analysts": {"who may ask", "more may ask", purposes},
	"tables.purposes": {"purposes", "more purposes", purposes},

	"rules.privacy.max_epsilon":    {"epsilon of one question", "questions with less noise", smaller},
	"rules.privacy.max_delta":      {"delta of one question", "questions with less noise", smaller},
	"rules.privacy.budget.epsilon": {"epsilon of all questions of a period", "more questions, or such with less noise", smaller},
	"rules.privacy.budget.delta":   {"delta of all questions of a period", "more questions, or such with less noise", smaller},
	"rules.privacy.budget.period":  {"period of a budget", "budgets are renewed sooner", quorum},
	"rules.privacy.budget.per":     {"who has a budget", "analysts of one organisation have a budget each", ranked(PerAnalyst, PerOrganisation)},

	"rules.questions":             {"what may be asked", "questions in the analysts' own words", ranked(QuestionsAny, QuestionsTemplates)},
	"tables.questions":            {"what may be asked about it", "questions in the analysts' own words", ranked(QuestionsAny, QuestionsTemplates)},
	"templates.sql":               {"the question of the template", "", nil},
	"templates.parameters.values": {"values that may be chosen", "more may be chosen", superset},
	"templates.parameters.range":  {"range of what may be chosen", "", nil},
	"templates.analysts":          {"analysts that may use it", "more may ask it", purposes},
	"templates.purposes":          {"purposes that it may be used for", "it may be asked for more", purposes},

	"members.organisation": {"organisation", "", nil},
	"members.key":          {"key replaced", "", nil},
	"members.roles":        {"roles", "may ask", analysts},

	"tables.unit":         {"whom the table protects", "rows are counted in place of people", unit},
	"tables.min_cohort":   {"units behind every number", "smaller groups are shown", more},
	"tables.max_rows":     {"rows of one owner", "", nil},
	"tables.out_of_range": {"values outside their range", "", nil},
	"tables.owners":       {"owners of the table", "", nil},

	"tables.privacy": {"exact numbers", "exact numbers leave", ranked("", Required)},

	"tables.contribution.groups": {"groups that one unit is in, of noised numbers", "", nil},
	"tables.contribution.rows":   {"rows that one unit counts as in a group, of noised numbers", "", nil},

	"tables.model_rounds": {"rounds of one model", "more rounds with coefficients of the analyst's choice", fewer},

	"tables.columns.role":       {"may be used as", "more can be asked about it", roleOrder},
	"tables.columns.range":      {"range", "", nil},
	"tables.columns.resolution": {"rounded to multiples of", "finer values", finer},
	"tables.columns.domain":     {"values", "", nil},
	"tables.columns.grain":      {"finest unit of time", "finer times", ranked(Grains...)},
	"tables.columns.curve":      {"curves along it, whose points may show single persons", "finer curves", curveOrder},
	"tables.columns.aggregates": {"aggregates", "more can be computed", superset},
	"tables.columns.privacy":    {"exact numbers that are made with it", "exact numbers leave", ranked("", Required)},
	"tables.columns.min_cohort": {"units behind every number that is made with it", "smaller groups are shown", more},
}

// number of a value; none counts as 0.
func number(v reflect.Value) int64 {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return 0
		}
		v = v.Elem()
	}
	return v.Int()
}

// more: the larger, the stricter.
func more(a, b reflect.Value) Effect {
	if number(b) > number(a) {
		return Stricter
	}
	return Laxer
}

// fewer: the smaller, the stricter.
func fewer(a, b reflect.Value) Effect { return more(b, a) }

// quorum: a change of the rule is reported by itself.
func quorum(a, b reflect.Value) Effect {
	if number(a) == 0 || number(b) == 0 {
		return Changed
	}
	return more(a, b)
}

// ranked takes words from lax to strict. Words that are not among them say nothing.
func ranked(words ...string) func(a, b reflect.Value) Effect {
	return func(a, b reflect.Value) Effect {
		i, j := slices.Index(words, a.String()), slices.Index(words, b.String())
		switch {
		case i < 0 || j < 0:
			return Changed
		case j > i:
			return Stricter
		}
		return Laxer
	}
}

// roleOrder: hidden is stricter than identifier, and that than what can be asked about.
func roleOrder(a, b reflect.Value) Effect {
	rank := func(v reflect.Value) int {
		switch ColumnRole(v.String()) {
		case Hidden:
			return 2
		case Identifier:
			return 1
		}
		return 0
	}
	switch i, j := rank(a), rank(b); {
	case j > i:
		return Stricter
	case j < i:
		return Laxer
	}
	return Changed
}

// listed returns the words of a list.
func listed(v reflect.Value) []string {
	out := make([]string, v.Len())
	for i := range out {
		out[i] = v.Index(i).String()
	}
	return out
}

// purposes: none listed means any.
func purposes(a, b reflect.Value) Effect {
	switch {
	case a.Len() == 0:
		return Stricter
	case b.Len() == 0:
		return Laxer
	}
	return superset(a, b)
}

// superset: what is listed is allowed.
func superset(a, b reflect.Value) Effect {
	before := listed(a)
	for _, word := range listed(b) {
		if !slices.Contains(before, word) {
			return Laxer
		}
	}
	return Stricter
}

// analysts: only who may ask matters here.
func analysts(a, b reflect.Value) Effect {
	was, is := slices.Contains(listed(a), string(Analyst)), slices.Contains(listed(b), string(Analyst))
	switch {
	case is && !was:
		return Laxer
	case was && !is:
		return Stricter
	}
	return Changed
}

func unit(a, b reflect.Value) Effect {
	switch {
	case b.String() == "":
		return Laxer
	case a.String() == "":
		return Stricter
	}
	return Changed
}

// finer: a smaller resolution shows more of a value.
func finer(a, b reflect.Value) Effect {
	x, err := decimal.Parse(a.String())
	if err != nil {
		return Changed
	}
	y, err := decimal.Parse(b.String())
	if err != nil {
		return Changed
	}
	if x.Cmp(y) > 0 {
		return Laxer
	}
	return Stricter
}
