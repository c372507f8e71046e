//go:build unix

package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// acquire takes an exclusive lock that lasts until the file is closed or the
// process ends. The lock is on the open file, so it also keeps out a second
// instance in the same process.
func acquire(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, Unusable.New("create the lock file: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		err = InUse.New("another process has the store open")
	default:
		err = Unusable.New("lock the store: %w", err)
	}
	return nil, errors.Join(err, file.Close())
}

// release gives the lock up. Closing alone would leave it to a child process
// that was forked meanwhile, until that executes its program.
func release(file *os.File) error {
	return errors.Join(unix.Flock(int(file.Fd()), unix.LOCK_UN), file.Close())
}
