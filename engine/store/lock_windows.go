package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// acquire takes an exclusive lock that lasts until the file is closed or the
// process ends.
func acquire(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, Unusable.New("create the lock file: %w", err)
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION):
		err = InUse.New("another process has the store open")
	default:
		err = Unusable.New("lock the store: %w", err)
	}
	return nil, errors.Join(err, file.Close())
}

// release gives the lock up.
func release(file *os.File) error { return file.Close() }
