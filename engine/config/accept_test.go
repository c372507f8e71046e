package config

import (
	"os"
	"path/filepath"
	"testing"
)

// An empty list in accept is not one that was left out: it serves nobody.
func TestEmptyListServesNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "worker.yaml")
	const text = "space: s.json\nkey: k\ncoordinator: h:1\nstore: st\ntables: {t: {files: [t.csv]}}\naccept: {analysts: []}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := LoadWorker(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.Accept.Analysts == nil || w.Accept.Purposes != nil {
		t.Errorf("analysts %#v, purposes %#v", w.Accept.Analysts, w.Accept.Purposes)
	}
}
