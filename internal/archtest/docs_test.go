package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// TestPackageComments: every package says what it is, and where to start reading.
func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		if generated(p) {
			continue
		}
		comment := strings.Join(strings.Fields(p.comment), " ")
		switch {
		case p.name == "main" && comment == "":
			t.Errorf("%s has no comment that says what the program does", p.path)
		case p.name == "main":
		case !strings.HasPrefix(comment, "Package "+p.name+" "):
			t.Errorf(`%s: the package comment must begin with "Package %s "`, p.path, p.name)
		case !strings.Contains(comment, "Start at "):
			t.Errorf(`%s: the package comment does not say "Start at [X]."`, p.path)
		}
	}
}

// vague names say nothing about what is inside.
var vague = []string{"util", "utils", "common", "helper", "helpers", "types", "manager", "managers", "misc", "base", "shared"}

func TestPackageNames(t *testing.T) {
	for _, p := range packages(t) {
		last := p.path[strings.LastIndex(p.path, "/")+1:]
		if slices.Contains(vague, p.name) || slices.Contains(vague, last) {
			t.Errorf("%s: the name says nothing about what is inside", p.path)
		}
	}
}

// TestCryptoStartsNoGoroutine: a protocol is a function of values.
func TestCryptoStartsNoGoroutine(t *testing.T) {
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.path, "crypto/") {
			continue
		}
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.GoStmt, *ast.ChanType, *ast.SelectStmt:
					t.Errorf("%s uses goroutines or channels", p.path)
				}
				return true
			})
		}
	}
}

// TestRandomnessIsAnArgument: below crypto/ nobody reads the system's source; it is
// handed in as an io.Reader.
func TestRandomnessIsAnArgument(t *testing.T) {
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.path, "crypto/") {
			continue
		}
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok || s.Sel.Name != "Reader" {
					return true
				}
				if x, ok := s.X.(*ast.Ident); ok && (x.Name == "rand" || x.Name == "cryptorand") {
					t.Errorf("%s reads %s.Reader; take an io.Reader", p.path, x.Name)
				}
				return true
			})
		}
	}
}

// generated reports whether the whole package comes from a generator.
func generated(p *source) bool {
	return !slices.ContainsFunc(p.files, func(f *ast.File) bool { return !ast.IsGenerated(f) })
}
