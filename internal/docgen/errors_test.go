package docgen

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated documents")

const root = "../.."

// TestErrorsFresh keeps docs/errors.md what the source says.
func TestErrorsFresh(t *testing.T) {
	want, err := Errors(root)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "docs", "errors.md")
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("docs/errors.md is not what the source declares: run make gen-docs (%v)", err)
	}
}

var code = regexp.MustCompile(`TACIT-[A-Z][0-9]{3}`)

// TestDocumentsNameRealCodes: a document that names a code names one that exists.
func TestDocumentsNameRealCodes(t *testing.T) {
	kinds, err := Declared(root)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, k := range kinds {
		if !code.MatchString(k.Code) || len(k.Code) != len("TACIT-P000") {
			t.Errorf("%s: malformed code %q", k.File, k.Code)
		}
		if !strings.Contains("PTCKWADNJSLFX", k.Code[6:7]) {
			t.Errorf("%s: %s is in no area", k.File, k.Code)
		}
		known[k.Code] = true
	}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range code.FindAllString(string(text), -1) {
				if !known[c] {
					t.Errorf("%s names %s, which nothing declares", filepath.Base(file), c)
				}
			}
		}
	}
}

func TestDeclarationsThatAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"not constant": `var k = fault.Declare("TACIT-P001", title, "c", "r")`,
		"empty":        `var k = fault.Declare("TACIT-P001", "t", "", "r")`,
		"too few":      `var k = fault.Declare("TACIT-P001", "t", "c")`,
		"twice":        "var a = fault.Declare(\"TACIT-P001\", \"t\", \"c\", \"r\")\nvar b = fault.Declare(\"TACIT-P001\", \"t\", \"c\"+\"d\", \"r\")",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\n\n"+body+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Errors(dir); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
