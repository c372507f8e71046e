package archtest

import (
	"slices"
	"strings"
	"testing"
)

// module is the import path of this repository.
const module = "github.com/tacit-space/tacit/"

// layers lists the packages from the bottom to the top; "x/..." stands for x and
// all below it. A package may import those of lower layers and of its own layer
// (the compiler refuses cycles); sideways lists the layers where it may not.
var layers = []struct {
	name     string
	packages []string
}{
	{"C0", []string{"crypto/session", "crypto/wire", "crypto/secret", "crypto/prg", "crypto/ring"}},
	{"C1", []string{
		"crypto/kem", "crypto/sign", "crypto/share", "crypto/identity", "crypto/mask", "crypto/job", "crypto/he", "crypto/dp",
	}},
	{"C2", []string{"crypto/secagg/...", "crypto/guard/...", "crypto/align/..."}},
	{"crypto tests", []string{"crypto/cryptotest/..."}},
	{"E0", []string{
		"engine/fault", "engine/decimal", "engine/strictyaml", "engine/schema", "engine/crashpoint",
		"engine/charter", "engine/config", "engine/obs", "engine/keyfile", "engine/webhook",
	}},
	{"E1", []string{
		"engine/plan/...", "engine/policy", "engine/query/...", "engine/result", "engine/source/...",
		"engine/column", "engine/ledger", "engine/store", "engine/envelope", "engine/differencing", "engine/noise", "engine/approval",
		"engine/inquiry", "engine/budget", "engine/statistic",
		"engine/chart",
		"engine/formula",
		"engine/inference", "engine/load",
		"engine/regression",
		"engine/survival",
	}},
	{"E2", []string{"engine/runner", "engine/protocol"}},
	{"protos", []string{"protos/..."}},
	{"E3", []string{"engine/transport/..."}},
	{"E4", []string{"engine/coordinator", "engine/worker", "engine/analyst"}},
	{"space", []string{"engine/enginetest/...", "engine/statistic/statistictest", "examples/...", "engine/lab/..."}},
	{"top", []string{"cmd/...", "benchmarks/...", "internal/..."}},
}

// level returns the index of the layer of a package of this module, -1 if none.
func level(path string) int {
	for i, layer := range layers {
		if matches(path, layer.packages) {
			return i
		}
	}
	return -1
}

func matches(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		base, subtree := strings.CutSuffix(pattern, "/...")
		return path == base || subtree && strings.HasPrefix(path, base+"/")
	})
}

func TestEveryPackageHasALayer(t *testing.T) {
	for _, p := range packages(t) {
		if level(p.path) < 0 {
			t.Errorf("%s is in no layer: add it to the table", p.path)
		}
	}
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range packages(t) {
		for _, target := range p.imports {
			own, ours := strings.CutPrefix(target, module)
			if ours && level(own) > level(p.path) {
				t.Errorf("%s (%s) imports %s (%s), which is above it",
					p.path, layerName(p.path), own, layerName(own))
			}
		}
	}
}

// TestProtocolsDoNotImportEachOther keeps the protocols apart: what they share is
// below them.
func TestProtocolsDoNotImportEachOther(t *testing.T) {
	for _, p := range packages(t) {
		for _, target := range p.imports {
			own, ours := strings.CutPrefix(target, module)
			if !ours || layerName(p.path) != "C2" || layerName(own) != "C2" {
				continue
			}
			if family(p.path) != family(own) {
				t.Errorf("%s imports the other protocol %s", p.path, own)
			}
		}
	}
}

// TestRolesDoNotImportEachOther: coordinator, worker and analyst only share what
// is below them.
func TestRolesDoNotImportEachOther(t *testing.T) {
	for _, p := range packages(t) {
		for _, target := range p.imports {
			own, ours := strings.CutPrefix(target, module)
			if ours && layerName(p.path) == "E4" && layerName(own) == "E4" {
				t.Errorf("role %s imports role %s", p.path, own)
			}
		}
	}
}

func layerName(path string) string {
	if i := level(path); i >= 0 {
		return layers[i].name
	}
	return "no layer"
}

// family is the first two elements of a path.
func family(path string) string {
	return strings.Join(strings.SplitN(path, "/", 3)[:2], "/")
}

// forbidden says what a part of the tree must not import: a protocol is a function
// of values, so clock, disk, network, log and concurrency belong to its driver.
var forbidden = []struct {
	below   string // prefix of the packages
	except  string // a prefix that is free
	imports []string
	why     string
}{
	{
		"crypto/", "",
		[]string{
			"context", "time", "os", "net", "log", "io/fs", "path/filepath",
			"google.golang.org", "github.com/apache/arrow", "github.com/prometheus", module + "engine", module + "protos",
		},
		"crypto is a function of values",
	},
	{"crypto/", "crypto/he", []string{"sync"}, "crypto has one owner; only the constant tables of crypto/he are made once for all"},
	{"crypto/", "crypto/cryptotest", []string{"math/rand", "math/rand/v2"}, "only the simulated network draws what an adversary may guess"},
	{"crypto/", "crypto/he", []string{"github.com/tuneinsight/lattigo"}, "only crypto/he knows Lattigo"},
	{"engine/", "", []string{"github.com/tuneinsight/lattigo"}, "only crypto/he knows Lattigo"},
	{"engine/", "engine/transport", []string{"google.golang.org/grpc", module + "protos"}, "only engine/transport knows the wire"},
	{"cmd/", "", []string{"google.golang.org/grpc", module + "protos"}, "only engine/transport knows the wire"},
	{"engine/", "engine/source", []string{"github.com/duckdb"}, "only engine/source knows the embedded engine"},
	{"engine/", "engine/query", []string{"github.com/pganalyze"}, "only engine/query parses SQL"},
	{"cmd/", "", []string{"github.com/duckdb", "github.com/pganalyze"}, "the binary is thin"},
	{"", "engine/lab", []string{module + "engine/enginetest"}, "a test space is for tests"},
}

func TestForbiddenImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range forbidden {
			if !strings.HasPrefix(p.path, rule.below) || rule.except != "" && strings.HasPrefix(p.path, rule.except) {
				continue
			}
			for _, target := range p.imports {
				if slices.ContainsFunc(rule.imports, func(bad string) bool { return within(target, bad) }) {
					t.Errorf("%s imports %s: %s", p.path, target, rule.why)
				}
			}
		}
	}
}

// within reports whether an import path is bad or below it.
func within(target, bad string) bool {
	return target == bad || strings.HasPrefix(target, bad+"/")
}

// TestTheTestsSee makes sure that the tree is really read, and that the rules bite.
func TestTheTestsSee(t *testing.T) {
	if n := len(packages(t)); n < 10 {
		t.Fatalf("only %d packages found", n)
	}
	if level("engine/charter") <= level("crypto/wire") || level("engine/lab/process") != level("engine/lab") || level("nowhere") != -1 {
		t.Error("the layers are in disorder")
	}
	if !within("net/http", "net") || within("network", "net") {
		t.Error("a forbidden import would pass")
	}
}
