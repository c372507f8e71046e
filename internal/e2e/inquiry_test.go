//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/lab"
)

// TestCoordinatorHoldsNoVerdict asks owners what they would say, of which one refuses with a text that does not occur by
// chance, and looks for it in the coordinator's memory, store and log. The same search finds it in the memory of the
// owner's worker, and the analyst is told.
func TestCoordinatorHoldsNoVerdict(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "charter.yaml"), charterText)
	for i, v := range planted {
		write(t, filepath.Join(dir, "owners", owner(i), "t.csv"), fmt.Sprintf("x\n%d\n%d\n", v[0], v[1]))
	}
	write(t, filepath.Join(dir, "owners", owner(0), "worker.yaml"), "accept: {min_contributors: 487}\n")
	s := up(t, dir, planted, false)
	secret := []byte("this owner 487")

	inWorker := false
	for range 5 {
		text, err := tacit(t, []string{"TACIT_CONFIG=" + s.Profile()}, "explain", "--owners", question)
		if err != nil || !strings.Contains(text, string(secret)) {
			t.Fatalf("the analyst is not told: %v\n%s", err, text)
		}
		if holds(memory(t, s.pid(lab.CoordinatorID)), secret) {
			t.Error("the coordinator's memory has the verdict of an owner")
		}
		inWorker = inWorker || holds(memory(t, s.pid(owner(0))), secret)
	}
	if !inWorker {
		t.Error("the search does not find the verdict where it is, at the owner")
	}
	files := 0
	err := filepath.WalkDir(filepath.Join(dir, ".lab"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, lab.CoordinatorID) {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		if bytes.Contains(text, secret) || bytes.Contains(text, []byte("TACIT-W115")) {
			t.Errorf("%s has the verdict of an owner", path)
		}
		return err
	})
	if err != nil || files < 3 {
		t.Fatalf("%d files, %v", files, err)
	}
}

func holds(regions [][]byte, text []byte) bool {
	for _, r := range regions {
		if bytes.Contains(r, text) {
			return true
		}
	}
	return false
}
