package docgen

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReferenceFresh keeps docs/reference.md what the types say.
func TestReferenceFresh(t *testing.T) {
	file := filepath.Join(root, "docs", "reference.md")
	if *update {
		if err := os.WriteFile(file, Reference(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(have, Reference()) {
		t.Errorf("docs/reference.md is not what the types say: run make gen-docs (%v)", err)
	}
}

// TestReference looks for one key of each kind.
func TestReference(t *testing.T) {
	text := string(Reference())
	for _, want := range []string{
		"| `min_contributors` | integer, 3 to 500 | required | Owners whose data must be in every answer. |",
		"### Charter: rules.differencing\n",
		"| `window` | duration, 1h to 8760h | `720h` | How long a question counts as an earlier one. |",
		"### Charter: tables[].columns[]\n",
		"| `nullable` | `true`, `false` | `true` | Whether the column may hold NULL. |",
		"| `roles` | list of `owner`, `analyst`, `coordinator`, `auditor` | required |",
		"### Worker: tables.NAME\n",
		"| `files` | list of paths | – |",
		"| `memory` | size, 64MiB to 16TiB | `2GiB` | Memory of the engine. |",
		"### Worker: accept\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not in the reference: %s", want)
		}
	}
}
