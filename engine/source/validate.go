package source

import (
	"context"
	"fmt"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// ErrChanged is raised when files change while they are read.
var ErrChanged = fault.Declare("TACIT-D025", "data changed while being read",
	"A mapped file was changed, replaced, added or removed between the validation and the end of the query.",
	"Ask again once the files are complete. Replace files by renaming a finished one into place.")

// Report counts how a table keeps the charter's promises. It holds no value of the
// data. A row may count in several columns.
type Report struct {
	Table   string         `json:"table"`
	Rows    int64          `json:"rows"`
	Files   int            `json:"files"`
	Columns []ColumnReport `json:"columns"` // in the charter's order, without hidden ones
}

// ColumnReport counts the values of one column, in rows.
type ColumnReport struct {
	Name        string `json:"name"`
	Nulls       int64  `json:"nulls"`
	Unreadable  int64  `json:"unreadable,omitempty"`    // not a value of the declared type
	NaN         int64  `json:"nan,omitempty"`           //
	Infinite    int64  `json:"infinite,omitempty"`      //
	OutOfRange  int64  `json:"out_of_range,omitempty"`  // below or above the declared range, infinities not counted
	OutOfDomain int64  `json:"out_of_domain,omitempty"` // not in the declared domain
	OffGrid     int64  `json:"off_grid,omitempty"`      // doubles that rounding to the resolution changes: no violation
	Place       string `json:"place,omitempty"`         // of the first unreadable value in a CSV file: "a.csv line 7"
}

// Validate checks the whole table against the charter, whatever any job asks of it:
// types, NULLs, ranges, NaN and infinities, domains, and the number of rows. The
// report of unchanged files is kept. If the charter's rules refuse the data, Validate
// returns the report and the fault.
func (e *Engine) Validate(ctx context.Context, name string) (*Report, error) {
	t, err := e.table(name)
	if err != nil {
		return nil, err
	}
	s, err := e.validated(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.report, t.judge(s.report)
}

// validated returns the table as its files are now, with a report.
func (e *Engine) validated(ctx context.Context, t *table) (*snapshot, error) {
	if err := t.wait(ctx); err != nil {
		return nil, err
	}
	defer t.done()
	s, err := e.open(ctx, t)
	if err != nil {
		return nil, err
	}
	if s.report != nil && t.known() {
		return s, nil
	}
	report, err := e.measure(ctx, t, s)
	if err != nil {
		return nil, t.failed(err, s)
	}
	if err := t.unchanged(s); err != nil {
		return nil, err
	}
	// A new snapshot, since the old one may be in use by a running query.
	t.snapshot = &snapshot{files: s.files, parts: s.parts, report: report}
	return t.snapshot, nil
}

// unchanged checks that the files are the ones of the snapshot.
func (t *table) unchanged(s *snapshot) error {
	files, err := t.list()
	if err != nil || !sameFiles(files, s.files) {
		return ErrChanged.New("table %s: its files changed while they were read", t.Name)
	}
	return nil
}

// check is a count that a validation makes of a column.
type check struct {
	column int
	sql    string // aggregate, BIGINT
	count  func(*ColumnReport) *int64
}

// measure runs all counts in one pass over the table, and the domains in another.
func (e *Engine) measure(ctx context.Context, t *table, s *snapshot) (*Report, error) {
	checks := t.checks(s)
	items := []string{"count(*)"}
	for _, c := range checks {
		items = append(items, c.sql)
	}
	row, err := e.integers(ctx, fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(items, ", "), t.judged(s)))
	if err != nil {
		return nil, err
	}
	r := &Report{Table: t.Name, Rows: row[0], Files: len(s.files), Columns: make([]ColumnReport, len(t.columns))}
	for i := range t.columns {
		r.Columns[i].Name = t.columns[i].Name
	}
	for i, c := range checks {
		*c.count(&r.Columns[c.column]) = row[1+i]
	}
	if err := e.measureDomains(ctx, t, s, r); err != nil {
		return nil, err
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		c.Nulls = r.Rows - c.Nulls - c.Unreadable // it counted values so far
		if c.Unreadable > 0 {
			if c.Place, err = e.firstBad(ctx, t, s, i); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// judged selects, for each column, the value cN (NULL if it does not convert) and,
// where that can happen, bN: whether it does not.
func (t *table) judged(s *snapshot) string {
	return t.union(s, func(c conversion, i int) string {
		if c.bad == "" {
			return fmt.Sprintf("%s AS %s, FALSE AS b%d", c.safe, ref(i), i)
		}
		return fmt.Sprintf("CASE WHEN %[1]s THEN NULL ELSE %[2]s END AS %[3]s, %[1]s AS b%[4]d", c.bad, c.safe, ref(i), i)
	})
}

func (t *table) checks(s *snapshot) []check {
	var checks []check
	for i := range t.columns {
		x := ref(i)
		add := func(sql string, count func(*ColumnReport) *int64) {
			checks = append(checks, check{i, sql, count})
		}
		where := func(condition string, count func(*ColumnReport) *int64) {
			// Three times as fast as count(*) FILTER (WHERE …).
			add("coalesce(CAST(sum(CAST("+condition+" AS TINYINT)) AS BIGINT), 0)", count)
		}
		add("count("+x+")", func(c *ColumnReport) *int64 { return &c.Nulls })
		if s.canBeBad(i) {
			where(fmt.Sprintf("b%d", i), func(c *ColumnReport) *int64 { return &c.Unreadable })
		}
		columnChecks(&t.columns[i], x, where)
	}
	return checks
}

// canBeBad reports whether a value of column i may not convert.
func (s *snapshot) canBeBad(i int) bool {
	for _, p := range s.parts {
		if p.convert[i].bad != "" {
			return true
		}
	}
	return false
}

// columnChecks adds the checks that follow from a column's declaration.
func columnChecks(c *charter.Column, x string, where func(string, func(*ColumnReport) *int64)) {
	outside := func(r *ColumnReport) *int64 { return &r.OutOfRange }
	double := c.Kind() == charter.KindDouble
	if double {
		where("isnan("+x+")", func(r *ColumnReport) *int64 { return &r.NaN })
		where("isinf("+x+")", func(r *ColumnReport) *int64 { return &r.Infinite })
	}
	if lo, hi, ok := bounds(c); ok {
		condition := fmt.Sprintf("(%[1]s < %[2]s OR %[1]s > %[3]s)", x, lo, hi)
		if double {
			condition = "(" + condition + " AND isfinite(" + x + "))"
		}
		where(condition, outside)
	}
	if from, to, ok := period(c); ok {
		where(fmt.Sprintf("(%[1]s < %[2]s OR %[1]s > %[3]s)", x, from, to), outside)
	}
	if double && c.Role == charter.Measure {
		where(fmt.Sprintf("(isfinite(%s) AND %s <> %s)", x, onGrid(c, x), x), func(r *ColumnReport) *int64 { return &r.OffGrid })
	}
}
