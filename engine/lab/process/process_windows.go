package process

import (
	"errors"
	"os/exec"
	"syscall"
)

var errUnsupported = errors.New("a lab needs a Unix system")

func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func launch(*exec.Cmd) error { return errUnsupported }

func startTime(int) (string, error) { return "", errUnsupported }

func terminate(int) error { return errUnsupported }

func kill(int) error { return errUnsupported }
