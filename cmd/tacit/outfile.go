package main

import (
	"errors"
	"io/fs"
	"os"
)

// files are those that the answer is written to.
func (q *asking) files() []string {
	files := provenanceFiles(q)
	for _, file := range []string{q.output, q.plot} {
		if file != "" {
			files = append(files, file)
		}
	}
	return files
}

// writable reports the first file that could not be written, before anybody is asked: an answer
// costs a quota, or a budget. It leaves nothing behind.
func writable(files []string) error {
	for _, file := range files {
		if err := tryWriting(file); err != nil {
			return ErrFile.New("%w", err).With("Check its name and permissions. Nothing was asked.")
		}
	}
	return nil
}

func tryWriting(file string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		return errors.Join(f.Close(), os.Remove(file))
	case err != nil:
		return err
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil // a pipe or a terminal: opening it may wait
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}
