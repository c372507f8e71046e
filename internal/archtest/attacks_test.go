package archtest

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tags are those under which the Makefile runs tests, and those of the machine.
var tags = []string{"e2e", "tacitcrash", "unix", "linux"}

// testNames parses the tests of the tree: which packages have a test of a name. A test that is
// skipped whatever happens, or that no target of the Makefile builds, is none.
var testNames = sync.OnceValues(func() (map[string][]string, error) {
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && skipped(file, entry.Name()):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		path, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		names, err := testsOf(string(text))
		for _, name := range names {
			found[name] = append(found[name], filepath.ToSlash(path))
		}
		return err
	})
	return found, err
})

// testsOf returns the tests that run in a file.
func testsOf(text string) (names []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), "x_test.go", text, parser.SkipObjectResolution)
	if err != nil || !built(text) {
		return nil, err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && testName.MatchString(f.Name.Name) && !skips(f) {
			names = append(names, f.Name.Name)
		}
	}
	return names, nil
}

var testName = regexp.MustCompile(`^(Test|Fuzz)[A-Z]\w*$`)

// built reports whether a file is built under the tags.
func built(text string) bool {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "package ") {
			return true
		}
		if expr, err := constraint.Parse(strings.TrimSpace(line)); err == nil &&
			!expr.Eval(func(tag string) bool { return slices.Contains(tags, tag) }) {
			return false
		}
	}
	return true
}

// skips reports whether a test begins with a call of Skip.
func skips(f *ast.FuncDecl) bool {
	if len(f.Body.List) == 0 {
		return true
	}
	call, ok := f.Body.List[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	c, ok := call.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := c.Fun.(*ast.SelectorExpr)
	return ok && strings.HasPrefix(s.Sel.Name, "Skip")
}

// named matches a list of names in backquotes with, perhaps, the package behind them:
// `TestA`, `TestB` (`crypto/x`).
var (
	named  = regexp.MustCompile("((?:`(?:Test|Fuzz)\\w+`(?:, \"[^\"]*\")?(?:, | and )?)+)(?: \\(`([a-z0-9/]+)`)?")
	quoted = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	script = regexp.MustCompile("`((?:[a-z]+/)?[a-z]+\\.(?:txtar|txt))`")
)

// TestAttacksAreTests: SECURITY.md says which test runs each attack. Every test that it names
// exists and runs; the one before the name of a package does so there.
func TestAttacksAreTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := testNames()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, list := range named.FindAllStringSubmatch(string(text), -1) {
		names := quoted.FindAllStringSubmatch(list[1], -1)
		for i, name := range names {
			seen++
			pkg := ""
			if i == len(names)-1 {
				pkg = list[2]
			}
			if wrong := notATest(have, name[1], pkg); wrong != "" {
				t.Errorf("SECURITY.md names %s: %s", name[1], wrong)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d names of tests found", seen)
	}
	for _, name := range script.FindAllStringSubmatch(string(text), -1) {
		if !existsBelowTestdata(t, name[1]) {
			t.Errorf("SECURITY.md names %s, which no package has below testdata", name[1])
		}
	}
}

func notATest(have map[string][]string, name, pkg string) string {
	switch in := have[name]; {
	case len(in) == 0:
		return "there is no such test, or it does not run"
	case pkg != "" && !slices.Contains(in, pkg):
		return "it is in " + strings.Join(in, ", ") + " and not in " + pkg
	}
	return ""
}

func existsBelowTestdata(t *testing.T, name string) bool {
	t.Helper()
	for _, pattern := range []string{"*/*/testdata/", "*/*/testdata/*/"} {
		if all, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern+name))); err != nil || len(all) > 0 {
			return err == nil
		}
	}
	return false
}

// What the test looks for, it finds.
func TestAttacksAreSeen(t *testing.T) {
	for code, want := range map[string]int{
		"package x\nfunc TestA(t *testing.T) { f() }":                       1,
		"package x\nfunc TestA(t *testing.T) { t.Skip() }":                  0,
		"package x\nfunc TestA(t *testing.T) {}":                            0,
		"package x\nfunc (s) TestA() { f() }":                               0,
		"package x\nfunc Testify() { f() }":                                 0,
		"//go:build e2e\n\npackage x\nfunc TestA(t *testing.T) { f() }":     1,
		"//go:build never\n\npackage x\nfunc TestA(t *testing.T) { f() }":   0,
		"package x\nfunc FuzzA(f *testing.F) { f.Fuzz() }\nfunc Fuzzy() {}": 1,
	} {
		if names, err := testsOf(code); err != nil || len(names) != want {
			t.Errorf("%s: %v, %v", code, names, err)
		}
	}
	list := named.FindStringSubmatch("`TestA`, \"a case\", `TestB` (`crypto/x`)")
	if list == nil || list[2] != "crypto/x" || len(quoted.FindAllString(list[1], -1)) != 2 {
		t.Errorf("a list of tests is read as %q", list)
	}
	have := map[string][]string{"TestA": {"crypto/x"}}
	if notATest(have, "TestA", "crypto/y") == "" || notATest(have, "TestB", "") == "" || notATest(have, "TestA", "") != "" {
		t.Error("a wrong name would pass")
	}
}
