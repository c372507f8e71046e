package config

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// MaxText is the largest configuration file, in bytes.
const MaxText = 1 << 20

// Codes.
var (
	ErrInvalid = fault.Declare("TACIT-F001", "invalid configuration",
		"The configuration, or an environment variable that overrides it, says something impossible. The message lists every problem with its path.",
		"Correct the listed keys; docs/schema has the schema of each file.")
	ErrRead = fault.Declare("TACIT-F002", "configuration cannot be read",
		"The configuration file does not exist or may not be read.",
		"Check the name after --config and the permissions of the file.")
)

// LoadCoordinator reads the configuration of a coordinator from a file and the
// environment ("NAME=value" as [os.Environ] gives it). Without a file name only
// defaults and environment count, and relative paths stay as they are. The faults
// are [ErrRead] and [ErrInvalid].
func LoadCoordinator(file string, environ []string) (*Coordinator, error) {
	c := DefaultCoordinator()
	dir, err := load("coordinator", file, environ, c, nil)
	c.Dir = dir
	return orNil(c, err)
}

// LoadWorker reads the configuration of a worker; see [LoadCoordinator].
func LoadWorker(file string, environ []string) (*Worker, error) {
	w := DefaultWorker()
	dir, err := load("worker", file, environ, w, w.check)
	w.Dir = dir
	return orNil(w, err)
}

// LoadAnalyst reads the configuration of an analyst; see [LoadCoordinator].
func LoadAnalyst(file string, environ []string) (*Analyst, error) {
	a := DefaultAnalyst()
	dir, err := load("analyst", file, environ, a, a.check)
	a.Dir = dir
	return orNil(a, err)
}

func orNil[T any](c *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// load fills dst and returns the folder that relative paths were resolved against.
func load(role, file string, environ []string, dst any, more func(*strictyaml.Problems)) (string, error) {
	var problems strictyaml.Problems
	places := strictyaml.Places{}
	dir := "."
	if file != "" {
		text, err := read(file)
		if err != nil {
			return "", ErrRead.New("configuration of the %s: %w", role, err)
		}
		dir = filepath.Dir(file)
		places, problems = decode(text, role, dst)
	}
	if problems.Readable() {
		v := reflect.ValueOf(dst).Elem()
		override(v, role, environ, &problems)
		var checks strictyaml.Problems
		check(v, role, &checks)
		if more != nil {
			more(&checks)
		}
		problems = problems.Join(checks)
		resolve(v, dir)
	}
	if len(problems) == 0 {
		return dir, nil
	}
	places.Locate(problems)
	return "", ErrInvalid.New("%s: %w", describe(role, file), problems)
}

func describe(role, file string) string {
	if file == "" {
		return "environment of the " + role
	}
	return file
}

func decode(text []byte, role string, dst any) (strictyaml.Places, strictyaml.Problems) {
	if strings.TrimSpace(string(text)) == "" {
		return strictyaml.Places{}, nil
	}
	places, err := strictyaml.Unmarshal(text, MaxText, role, dst)
	var problems strictyaml.Problems
	errors.As(err, &problems)
	return places, problems
}

// read returns at most one byte more than a configuration may have.
func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxText+1))
}
