package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// shortList is the number of values that are looked up one by one.
const shortList = 8

// slot renders the number of a row's slot, NULL if it has none.
func (r *renderer) slot(k *plan.Key) (string, error) {
	if k.Kind == plan.KeyCase {
		sql, err := r.caseKey(k)
		return "CAST(" + sql + " AS BIGINT)", err
	}
	c, x, err := r.column(k.Column)
	if err != nil {
		return "", err
	}
	var sql string
	switch k.Kind {
	case plan.KeyColumn:
		sql, err = listed(c, x, k.Slots)
	case plan.KeyTrunc:
		sql, err = periods(c, x, k)
	case plan.KeyBins:
		sql, err = r.bins(c, x, k)
	default:
		err = fmt.Errorf("unknown kind %d of key", k.Kind)
	}
	if err == nil && k.Null {
		sql = fmt.Sprintf("CASE WHEN %s IS NULL THEN %d ELSE %s END", x, len(k.Slots), sql)
	}
	return "CAST(" + sql + " AS BIGINT)", err
}

// listed renders the index of a value in a list. Of texts an enumeration finds it by one
// look-up; in a short list they are searched by a function of one column, which the engine calls once for each
// value in a dictionary of the file instead of once a row.
func listed(c *charter.Column, x string, slots []plan.Value) (string, error) {
	values := make([]string, len(slots))
	for i, v := range slots {
		sql, err := literal(v, c.Parsed())
		if err != nil {
			return "", err
		}
		values[i] = sql
	}
	if len(slots) <= shortList && c.Kind() != charter.KindText {
		var b strings.Builder
		b.WriteString("CASE")
		for i, v := range values {
			fmt.Fprintf(&b, " WHEN %s = %s THEN %d", x, v, i)
		}
		return b.String() + " END", nil
	}
	if c.Kind() != charter.KindText || len(slots) <= shortList {
		return fmt.Sprintf("list_position([%s], %s) - 1", strings.Join(values, ", "), x), nil
	}
	for i, v := range slots {
		values[i] = quote(v.Text)
	}
	return fmt.Sprintf("enum_code(TRY_CAST(%s AS ENUM(%s)))", x, strings.Join(values, ", ")), nil
}

// periods renders the number of periods since the first slot.
func periods(c *charter.Column, x string, k *plan.Key) (string, error) {
	if kind := c.Kind(); kind != charter.KindDate && kind != charter.KindTimestamp {
		return "", fmt.Errorf("the column %q is no time", c.Name)
	}
	if k.Grain < plan.Minute || k.Grain > plan.Year || len(k.Slots) == 0 {
		return "", errors.New("a key without grain or slots")
	}
	first, ok := k.Slots[0].Time()
	if !ok {
		return "", errors.New("a slot that is no instant")
	}
	start := cast(plan.InstantValue(plan.Timestamp, first).Text, "TIMESTAMP")
	n := fmt.Sprintf("date_diff('%s', %s, CAST(%s AS TIMESTAMP))", k.Grain, start, x)
	if k.Grain == plan.Week {
		n = fmt.Sprintf("date_diff('day', %s, CAST(date_trunc('week', %s) AS TIMESTAMP)) // 7", start, x)
	}
	return fmt.Sprintf("CASE WHEN %[1]s BETWEEN 0 AND %[2]d THEN %[1]s END", n, len(k.Slots)-1), nil
}
