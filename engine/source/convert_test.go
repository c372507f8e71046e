package source

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
)

// TestText: what text is a value of each type, and which. "!" means refused.
func TestText(t *testing.T) {
	for typ, cases := range map[string][][2]string{
		"integer": {
			{"0", "0"},
			{"-5", "-5"},
			{" 5\t", "5"},
			{"+007", "7"},
			{"5.", "5"},
			{"5.000", "5"},
			{"9223372036854775807", "9223372036854775807"},
			{"-9223372036854775808", "-9223372036854775808"},
			{"9223372036854775808", "!"},
			{"1.5", "!"},
			{"0.9999999999999999999999", "!"},
			{"1e3", "!"},
			{"1_000", "!"},
			{"0x10", "!"},
			{"0b1", "!"},
			{"x", "!"},
			{" ", "!"},
			{"1 2", "!"},
			{"--1", "!"},
			{"NaN", "!"},
			{"٣", "!"},
		},
		"decimal(5,1)": {
			{"1.2", "1.2"},
			{"1.20000", "1.2"},
			{".5", "0.5"},
			{"-0", "0"},
			{"9999.9", "9999.9"},
			{"5.", "5"},
			{" 5.0 ", "5"},
			{"1.25", "!"},
			{"0.05", "!"},
			{"9999.95", "!"},
			{"10000", "!"},
			{"1e1", "!"},
			{"1_0", "!"},
			{"1,5", "!"},
			{".", "!"},
			{"1.2000001", "!"},
			{"1.2" + strings.Repeat("0", 60) + "1", "!"},
		},
		"decimal(3,0)": {{"7", "7"}, {"7.0", "7"}, {".0", "0"}, {"7.5", "!"}, {".4", "!"}, {"999.9", "!"}},
		"decimal(38,0)": {
			{strings.Repeat("9", 38), strings.Repeat("9", 38)}, {strings.Repeat("9", 39), "!"}, {"1" + strings.Repeat("0", 38), "!"},
		},
		"double": {
			{"1.5", "1.5"},
			{"1e3", "1000"},
			{"-.5E-2", "-0.005"},
			{"0.1", "0.1"},
			{"5.", "5"},
			{"nan", "NaN"},
			{"-Infinity", "-Inf"},
			{"1e999", "+Inf"},
			{"1_0.5", "!"},
			{"1,5", "!"},
			{"0x1p3", "!"},
			{"1d", "!"},
			{"", "(null)"},
		},
		"boolean": {
			{"true", "true"},
			{"F", "false"},
			{"1", "true"},
			{"0", "false"},
			{"TRUE", "true"},
			{"yes", "!"},
			{"2", "!"},
			{"on", "!"},
			{"", "(null)"},
		},
		"date": {
			{"2024-02-29", "2024-02-29"},
			{"2024-01-01 00:00:00", "2024-01-01"},
			{"2024-01-01T00:00", "2024-01-01"},
			{"2023-02-29", "!"},
			{"2024-1-1", "!"},
			{"01/02/2024", "!"},
			{"2024-01-01 00:00:01", "!"},
			{"infinity", "!"},
			{"2024-01-01Z", "!"},
			{"12024-01-01", "!"},
			{"2024-01-01 (BC)", "!"},
		},
		"timestamp": {
			{"2024-02-29 10:11:12", "2024-02-29 10:11:12Z"},
			{"2024-02-29T10:11", "2024-02-29 10:11:00Z"},
			{"2024-02-29", "2024-02-29 00:00:00Z"},
			{"2024-02-29 10:11:12.123456000", "2024-02-29 10:11:12.123456Z"},
			{"2024-02-29 10:11:12.1234567", "!"},
			{"2024-02-29 10:11:12Z", "!"},
			{"2024-02-29 10:11:12+02", "!"},
			{"2024-02-29 25:00:00", "!"},
			{"infinity", "!"},
		},
		"text": {{"x", "x"}, {" x ", " x "}, {"NULL", "NULL"}, {"", "(null)"}},
	} {
		e := open(t)
		for i, c := range cases {
			table := tableOf(col("id", "integer", charter.Identifier), col("v", typ, charter.Hidden))
			table.Columns[1].Role = "read" // no role of a charter, but read
			table.Name = fmt.Sprintf("t%d", i)
			path := write(t, "a.csv", "id,v\n1,\""+c[0]+"\"\n")
			if err := e.AddTable(t.Context(), Mapping{Files: []string{path}}, table); err != nil {
				t.Fatal(err)
			}
			r, err := e.Validate(t.Context(), table.Name)
			if c[1] == "!" {
				if !ErrValue.Is(err) || r.Columns[1].Unreadable != 1 || r.Columns[1].Nulls != 0 || r.Columns[1].Place != "a.csv line 2" {
					t.Errorf("%q as %s: %+v %v", c[0], typ, r, err)
				}
				if err != nil && c[0] != "" && len(c[0]) > 2 && strings.Contains(err.Error(), c[0]) {
					t.Errorf("%q is in the message", c[0])
				}
				continue
			}
			if r.Columns[1].Unreadable != 0 {
				t.Errorf("%q as %s is refused: %v", c[0], typ, err)
				continue
			}
			got := strings.TrimSuffix(rowsOf(t, e, "SELECT v FROM "+table.Name), "\n")
			if strings.HasPrefix(typ, "decimal") {
				got = strings.TrimSuffix(got, ".0")
			}
			if got != c[1] {
				t.Errorf("%q as %s is %q, wants %q", c[0], typ, got, c[1])
			}
		}
	}
}

// TestTyped: what typed columns are values of each type. "!" means refused by value,
// "type" by type.
func TestTyped(t *testing.T) {
	e := open(t)
	for i, c := range [][3]string{
		{"integer", "7::UTINYINT", "7"},
		{"integer", "9223372036854775807::UBIGINT", "9223372036854775807"},
		{"integer", "9223372036854775808::UBIGINT", "!"},
		{"integer", "(-92233720368547758090)::HUGEINT", "!"},
		{"integer", "7.0::DOUBLE", "7"},
		{"integer", "1.5::DOUBLE", "!"},
		{"integer", "'nan'::DOUBLE", "!"},
		{"integer", "'inf'::FLOAT", "!"},
		{"integer", "9223372036854775807::DOUBLE", "!"},
		{"integer", "7.00::DECIMAL(9,2)", "7"},
		{"integer", "1.50::DECIMAL(9,2)", "!"},
		{"integer", "99999999999999999999999999999999999999::DECIMAL(38,0)", "!"},
		{"integer", "TRUE", "type"},
		{"integer", "DATE '2024-01-01'", "type"},
		{"integer", "[1]", "type"},
		{"decimal(5,1)", "7::INTEGER", "7"},
		{"decimal(5,1)", "10000::INTEGER", "!"},
		{"decimal(5,1)", "1.2::DECIMAL(4,1)", "1.2"},
		{"decimal(5,1)", "12345.6::DECIMAL(6,1)", "!"},
		{"decimal(5,1)", "1.20::DECIMAL(9,2)", "1.2"},
		{"decimal(5,1)", "1.25::DECIMAL(9,2)", "!"},
		{"decimal(5,1)", "9999.95::DECIMAL(9,2)", "!"},
		{"decimal(5,1)", "5::DECIMAL(1,0)", "5"},
		{"decimal(5,1)", "1.2::DOUBLE", "1.2"},
		{"decimal(5,1)", "1.25::DOUBLE", "!"},
		{"decimal(5,1)", "0.1::DOUBLE + 0.2::DOUBLE", "!"},
		{"decimal(5,1)", "1.2::FLOAT", "1.2"},
		{"decimal(5,1)", "'nan'::DOUBLE", "!"},
		{"decimal(9,2)", "19.99::DOUBLE", "19.99"},
		{"decimal(38,38)", "0.5::DECIMAL(2,1)", "0.5"},
		{"double", "3::BIGINT", "3"},
		{"double", "1.5::FLOAT", "1.5"},
		{"double", "1.25::DECIMAL(9,2)", "1.25"},
		{"double", "TRUE", "type"},
		{"boolean", "1::TINYINT", "true"},
		{"boolean", "2::TINYINT", "!"},
		{"boolean", "1.0::DOUBLE", "type"},
		{"date", "DATE '2024-01-31'", "2024-01-31"},
		{"date", "DATE 'infinity'", "!"},
		{"date", "TIMESTAMP '2024-01-31 00:00:00'", "2024-01-31"},
		{"date", "TIMESTAMP '2024-01-31 00:00:00.000001'", "!"},
		{"date", "TIMESTAMP_NS '2024-01-31 00:00:00'", "2024-01-31"},
		{"date", "TIMESTAMPTZ '2024-01-31 00:00:00+00'", "type"},
		{"timestamp", "TIMESTAMP_MS '2024-01-31 10:00:00.123'", "2024-01-31 10:00:00.123Z"},
		{"timestamp", "TIMESTAMP_NS '2024-01-31 10:00:00.123456'", "2024-01-31 10:00:00.123456Z"},
		{"timestamp", "TIMESTAMP_NS '2024-01-31 10:00:00.123456789'", "!"},
		{"timestamp", "DATE '2024-01-31'", "2024-01-31 00:00:00Z"},
		{"timestamp", "TIMESTAMP '-infinity'", "!"},
		{"timestamp", "TIMESTAMPTZ '2024-01-31 00:00:00+00'", "type"},
		{"timestamp", "TIME '10:00'", "type"},
		{"text", "'x'::ENUM('x','y')", "x"},
		{"text", "17::INTEGER", "17"},
		{"text", "'3f333df6-90a4-4fda-8dd3-9485d27cee36'::UUID", "3f333df6-90a4-4fda-8dd3-9485d27cee36"},
		{"text", "1.5::DOUBLE", "type"},
		{"text", "'ab'::BLOB", "type"},
	} {
		table := tableOf(col("v", c[0], "read"))
		for k, m := range []Mapping{
			{Query: "SELECT " + c[1] + " AS v -- comment"},
			{Files: []string{makeFile(t, "a.parquet", "SELECT "+c[1]+" AS v UNION ALL SELECT NULL")}},
		} {
			table.Name = fmt.Sprintf("t%d_%d", i, k)
			err := e.AddTable(t.Context(), m, table)
			if c[2] == "type" {
				wantCode(t, err, ErrType)
				continue
			}
			if err != nil {
				t.Errorf("%s as %s: %v", c[1], c[0], err)
				continue
			}
			_, err = e.Validate(t.Context(), table.Name)
			if c[2] == "!" {
				if !ErrValue.Is(err) {
					t.Errorf("%s as %s passes: %v", c[1], c[0], err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s as %s: %v", c[1], c[0], err)
				continue
			}
			got := strings.TrimSuffix(rowsOf(t, e, "SELECT v FROM "+table.Name+" WHERE v IS NOT NULL"), "\n")
			if got != c[2] && !(strings.HasPrefix(c[0], "decimal") && strings.TrimRight(strings.TrimRight(got, "0"), ".") == c[2]) {
				t.Errorf("%s as %s is %q, wants %q", c[1], c[0], got, c[2])
			}
		}
	}
}
