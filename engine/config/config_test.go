package config

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

var update = flag.Bool("update", false, "write the generated files")

func TestLoadWorker(t *testing.T) {
	w, err := LoadWorker("testdata/worker.yaml", []string{
		"PATH=/bin", "TACIT_PASSPHRASE=x", "TACIT_WORKER_LIMITS_MAX_JOBS=3", "TACIT_WORKER_LOG_LEVEL=debug", "TACIT_WORKER_PROXY=none",
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.Space != "testdata/space.json" || w.Key != "/secret/north.key" || w.Dir != "testdata" {
		t.Errorf("paths %q %q %q", w.Space, w.Key, w.Dir)
	}
	files := w.Tables["patients"].Files
	if files[0] != "testdata/data/*.parquet" || files[1] != "/mnt/more.parquet" {
		t.Errorf("files %q", files)
	}
	if w.Log.Level != "debug" || w.Limits.MaxJobs != 3 || w.Proxy != NoProxy {
		t.Errorf("the environment did not override: %q %d %q", w.Log.Level, w.Limits.MaxJobs, w.Proxy)
	}
	if w.Engine.Memory != 512*MiB || w.Limits.MaxMessage != DefaultMaxMessage || w.Accept.MinContributors != 4 {
		t.Errorf("values %v %v %d", w.Engine.Memory, w.Limits.MaxMessage, w.Accept.MinContributors)
	}
}

// write puts a configuration into a file of its own.
func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tacit.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEverythingWrongAtOnce(t *testing.T) {
	file := write(t, `
space: space.json
key: north.key
coordinator: hub
store: state
engine: {memory: 1B}
enginee: {memory: 1GiB}
tables:
  patients: {query: SELECT 1, files: [""]}
  visits: {}
limits: {max_jobs: many}
log: {level: loud}
proxy: "ftp://user:secret@host"
accept: {tables: [patient]}
`)
	_, err := LoadWorker(file, []string{"TACIT_WORKER_LIMIT_MAX_JOBS=3", "TACIT_WORKER_ENGINE_THREADS=-1", "TACIT_WORKER_LOG_FORMAT=xml"})
	if !ErrInvalid.Is(err) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		`line 4: worker.coordinator: not an address`,
		`line 6: worker.engine.memory: 1B outside [64MiB, 16TiB]`,
		`line 7: worker.enginee: unknown key (did you mean "engine"?)`,
		`worker.tables.patients.files: an empty name`,
		`line 10: worker.tables.visits: wants files, or a query and the files that it reads`,
		`line 11: worker.limits.max_jobs: wants a whole number`,
		`line 12: worker.log.level: "loud" is none of debug, info, warn, error`,
		`worker.proxy: wants "none" or a URL`,
		`worker.accept.tables: table "patient" is not mapped (did you mean "patients"?)`,
		`TACIT_WORKER_LIMIT_MAX_JOBS: no such setting, or one that only the file can give (did you mean "TACIT_WORKER_LIMITS_MAX_JOBS"?)`,
		`worker.engine.threads: -1 outside [0, 1024]`,
		`worker.log.format: "xml" is none of text, json`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not reported: %s", want)
		}
	}
	var problems strictyaml.Problems
	if !errors.As(err, &problems) || len(problems) != 12 {
		t.Errorf("%d problems, want 12: %v", len(problems), err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("the error shows the password of the proxy")
	}
}

func TestDurations(t *testing.T) {
	file := write(t, "space: s\nkey: k\nstore: s\nround_timeout: 0s\ninput_timeout: 1 hour\n")
	_, err := LoadCoordinator(file, []string{"TACIT_COORDINATOR_LIMITS_RETENTION=1s"})
	for _, want := range []string{
		"line 4: coordinator.round_timeout: 0s outside [1s, 1h]",
		"line 5: coordinator.input_timeout: not a duration",
		"coordinator.limits.retention: 1s outside [1h, 8760h]",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not reported: %s in %v", want, err)
		}
	}
	file = write(t, "space: s\nkey: k\nstore: s\nround_timeout: 90s\n")
	c, err := LoadCoordinator(file, []string{"TACIT_COORDINATOR_INPUT_TIMEOUT=1h"})
	if err != nil || c.RoundTimeout.Std() != 90*time.Second || c.InputTimeout.Std() != time.Hour {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRequired(t *testing.T) {
	_, err := LoadCoordinator("", nil)
	for _, key := range []string{"coordinator.space: missing", "coordinator.key: missing", "coordinator.store: missing"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("not reported: %s in %v", key, err)
		}
	}
}

func TestWithoutFile(t *testing.T) {
	a, err := LoadAnalyst("", []string{
		"TACIT_ANALYST_SPACE=space.json", "TACIT_ANALYST_KEY=a.key", "TACIT_ANALYST_COORDINATOR=hub:1", "TACIT_ANALYST_STORE=state",
	})
	if err != nil || a.Space != "space.json" || a.Coordinator != "hub:1" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestUnreadable(t *testing.T) {
	if _, err := LoadWorker(filepath.Join(t.TempDir(), "none.yaml"), nil); !ErrRead.Is(err) {
		t.Errorf("got %v", err)
	}
	if _, err := LoadWorker(t.TempDir(), nil); !ErrRead.Is(err) {
		t.Errorf("a folder: got %v", err)
	}
	if _, err := LoadWorker(write(t, "a: "+strings.Repeat("x", MaxText)), nil); !ErrInvalid.Is(err) {
		t.Errorf("too long: got %v", err)
	}
}

func TestBytes(t *testing.T) {
	for in, want := range map[string]Bytes{"0B": 0, "1000B": 1000, "512MiB": 512 * MiB, "1024MiB": GiB, "16TiB": 16 * TiB} {
		var b Bytes
		if err := b.UnmarshalText([]byte(in)); err != nil || b != want {
			t.Errorf("%q is %d, %v", in, b, err)
		}
		var again Bytes
		if err := again.UnmarshalText([]byte(b.String())); err != nil || again != b {
			t.Errorf("%q printed as %q", in, b)
		}
	}
	for _, in := range []string{"", "1", "1 GiB", "1GB", "-1B", "1.5GiB", "9999999999TiB", "B", "MiB"} {
		var b Bytes
		if err := b.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q read as %d", in, b)
		}
	}
}

// TestSchema keeps docs/schema fresh; run with -update to write it.
func TestSchema(t *testing.T) {
	for _, role := range Roles {
		file := filepath.Join("..", "..", "docs", "schema", role+".schema.json")
		if *update {
			if err := os.WriteFile(file, Schema(role), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(have, Schema(role)) {
			t.Errorf("%s is not what the structs say: run make gen-docs (%v)", file, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	text, err := os.ReadFile("testdata/worker.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("tables: {a: {files: [x]}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		w := DefaultWorker()
		_, problems := decode(text, "worker", w)
		if problems == nil {
			return
		}
		if problems.Error() == "" {
			t.Error("a problem without text")
		}
	})
}
