//go:build e2e

package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/lab"
)

// The tables of published studies, with models and curves allowed.
const studiesCharter = `tacit: charter/v1
space: studies
version: 1
amend: {rule: unanimous}
rules: {min_contributors: %d, tolerated_corruption: 1}
tables:
  - name: lung
    min_cohort: 5
    max_rows: 300
    model_rounds: 25
    columns:
      - {name: time, type: integer, role: measure, nullable: false, range: ["0", "1100"], curve: "1"}
      - {name: status, type: integer, role: category, nullable: false, domain: ["1", "2"]}
      - {name: age, type: integer, role: measure, nullable: false, range: ["18", "110"]}
      - {name: sex, type: integer, role: category, nullable: false, domain: ["1", "2"]}
  - name: birthwt
    min_cohort: 5
    max_rows: 200
    model_rounds: 25
    columns:
      - {name: low, type: integer, role: measure, nullable: false, range: ["0", "1"]}
      - {name: age, type: integer, role: measure, nullable: false, range: ["10", "50"]}
      - {name: lwt, type: integer, role: measure, nullable: false, range: ["70", "260"]}
      - {name: smoke, type: integer, role: category, nullable: false, domain: ["0", "1"]}
`

// studies are asked with the real program; wants are published (R 4.2, survival 3.5) and written as a program prints
// the numbers of the JSON object.
var studies = []struct {
	args  []string
	wants func(r map[string]any) string
	want  string
}{
	{
		[]string{"km", "lung", "Surv(time, status == 2) ~ sex"},
		func(r map[string]any) string {
			return fields(r, "strata", "%.0f", "n", "events", "median", "lower", "upper")
		},
		"138 112 270 212 310; 90 53 426 348 550",
	},
	{
		[]string{"logrank", "lung", "Surv(time, status == 2) ~ sex"},
		func(r map[string]any) string {
			return fmt.Sprintf("%.4f %s", r["chisq"], fields(r, "groups", "%.2f", "observed", "expected", "variance"))
		},
		"10.3267 112.00 91.58 40.37; 53.00 73.42 40.37",
	},
	{
		[]string{"cox", "lung", "Surv(time, status) ~ age + factor(sex)", "--ties", "efron"},
		cox, "-742.8482 0.017045 0.009223; -0.513219 0.167458",
	},
	{
		[]string{"cox", "lung", "Surv(time, status) ~ age + factor(sex)", "--ties", "breslow"},
		cox, "-743.0797 0.017013 0.009222; -0.512565 0.167462",
	},
	{ // cox.zph
		[]string{"cox", "lung", "Surv(time, status) ~ age + factor(sex)"},
		func(r map[string]any) string { return fields(r, "proportional_hazards", "%.3f", "chisq") },
		"0.209; 2.608; 2.771",
	},
	{
		[]string{"glm", "birthwt", "low ~ age + lwt + smoke", "--family", "binomial"},
		func(r map[string]any) string {
			return fmt.Sprintf("%.4f %s", r["deviance"], fields(r, "coefficients", "%.6f", "estimate", "se"))
		},
		"222.8794 1.368225 1.014262; -0.038995 0.032726; -0.012139 0.006135; 0.670764 0.325878",
	},
}

func cox(r map[string]any) string {
	return fmt.Sprintf("%.4f %s", r["loglik"], fields(r, "coefficients", "%.6f", "estimate", "se"))
}

// fields writes numbers of a table of a JSON report.
func fields(r map[string]any, table, format string, names ...string) string {
	var rows []string
	list, _ := r[table].([]any)
	for _, x := range list {
		var cells []string
		for _, name := range names {
			cells = append(cells, fmt.Sprintf(format, x.(map[string]any)[name]))
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	return strings.Join(rows, "; ")
}

// TestStudies asks for survival curves, tests and models of published data over 3, 5 and 13 owners of the real program, with other splits of
// the rows: the published numbers, and the same text each time.
func TestStudies(t *testing.T) {
	first := map[string]string{}
	for _, owners := range []int{3, 5, 13} {
		t.Run(fmt.Sprint(owners), func(t *testing.T) {
			l := studyLab(t, owners)
			env := []string{"TACIT_CONFIG=" + filepath.Join(l.Dir, ".lab", "conf", "analyst.yaml")}
			for _, s := range studies {
				text, err := tacit(t, env, append(append([]string{"stats"}, s.args...), "--format", "json", "--purpose", "study")...)
				if err != nil {
					t.Fatal(err)
				}
				var r map[string]any
				if err := json.Unmarshal([]byte(text), &r); err != nil {
					t.Fatal(err)
				}
				if got := s.wants(r); got != s.want {
					t.Errorf("%s: %s, want %s", s.args, got, s.want)
				}
				delete(r, "job")
				numbers, err := json.Marshal(r)
				if err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprint(s.args)
				if first[what] == "" {
					first[what] = string(numbers)
				} else if first[what] != string(numbers) {
					t.Errorf("%s: %d owners give other numbers", s.args, owners)
				}
			}
		})
	}
}

// studyLab is a lab of so many owners that is up; rows are dealt at random.
func studyLab(t *testing.T, owners int) *lab.Lab {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 6))
	dir, repo := t.TempDir(), repository(t)
	write(t, filepath.Join(dir, "charter.yaml"), fmt.Sprintf(studiesCharter, charter.Threshold(owners, 1)))
	for table, file := range map[string]string{
		"lung": "examples/health/pooled/lung.csv", "birthwt": "engine/statistic/statistictest/data/birthwt.csv",
	} {
		header, rows := columnsOf(t, filepath.Join(repo, filepath.FromSlash(file)), table)
		dealt := make([][][]string, owners)
		for _, r := range rows {
			i := random.IntN(owners)
			dealt[i] = append(dealt[i], r)
		}
		for i := range owners {
			var b bytes.Buffer
			if err := csv.NewWriter(&b).WriteAll(append([][]string{header}, dealt[i]...)); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "owners", owner(i), table+".csv"), b.String())
		}
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Program, l.Tied = binary, true
	t.Cleanup(func() {
		if err := l.Down(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			showLogs(t, dir)
		}
	})
	if err := l.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// columnsOf reads the columns that the charter declares for a table.
func columnsOf(t *testing.T, file, table string) (header []string, rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	_, declared, _ := strings.Cut(studiesCharter, "name: "+table)
	declared, _, _ = strings.Cut(declared, "- name: ")
	var kept []int
	for i, name := range all[0] {
		if strings.Contains(declared, "{name: "+name+",") {
			kept, header = append(kept, i), append(header, name)
		}
	}
	if len(kept) < 4 {
		t.Fatalf("columns %v of %s", header, file)
	}
	for _, line := range all[1:] {
		row := make([]string, len(kept))
		for i, from := range kept {
			row[i] = line[from]
		}
		rows = append(rows, row)
	}
	return header, rows
}
