package docgen

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Kind is one declaration.
type Kind struct {
	Code, Title, Cause, Remedy string
	File                       string // where it is declared, relative to the root
}

// areas explains the letters of the codes, in the order of the reference.
var areas = []struct{ letter, title string }{
	{"P", "Queries and plans"},
	{"T", "Statistics"},
	{"C", "Charter and space"},
	{"K", "Keys"},
	{"W", "What a worker refuses"},
	{"A", "Approvals by a person"},
	{"D", "Data and sources"},
	{"N", "Network"},
	{"J", "Jobs and protocol"},
	{"S", "Stored state"},
	{"L", "Ledger"},
	{"F", "Configuration and files"},
	{"X", "Command line and internal"},
}

// Errors returns docs/errors.md for the tree at root.
func Errors(root string) ([]byte, error) {
	kinds, err := Declared(root)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("# Error codes\n\n")
	b.WriteString("Generated from the source by `make gen-docs`. Codes are stable: a code never changes its meaning.\n")
	for _, area := range areas {
		writeArea(&b, area.title, slices.DeleteFunc(slices.Clone(kinds), func(k Kind) bool {
			return !strings.HasPrefix(k.Code, "TACIT-"+area.letter)
		}))
	}
	return []byte(b.String()), nil
}

func writeArea(b *strings.Builder, title string, kinds []Kind) {
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n", title)
	for _, k := range kinds {
		fmt.Fprintf(b, "\n### %s: %s\n\n%s\n\n*What to do*: %s\n", k.Code, k.Title, k.Cause, k.Remedy)
	}
}

// Declared returns every declaration in the tree at root, sorted by code.
func Declared(root string) ([]Kind, error) {
	var kinds []Kind
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != root && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		found, err := declaredIn(file)
		kinds = append(kinds, found...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(kinds, func(a, b Kind) int { return strings.Compare(a.Code, b.Code) })
	return kinds, unique(kinds)
}

func unique(kinds []Kind) error {
	for i := 1; i < len(kinds); i++ {
		if kinds[i].Code == kinds[i-1].Code {
			return fmt.Errorf("%s is declared in %s and in %s", kinds[i].Code, kinds[i-1].File, kinds[i].File)
		}
	}
	return nil
}

func declaredIn(file string) ([]Kind, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var kinds []Kind
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || err != nil || !isDeclare(call.Fun, parsed.Name.Name) {
			return true
		}
		var k Kind
		if k, err = kindOf(call); err != nil {
			err = fmt.Errorf("%s: %w", set.Position(call.Pos()), err)
			return false
		}
		k.File = file
		kinds = append(kinds, k)
		return true
	})
	return kinds, err
}

// isDeclare reports whether fun is fault.Declare, or Declare inside of package fault.
func isDeclare(fun ast.Expr, pkg string) bool {
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == "fault" && f.Sel.Name == "Declare"
	case *ast.Ident:
		return pkg == "fault" && f.Name == "Declare"
	}
	return false
}

func kindOf(call *ast.CallExpr) (Kind, error) {
	if len(call.Args) != 4 {
		return Kind{}, fmt.Errorf("fault.Declare wants four texts")
	}
	var texts [4]string
	for i, arg := range call.Args {
		text, err := constant(arg)
		if err != nil {
			return Kind{}, err
		}
		texts[i] = strings.TrimSpace(text)
		if texts[i] == "" {
			return Kind{}, fmt.Errorf("text %d of Declare is empty", i+1)
		}
	}
	return Kind{Code: texts[0], Title: texts[1], Cause: texts[2], Remedy: texts[3]}, nil
}

// constant evaluates a string literal or a sum of them.
func constant(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			return strconv.Unquote(e.Value)
		}
	case *ast.BinaryExpr:
		left, err := constant(e.X)
		if err != nil {
			return "", err
		}
		right, err := constant(e.Y)
		return left + right, err
	case *ast.ParenExpr:
		return constant(e.X)
	}
	return "", fmt.Errorf("the texts of Declare must be constant")
}
