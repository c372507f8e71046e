package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
)

const rules = `tacit: charter/v1
space: s
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 3, tolerated_corruption: 1}
tables:
  - {name: t, max_rows: 10, min_cohort: 1, columns: [{name: x, type: integer, role: measure, range: ["0", "9"]}]}
  - {name: u, max_rows: 10, min_cohort: 1, columns: [{name: y, type: integer, role: measure, range: ["0", "9"]}]}
`

// folder makes a lab with a charter and files of the form "owner/table.csv".
func folder(t *testing.T, text string, files ...string) *Lab {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("charter.yaml", text)
	for _, f := range files {
		write(filepath.Join("owners", f), "x,y\n1,2\n")
	}
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func names(roles []*role) string {
	var list []string
	for _, r := range roles {
		list = append(list, r.Name)
	}
	return strings.Join(list, " ")
}

func TestMembersAndOwnersFollowFromTheFolders(t *testing.T) {
	l := folder(t, rules, "a/t.csv", "b/t.parquet", "c/t.csv", "a/u.csv", "b/u.csv", "d/u.csv", ".hidden/t.csv")
	roles, err := l.prepare()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(roles), "coordinator a b c d"; got != want {
		t.Errorf("roles %q, want %q", got, want)
	}
	b, err := charter.ReadBundle(l.made("space.json"))
	if err != nil || b.Active() != nil {
		t.Fatalf("%v, %v", err, b.Active())
	}
	owners := func(table string) string {
		var list []string
		for _, m := range b.Charter().OwnersOf(table) {
			list = append(list, m.ID)
		}
		return strings.Join(list, " ")
	}
	if owners("t") != "a b c" || owners("u") != "a b d" {
		t.Errorf("owners %q and %q", owners("t"), owners("u"))
	}
	w, err := config.LoadWorker(l.configOf("d"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, mapped := w.Tables["u"]; !mapped || len(w.Tables) != 1 {
		t.Errorf("owner d maps %v", w.Tables)
	}
	if _, err := config.LoadCoordinator(l.configOf("coordinator"), nil); err != nil {
		t.Error(err)
	}
	if _, err := config.LoadAnalyst(l.Profile(), nil); err != nil {
		t.Error(err)
	}
}

// TestSettings: an owner has its own settings, or else those of all, and what is wrong is
// reported with its line in the file that somebody wrote.
func TestSettings(t *testing.T) {
	l := folder(t, rules, "a/t.csv", "b/t.csv", "c/t.csv", "a/u.csv", "b/u.csv", "c/u.csv")
	write := func(path, text string) {
		if err := os.WriteFile(filepath.Join(l.Dir, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("worker.yaml", "accept:\n  min_cohort: 15")
	write("owners/b/worker.yaml", "accept: {max_cells: 7}\nlimits: {max_jobs: 2}\n")
	if _, err := l.prepare(); err != nil {
		t.Fatal(err)
	}
	for owner, want := range map[string][3]int{"a": {15, 0, config.DefaultRunning}, "b": {0, 7, 2}, "c": {15, 0, config.DefaultRunning}} {
		w, err := config.LoadWorker(l.configOf(owner), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]int{w.Accept.MinCohort, w.Accept.MaxCells, w.Limits.MaxJobs}; got != want {
			t.Errorf("owner %s has %v, want %v", owner, got, want)
		}
	}
	for text, problem := range map[string]string{
		"\naccept: {min_cohrt: 15}\n": `line 2: worker.accept.min_cohrt: unknown key (did you mean "min_cohort"?)`,
		"store: elsewhere\n":          "worker.store: appears twice",
	} {
		write("owners/c/worker.yaml", text)
		if _, err := l.prepare(); !config.ErrInvalid.Is(err) || !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMembersWithoutKeys(t *testing.T) {
	members := `members:
  - {id: hub, organisation: Hub, roles: [coordinator]}
  - {id: a, organisation: A, roles: [owner]}
  - {id: b, organisation: B, roles: [owner]}
  - {id: c, organisation: C, roles: [owner, analyst]}
  - {id: idle, organisation: Idle, roles: [owner]}
`
	l := folder(t, rules+members, "a/t.csv", "b/t.csv", "c/t.csv", "a/u.csv", "b/u.csv", "c/u.csv", "stranger/t.csv")
	roles, err := l.prepare()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(roles), "hub a b c"; got != want {
		t.Errorf("roles %q, want %q", got, want)
	}
}

func TestKeysAndSignaturesAreKept(t *testing.T) {
	l := folder(t, rules, "a/t.csv", "b/t.csv", "c/t.csv", "a/u.csv", "b/u.csv", "c/u.csv")
	read := func() string {
		if _, err := l.prepare(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(l.made("space.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first, again := read(), read()
	if first != again {
		t.Error("an unchanged charter was signed again")
	}
	changed := strings.Replace(rules, "max_rows: 10", "max_rows: 20", 1)
	if err := os.WriteFile(filepath.Join(l.Dir, "charter.yaml"), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	if read() == first {
		t.Error("a changed charter was not signed again")
	}
}

func TestPrepareRefuses(t *testing.T) {
	key := "tk1" + strings.Repeat("a", 52)
	for name, c := range map[string]struct {
		text  string
		files []string
		is    func(error) bool
	}{
		"a typo":     {strings.Replace(rules, "max_rows", "max_row", 1), []string{"a/t.csv"}, charter.ErrInvalid.Is},
		"two owners": {rules, []string{"a/t.csv", "b/t.csv", "a/u.csv", "b/u.csv"}, charter.ErrInvalid.Is},
		"a listed owner without file": {
			strings.Replace(rules, "name: t,", "name: t, owners: [a, b, c],", 1),
			[]string{"a/t.csv", "b/t.csv", "a/u.csv", "b/u.csv", "c/u.csv"},
			ErrFolder.Is,
		},
		"somebody's key": {
			rules + "members: [{id: a, organisation: A, roles: [owner], key: " + key + "}]\n", []string{"a/t.csv"}, ErrKey.Is,
		},
		"a path as id": {rules + "members: [{id: ../a, organisation: A, roles: [owner]}]\n", []string{"a/t.csv"}, charter.ErrInvalid.Is},
	} {
		if _, err := folder(t, c.text, c.files...).prepare(); !c.is(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Open(t.TempDir()); !ErrFolder.Is(err) {
		t.Errorf("an empty folder: got %v", err)
	}
}

func TestDataFault(t *testing.T) {
	r := &role{Name: "north", Kind: "worker"}
	if err := dataFault(r, "not ready: TACIT-N002: no answer"); err != nil {
		t.Errorf("the network is no matter of data: %v", err)
	}
	err := dataFault(r, "not ready: TACIT-D010: no column x")
	if err == nil || err.Error() != "TACIT-D010: owner north: no column x" {
		t.Errorf("got %v", err)
	}
}

func TestSecondCommandIsRefused(t *testing.T) {
	l := folder(t, rules, "a/t.csv")
	unlock, err := l.lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Up(t.Context()); !ErrBusy.Is(err) {
		t.Errorf("got %v", err)
	}
	unlock()
	if err := l.Down(); err != nil {
		t.Error(err)
	}
}
