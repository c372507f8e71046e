package config

import (
	"strings"
	"testing"
)

// Which role a file is of follows from its keys.
func TestLoadMember(t *testing.T) {
	const common = "space: space.json\nkey: a.key\nstore: state\n"
	for role, text := range map[string]string{
		"coordinator": common,
		"analyst":     common + "coordinator: hub:1\n",
		"worker":      common + "coordinator: hub:1\ntables: {t: {files: [t.csv]}}\n",
	} {
		m, err := LoadMember(write(t, text), nil)
		if err != nil || m.Role != role || !strings.HasSuffix(string(m.Store), "state") {
			t.Errorf("%s: %+v, %v", role, m, err)
		}
	}
	// The fault is that of the role which the file is meant for.
	_, err := LoadMember(write(t, common+"coordinator: hub:1\ntables: {t: {files: [t.csv]}}\nlimits: {max_jobs: many}\n"), nil)
	if !ErrInvalid.Is(err) || !strings.Contains(err.Error(), "worker.limits.max_jobs") || strings.Contains(err.Error(), "unknown key") {
		t.Errorf("fault %v", err)
	}
	if _, err := LoadMember("nothing.yaml", nil); !ErrRead.Is(err) {
		t.Errorf("no file: %v", err)
	}
}
