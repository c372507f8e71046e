package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// source is one package as it is in the tree, without its tests.
type source struct {
	path    string // below the module, "crypto/wire"
	name    string
	imports []string
	comment string // of the package
	files   []*ast.File
	set     *token.FileSet
}

// root is the top of the repository, seen from this package.
const root = "../.."

// packages parses the tree once.
var packages = func() func(t *testing.T) []*source {
	once := sync.OnceValues(parseTree)
	return func(t *testing.T) []*source {
		t.Helper()
		all, err := once()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
}()

func parseTree() ([]*source, error) {
	found := map[string]*source{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != root && skipped(file, entry.Name()) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		return parseFile(found, file)
	})
	var all []*source
	for _, p := range found {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *source) int { return strings.Compare(a.path, b.path) })
	return all, err
}

// skipped tells folders that are not ours: hidden ones, test data, build output,
// and modules of their own.
func skipped(file, name string) bool {
	if strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "tmp" {
		return true
	}
	_, err := os.Stat(filepath.Join(file, "go.mod"))
	return err == nil
}

func parseFile(found map[string]*source, file string) error {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	path, err := filepath.Rel(root, filepath.Dir(file))
	if err != nil {
		return err
	}
	path = filepath.ToSlash(path)
	p := found[path]
	if p == nil {
		p = &source{path: path, name: parsed.Name.Name, set: set}
		found[path] = p
	}
	if parsed.Doc != nil {
		p.comment += parsed.Doc.Text()
	}
	for _, spec := range parsed.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		p.imports = append(p.imports, target)
	}
	p.files = append(p.files, parsed)
	return nil
}
