package lab

import (
	"os"
	"path/filepath"

	"github.com/tacit-space/tacit/engine/fault"
)

// Codes.
var (
	ErrFolder = fault.Declare("TACIT-X020", "no lab",
		"The folder is no lab: a lab has charter.yaml and owners/NAME/TABLE.csv or .parquet.",
		"Make one from a table with: tacit lab init DIR --from FILE.csv --owners 5")
	ErrExists = fault.Declare("TACIT-X021", "lab exists already",
		"The folder for a new lab already has a charter.yaml or owners.",
		"Choose another folder, or remove these first.")
	ErrBusy = fault.Declare("TACIT-X022", "lab is busy",
		"Another lab command works on this folder at the same time.",
		"Wait for it, or end it.")
	ErrStart = fault.Declare("TACIT-X023", "a role did not start",
		"A process of the lab ended, or was not ready in time.",
		"The message has its last words; its whole log is in DIR/.lab/log.")
	ErrStop = fault.Declare("TACIT-X024", "a role did not stop",
		"A process of the lab could not be ended.",
		"Look at it with: tacit lab status DIR")
	ErrDown = fault.Declare("TACIT-X025", "lab is not up",
		"The command needs the processes of the lab, and they do not run.",
		"Start them with: tacit lab up DIR")
	ErrKey = fault.Declare("TACIT-X026", "key of a member is elsewhere",
		"The charter gives a member a key that the lab does not have.",
		"Leave the key out of charter.yaml: the lab makes one.")
)

// Names that a lab gives to the members that are no owners.
const (
	CoordinatorID = "coordinator"
	AnalystID     = "analyst"
)

// Lab is a folder with a space.
type Lab struct {
	Dir     string // absolute
	Program string // path of the tacit binary
	Tied    bool   // processes are killed when this one dies
	// Between, if set, returns the address at which a member reaches the coordinator instead of its own: that of a
	// [github.com/tacit-space/tacit/engine/lab/shape.Relay].
	Between func(member, coordinator string) (address string, err error)
}

// Open checks that dir is a lab. The program defaults to the one that runs.
func Open(dir string) (*Lab, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	for _, part := range []string{"charter.yaml", "owners"} {
		if _, err := os.Stat(filepath.Join(abs, part)); err != nil {
			return nil, ErrFolder.New("%s has no %s", dir, part)
		}
	}
	program, err := os.Executable()
	if err != nil {
		return nil, ErrStart.New("%w", err)
	}
	return &Lab{Dir: abs, Program: program}, nil
}

// made is a path below the folder that the lab makes.
func (l *Lab) made(parts ...string) string {
	return filepath.Join(append([]string{l.Dir, ".lab"}, parts...)...)
}

// Profile is the configuration of the lab's analyst.
func (l *Lab) Profile() string { return l.made("conf", AnalystID+".yaml") }

// reach is the address at which a member reaches the coordinator.
func (l *Lab) reach(member, coordinator string) (string, error) {
	if l.Between == nil {
		return coordinator, nil
	}
	address, err := l.Between(member, coordinator)
	if err != nil {
		return "", ErrStart.New("the way of %s to the coordinator: %w", member, err)
	}
	return address, nil
}
