package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestDefencesStayOn: attack tests take a defence out of a protocol by a field of its
// package's type "defences", to show that the attack then succeeds. No code outside the
// tests does: nothing assigns to a field called "without" or below it, no literal of the type
// has elements, and no exported name has the type.
func TestDefencesStayOn(t *testing.T) {
	declared := 0
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.path, "crypto/") && !slices.Contains([]string{"engine/ledger", "engine/charter", "engine/approval"}, p.path) {
			continue
		}
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "defences" {
					declared++
				}
				if takesOut(n) {
					t.Errorf("%s: %s takes out a defence", p.path, p.set.Position(n.Pos()))
				}
				return true
			})
		}
	}
	if declared < 4 {
		t.Errorf("%d packages have defences that can be taken out, wanted crypto/secagg, crypto/job, engine/ledger and engine/charter at least", declared)
	}
}

// takesOut reports whether a node takes out a defence, or lets other packages do it.
func takesOut(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for _, lhs := range n.Lhs {
			if setsDefence(lhs) {
				return true
			}
		}
	case *ast.CompositeLit:
		return isDefences(n.Type) && len(n.Elts) > 0
	case *ast.Field:
		return isDefences(n.Type) && exported(n.Names)
	case *ast.ValueSpec:
		return isDefences(n.Type) && exported(n.Names)
	}
	return false
}

// setsDefence reports whether an expression is x.without or x.without.y.
func setsDefence(lhs ast.Expr) bool {
	s, ok := lhs.(*ast.SelectorExpr)
	return ok && (s.Sel.Name == "without" || setsDefence(s.X))
}

// isDefences reports whether a type is defences or *defences.
func isDefences(x ast.Expr) bool {
	if star, ok := x.(*ast.StarExpr); ok {
		x = star.X
	}
	id, ok := x.(*ast.Ident)
	return ok && id.Name == "defences"
}

func exported(names []*ast.Ident) bool {
	for _, name := range names {
		if name.IsExported() {
			return true
		}
	}
	return false
}

// What the test looks for, it finds.
func TestDefencesAreSeen(t *testing.T) {
	for code, bad := range map[string]bool{
		"func f() { s.without = x }":               true,
		"func f() { s.without.sumCheck = true }":   true,
		"func f() { g(defences{sumCheck: true}) }": true,
		"type Config struct { Without defences }":  true,
		"func F(X *defences) {}":                   true,
		"type config struct { without defences }":  false,
		"func f() { g(&defences{}); without = 1 }": false,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		ast.Inspect(file, func(n ast.Node) bool {
			found = found || n != nil && takesOut(n)
			return true
		})
		if found != bad {
			t.Errorf("%s: %v", code, found)
		}
	}
}
