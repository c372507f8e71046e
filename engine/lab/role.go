package lab

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/lab/process"
)

// role is one process of the lab, as it is remembered in .lab/run.
type role struct {
	Name    string           `json:"name"` // member id
	Kind    string           `json:"kind"` // "coordinator" or "worker": the command it runs
	Ops     string           `json:"ops"`  // address of /readyz
	Process *process.Process `json:"process,omitempty"`
}

func (l *Lab) recordOf(name string) string { return l.made("run", name+".json") }
func (l *Lab) configOf(name string) string { return l.made("conf", name+".yaml") }
func (l *Lab) logOf(name string) string    { return l.made("log", name+".log") }

// remember writes the record of a role in one step.
func (l *Lab) remember(r *role) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFile(l.recordOf(r.Name), append(text, '\n'))
}

// writeFile replaces a file in one step, readable by this user alone.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}

// remembered returns the roles that were started and not stopped, the coordinator
// first. A record that cannot be read counts as none: its process never was.
func (l *Lab) remembered() ([]*role, error) {
	paths, err := filepath.Glob(l.recordOf("*"))
	if err != nil {
		return nil, err
	}
	var roles []*role
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, ErrFolder.New("%w", err)
		}
		var r role
		if json.Unmarshal(text, &r) == nil && r.Process != nil {
			roles = append(roles, &r)
		}
	}
	slices.SortStableFunc(roles, func(a, b *role) int {
		if a.Kind != b.Kind {
			return strings.Compare(a.Kind, b.Kind) // "coordinator" < "worker"
		}
		return strings.Compare(a.Name, b.Name)
	})
	return roles, nil
}
