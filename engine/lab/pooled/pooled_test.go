package pooled

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/lab/draft"
	"github.com/tacit-space/tacit/engine/source"
)

func TestAsk(t *testing.T) {
	engine, err := source.Open(source.Config{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	a, err := Ask(t.Context(), draft.EngineRows(engine), `SELECT * FROM (VALUES
		('a', 1, 0.1::DOUBLE, 2.50::DECIMAL(5,2), true, DATE '2024-02-29'),
		(NULL, NULL, NULL, NULL, NULL, NULL)) t("k<", n, x, d, b, day)`)
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.JSON()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"columns": [{"name":"k<","type":"VARCHAR"},{"name":"n","type":"INTEGER"},{"name":"x","type":"DOUBLE"},` +
		`{"name":"d","type":"DECIMAL(5,2)"},{"name":"b","type":"BOOLEAN"},{"name":"day","type":"DATE"}],
 "rows": [
  ["a",1,0.1,"2.50",true,"2024-02-29"],
  [null,null,null,null,null,null]]}
`
	if string(text) != want {
		t.Errorf("got %s", text)
	}
	again, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := Difference(a, again, true, nil); d != "" {
		t.Error(d)
	}
}

func TestDifference(t *testing.T) {
	const columns = `{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}], "rows": `
	const want = columns + `[["a", 1, 0.1, "2.0"], [null, 2, null, "3.5"]]}`
	for name, c := range map[string]struct {
		got            string
		ordered, equal bool
	}{
		"same":              {want, true, true},
		"rounding":          {columns + `[["a", 1, 0.10000000000000002, "2"], [null, 2, null, "3.5"]]}`, true, true},
		"another number":    {columns + `[["a", 1, 0.1, "2.0"], [null, 3, null, "3.5"]]}`, true, false},
		"double too far":    {columns + `[["a", 1, 0.1001, "2.0"], [null, 2, null, "3.5"]]}`, true, false},
		"value for NULL":    {columns + `[["a", 1, 0.1, "2.0"], [null, 2, 0, "3.5"]]}`, true, false},
		"row missing":       {columns + `[["a", 1, 0.1, "2.0"]]}`, true, false},
		"another order":     {columns + `[[null, 2, null, "3.5"], ["a", 1, 0.1, "2.0"]]}`, true, false},
		"another order, ok": {columns + `[[null, 2, null, "3.5"], ["a", 1, 0.1, "2.0"]]}`, false, true},
		"another type":      {strings.Replace(want, "BIGINT", "HUGEINT", 1), true, false},
	} {
		a, err := Decode([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Decode([]byte(c.got))
		if err != nil {
			t.Fatal(err)
		}
		if d := Difference(a, b, c.ordered, nil); (d == "") != c.equal {
			t.Errorf("%s: difference %q", name, d)
		}
	}
}

// A suppressed value is like itself only: not like NULL, a number or another k, and whatever
// the type of its column.
func TestSuppressedValues(t *testing.T) {
	const columns = `{"columns":[{"name":"n","type":"BIGINT"},{"name":"x","type":"DOUBLE"}],"rows":`
	const want = columns + `[[{"below":10},{"below":10}]]}`
	for text, equal := range map[string]bool{
		`[[{"below": 10}, {"below": 10}]]`: true,
		`[[{"below": 10}, {"below": 5}]]`:  false,
		`[[{"below": 5}, {"below": 10}]]`:  false,
		`[[{"below": 10}, null]]`:          false,
		`[[null, {"below": 10}]]`:          false,
		`[[10, {"below": 10}]]`:            false,
		`[[{"below": 10}, 10]]`:            false,
		`[["< 10", {"below": 10}]]`:        false,
	} {
		a, err := Decode([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Decode([]byte(columns + text + "}"))
		if err != nil {
			t.Fatal(err)
		}
		if one, other := Difference(a, b, true, nil), Difference(b, a, false, nil); (one == "") != equal || (other == "") != equal {
			t.Errorf("%s: differences %q, %q", text, one, other)
		}
		if equal {
			if again, err := b.JSON(); err != nil || !strings.Contains(string(again), `[{"below":10},{"below":10}]`) {
				t.Errorf("written again as %s, %v", again, err)
			}
		}
	}
	for _, bad := range []string{`[[{"above": 10}, 1]]`, `[[{"below": 1, "above": 2}, 1]]`, `[[{"below": "x"}, 1]]`} {
		if _, err := Decode([]byte(columns + bad + "}")); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}
