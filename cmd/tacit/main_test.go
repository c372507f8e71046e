package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/process"
)

var update = flag.Bool("update", false, "write what commands print into the scripts")

// The test binary is the program when it is called tacit; a lab starts its roles
// with the same binary.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tacit": func() { os.Exit(execute()) },
	})
}

// TestScripts runs testdata/script/*.txtar: each command of the program as a person
// types it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await":    await,
			"exitcode": expectExit,
			"crash":    crash,
			"fill":     fill,
			"job":      job,
			"parked":   waits,
			"quiet":    quiet,
			"replace":  replace,
			"tamper":   tamper,
			"undebit":  undebit,
		},
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examplesDir())
			env.Defer(func() { takeDown(t, env.WorkDir) })
			return nil
		},
	})
}

// takeDown stops the labs that a script which failed left running.
func takeDown(t *testing.T, folder string) {
	found, _ := filepath.Glob(filepath.Join(folder, "*", ".lab"))
	for _, made := range found {
		l := lab.Lab{Dir: filepath.Dir(made)}
		if err := l.Down(); err != nil {
			t.Error(err)
		}
	}
}

func examplesDir() string {
	dir, err := filepath.Abs("../../examples")
	if err != nil {
		panic(err)
	}
	return dir
}

// expectExit runs a command and compares its exit code: exitcode 3 tacit query …
func expectExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE COMMAND …")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// await runs a command again and again until its output matches: await PATTERN COMMAND ….
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await PATTERN COMMAND …")
	}
	pattern := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("nothing matches %q", args[0])
}

// quiet fails if a process is left that has to do with the script's folder.
func quiet(ts *testscript.TestScript, neg bool, _ []string) {
	left := processes(ts.Getenv("WORK"))
	if neg {
		if len(left) == 0 {
			ts.Fatalf("no process runs")
		}
		return
	}
	if len(left) > 0 {
		ts.Fatalf("left running:\n%s", strings.Join(left, "\n"))
	}
}

// processes lists the command lines that mention a folder, where the system has
// /proc.
func processes(folder string) []string {
	var found []string
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(folder)) {
			found = append(found, fmt.Sprintf("%s %s", filepath.Base(filepath.Dir(path)), bytes.ReplaceAll(text, []byte{0}, []byte(" "))))
		}
	}
	return found
}

// replace changes text in a file: replace OLD NEW FILE.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace OLD NEW FILE")
	}
	text := ts.ReadFile(args[2])
	if !strings.Contains(text, args[0]) {
		ts.Fatalf("%s does not contain %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Replace(text, args[0], args[1], 1)), 0o600))
}

// fill puts fingerprints into a charter from the template: fill CHARTER MEMBER…, each
// from MEMBER.fp.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	for _, member := range args[1:] {
		text = strings.Replace(text, "tk1…", strings.TrimSpace(ts.ReadFile(member+".fp")), 1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// job sets a variable to the job id in a provenance file: job VARIABLE FILE.
func job(ts *testscript.TestScript, _ bool, args []string) {
	var provenance struct{ Job string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &provenance))
	ts.Setenv(args[0], provenance.Job)
}

// waits sets a variable to the id of the question that waits for a person, as soon as there is one: parked
// VARIABLE CONFIG.
func waits(ts *testscript.TestScript, _ bool, args []string) {
	for {
		var waiting []struct{ Job string }
		ts.Check(ts.Exec("tacit", "inbox", "--json", "--config", args[1]))
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &waiting))
		if len(waiting) == 1 {
			ts.Setenv(args[0], waiting[0].Job)
			return
		}
	}
}

// crash kills a role of a lab without asking it, and waits for its end: crash LAB NAME.
func crash(ts *testscript.TestScript, _ bool, args []string) {
	var role struct{ Process process.Process }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(filepath.Join(args[0], ".lab", "run", args[1]+".json"))), &role))
	at, cancel := context.WithCancel(context.Background())
	cancel() // no time to end by itself
	p, err := os.FindProcess(role.Process.PID)
	ts.Check(err)
	ts.Check(p.Kill())
	ts.Check(role.Process.Stop(at))
}

// undebit removes a debit from the accounts in a closed store: undebit FOLDER.
func undebit(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(ts.MkAbs(args[0]), "tacit.db"))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec("DELETE FROM debit WHERE job = (SELECT MAX(job) FROM debit)")
	ts.Check(err)
}

// tamper removes the last entry of the ledger in a closed store: tamper FOLDER.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(ts.MkAbs(args[0]), "tacit.db"))
	ts.Check(err)
	defer db.Close()
	for _, statement := range []string{"DROP TRIGGER ledger_never_shrinks", "DELETE FROM ledger WHERE seq = (SELECT MAX(seq) FROM ledger)"} {
		_, err := db.Exec(statement)
		ts.Check(err)
	}
}
