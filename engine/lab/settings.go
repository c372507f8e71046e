package lab

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-space/tacit/engine/config"
)

// settingsFile has keys of a worker's configuration that the owner chooses, such as
// accept: below owners/NAME those of one owner, beside charter.yaml those of all others.
const settingsFile = "worker.yaml"

// settings returns the text of the owner's settings, whole lines; "" if there is none.
func (l *Lab) settings(owner string) (string, error) {
	for _, path := range []string{filepath.Join(l.Dir, "owners", owner, settingsFile), filepath.Join(l.Dir, settingsFile)} {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", ErrFolder.New("%w", err)
		}
		return strings.TrimRight(string(text), "\n") + "\n", nil
	}
	return "", nil
}

// checkSettings reads a configuration with settings as its worker will. They come first in it,
// so the lines of a problem are those of the settings.
func (l *Lab) checkSettings(owner string) error {
	_, err := config.LoadWorker(l.configOf(owner), nil)
	return err
}
