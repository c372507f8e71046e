package benchmarks

import (
	"os"
	"path/filepath"
	"testing"
)

// Growth is the slope over the questions, for each kind of role.
func TestGrowth(t *testing.T) {
	f := figures{}
	at := func(goroutines, bytes float64) map[string]footprint {
		return map[string]footprint{"worker": {"goroutines": goroutines, storeSize: bytes}, "coordinator": {}}
	}
	growth([]float64{10, 20, 30}, []map[string]footprint{at(5, 1000), at(5, 1500), at(5, 2000)}, f)
	for name, want := range map[string]float64{
		"sustained: goroutines, workers, growth": 0, "sustained: goroutines, workers, last": 5,
		"sustained: store, workers, growth": 50, "sustained: store, workers, first": 1000,
		"sustained: store, coordinator, growth": 0,
	} {
		if f[name] == nil || len(f[name].values) != 1 || f[name].values[0] != want {
			t.Errorf("%s is %+v, want %v", name, f[name], want)
		}
	}
}

func TestFolderSize(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"a": 10, "below/b": 32} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := folderSize(dir); err != nil || got != 42 {
		t.Errorf("%d bytes, %v", got, err)
	}
	if _, err := folderSize(filepath.Join(dir, "missing")); err == nil {
		t.Error("a folder that is not there has a size")
	}
}
