package pooled

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/lab"
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
		"suppressed":        {columns + `[["a", {"below":10}, 0.1, "2.0"], [null, 2, null, "3.5"]]}`, true, false},
		"suppressed double": {columns + `[["a", 1, {"below":10}, "2.0"], [null, 2, null, "3.5"]]}`, true, false},
		"mark for NULL":     {columns + `[["a", 1, 0.1, "2.0"], [null, 2, {"below":10}, "3.5"]]}`, true, false},
		"text like a mark":  {columns + `[["< 10", 1, 0.1, "2.0"], [null, 2, null, "3.5"]]}`, true, false},
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

// TestMarks: a mark equals the same mark only.
func TestMarks(t *testing.T) {
	const columns = `{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "x", "type": "DOUBLE"}], "rows": `
	const want = columns + `[["a", {"below":10}], [{"below":5}, 1]]}`
	for got, equal := range map[string]bool{
		want: true,
		columns + `[[{"below":5}, 1], ["a", {"below":10}]]}`: true,
		columns + `[["a", {"below":9}], [{"below":5}, 1]]}`:  false,
		columns + `[["a", 10], [{"below":5}, 1]]}`:           false,
		columns + `[["a", null], [{"below":5}, 1]]}`:         false,
		columns + `[["a", {"below":10}], ["< 5", 1]]}`:       false,
	} {
		a, err := Decode([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Decode([]byte(got))
		if err != nil {
			t.Fatal(err)
		}
		if d := Difference(a, b, false, nil); (d == "") != equal {
			t.Errorf("%s: difference %q", got, d)
		}
	}
	for _, text := range []string{`[[{"below":"x"}]]}`, `[[{"above":1}]]}`, `[[{"below":1,"k":2}]]}`} {
		if _, err := Decode([]byte(columns + text)); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

const clinic = `tacit: charter/v1
space: clinic
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 3, tolerated_corruption: 1}
tables:
  - name: visit
    unit: patient
    min_cohort: 3
    max_rows: 10
    columns:
      - {name: patient, type: text, role: identifier}
      - {name: ward, type: text, role: category, nullable: false, domain: [a, b, c, d]}
      - {name: age, type: integer, role: measure, range: ["0", "99"]}
      - {name: cost, type: "decimal(5,1)", role: measure, range: ["0", "999"], min_cohort: 4}
      - {name: bmi, type: double, role: measure, range: ["5", "100"], resolution: "0.5"}
`

// visits of three owners: ward a has 4 patients and two visits of one of them, b has 5
// visits of 2 patients, c has patient x at two owners, who counts twice, and d has nobody.
var visits = []string{
	"p1,a,30,1.0,20\np1,a,31,2.0,\np2,a,40,3.0,21\nx,c,50,5.0,20\n",
	"p3,a,50,4.0,22.5\nq1,b,20,1.0,20\nq1,b,20,1.0,20\nq1,b,20,1.0,20\nx,c,51,5.0,20\n",
	"p4,a,60,,23\nq2,b,20,1.0,20\nq2,b,20,1.0,20\ny,c,52,5.0,20\n,c,9,1.5,20\n",
}

// TestSpace: the marks were put by hand.
func TestSpace(t *testing.T) {
	dir := t.TempDir()
	for i, rows := range visits {
		file := filepath.Join(dir, "owners", fmt.Sprintf("o%d", i+1), "visit.csv")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("patient,ward,age,cost,bmi\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "charter.yaml"), []byte(clinic), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := l.Charter()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), ch, l.File)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for sql, want := range map[string]string{
		"SELECT ward, COUNT(*) AS n, SUM(age) AS age, SUM(cost) AS cost, AVG(bmi) AS bmi FROM visit GROUP BY ward ORDER BY ward": `
  ["a",5,211,{"below":4},21.625],
  ["b",{"below":3},{"below":3},{"below":4},{"below":3}],
  ["c",4,162,{"below":4},20],
  ["d",{"below":3},{"below":3},{"below":4},{"below":3}]]`,
		"SELECT COUNT(*) AS n FROM visit WHERE cost > 4": `
  [{"below":4}]]`,
		"SELECT COUNT(*) AS n FROM visit WHERE cost >= 1": `
  [13]]`,
		"SELECT ward, SUM(age) AS age FROM visit GROUP BY ward HAVING SUM(age) > 1 ORDER BY age": `
  ["c",162],
  ["a",211]]`,
	} {
		got, err := s.Answer(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		text, err := got.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, rows, _ := strings.Cut(string(text), `"rows": [`); rows != want+"}\n" {
			t.Errorf("%s\ngot %s\nwant%s", sql, rows, want)
		}
	}
	whole, err := s.Whole(t.Context(), "SELECT ward, COUNT(*) AS n, SUM(cost) AS cost FROM visit GROUP BY ward ORDER BY ward")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(whole.Rows); got != "[[a 5 10.0] [b 5 5.0] [c 4 16.5]]" {
		t.Error(got)
	}
}
