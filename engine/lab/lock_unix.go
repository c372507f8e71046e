//go:build unix

package lab

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other lab commands away from the folder until the returned function is
// called or this process ends.
func (l *Lab) lock() (unlock func(), err error) {
	if err := os.MkdirAll(l.made(), 0o700); err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	f, err := os.OpenFile(l.made("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		f.Close()
		return nil, ErrBusy.New("another lab command works on %s", l.Dir)
	case err != nil:
		f.Close()
		return nil, ErrFolder.New("%w", err)
	}
	return func() { f.Close() }, nil
}
