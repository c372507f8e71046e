package charter

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/decimal"
)

func (t *Table) check(k check) {
	k.at("name").name(t.Name)
	k.at("title").title(t.Title)
	k.at("max_rows").within(t.MaxRows, 1, MaxRowsLimit)
	if t.MinCohort != nil {
		k.at("min_cohort").within(int64(*t.MinCohort), 1, MaxCohort)
	}
	if t.OutOfRange != "" {
		k.at("out_of_range").oneOf(t.OutOfRange, Refuse, Clamp)
	}
	if t.Questions != "" {
		k.at("questions").oneOf(t.Questions, QuestionsAny, QuestionsTemplates)
	}
	cols := k.at("columns")
	cols.least(len(t.Columns), 1)
	var names []string
	for i := range t.Columns {
		names = append(names, strings.ToLower(t.Columns[i].Name)) // SQL finds them in either case
		t.Columns[i].check(cols.at("[%d]", i))
	}
	cols.unique(names, ".name")
	t.checkUnit(k.at("unit"))
	t.checkPrivacy(k)
	t.checkModels(k.at("model_rounds"))
}

func (t *Table) checkUnit(k check) {
	if t.Unit == "" {
		return
	}
	switch c := t.Column(t.Unit); {
	case c == nil:
		k.fail("no column %q in this table", clip(t.Unit))
	case c.Role != Identifier:
		k.fail("column %q has the role %q; a privacy unit is an identifier", c.Name, clip(string(c.Role)))
	}
}

// kindsOf lists the types that make sense in a role.
var kindsOf = map[ColumnRole][]Kind{
	Identifier: {KindInteger, KindDecimal, KindText},
	Category:   {KindInteger, KindDecimal, KindText, KindBoolean, KindDate},
	Measure:    {KindInteger, KindDecimal, KindDouble, KindBoolean},
	Time:       {KindDate, KindTimestamp},
	Hidden:     {KindInteger, KindDecimal, KindDouble, KindText, KindBoolean, KindDate, KindTimestamp},
}

func (c *Column) check(k check) {
	k.at("name").columnName(c.Name)
	k.at("title").title(c.Title)
	k.at("unit").title(c.Unit)
	k.at("role").oneOf(string(c.Role), string(Identifier), string(Category), string(Measure), string(Time), string(Hidden))
	t, err := ParseType(c.Type)
	if err != nil {
		k.at("type").fail("%v", err)
		return
	}
	kinds, known := kindsOf[c.Role]
	if !known {
		return
	}
	if !slices.Contains(kinds, t.Kind) {
		k.at("type").fail("a column with the role %s cannot be of type %s", c.Role, t)
		return
	}
	c.checkForeign(k)
	if c.MinCohort != nil {
		k.at("min_cohort").within(int64(*c.MinCohort), 1, MaxCohort)
	}
	switch c.Role {
	case Category:
		c.checkDomain(k.at("domain"), t)
	case Measure:
		c.checkMeasure(k, t)
	case Time:
		c.checkTime(k, t)
	}
}

// checkForeign refuses keys that mean nothing for the role: somebody who wrote
// them expects an effect.
func (c *Column) checkForeign(k check) {
	foreign := func(key string, set bool, roles ...ColumnRole) {
		if set && !slices.Contains(roles, c.Role) {
			k.at("%s", key).fail("has no meaning for the role %s", c.Role)
		}
	}
	foreign("range", c.Range != nil, Measure, Time)
	foreign("resolution", c.Resolution != "", Measure)
	foreign("curve", c.Curve != "", Measure, Time)
	foreign("domain", c.Domain != nil, Category)
	foreign("grain", c.Grain != "", Time)
	foreign("aggregates", c.Aggregates != nil, Measure)
	foreign("min_cohort", c.MinCohort != nil, Measure, Category)
	foreign("privacy", c.Privacy != "", Measure, Category, Time)
	if c.Privacy != "" {
		k.at("privacy").oneOf(c.Privacy, Required)
	}
}

func (c *Column) checkDomain(k check, t Type) {
	if t.Kind == KindBoolean && len(c.Domain) == 0 {
		return // false, true
	}
	if len(c.Domain) == 0 {
		k.fail("missing: a category lists every value that may occur")
		return
	}
	k.unique(c.Domain, "")
	for i, v := range c.Domain {
		if reason := t.wrong(v); reason != "" {
			k.at("[%d]", i).fail("%s", reason)
		}
	}
}

// CheckValue returns why text is not the canonical text of a value of the type,
// "" if it is. The reason does not repeat the text.
func (t Type) CheckValue(text string) string { return t.wrong(text) }

func (t Type) wrong(text string) string {
	switch t.Kind {
	case KindText:
		return wrongText(text)
	case KindBoolean:
		if text != "false" && text != "true" {
			return "not false or true"
		}
	case KindDate, KindTimestamp:
		if _, err := ParseInstant(t.Kind, text); err != nil {
			return err.Error()
		}
	default:
		return t.wrongNumber(text)
	}
	return ""
}

func wrongText(text string) string {
	if len(text) > MaxDomainValue {
		return fmt.Sprintf("longer than %d bytes", MaxDomainValue)
	}
	return unprintable(text)
}

func (t Type) wrongNumber(text string) string {
	r, err := decimal.Parse(text)
	switch {
	case err != nil:
		return err.Error()
	case !decimal.IsCanonical(text):
		return `not in canonical form such as "-1.5", "0.5", "10": no plus sign, no superfluous zeros`
	case !t.holds(r):
		return "not a value of type " + t.String()
	}
	return ""
}

// holds reports whether a number is a value of an integer or decimal type.
func (t Type) holds(r *big.Rat) bool {
	switch t.Kind {
	case KindInteger:
		return r.IsInt() && r.Num().IsInt64()
	case KindDecimal:
		scaled := new(big.Rat).Mul(r, decimal.Pow10(t.Scale))
		return scaled.IsInt() && new(big.Int).Abs(scaled.Num()).Cmp(decimal.Pow10(t.Precision).Num()) < 0
	}
	return true
}

func (c *Column) checkMeasure(k check, t Type) {
	agg := k.at("aggregates")
	agg.unique(c.Aggregates, "")
	if c.Aggregates != nil && len(c.Aggregates) == 0 {
		agg.fail("empty: name some, or use the role hidden")
	}
	for i, a := range c.Aggregates {
		agg.at("[%d]", i).oneOf(a, Aggregates...)
	}
	c.checkResolution(k.at("resolution"), t)
	c.checkRange(k.at("range"), t)
	c.checkStep(k.at("curve"), t)
}

func (c *Column) checkResolution(k check, t Type) {
	switch {
	case t.Kind != KindDouble:
		if c.Resolution != "" {
			k.fail("belongs to double columns; that of %s follows from the type", t)
		}
	case c.Resolution == "":
		k.fail(`missing: a double measure is rounded to multiples of it, for example "0.01"`)
	default:
		if r, err := decimal.Parse(c.Resolution); err != nil {
			k.fail("%v", err)
		} else if r.Sign() <= 0 {
			k.fail("must be above 0")
		}
	}
}

// maxSteps is the number of resolution steps that a double tells apart: 2^53.
var maxSteps = new(big.Rat).SetInt64(1 << 53)

func (c *Column) checkRange(k check, t Type) {
	if t.Kind == KindBoolean {
		if c.Range != nil && !slices.Equal(c.Range, []string{"0", "1"}) {
			k.fail("is [0, 1] for the type boolean")
		}
		return
	}
	if len(c.Range) != 2 {
		k.fail("wants [lowest, highest], both inclusive; the proof that sums do not overflow rests on it")
		return
	}
	ends := make([]*big.Rat, 2)
	for i, text := range c.Range {
		r, err := decimal.Parse(text)
		if err != nil {
			k.at("[%d]", i).fail("%v", err)
			return
		}
		ends[i] = r
		c.checkEnd(k.at("[%d]", i), t, r)
	}
	if ends[0].Cmp(ends[1]) > 0 {
		k.fail("the lowest value is above the highest")
	}
}

// checkEnd checks that an end of a range is a value of the column, for doubles a
// multiple of the resolution that a double can tell from its neighbours.
func (c *Column) checkEnd(k check, t Type, r *big.Rat) {
	if t.Kind != KindDouble {
		if !t.holds(r) {
			k.fail("not a value of type %s", t)
		}
		return
	}
	step := c.ResolutionRat()
	if step == nil {
		return
	}
	steps := new(big.Rat).Quo(r, step)
	switch {
	case !steps.IsInt():
		k.fail("not a multiple of the resolution %s", c.Resolution)
	case steps.Abs(steps).Cmp(maxSteps) > 0:
		k.fail("more than 2^53 steps of the resolution %s, which a double cannot tell apart", c.Resolution)
	}
}

func (c *Column) checkTime(k check, t Type) {
	grains := Grains
	if t.Kind == KindDate {
		grains = Grains[slices.Index(Grains, "day"):]
	}
	if c.Grain == "" {
		k.at("grain").fail("missing: the finest unit of date_trunc that analysts may use")
	} else {
		k.at("grain").oneOf(c.Grain, grains...)
	}
	c.checkCurveGrain(k.at("curve"))
	if c.Range == nil {
		return // filters only; GROUP BY needs a range
	}
	r := k.at("range")
	if len(c.Range) != 2 {
		r.fail("wants [first, last], both inclusive")
		return
	}
	bad := false
	for i, text := range c.Range {
		if _, err := ParseInstant(t.Kind, text); err != nil {
			r.at("[%d]", i).fail("%v", err)
			bad = true
		}
	}
	if from, to, ok := c.RangeTime(); ok && !bad && from.After(to) {
		r.fail("the first instant is after the last")
	}
}
