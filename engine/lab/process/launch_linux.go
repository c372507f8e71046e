package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

func attributes(tied bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true}
	if tied {
		a.Pdeathsig = syscall.SIGKILL
	}
	return a
}

type request struct {
	cmd  *exec.Cmd
	done chan error
}

// launcher starts every child from one thread that never ends: Linux sends the
// parent-death signal when the *thread* that made the child ends (prctl(2)).
var launcher = sync.OnceValue(func() chan<- request {
	requests := make(chan request)
	go func() {
		runtime.LockOSThread()
		for r := range requests {
			r.done <- r.cmd.Start()
		}
	}()
	return requests
})

func launch(cmd *exec.Cmd) error {
	r := request{cmd, make(chan error)}
	launcher() <- r
	return <-r.done
}

// startTime is field 22 of /proc/PID/stat, in clock ticks since boot, with the
// boot's own id. A zombie counts as gone.
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The name in parentheses may hold anything; fields are counted after it.
	_, rest, _ := bytes.Cut(stat[max(0, bytes.LastIndexByte(stat, ')')):], []byte(" "))
	fields := bytes.Fields(rest)
	const state, start = 0, 19
	if len(fields) <= start {
		return "", errors.New("malformed /proc entry")
	}
	if s := string(fields[state]); s == "Z" || s == "X" {
		return "", os.ErrProcessDone
	}
	return string(fields[start]) + "@" + bootID(), nil
}

var bootID = sync.OnceValue(func() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return string(bytes.TrimSpace(id))
})
