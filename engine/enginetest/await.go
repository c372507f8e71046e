package enginetest

import (
	"testing"
	"time"
)

// patience is how long a test waits for what has to happen. All of it takes seconds on a
// loaded machine; a test that waits longer hangs, and says so.
const patience = 3 * time.Minute

// Await waits until one of the channels is closed.
func (s *Space) Await(done <-chan struct{}, or ...<-chan struct{}) {
	s.T.Helper()
	await(s.T, done, append(or, nil)[0])
}

// await waits until one of two channels is closed; a nil one never is. The test fails if
// that takes longer than it can.
func await(t testing.TB, a, b <-chan struct{}) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-a:
	case <-b:
	case <-late.C:
		t.Fatalf("nothing happened for %v", patience)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
