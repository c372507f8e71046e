package query_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/query"
)

func TestParseCall(t *testing.T) {
	const sql = `SELECT * FROM Kaplan_Meier(lung, 'a', time => 'ti''me', where => 'x = 1', "by" => 'sex', level => -0.5, n => 12, robust => true);`
	got, err := query.ParseCall(sql)
	if err != nil {
		t.Fatal(err)
	}
	want := &query.Call{
		Name: "kaplan_meier", At: 14, Table: "lung", TableAt: 27,
		Arguments: []query.CallArgument{
			{"", "a", 33},
			{"time", "ti'me", 46},
			{"where", "x = 1", 65},
			{"by", "sex", 82},
			{"level", "-0.5", 98},
			{"n", "12", 109},
			{"robust", "true", 123},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is no call of a table function is left to Compile, which says what is wrong with it.
func TestParseCallOfOtherTexts(t *testing.T) {
	for _, sql := range []string{"SELECT COUNT(*) FROM lung", "nonsense", "SELECT 1; SELECT 2", ""} {
		if got, err := query.ParseCall(sql); got != nil || err != nil {
			t.Errorf("%s: %v, %v", sql, got, err)
		}
	}
}

func TestBadCalls(t *testing.T) {
	for _, sql := range []string{
		"SELECT n FROM f(lung)",
		"SELECT *, 1 FROM f(lung)",
		"SELECT * FROM f(lung) WHERE x = 1",
		"SELECT * FROM f(lung) LIMIT 1",
		"SELECT * FROM f(lung) ORDER BY 1",
		"SELECT * FROM f(lung) AS g",
		"SELECT * FROM f(lung) WITH ORDINALITY",
		"SELECT * FROM f(lung), g(lung)",
		"SELECT * FROM ROWS FROM (f(lung), g(lung))",
		"SELECT * FROM f()",
		"SELECT * FROM f('lung')",
		"SELECT * FROM f(s.lung)",
		"SELECT * FROM s.f(lung)",
		"SELECT * FROM f(DISTINCT lung)",
		"SELECT * FROM f(lung, x)",
		"SELECT * FROM f(lung, 1 + 1)",
		"SELECT * FROM f(lung, NULL)",
		"SELECT * FROM f(lung, -'a')",
		"SELECT * FROM f(lung, (SELECT 1))",
		"SELECT * FROM f(lung) WITH PRIVACY (epsilon 1)",
	} {
		if _, err := query.ParseCall(sql); !query.BadCall.Is(err) || fault.From(err).Position == nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestCheckCondition(t *testing.T) {
	for _, ok := range []string{"a = 1", "a = 1 AND (b = 2 OR c IS NULL)", "a = ')' -- (", "status = 2"} {
		if err := query.CheckCondition(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "a) OR (b", "a = 1; SELECT 2", "a = 1 AS b", "a = 1 b", "a, b", "1 FROM lung", "1 WHERE 1 = 1", "1 UNION SELECT 1", "1 LIMIT 1", "a /*"} {
		if err := query.CheckCondition(bad); err == nil {
			t.Errorf("%q is one condition", bad)
		}
	}
}

func FuzzParseCall(f *testing.F) {
	f.Add("SELECT * FROM f(lung, time => 'a', where => 'b', n => -1.5e3)")
	f.Add("SELECT * FROM f(lung, 1_000, true)")
	f.Fuzz(func(t *testing.T, sql string) {
		call, err := query.ParseCall(sql)
		if err != nil || call == nil {
			return
		}
		for _, a := range call.Arguments {
			if a.At < 0 || a.At >= len(sql) {
				t.Errorf("argument at %d of %q", a.At, sql)
			}
			_ = query.CheckCondition(a.Value)
		}
	})
}
