package draft

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// shape is what a column can be, whatever its role.
type shape uint8

const (
	opaque shape = iota // nothing a charter has a type for
	integer
	exact  // decimal
	double // floating point
	word   // text
	truth  // boolean
	day    // date
	moment // timestamp
)

// profile is what the rows say about a column.
type profile struct {
	*SourceColumn
	shape    shape
	value    string // SQL of the value in the charter's type
	rows     int64
	known    int64 // not NULL
	distinct int64
	longest  int64  // characters of the longest text
	lo, hi   string // smallest and largest value as text; finite ones of a double
	digits   int    // of a decimal, after the point; of a double, if few suffice, else -1
	whole    int    // of a decimal, digits before the point
	endless  int64  // NaN and infinities of a double
	midnight bool   // timestamps without a time of day
}

// Widest decimal that is proposed; more digits become doubles.
const (
	maxScale  = 9
	maxDigits = 18
)

// profile asks the engine about one column.
func (s *Source) profile(ctx context.Context, c *SourceColumn) (*profile, error) {
	p := &profile{SourceColumn: c, value: s.value(c)}
	if err := s.shapeOf(ctx, p); err != nil {
		return nil, err
	}
	if p.shape == opaque {
		return p, nil
	}
	finite := p.value
	if p.shape == double {
		finite = "CASE WHEN isfinite(" + p.value + ") THEN " + p.value + " END"
	}
	long, midnight := "0", "'true'"
	switch p.shape {
	case word:
		long = "max(length(" + p.value + "))"
	case moment:
		midnight = "CAST(bool_and(" + p.value + " = date_trunc('day', " + p.value + ")) AS VARCHAR)"
	}
	row, err := s.row(ctx, fmt.Sprintf("count(*), count(%[1]s), count(DISTINCT %[1]s), CAST(min(%[2]s) AS VARCHAR), CAST(max(%[2]s) AS VARCHAR), count(%[1]s) - count(%[2]s), %[3]s, %[4]s",
		p.value, finite, long, midnight))
	if err != nil {
		return nil, err
	}
	p.rows, p.known, p.distinct = number(row[0]), number(row[1]), number(row[2])
	p.lo, p.hi = word0(row[3]), word0(row[4])
	p.endless, p.longest, p.midnight = number(row[5]), number(row[6]), word0(row[7]) == "true"
	if p.shape == double {
		p.digits, err = s.doubleDigits(ctx, p)
	}
	return p, err
}

// row runs SELECT list over the table and returns its one row.
func (s *Source) row(ctx context.Context, list string) ([]*string, error) {
	rows, err := s.rows(ctx, "SELECT "+list+" FROM "+s.from)
	if err != nil {
		return nil, s.unreadable(err)
	}
	if len(rows) != 1 {
		return nil, ErrInput.New("%d rows instead of one", len(rows))
	}
	return rows[0], nil
}

func number(s *string) int64 {
	n, _ := strconv.ParseInt(word0(s), 10, 64)
	return n
}

func word0(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// shapeOf sets shape and turns value into an expression of the charter's type.
func (s *Source) shapeOf(ctx context.Context, p *profile) error {
	kind, _, _ := strings.Cut(p.Engine, "(")
	switch kind {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
		p.become(integer, "BIGINT")
	case "BOOLEAN":
		p.become(truth, "BOOLEAN")
	case "DATE":
		p.become(day, "DATE")
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS":
		p.become(moment, "TIMESTAMP")
	case "TIMESTAMP WITH TIME ZONE":
		p.shape, p.value = moment, "(CAST("+p.value+" AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
	case "VARCHAR", "ENUM", "UUID":
		p.become(word, "VARCHAR")
	case "DECIMAL":
		if _, err := fmt.Sscanf(p.Engine, "DECIMAL(%d,%d)", &p.whole, &p.digits); err != nil {
			return ErrInput.New("column %q has the type %s", p.Original, p.Engine)
		}
		p.whole -= p.digits
		p.become(exact, p.Engine)
	case "FLOAT", "DOUBLE":
		return s.shapeOfNumber(ctx, p)
	}
	return nil
}

func (p *profile) become(sh shape, sqlType string) {
	p.shape, p.value = sh, "CAST("+p.value+" AS "+sqlType+")"
}

// shapeOfNumber decides whether the numbers of a CSV column have so few digits that
// they are exact decimals.
func (s *Source) shapeOfNumber(ctx context.Context, p *profile) error {
	if s.Parquet {
		p.become(double, "DOUBLE")
		return nil
	}
	t := p.value
	row, err := s.row(ctx, fmt.Sprintf(
		`count(*) FILTER (WHERE NOT regexp_full_match(%[1]s, '[+-]?[0-9]*\.?[0-9]*')), max(length(ltrim(split_part(%[1]s, '.', 1), '+-0'))), max(length(split_part(%[1]s, '.', 2)))`, t))
	if err != nil {
		return err
	}
	p.whole, p.digits = max(1, int(number(row[1]))), int(number(row[2]))
	if number(row[0]) > 0 || p.digits > maxScale || p.whole+p.digits > maxDigits {
		p.become(double, "DOUBLE")
		return nil
	}
	p.become(exact, p.decimalType())
	return nil
}

func (p *profile) decimalType() string {
	return fmt.Sprintf("DECIMAL(%d,%d)", p.whole+p.digits, p.digits)
}

// doubleDigits is the smallest number of decimals, at most 6, that tells all values;
// -1 if there is none.
func (s *Source) doubleDigits(ctx context.Context, p *profile) (int, error) {
	const most = 6
	list := make([]string, most+1)
	for d := range list {
		list[d] = fmt.Sprintf("count(*) FILTER (WHERE isfinite(%[1]s) AND round(%[1]s, %[2]d) <> %[1]s)", p.value, d)
	}
	row, err := s.row(ctx, strings.Join(list, ", "))
	if err != nil {
		return 0, err
	}
	for d, wrong := range row {
		if number(wrong) == 0 {
			return d, nil
		}
	}
	return -1, nil
}

// values lists the distinct values of a column in order, at most limit.
func (s *Source) values(ctx context.Context, p *profile, limit int) ([]string, error) {
	rows, err := s.rows(ctx, fmt.Sprintf("SELECT CAST(v AS VARCHAR) FROM (SELECT DISTINCT %s AS v FROM %s) WHERE v IS NOT NULL ORDER BY v LIMIT %d",
		p.value, s.from, limit))
	if err != nil {
		return nil, s.unreadable(err)
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = word0(row[0])
	}
	return out, nil
}
