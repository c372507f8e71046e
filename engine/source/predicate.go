package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tacit-space/tacit/engine/plan"
)

// longList is the number of values from which on IN is worth a join.
const longList = 16

var comparisons = map[plan.Op]string{
	plan.Eq: "=", plan.Ne: "<>", plan.Lt: "<", plan.Le: "<=", plan.Gt: ">", plan.Ge: ">=",
}

func (r *renderer) predicate(p *plan.Predicate) (string, error) {
	switch {
	case p == nil:
		return "", errors.New("no condition")
	case p.Op == plan.And || p.Op == plan.Or:
		return r.junction(p)
	case p.Op == plan.Not:
		if len(p.Args) != 1 {
			return "", errors.New("NOT of several conditions")
		}
		arg, err := r.predicate(p.Args[0])
		return "(NOT " + arg + ")", err
	default:
		return r.comparison(p)
	}
}

func (r *renderer) junction(p *plan.Predicate) (string, error) {
	if len(p.Args) == 0 {
		return "", errors.New("AND or OR of nothing")
	}
	args := make([]string, len(p.Args))
	for i, a := range p.Args {
		var err error
		if args[i], err = r.predicate(a); err != nil {
			return "", err
		}
	}
	word := " AND "
	if p.Op == plan.Or {
		word = " OR "
	}
	return "(" + strings.Join(args, word) + ")", nil
}

func (r *renderer) comparison(p *plan.Predicate) (string, error) {
	c, x, err := r.column(p.Column)
	if err != nil {
		return "", err
	}
	values := make([]string, len(p.Values))
	for i, v := range p.Values {
		if values[i], err = literal(v, c.Parsed()); err != nil {
			return "", err
		}
	}
	op, compares := comparisons[p.Op]
	switch {
	case p.Op == plan.IsNull && len(values) == 0:
		return "(" + x + " IS NULL)", nil
	case p.Op == plan.In && len(values) > longList:
		// A subquery is a hash join; a list is tested value by value.
		return "(" + r.derive(fmt.Sprintf("(%s IN (SELECT unnest([%s])))", x, strings.Join(values, ", "))) + ")", nil
	case p.Op == plan.In && len(values) > 0:
		return "(" + x + " IN (" + strings.Join(values, ", ") + "))", nil
	case compares && len(values) == 1:
		return "(" + x + " " + op + " " + values[0] + ")", nil
	}
	return "", fmt.Errorf("operator %d with %d constants", p.Op, len(values))
}
