package statistic

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
)

// labelled is a number of each level of a category, as the analyst gives them: weights of a standard population, emission
// factors. The levels are those that the condition leaves.
type labelled struct {
	levels  []string // as [Released.Label] writes them
	numbers []*big.Rat
}

// of returns the number of a level, nil of none.
func (l *labelled) of(level any) *big.Rat {
	if i := slices.IndexFunc(l.levels, func(s string) bool { return s == level }); i >= 0 {
		return l.numbers[i]
	}
	return nil
}

// labelled reads a parameter such as "0=0.2, 1=0.5, 'x, y'=0.3": a number from 0 on for each level of a category. A level
// that is not named is refused, as it would be in no total.
func (c *Call) labelled(parameter string, col *charter.Column) (*labelled, *fault.Fault) {
	levels, bad := c.levels(col, "", true)
	if bad != nil {
		return nil, c.At(parameter, bad)
	}
	out := &labelled{}
	for _, v := range levels {
		out.levels, out.numbers = append(out.levels, labelOf(v)), append(out.numbers, nil)
	}
	for _, part := range splitOutsideQuotes(c.Text(parameter)) {
		i := strings.LastIndexByte(part, '=')
		if i < 0 {
			return nil, c.Refuse(parameter, "wants level=number, separated by commas, for each level of %q", col.Name)
		}
		level := strings.Trim(strings.TrimSpace(part[:i]), `"`)
		at := slices.Index(out.levels, level)
		switch x, err := decimal.Parse(strings.TrimSpace(part[i+1:])); {
		case err != nil || x.Sign() < 0:
			return nil, c.Refuse(parameter, "wants a number from 0 on after %q", level+"=")
		case at < 0:
			return nil, c.At(parameter, UnknownLevel.New("column %q has no level %q, or the condition leaves it out", col.Name, level))
		case out.numbers[at] != nil:
			return nil, c.Refuse(parameter, "names %q twice", level)
		default:
			out.numbers[at] = x
		}
	}
	if i := slices.Index(out.numbers, nil); i >= 0 {
		return nil, c.Refuse(parameter, "has no number for %s=%s: give it one, 0 too, or leave these rows out with a condition", col.Name, out.levels[i])
	}
	return out, nil
}

// splitOutsideQuotes splits at commas that are not between double quotes.
func splitOutsideQuotes(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}
