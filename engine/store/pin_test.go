package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

// at is the keeper with another version of the charter, after some earlier ones.
func at(version byte, earlier ...charter.Pin) ledger.Keeper {
	k := keeper
	k.Charter, k.Version, k.Earlier = [32]byte{version}, uint32(version), earlier
	return k
}

func pin(version byte) charter.Pin {
	return charter.Pin{Version: int(version), Hash: [32]byte{version}}
}

// TestPinnedVersion: a role does not go back to a version that it has left, and takes no other history.
// The older one is active, as it always was: without the pin in the ledger it would be served.
func TestPinnedVersion(t *testing.T) {
	open := map[string]func(folder string, k ledger.Keeper) error{
		"coordinator": func(folder string, k ledger.Keeper) error {
			c, err := store.OpenCoordinator(folder, k)
			if err == nil {
				err = c.Close()
			}
			return err
		},
		"worker": func(folder string, k ledger.Keeper) error {
			w, err := store.OpenWorker(folder, key, k)
			if err == nil {
				err = w.Close()
			}
			return err
		},
		"analyst": func(folder string, k ledger.Keeper) error {
			a, err := store.OpenAnalyst(folder, key, k)
			if err == nil {
				err = a.Close()
			}
			return err
		},
	}
	for role, open := range open {
		t.Run(role, func(t *testing.T) {
			folder := t.TempDir()
			must(t, open(folder, at(1)))
			must(t, open(folder, at(3, pin(1), pin(2))))
			must(t, open(folder, at(3, pin(1), pin(2))))
			wantCode(t, open(folder, at(1)), charter.ErrRollback)
			wantCode(t, open(folder, at(2, pin(1))), charter.ErrRollback)
			other := at(3, pin(1), pin(2))
			other.Charter = [32]byte{33}
			wantCode(t, open(folder, other), charter.ErrFork)
			wantCode(t, open(folder, at(4)), charter.ErrFork)
			wantCode(t, open(folder, at(5, pin(1), pin(2), charter.Pin{Version: 3, Hash: [32]byte{33}}, pin(4))), charter.ErrFork)
			must(t, open(folder, at(4, pin(1), pin(2), pin(3))))
			v := read(t, folder)
			var versions []uint32
			for _, e := range v.Entries {
				if e.Kind == ledger.Charter {
					versions = append(versions, e.Version)
				}
			}
			if len(versions) != 3 || versions[2] != 4 {
				t.Errorf("versions %v in the ledger", versions)
			}
		})
	}
}

// TestReseal: a store goes on under another key of its member, with all that was sealed.
func TestReseal(t *testing.T) {
	folder, second := t.TempDir(), [32]byte{9}
	w := worker(t, folder)
	o := offered(1)
	o.Asked = &store.Asked{Table: "visits", Organisation: "uni", Plan: []byte("the plan")}
	must(t, w.Decide(o))
	must(t, w.BeginAttempt(o.ID, 1))
	must(t, w.Persist(o.ID, 1, []byte("state")))
	must(t, w.AddKeySet(store.KeyID{1}, []byte("keys")))
	wantCode(t, store.Reseal(folder, ledger.Worker, key, second), store.InUse)
	must(t, w.Close())
	wantCode(t, store.Reseal(folder, ledger.Worker, second, key), store.Sealed)
	must(t, store.Reseal(folder, ledger.Worker, key, second))
	if role, err := store.RoleOf(folder); err != nil || role != ledger.Worker {
		t.Errorf("role %q, %v", role, err)
	}
	_, err := store.OpenWorker(folder, key, keeper)
	wantCode(t, err, store.Sealed)

	rotated := at(2, pin(1))
	rotated.Identity, rotated.Former = identity.FromSeed([32]byte{8}), []identity.Public{keeper.Identity.Public()}
	w, err = store.OpenWorker(folder, second, rotated)
	must(t, err)
	if _, state, err := w.Attempt(o.ID); err != nil || string(state) != "state" {
		t.Errorf("state %q, %v", state, err)
	}
	if asked, err := w.Asked("visits", time.Hour); err != nil || len(asked) != 1 || string(asked[0].Plan) != "the plan" {
		t.Errorf("asked %+v, %v", asked, err)
	}
	must(t, w.Close())

	folder = t.TempDir()
	a := analyst(t, folder)
	must(t, a.Add(store.Question{Job: store.JobID{1}, Record: []byte("question"), Expires: time.Now().Add(time.Hour)}))
	must(t, a.Close())
	must(t, store.Reseal(folder, ledger.Analyst, key, second))
	a, err = store.OpenAnalyst(folder, second, rotated)
	must(t, err)
	if q, err := a.Question(store.JobID{1}); err != nil || string(q.Record) != "question" {
		t.Errorf("%q, %v", q.Record, err)
	}
	must(t, a.Close())
	_, err = store.RoleOf(t.TempDir())
	wantCode(t, err, store.Unusable)
}

// TestResealCoversAll: every place at which a record is sealed is in the list of what is sealed again.
func TestResealCoversAll(t *testing.T) {
	files, err := filepath.Glob("*.go")
	must(t, err)
	calls := 0
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil && !strings.HasSuffix(f, "_test.go") && f != "reseal.go" {
			calls += strings.Count(string(text), ".seal(")
		}
	}
	if listed := store.SealedColumns() - 1; calls != listed { // both roles seal key_check in one place
		t.Errorf("records are sealed in %d places, %d of them are in sealedBy", calls, listed)
	}
}
