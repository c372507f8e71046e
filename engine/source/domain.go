package source

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
)

// measureDomains counts values outside the declared domains. One pass groups by each
// category in turn; its few different values are then looked up here. An IN list of
// ten thousand values, tested row by row, would take hours.
func (e *Engine) measureDomains(ctx context.Context, t *table, s *snapshot, r *Report) error {
	var columns []int
	var names, sets, texts []string
	for i := range t.columns {
		if c := &t.columns[i]; c.Role == charter.Category && len(c.Domain) > 0 {
			columns = append(columns, i)
			names = append(names, ref(i))
			sets = append(sets, "("+ref(i)+")")
			texts = append(texts, "CAST("+ref(i)+" AS VARCHAR)")
		}
	}
	if len(columns) == 0 {
		return nil
	}
	for start := 0; start < len(columns); start += maxSets {
		end := min(start+maxSets, len(columns))
		sql := fmt.Sprintf("SELECT GROUPING(%s), count(*), %s FROM (%s) GROUP BY GROUPING SETS (%s)",
			strings.Join(names[start:end], ", "), strings.Join(texts[start:end], ", "), t.judged(s), strings.Join(sets[start:end], ", "))
		if err := e.lookUp(ctx, sql, t, columns[start:end], r); err != nil {
			return err
		}
	}
	return nil
}

// maxSets is the number of columns that GROUPING can tell apart.
const maxSets = 60

func (e *Engine) lookUp(ctx context.Context, sql string, t *table, columns []int, r *Report) error {
	domains := make([]map[string]bool, len(columns))
	for j, i := range columns {
		domains[j] = domainOf(&t.columns[i])
	}
	return e.each(ctx, sql, func(rec arrow.Record) {
		set, rows := rec.Column(0).(*array.Int64), rec.Column(1).(*array.Int64)
		for row := range int(rec.NumRows()) {
			j := grouped(set.Value(row), len(columns))
			value := rec.Column(2 + j).(*array.String)
			if !value.IsNull(row) && !domains[j][value.Value(row)] {
				r.Columns[columns[j]].OutOfDomain += rows.Value(row)
			}
		}
	})
}

// grouped returns which of n columns a row is grouped by: GROUPING has a bit for each,
// the first the highest, and that of a column that is grouped by is 0.
func grouped(set int64, n int) int {
	for j := range n {
		if set>>(n-1-j)&1 == 0 {
			return j
		}
	}
	return 0
}

// domainOf returns the declared values as DuckDB writes them.
func domainOf(c *charter.Column) map[string]bool {
	m := make(map[string]bool, len(c.Domain))
	for _, v := range c.Domain {
		if r, err := decimal.Parse(v); err == nil && c.Kind() == charter.KindDecimal {
			v = r.FloatString(c.Scale())
		}
		m[v] = true
	}
	return m
}
