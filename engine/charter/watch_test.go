package charter

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// TestWatch: a file that changes is looked at again; what does not continue the charter does not count.
func TestWatch(t *testing.T) {
	s := newSpace(t)
	first := s.active(t)
	file := filepath.Join(t.TempDir(), "space.json")
	write := func(b *Bundle) {
		t.Helper()
		if err := b.WriteFile(file); err != nil {
			t.Fatal(err)
		}
	}
	write(first)
	ctx, cancel := context.WithCancel(t.Context())
	found, failed, done := make(chan *Bundle), make(chan error), make(chan struct{})
	go func() {
		defer close(done)
		first.Watch(ctx, file, time.Millisecond, func(b *Bundle) { found <- b }, func(err error) { failed <- err })
	}()
	if b := <-found; len(b.Revoked()) != 0 {
		t.Error("revoked")
	}
	write(revoke(t, amendAgain(t, first), "south", s.keys["south"]))
	if b := <-found; revokedMembers(b) != "south" {
		t.Errorf("revoked %q", revokedMembers(b))
	}
	other := newSpace(t)
	other.text = edit(t, other.text, "max_rows: 1_000_000", "max_rows: 1_000_00")
	write(other.active(t))
	wants(t, "another history", <-failed, ErrFork.Code)
	write(s.signed(t, "hub"))
	wants(t, "not active", <-failed, ErrNotActive.Code)
	next := amend(t, first, nil, "max_rows: 1_000_000", "max_rows: 2_000_000")
	for _, k := range s.keys {
		next = sign(t, next, k)
	}
	write(next)
	if b := <-found; b.Charter().Version != 2 {
		t.Errorf("version %d", b.Charter().Version)
	}
	cancel()
	<-done
}
