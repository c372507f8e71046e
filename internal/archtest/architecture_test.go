package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestArchitectureNamesWhatIsThere: what ARCHITECTURE.md calls by its name in the code is
// there: packages, files, and the functions and types that a reader should start at.
func TestArchitectureNamesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	all, seen := packages(t), 0
	for _, name := range codeName.FindAllStringSubmatch(string(text), -1) {
		if notCode[name[1]] {
			continue
		}
		seen++
		if !declared(all, name[1]) {
			t.Errorf("ARCHITECTURE.md names %s, which is not in the code", name[1])
		}
	}
	if seen < 40 {
		t.Errorf("only %d names found", seen)
	}
	for _, path := range codePath.FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(path[1]))); err != nil {
			t.Errorf("ARCHITECTURE.md names %s: %v", path[1], err)
		}
	}
}

var (
	// codeName matches `package.Name`, `Type.Method` and `package.Type.Method`.
	codeName = regexp.MustCompile("`([A-Za-z]+(?:\\.[A-Za-z]+){1,2})`")
	codePath = regexp.MustCompile("[`(]((?:crypto|engine|cmd|internal|docs)/[a-z/_]*(?:\\.(?:go|md))?)[`)]")
	notCode  = map[string]bool{"space.json": true}
)

// TestArchitectureNamesEveryPackage: the table of layers has every package, by itself or with the one that it is a
// part of. Of the packages in a row the first one's folder stands for the others too.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := layerTable(string(text))
	if len(named) < 50 {
		t.Fatalf("only %d packages in the table", len(named))
	}
	for _, p := range packages(t) {
		if !slices.ContainsFunc(named, func(name string) bool { return within(p.path, name) }) {
			t.Errorf("ARCHITECTURE.md has no package %s in its table of layers", p.path)
		}
	}
	for _, name := range named {
		if !slices.ContainsFunc(packages(t), func(p *source) bool { return within(p.path, name) }) {
			t.Errorf("ARCHITECTURE.md has a package %s, which is not there", name)
		}
	}
}

var layerRow = regexp.MustCompile(`(?m)^\| (?:C\d|E\d|–) \| ([^|]*) \|`)

// layerTable returns the packages of the table.
func layerTable(text string) (all []string) {
	for _, row := range layerRow.FindAllStringSubmatch(text, -1) {
		folder := ""
		for word := range strings.FieldsSeq(row[1]) {
			name := strings.Trim(word, "`")
			if top, _, ok := strings.Cut(name, "/"); ok && (top != "statistic") {
				folder = name[:strings.LastIndex(name, "/")+1]
			} else if folder != "" && name != "benchmarks" {
				name = folder + name
			}
			all = append(all, name)
		}
	}
	return append(all, "protos") // named with its importer
}

// declared reports whether a name is declared: the first word is a package of the tree, or a
// type in one; the others are what it declares, or a method or field of the type.
func declared(all []*source, name string) bool {
	words := strings.Split(name, ".")
	return slices.ContainsFunc(all, func(p *source) bool {
		d := declarations(p)
		if p.name == words[0] && len(words) == 2 && (d[words[1]] || d["."+words[1]]) {
			return true
		}
		if p.name == words[0] {
			return d[strings.Join(words[1:], ".")]
		}
		return len(words) == 2 && d[name]
	})
}

// declarations returns what a package declares: names, "Type.Method" and "Type.field", and
// ".method" of types that are not exported.
func declarations(p *source) map[string]bool {
	found := map[string]bool{}
	for _, file := range p.files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				declareFunc(found, d)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					declareSpec(found, spec)
				}
			}
		}
	}
	return found
}

func declareFunc(found map[string]bool, f *ast.FuncDecl) {
	if f.Recv == nil {
		found[f.Name.Name] = true
		return
	}
	receiver := typeName(f.Recv.List[0].Type)
	found[receiver+"."+f.Name.Name] = true
	if !ast.IsExported(receiver) {
		found["."+f.Name.Name] = true
	}
}

func declareSpec(found map[string]bool, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			found[name.Name] = true
		}
	case *ast.TypeSpec:
		found[s.Name.Name] = true
		for _, member := range members(s.Type) {
			found[s.Name.Name+"."+member] = true
		}
	}
}

// members returns the fields of a struct, or the methods of an interface.
func members(x ast.Expr) (names []string) {
	var list *ast.FieldList
	switch x := x.(type) {
	case *ast.StructType:
		list = x.Fields
	case *ast.InterfaceType:
		list = x.Methods
	default:
		return nil
	}
	for _, field := range list.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

// typeName returns the name of the type of a receiver.
func typeName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.IndexExpr:
		return typeName(x.X)
	case *ast.IndexListExpr:
		return typeName(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}

// What the test looks for, it finds.
func TestDeclaredSees(t *testing.T) {
	all := packages(t)
	for name, want := range map[string]bool{
		"secagg.Open": true, "guard.Worker.Step": true, "Layout.Read": true, "secagg.Close": false,
		"Layout.Write": false, "guard.Worker.Walk": false, "nowhere.Open": false,
	} {
		if got := declared(all, name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
