package lab

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-space/tacit/engine/config"
)

// TestOwnTables: an owner whose settings map tables has these and no others, whatever files lie beside them.
func TestOwnTables(t *testing.T) {
	l := folder(t, rules, "a/t.csv", "b/t.csv", "c/t.csv", "a/u.csv", "b/u.csv", "d/u.csv")
	settings := "accept: {max_cells: 7}\ntables:\n  t: {query: SELECT 1 AS x, files: [/elsewhere.csv]}\n"
	if err := os.WriteFile(filepath.Join(l.Dir, "owners", "d", "worker.yaml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]bool{"t": true, "u": false} {
		if has, err := l.has("d", table); err != nil || has != want {
			t.Errorf("%s: %v %v", table, has, err)
		}
	}
	c, err := l.draft()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(c.Table("t").Owners); got != 0 { // everybody has it
		t.Errorf("%v", c.Table("t").Owners)
	}
	if got := c.Table("u").Owners; len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("%v", got)
	}
	text, err := l.workerConfig(c, &role{Name: "d", Ops: "127.0.0.1:1"}, "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.writeConfig("d", text); err != nil {
		t.Fatal(err)
	}
	w, err := config.LoadWorker(l.configOf("d"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Tables) != 1 || w.Tables["t"].Query != "SELECT 1 AS x" || w.Accept.MaxCells != 7 {
		t.Errorf("%+v", w)
	}
}
