//go:build tacitcrash

package crashpoint

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
)

func TestAllAreDistinct(t *testing.T) {
	sorted := slices.Clone(All)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(All) {
		t.Errorf("a point is listed twice: %v", sorted)
	}
}

// The child passes a point three times and must be killed at the second.
func TestKillsAtThePassage(t *testing.T) {
	if os.Getenv("TACIT_TEST_CRASH") != "" {
		for range 3 {
			Here(WorkerReleaseBefore)
			os.Stdout.WriteString("passed ")
		}
		return
	}
	child := exec.Command(os.Args[0], "-test.run=TestKillsAtThePassage")
	child.Env = append(os.Environ(), "TACIT_TEST_CRASH=worker.release.before:2")
	out, err := child.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() || string(out) != "passed " {
		t.Fatalf("child ended with %v after %q, want a kill after one passage", err, out)
	}
}
