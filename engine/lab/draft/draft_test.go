package draft

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/source"
)

var update = flag.Bool("update", false, "write the expected drafts")

func engine(t *testing.T) *source.Engine {
	t.Helper()
	e, err := source.Open(source.Config{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// TestDrafts compares the drafts of testdata/*.csv with the charters beside them.
func TestDrafts(t *testing.T) {
	options := map[string]Options{
		"people": {Owners: 3, Unit: "Patient ID", Roles: map[string]charter.ColumnRole{"zip": charter.Category}},
		"meters": {By: "supplier", MinCohort: 5},
		"mixed":  {Owners: 5, Roles: map[string]charter.ColumnRole{"constant": charter.Measure}},
		"europe": {Owners: 3},
	}
	for name, o := range options {
		t.Run(name, func(t *testing.T) {
			d, err := Inspect(t.Context(), filepath.Join("testdata", name+".csv"), EngineRows(engine(t)), o)
			if err != nil {
				t.Fatal(err)
			}
			checkValid(t, d)
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, d.YAML(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(d.YAML())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// checkValid adds members to a draft and reads it as the charter that it will be.
func checkValid(t *testing.T, d *Draft) {
	t.Helper()
	text := string(d.YAML()) + "members:\n"
	for i, id := range append([]string{"coordinator", "analyst"}, d.Owners...) {
		role := map[int]string{0: "coordinator", 1: "analyst"}[i]
		if role == "" {
			role = "owner"
		}
		key := "tk1" + strings.Repeat("a", 50) + string(rune('a'+i/26)) + string(rune('a'+i%26))
		text += "  - {id: " + id + ", organisation: " + id + ", key: " + key + ", roles: [" + role + "]}\n"
	}
	if _, err := charter.Parse([]byte(text)); err != nil {
		t.Error(err)
	}
}

func TestSplitKeepsEveryRowAndUnitsTogether(t *testing.T) {
	rows := EngineRows(engine(t))
	d, err := Inspect(t.Context(), "testdata/people.csv", rows, Options{Owners: 3, Unit: "patient id", Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := d.Split(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	all, err := rows(t.Context(), "SELECT count(*), count(DISTINCT filename) FROM read_csv('"+dir+"/*/people.csv', filename = true)")
	if err != nil {
		t.Fatal(err)
	}
	if *all[0][0] != "12" || *all[0][1] != "3" {
		t.Errorf("%s rows in %s files, want 12 in 3", *all[0][0], *all[0][1])
	}
	apart, err := rows(t.Context(), "SELECT \"Patient ID\" FROM read_csv('"+dir+"/*/people.csv', filename = true) GROUP BY 1 HAVING count(DISTINCT filename) > 1")
	if err != nil || len(apart) > 0 {
		t.Errorf("%d units are split over owners (%v)", len(apart), err)
	}
}

func TestSameSeedSameSplit(t *testing.T) {
	split := func(seed uint64) string {
		d, err := Inspect(t.Context(), "testdata/mixed.csv", EngineRows(engine(t)), Options{Owners: 3, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := d.Split(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "owner-1", "mixed.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first, again := split(1), split(1)
	if first != again {
		t.Error("the same seed gave another split")
	}
	if first == split(2) {
		t.Error("another seed gave the same split")
	}
}

func TestParquetKeepsItsTypes(t *testing.T) {
	rows := EngineRows(engine(t))
	file := filepath.Join(t.TempDir(), "t.parquet")
	_, err := rows(t.Context(), `COPY (SELECT i::UTINYINT AS small, (i / 8)::DOUBLE AS eighth, pi() * i AS wild, i::DECIMAL(9,2) AS money,
		DATE '2024-02-01' + i::INTEGER AS day, [i] AS list, i % 2 = 0 AS even FROM range(64) t(i)) TO `+text(file))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Inspect(t.Context(), file, rows, Options{Owners: 4})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range d.Choices {
		got[c.Column.Name] = strings.Join(append([]string{c.Column.Type, string(c.Column.Role), c.Column.Resolution}, c.Column.Range...), " ")
	}
	want := map[string]string{
		"small":  "integer measure  0 70",
		"eighth": "double measure 0.001 0 8",
		"wild":   "double measure 0.0000001 0 200",
		"money":  "decimal(9,2) measure  0 70",
		"day":    "date time  2024-02-01 2024-04-30",
		"list":   "text hidden ",
		"even":   "boolean category ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	dir := t.TempDir()
	if err := d.Split(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	types, err := rows(t.Context(), "SELECT string_agg(column_type, ',') FROM (DESCRIBE SELECT * FROM read_parquet('"+dir+"/owner-1/t.parquet'))")
	if err != nil {
		t.Fatal(err)
	}
	if want := "BIGINT,DOUBLE,DOUBLE,DECIMAL(9,2),DATE,BOOLEAN"; *types[0][0] != want {
		t.Errorf("types %s, want %s", *types[0][0], want)
	}
}

func TestWrongOptions(t *testing.T) {
	rows := EngineRows(engine(t))
	for name, o := range map[string]Options{
		"unknown unit":   {Owners: 3, Unit: "nobody"},
		"unknown by":     {By: "nobody"},
		"unknown role":   {Owners: 3, Roles: map[string]charter.ColumnRole{"nobody": charter.Measure}},
		"two owners":     {Owners: 2},
		"one value":      {By: "constant"},
		"text measure":   {Owners: 3, Roles: map[string]charter.ColumnRole{"note": charter.Measure}},
		"time of number": {Owners: 3, Roles: map[string]charter.ColumnRole{"amount": charter.Time}},
	} {
		if _, err := Inspect(t.Context(), "testdata/mixed.csv", rows, o); !ErrOption.Is(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Inspect(t.Context(), "testdata/none.csv", rows, Options{Owners: 3}); !ErrInput.Is(err) {
		t.Errorf("missing file: got %v", err)
	}
}

func TestUnreadableFiles(t *testing.T) {
	rows := EngineRows(engine(t))
	for text, want := range map[string]string{
		"":                            "is empty",
		"a,b\n":                       "no rows",
		"a,b\n1,2\n3,4,5,6\n\"open\n": "line 3: wrong number of fields",
		"a,b\n1,2\n3,4,5,6\n5,6\n":    "line 3: wrong number of fields",
		"a;b\n1;2\n3\n":               "line 3: wrong number of fields",
		"\xff\xfe\x00\x01":            "CSV Error on Line: 1",
	} {
		file := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Inspect(t.Context(), file, rows, Options{Owners: 3})
		if !ErrInput.Is(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
