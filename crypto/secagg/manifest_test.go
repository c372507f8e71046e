package secagg

import (
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
)

// TestManifestsThatDiffer: the analyst signs two plans under one job id, and the coordinator shows worker 5 the other
// one. Every key, hash and signature is bound to the manifest that a worker was shown, so that no sum has
// parts of both. Without the binding the attack succeeds: a worker that decides on one manifest and runs
// under the other adds its part.
func TestManifestsThatDiffer(t *testing.T) {
	if mixed(t, true) {
		t.Error("a sum has parts that answer different questions")
	}
	if !mixed(t, false) {
		t.Error("the attack fails without the defence, so the test shows nothing")
	}
}

// mixed reports whether worker 5, who was shown another plan, is in the sum.
func mixed(t *testing.T, bound bool) bool {
	w := newWorld(t, five, defences{})
	other := *w.manifest
	other.Context = []byte("another plan")
	if bound {
		w.shown = map[session.Party]*job.Manifest{5: &other}
	}
	o, err := w.run(w.network(1, 1, w.everyone()), w.everyone())
	if err != nil || o == nil {
		return false
	}
	return slices.Contains(o.Participants, session.Party(5))
}
