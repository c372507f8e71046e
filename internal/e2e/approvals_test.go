//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestApprovals follows docs/approvals.md at North, where two questions wait for a person.
func TestApprovals(t *testing.T) {
	s := newShell(t)
	s.path = filepath.Dir(binary) + ":"
	takeDown(t, s.dir)
	s.run(block{text: fmt.Sprintf(`cp -r %q/examples/control clinic
cat > clinic/owners/north/worker.yaml <<END
approval:
  rules:
    - {name: totals, tables: [lung], max_cells: 1, then: accept}
  default: ask
END
tacit lab up clinic
export TACIT_CONFIG=$PWD/clinic/.lab/conf/analyst.yaml
sed "s|\.\./\.\./|$PWD/clinic/|; s|\.\./|$PWD/clinic/.lab/|" clinic/.lab/conf/north.yaml > worker.yaml
tacit query --purpose "survival study" "SELECT COUNT(*) AS n FROM lung"
ask() {
  tacit query --format csv --purpose "survival study" "$2" > $1 2>&1 < /dev/null &
  until [ "$(tacit inbox --json --config worker.yaml | grep -c '"deadline"')" = $3 ]; do :; done
}
ask first.csv "SELECT sex, AVG(time) AS days FROM lung GROUP BY sex ORDER BY sex" 1
ask second.csv "SELECT sex, AVG(age) AS age FROM lung GROUP BY sex ORDER BY sex" 2
`, repository(t))}, nil)
	out, err := tacit(t, nil, "inbox", "--json", "--config", filepath.Join(s.dir, "worker.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var waiting []struct{ Job string }
	if err := json.Unmarshal([]byte(out), &waiting); err != nil || len(waiting) != 2 {
		t.Fatalf("%d questions wait: %s, %v", len(waiting), out, err)
	}
	replace := strings.NewReplacer("6f2a", waiting[0].Job[:10], "c41b", waiting[1].Job[:10])
	for _, b := range blocksOf(t, filepath.Join(repository(t), "docs", "approvals.md")) {
		s.wants(b, s.run(b, replace))
	}
	for file, want := range map[string]string{"first.csv": "male,283.2", "second.csv": "TACIT-W131"} {
		s.run(block{text: fmt.Sprintf("for i in $(seq 2000); do grep -q %q %s && exit 0; tacit version > /dev/null; done; exit 1", want, file)}, nil)
		text, err := os.ReadFile(filepath.Join(s.dir, file))
		if err != nil || strings.Contains(string(text), "audit") {
			t.Errorf("%s: %s, %v", file, text, err)
		}
	}
}
