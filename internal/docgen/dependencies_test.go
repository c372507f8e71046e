package docgen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestDocumentsNameDependencies: docs/dependencies.md says of every direct dependency why it is there, and of no
// other module.
func TestDocumentsNameDependencies(t *testing.T) {
	body, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", body, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		direct++
		if !strings.Contains(string(doc), "`"+r.Mod.Path+"`") {
			t.Errorf("docs/dependencies.md does not say why %s is there", r.Mod.Path)
		}
	}
	named := 0
	for line := range strings.Lines(string(doc)) {
		if strings.HasPrefix(line, "| `") {
			named += strings.Count(strings.SplitN(line, "|", 3)[1], "`") / 2
		}
	}
	if named != direct {
		t.Errorf("docs/dependencies.md names %d modules, there are %d", named, direct)
	}
}
