package source

import (
	"context"
	"fmt"
)

// Units counts the distinct privacy units of a table as it is now, whatever any job asks: rows, in a table without
// a unit column. A row whose unit is NULL is of no unit. The table is validated first, see [Engine.Validate]. The
// number is exact and for the owner alone.
func (e *Engine) Units(ctx context.Context, name string) (uint64, error) {
	t, err := e.table(name)
	if err != nil {
		return 0, err
	}
	s, err := e.validated(ctx, t)
	if err != nil {
		return 0, err
	}
	if err := t.judge(s.report); err != nil {
		return 0, err
	}
	what := "*"
	for i := range t.columns {
		if t.Unit != "" && t.columns[i].Name == t.Unit {
			what = "DISTINCT " + ref(i)
		}
	}
	row, err := e.integers(ctx, fmt.Sprintf("SELECT count(%s) FROM (%s)", what, t.relation(s, false)))
	if err != nil {
		return 0, t.failed(err, s)
	}
	return uint64(row[0]), t.unchanged(s)
}
