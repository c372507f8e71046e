package charter

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
)

// Privacy is what questions with noise may cost. The zero value: there are none.
type Privacy struct {
	MaxEpsilon string `yaml:"max_epsilon" required:"true" form:"value" help:"Largest epsilon of one question WITH PRIVACY."`
	MaxDelta   string `yaml:"max_delta" required:"true" form:"value" help:"Largest delta of one question, and the delta of a question that names none."`
	Budget     Budget `yaml:"budget" required:"true" help:"What all questions of a period may cost together, at each owner and for each table."`
}

// Budget is the allowance of one account at an owner: who asks gets no more than this much
// of a table in a period, whatever the questions are. Questions are added up in zCDP.
type Budget struct {
	Epsilon string   `yaml:"epsilon" required:"true" form:"value" help:"Epsilon of all questions of a period together."`
	Delta   string   `yaml:"delta" required:"true" form:"value" help:"Delta that goes with it."`
	Period  Duration `yaml:"period" required:"true" range:"1h,87600h" help:"Time after which the budget is renewed, in hours: 720h. Each period has a budget of its own: losses of several periods add up."`
	Per     string   `yaml:"per,omitempty" oneof:"organisation,analyst" help:"Who has an account: organisation (default; all its analysts together) or analyst."`
}

// Who has an account.
const (
	PerOrganisation = "organisation"
	PerAnalyst      = "analyst"
)

// Required is what a table or column says of which only noised numbers may leave.
const Required = "required"

// Contribution bounds what one privacy unit adds to the numbers of a question with noise.
// The zero value means 1 and 1.
type Contribution struct {
	Groups int `yaml:"groups,omitempty" range:"1,10000" help:"Groups that one privacy unit is in, at most; of more, an owner chooses by a secret hash. Default 1."`
	Rows   int `yaml:"rows,omitempty" range:"1,10000" help:"Rows that one privacy unit counts as in a group, at most; more rows are weighted down. Default 1."`
}

// Limits of the keys about privacy.
const (
	MaxQuestionEpsilon = 100 // above, noise hides nothing
	MaxGroups          = 10_000
	MaxContribution    = 10_000 // rows
	MinPeriod          = time.Hour
	MaxPeriod          = 10 * 365 * 24 * time.Hour
)

// Allowed reports whether the charter knows questions with noise.
func (p *Privacy) Allowed() bool { return *p != Privacy{} }

// Epsilon is the largest of one question; 0 if there are none.
func (p *Privacy) Epsilon() dp.Epsilon { return epsilon(p.MaxEpsilon) }

// Delta is the largest of one question; not valid if there are none.
func (p *Privacy) Delta() dp.Delta { return delta(p.MaxDelta) }

// Rho is the allowance of one account and period in zCDP; 0 if there are no questions with noise.
func (b *Budget) Rho() dp.Rho {
	rho, err := epsilon(b.Epsilon).Rho(delta(b.Delta))
	if err != nil {
		return 0
	}
	return rho
}

// Account is who has one.
func (b *Budget) Account() string { return cmp.Or(b.Per, PerOrganisation) }

func epsilon(text string) dp.Epsilon {
	e, err := dp.ParseEpsilon(text)
	if err != nil {
		return 0
	}
	return e
}

func delta(text string) dp.Delta {
	d, err := dp.ParseDelta(text)
	if err != nil {
		return dp.Delta{}
	}
	return d
}

// GroupBound is how many groups one privacy unit may contribute to; rows as units are in one.
func (t *Table) GroupBound() int {
	if t.Unit == "" {
		return 1
	}
	return max(t.Contribution.Groups, 1)
}

// RowBound is how many rows one privacy unit counts as in a group.
func (t *Table) RowBound() int {
	if t.Unit == "" {
		return 1
	}
	return max(t.Contribution.Rows, 1)
}

func (p *Privacy) check(k check) {
	if !p.Allowed() {
		return
	}
	k.at("max_epsilon").epsilon(p.MaxEpsilon, MaxQuestionEpsilon)
	k.at("max_delta").delta(p.MaxDelta)
	b, k := &p.Budget, k.at("budget")
	k.at("epsilon").epsilon(b.Epsilon, uint64(dp.MaxEpsilon/1e9))
	k.at("delta").delta(b.Delta)
	k.at("per").oneOf(b.Account(), PerOrganisation, PerAnalyst)
	if d := b.Period.Std(); d < MinPeriod || d > MaxPeriod {
		k.at("period").fail("%s outside %s to %s", b.Period, Duration(MinPeriod), Duration(MaxPeriod))
	}
}

// epsilon checks a positive epsilon of at most so much.
func (k check) epsilon(text string, most uint64) {
	e, err := dp.ParseEpsilon(text)
	switch {
	case err != nil:
		k.fail(`wants a number above 0 with at most nine digits after the point, such as 0.5`)
	case e == 0 || uint64(e) > most*1e9:
		k.fail("wants more than 0 and at most %d", most)
	}
}

// delta checks a probability that is small enough to mean something.
func (k check) delta(text string) {
	d, err := dp.ParseDelta(text)
	switch {
	case err != nil:
		k.fail("wants a small probability such as 1e-6")
	case d.Rat().Cmp(delta("1e-2").Rat()) > 0:
		k.fail("above 1e-2: with this probability the promise of epsilon may fail altogether")
	}
}

func (t *Table) checkPrivacy(k check) {
	if c := t.Contribution; c != (Contribution{}) {
		at := k.at("contribution")
		if t.Unit == "" && (c.Groups > 1 || c.Rows > 1) {
			at.fail("has no meaning without a unit: every row is one")
		}
		at.at("groups").within(int64(t.GroupBound()), 1, MaxGroups)
		at.at("rows").within(int64(t.RowBound()), 1, MaxContribution)
		if c.Groups < 0 || c.Rows < 0 {
			at.fail("below 1")
		}
	}
	if t.Privacy != "" {
		k.at("privacy").oneOf(t.Privacy, Required)
	}
}

// checkRequired: what may leave with noise only needs rules for noise.
func (c *Charter) checkRequired(k check) {
	if c.Rules.Privacy.Allowed() {
		return
	}
	for i := range c.Tables {
		t := &c.Tables[i]
		if t.Privacy != "" || slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Privacy != "" }) {
			k.fail("missing: table %q says privacy: required, so nothing says how much noise there is", clip(t.Name))
		}
	}
}

// smaller: the smaller the number in the text, the stricter; without one there are no questions with
// noise.
func smaller(a, b reflect.Value) Effect {
	switch "" {
	case a.String():
		return Laxer
	case b.String():
		return Stricter
	}
	was, err1 := strconv.ParseFloat(a.String(), 64)
	is, err2 := strconv.ParseFloat(b.String(), 64)
	switch {
	case err1 != nil || err2 != nil:
		return Changed
	case is < was:
		return Stricter
	}
	return Laxer
}

func (p *Privacy) normalise() {
	if !p.Allowed() {
		return
	}
	p.MaxEpsilon, p.MaxDelta = canonicalEpsilon(p.MaxEpsilon), canonicalDelta(p.MaxDelta)
	p.Budget.Epsilon, p.Budget.Delta = canonicalEpsilon(p.Budget.Epsilon), canonicalDelta(p.Budget.Delta)
	p.Budget.Per = p.Budget.Account()
}

func canonicalEpsilon(text string) string {
	if e, err := dp.ParseEpsilon(text); err == nil {
		return e.String()
	}
	return text
}

func canonicalDelta(text string) string {
	if d, err := dp.ParseDelta(text); err == nil {
		return d.String()
	}
	return text
}

func (p *Privacy) pairs() []pair {
	b := &p.Budget
	budget := []pair{{"epsilon", scalar(b.Epsilon)}, {"delta", scalar(b.Delta)}, {"period", b.Period.String()}}
	budget = optional(budget, "per", b.Per, b.Per != "")
	return []pair{{"max_epsilon", scalar(p.MaxEpsilon)}, {"max_delta", scalar(p.MaxDelta)}, {"budget", flow(budget)}}
}

func (c *Contribution) pairs() []pair {
	pairs := optional(nil, "groups", strconv.Itoa(c.Groups), c.Groups != 0)
	return optional(pairs, "rows", strconv.Itoa(c.Rows), c.Rows != 0)
}
