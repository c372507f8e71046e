package docgen

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/he"
)

// TestParametersFresh keeps the numbers of SECURITY.md those of the code: bits of security,
// margins and distances of every parameter set.
func TestParametersFresh(t *testing.T) {
	want, err := Parameters()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "SECURITY.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("\n"+want+"\n")) {
		return
	}
	if !*update {
		t.Fatalf("SECURITY.md has another table of parameter sets: run make gen-docs. It should be\n%s", want)
	}
	from := bytes.Index(text, []byte("| set | k at most |"))
	if from < 0 {
		t.Fatal("SECURITY.md has no table of parameter sets")
	}
	to := from + bytes.Index(text[from:], []byte("\n\n")) + 1
	text = append(append(append([]byte(nil), text[:from]...), want...), text[to:]...)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMostOwners keeps what documents say about how many owners a guarded table can have.
func TestMostOwners(t *testing.T) {
	c, err := he.NewCircuit(shownK)
	if err != nil {
		t.Fatal(err)
	}
	fits := func(owners int) bool {
		for _, name := range he.Sets() {
			if p, err := he.Set(name); err == nil {
				if _, err := p.Budget(c, owners); err == nil {
					return true
				}
			}
		}
		return false
	}
	most := 100
	for fits(most + 1) {
		most++
	}
	for _, file := range []string{"SECURITY.md", "docs/charter.md"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("at most %d owners", most); !strings.Contains(strings.ToLower(string(text)), want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}
