package he

import (
	"os/exec"
	"strings"
	"testing"
)

// TestNo32Bits: a 32-bit build of the library evaluates to other bits and decodes wrongly.
// Ours does not compile, for the array in doc.go that has a negative length there. (The
// file is looked at alone: the package has hundreds of dependencies to compile.)
func TestNo32Bits(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool")
	}
	for arch, wide := range map[string]bool{"386": false, "arm": false, "amd64": true, "arm64": true} {
		cmd := exec.Command(tool, "vet", "doc.go")
		cmd.Env = append(cmd.Environ(), "GOARCH="+arch, "GOOS=linux", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		if wide && err != nil || !wide && !strings.Contains(string(out), "invalid array length bits.UintSize - 64") {
			t.Errorf("%s: %v: %s", arch, err, out)
		}
	}
}
