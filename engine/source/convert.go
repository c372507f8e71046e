package source

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// conversion is how a value of a file becomes one of the charter's type. The three
// are SQL over the raw value's name.
//
// Text converts if it is written plainly: numbers as [+-]digits[.digits], without
// separators, and an exponent only for doubles; a decimal or integer may have
// superfluous zeros but no digit that its type would round away; booleans as true,
// false, t, f, 1, 0 in either case; dates as 2024-01-31 and timestamps as
// 2024-01-31 23:59:59.123456, with T for the space, and as a date alone. Numbers may
// stand between blanks.
type conversion struct {
	value string // fails on a value that does not convert
	safe  string // a value that does not convert gives NULL or another value, no failure
	bad   string // whether a value does not convert, FALSE for NULL; "": all convert
}

// rawName is the name of a file's value for column i inside rendered SQL.
func rawName(i int) string { return fmt.Sprintf("r%d", i) }

// convert returns how to read a column of the given DuckDB type, named r; ok is false
// if its values cannot be values of t.
func convert(kind string, t charter.Type, r string) (c conversion, ok bool) {
	class, precision, scale := classOf(kind)
	from := source{kind, class, precision, scale, r}
	switch t.Kind {
	case charter.KindInteger:
		return from.toInteger()
	case charter.KindDecimal:
		return from.toDecimal(t)
	case charter.KindDouble:
		return from.toDouble()
	case charter.KindText:
		return from.toText()
	case charter.KindBoolean:
		return from.toBoolean()
	case charter.KindDate:
		return from.toDate()
	case charter.KindTimestamp:
		return from.toTimestamp()
	}
	return conversion{}, false
}

// class sorts DuckDB's types.
type class uint8

const (
	classOther   class = iota
	classSmall         // integers that BIGINT holds
	classHuge          // larger integers
	classDecimal       // exact
	classFloat
	classText
	classJSON // text of numbers, doubles among them
	className // ENUM, UUID: have one text
	classBoolean
	classDate
	classInstant // timestamps without zone that are whole microseconds
	classNano
)

// jsonDouble is the type of a JSON field with numbers that are no plain integers. Their
// text is that of the nearest double, so it is exact up to 15 digits.
const jsonDouble = "JSON DOUBLE"

var classes = map[string]class{
	"TINYINT": classSmall, "SMALLINT": classSmall, "INTEGER": classSmall, "BIGINT": classSmall,
	"UTINYINT": classSmall, "USMALLINT": classSmall, "UINTEGER": classSmall,
	"UBIGINT": classHuge, "HUGEINT": classHuge, "UHUGEINT": classHuge,
	"FLOAT": classFloat, "DOUBLE": classFloat,
	jsonDouble: classJSON, "VARCHAR": classText, "UUID": className, "BOOLEAN": classBoolean, "DATE": classDate,
	"TIMESTAMP": classInstant, "TIMESTAMP_S": classInstant, "TIMESTAMP_MS": classInstant,
	"TIMESTAMP_NS": classNano,
}

func classOf(kind string) (c class, precision, scale int) {
	if args, ok := strings.CutPrefix(kind, "DECIMAL("); ok {
		p, s, _ := strings.Cut(strings.TrimSuffix(args, ")"), ",")
		precision, _ = strconv.Atoi(p)
		scale, _ = strconv.Atoi(s)
		return classDecimal, precision, scale
	}
	if strings.HasPrefix(kind, "ENUM(") && strings.HasSuffix(kind, ")") {
		return className, 0, 0
	}
	return classes[kind], 0, 0
}

// source is a raw column.
type source struct {
	kind             string // DuckDB's type
	class            class
	precision, scale int // of a decimal
	r                string
}

// as converts by a plain cast that cannot fail.
func (f source) as(sqlType string) (conversion, bool) {
	value := f.r
	if f.kind != sqlType {
		value = fmt.Sprintf("CAST(%s AS %s)", f.r, sqlType)
	}
	return conversion{value: value, safe: value}, true
}

// checked converts by a cast. A value is bad if the cast fails or wrong holds, which
// is SQL over the raw value and {v}, the converted one, and false for NULL.
func (f source) checked(sqlType, wrong string) (conversion, bool) {
	c, _ := f.as(sqlType)
	if f.kind != sqlType {
		c.safe = fmt.Sprintf("TRY_CAST(%s AS %s)", f.r, sqlType)
	}
	c.bad = fmt.Sprintf("(%s IS NOT NULL AND (%s IS NULL OR %s))", f.r, c.safe, strings.ReplaceAll(wrong, "{v}", c.safe))
	return c, true
}

// written converts text. It is bad if the cast fails or the text does not match the
// pattern.
func (f source) written(sqlType, pattern string) (conversion, bool) {
	c := conversion{
		value: fmt.Sprintf("CAST(%s AS %s)", f.r, sqlType),
		safe:  fmt.Sprintf("TRY_CAST(%s AS %s)", f.r, sqlType),
	}
	c.bad = fmt.Sprintf("(%[1]s IS NOT NULL AND (%[2]s IS NULL OR NOT regexp_full_match(%[1]s, %[3]s)))", f.r, c.safe, quote(pattern))
	return c, true
}

// number is written, but looks at the pattern only where the text is not the canonical
// text of its value.
func (f source) number(sqlType, pattern string) (conversion, bool) {
	c, _ := f.written(sqlType, pattern)
	c.bad = fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN FALSE WHEN %[2]s IS NULL THEN TRUE WHEN CAST(%[2]s AS VARCHAR) = %[1]s THEN FALSE ELSE NOT regexp_full_match(%[1]s, %[3]s) END",
		f.r, c.safe, quote(pattern))
	return c, true
}

func (f source) toInteger() (conversion, bool) {
	switch f.class {
	case classSmall:
		return f.as("BIGINT")
	case classHuge:
		return f.checked("BIGINT", "FALSE")
	case classFloat:
		return f.checked("BIGINT", f.r+" <> trunc("+f.r+")")
	case classDecimal:
		return f.checked("BIGINT", f.r+" <> trunc("+f.r+")")
	case classText:
		return f.number("BIGINT", `[ \t]*[+-]?[0-9]+(\.0*)?[ \t]*`)
	case classJSON:
		return f.number("BIGINT", `-?([0-9]+|[0-9]{1,15}\.0)`)
	}
	return conversion{}, false
}

func (f source) toDecimal(t charter.Type) (conversion, bool) {
	typ := decimalType(t.Precision, t.Scale)
	switch f.class {
	case classSmall, classHuge:
		return f.checked(typ, "FALSE")
	case classDecimal:
		return f.rescale(t)
	case classFloat:
		// 19.99 is the double nearest to 19.99, no other decimal of two digits.
		return f.checked(typ, "CAST({v} AS "+f.kind+") IS DISTINCT FROM "+f.r)
	case classJSON, classText:
		if f.class == classJSON && t.Precision > 15 {
			return conversion{}, false
		}
		pattern := fmt.Sprintf(`[ \t]*[+-]?([0-9]+(\.[0-9]{0,%[1]d}0*)?|\.[0-9]{1,%[2]d}0*)[ \t]*`, t.Scale, max(t.Scale, 1))
		if t.Scale == 0 {
			pattern = `[ \t]*[+-]?([0-9]+(\.0*)?|\.0+)[ \t]*`
		}
		return f.number(typ, pattern)
	}
	return conversion{}, false
}

func (f source) rescale(t charter.Type) (conversion, bool) {
	typ := decimalType(t.Precision, t.Scale)
	switch {
	case f.scale == t.Scale && f.precision <= t.Precision:
		return f.as(f.kind) // stays narrow
	case f.scale <= t.Scale:
		return f.checked(typ, "FALSE")
	default:
		return f.checked(typ, fmt.Sprintf("TRY_CAST({v} AS DECIMAL(38,%d)) IS DISTINCT FROM %s", f.scale, f.r))
	}
}

func (f source) toDouble() (conversion, bool) {
	switch f.class {
	case classSmall, classHuge, classDecimal, classFloat:
		return f.as("DOUBLE")
	case classJSON, classText:
		return f.number("DOUBLE", `(?i)[ \t]*[+-]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?|nan|inf|infinity)[ \t]*`)
	}
	return conversion{}, false
}

func (f source) toText() (conversion, bool) {
	switch f.class {
	case classText, className, classSmall, classHuge:
		return f.as("VARCHAR")
	}
	return conversion{}, false
}

func (f source) toBoolean() (conversion, bool) {
	switch f.class {
	case classBoolean:
		return f.as("BOOLEAN")
	case classSmall:
		return f.checked("BOOLEAN", f.r+" NOT IN (0, 1)")
	case classText:
		return f.written("BOOLEAN", `(?i)true|false|t|f|1|0`)
	}
	return conversion{}, false
}

const midnight = `([ T]00:00(:00(\.0*)?)?)?`

func (f source) toDate() (conversion, bool) {
	switch f.class {
	case classDate:
		return f.checked("DATE", "NOT isfinite("+f.r+")")
	case classInstant, classNano:
		return f.checked("DATE", "NOT isfinite("+f.r+") OR CAST({v} AS "+f.kind+") IS DISTINCT FROM "+f.r)
	case classText:
		return f.written("DATE", `[0-9]{4}-[0-9]{2}-[0-9]{2}`+midnight)
	}
	return conversion{}, false
}

func (f source) toTimestamp() (conversion, bool) {
	switch f.class {
	case classInstant, classDate:
		return f.checked("TIMESTAMP", "NOT isfinite("+f.r+")")
	case classNano:
		return f.checked("TIMESTAMP", "NOT isfinite("+f.r+") OR epoch_ns("+f.r+") % 1000 <> 0")
	case classText:
		return f.written("TIMESTAMP", `[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{0,6}0*)?)?)?`)
	}
	return conversion{}, false
}
