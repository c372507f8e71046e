package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

var key = [32]byte{1}

// keeper signs the ledgers.
var keeper = ledger.Keeper{Space: "lab", Member: "north", Identity: identity.FromSeed([32]byte{7}), Charter: [32]byte{1}, Version: 1}

func coordinator(t *testing.T, folder string) *store.Coordinator {
	t.Helper()
	c, err := store.OpenCoordinator(folder, keeper)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func worker(t *testing.T, folder string) *store.Worker {
	t.Helper()
	w, err := store.OpenWorker(folder, key, keeper)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func analyst(t *testing.T, folder string) *store.Analyst {
	t.Helper()
	a, err := store.OpenAnalyst(folder, key, keeper)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func wantCode(t *testing.T, err error, kind *fault.Kind) {
	t.Helper()
	if !kind.Is(err) {
		t.Fatalf("error %v, want code %s", err, kind.Code)
	}
}

func job(id byte) store.Job {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return store.Job{
		ID: store.JobID{id}, Analyst: "ada", Manifest: [32]byte{id}, Submission: []byte("submission"),
		State: store.Submitted, Created: now, Updated: now, Expires: now.Add(time.Hour),
	}
}

func offered(id byte) store.Offered {
	return store.Offered{
		ID: store.JobID{id}, Manifest: [32]byte{id}, Offer: []byte("offer"), Analyst: "ada",
		Accepted: true, Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond),
	}
}

func TestJobOutlivesRestart(t *testing.T) {
	folder := t.TempDir()
	c := coordinator(t, folder)
	want := job(1)
	must(t, c.AddJob(want))
	must(t, c.Decide(want.ID, store.Decision{Owner: "a", Verdict: store.Accepted}))
	begin(t, c, want.ID, 1, []session.Party{1, 3, 0x1234})
	must(t, c.PersistAttempt(want.ID, 1, []byte("state")))
	must(t, c.Close())

	c = coordinator(t, folder)
	live, err := c.Live()
	must(t, err)
	if len(live) != 1 || live[0].State != store.Running || live[0].Attempt != 1 || !live[0].Expires.Equal(want.Expires) {
		t.Fatalf("live jobs %+v", live)
	}
	attempt, err := c.Attempt(want.ID)
	must(t, err)
	if attempt.Number != 1 || string(attempt.State) != "state" || !slices.Equal(attempt.Participants, []session.Party{1, 3, 0x1234}) {
		t.Fatalf("attempt %+v", attempt)
	}
	decisions, err := c.Decisions(want.ID)
	must(t, err)
	if decisions["a"].Verdict != store.Accepted {
		t.Fatalf("decisions %+v", decisions)
	}
}

func TestJobIDIsTakenOnce(t *testing.T) {
	c := coordinator(t, t.TempDir())
	must(t, c.AddJob(job(1)))
	wantErr(t, c.AddJob(job(1)), store.ErrExists)
}

func TestFinalStateIsFinal(t *testing.T) {
	c := coordinator(t, t.TempDir())
	j := job(1)
	must(t, c.AddJob(j))
	must(t, c.SetState(j.ID, store.Cancelled, store.Reason{}))
	wantErr(t, c.SetState(j.ID, store.Running, store.Reason{}), store.ErrExists)
	wantErr(t, beginErr(c, j.ID, 1, nil), store.ErrExists)
	wantErr(t, c.Release(j.ID, []byte("late result")), store.ErrExists)
	if _, err := c.Result(j.ID); !errors.Is(err, store.ErrMissing) {
		t.Fatalf("a cancelled job has a result: %v", err)
	}
}

func TestNoNewAttemptOncePersisted(t *testing.T) {
	c := coordinator(t, t.TempDir())
	j := job(1)
	must(t, c.AddJob(j))
	begin(t, c, j.ID, 1, nil)
	begin(t, c, j.ID, 2, nil)
	wantErr(t, beginErr(c, j.ID, 2, nil), store.ErrExists)
	wantErr(t, beginErr(c, j.ID, 4, nil), store.ErrExists)
	wantErr(t, c.PersistAttempt(j.ID, 1, []byte("old")), store.ErrExists)
	must(t, c.PersistAttempt(j.ID, 2, []byte("workers may release")))
	wantErr(t, beginErr(c, j.ID, 3, nil), store.ErrExists)
}

func TestResultIsStoredOnce(t *testing.T) {
	c := coordinator(t, t.TempDir())
	j := job(1)
	must(t, c.AddJob(j))
	begin(t, c, j.ID, 1, nil)
	must(t, c.Release(j.ID, []byte("result")))
	must(t, c.Release(j.ID, []byte("result")))
	wantErr(t, c.Release(j.ID, []byte("other")), store.ErrExists)
	got, err := c.Job(j.ID)
	must(t, err)
	if got.State != store.Released {
		t.Fatalf("state %s", got.State)
	}
	if _, err := c.Attempt(j.ID); !errors.Is(err, store.ErrMissing) {
		t.Fatalf("the attempt of a released job is still there: %v", err)
	}
}

func TestOwnerDecidesOnceAndMayWithdraw(t *testing.T) {
	c := coordinator(t, t.TempDir())
	j := job(1)
	must(t, c.AddJob(j))
	say := func(v store.Verdict) error { return c.Decide(j.ID, store.Decision{Owner: "a", Verdict: v}) }
	must(t, say(store.Accepted))
	wantErr(t, say(store.Accepted), store.ErrExists)
	wantErr(t, say(store.Declined), store.ErrExists)
	must(t, say(store.Withdrawn))
	wantErr(t, say(store.Accepted), store.ErrExists)
}

func TestCoordinatorPrunes(t *testing.T) {
	c := coordinator(t, t.TempDir())
	fetched, unfetched, live := job(1), job(2), job(3)
	for _, j := range []store.Job{fetched, unfetched, live} {
		must(t, c.AddJob(j))
	}
	must(t, c.Release(fetched.ID, []byte("result")))
	must(t, c.Release(unfetched.ID, []byte("result")))
	must(t, c.Fetched(fetched.ID))
	results, records, err := c.Prune(store.Retention{Fetched: -time.Hour, Result: time.Hour, Record: time.Hour})
	must(t, err)
	if results != 1 || records != 0 {
		t.Fatalf("pruned %d results and %d records, want 1 and 0", results, records)
	}
	if _, err := c.Result(unfetched.ID); err != nil {
		t.Fatalf("a result that nobody fetched is gone: %v", err)
	}
	_, records, err = c.Prune(store.Retention{Fetched: -time.Hour, Result: -time.Hour, Record: -2 * time.Hour})
	must(t, err)
	if records != 2 {
		t.Fatalf("pruned %d records, want the two that are over", records)
	}
	if _, err := c.Job(live.ID); err != nil {
		t.Fatalf("a live job was pruned: %v", err)
	}
}

func TestWorkerSeesAJobOnce(t *testing.T) {
	w := worker(t, t.TempDir())
	first := offered(1)
	must(t, w.Decide(first))
	other := first
	other.Manifest = [32]byte{9}
	wantErr(t, w.Decide(other), store.ErrExists)
	got, err := w.Job(first.ID)
	must(t, err)
	if got.Manifest != first.Manifest || !got.Accepted {
		t.Fatalf("job %+v", got)
	}
}

func TestReleaseOncePerJob(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	o := offered(1)
	must(t, w.Decide(o))
	must(t, w.BeginAttempt(o.ID, 1))
	wantErr(t, w.Release(o.ID, 2, [32]byte{1}), store.ErrExists)
	must(t, w.Release(o.ID, 1, [32]byte{1}))
	must(t, w.Release(o.ID, 1, [32]byte{1}))
	wantErr(t, w.Release(o.ID, 1, [32]byte{2}), store.ErrExists)
	must(t, w.Close())

	w = worker(t, folder)
	wantErr(t, w.Release(o.ID, 1, [32]byte{2}), store.ErrExists)
	wantErr(t, w.BeginAttempt(o.ID, 2), store.ErrExists)
	end(t, w, o.ID, store.Ending{How: "released"})
	wantErr(t, w.BeginAttempt(o.ID, 2), store.ErrExists)
	if attempt, released, err := w.Released(o.ID); err != nil || !released || attempt != 1 {
		t.Fatalf("released %d %v %v", attempt, released, err)
	}
}

// A superseded attempt must not release: its shares together with those of a
// later attempt would open the difference of two sums.
func TestSupersededAttemptCannotGoOn(t *testing.T) {
	w := worker(t, t.TempDir())
	o := offered(1)
	must(t, w.Decide(o))
	must(t, w.BeginAttempt(o.ID, 1))
	must(t, w.Persist(o.ID, 1, []byte("first")))
	must(t, w.BeginAttempt(o.ID, 3))
	wantErr(t, w.BeginAttempt(o.ID, 2), store.ErrExists)
	wantErr(t, w.Persist(o.ID, 1, []byte("late")), store.ErrExists)
	wantErr(t, w.Release(o.ID, 1, [32]byte{1}), store.ErrExists)
	number, state, err := w.Attempt(o.ID)
	if err != nil || number != 3 || state != nil {
		t.Fatalf("attempt %d with %d bytes, %v", number, len(state), err)
	}
}

func TestSecretsAreSealedAtRest(t *testing.T) {
	folder := t.TempDir()
	planted := []byte("planted-secret-0123456789abcdef")
	w := worker(t, filepath.Join(folder, "w"))
	o := offered(1)
	must(t, w.Decide(o))
	must(t, w.BeginAttempt(o.ID, 1))
	must(t, w.Persist(o.ID, 1, planted))
	a := analyst(t, filepath.Join(folder, "a"))
	must(t, a.Add(store.Question{Job: store.JobID{1}, Record: planted, Expires: time.Now()}))
	wantAbsent(t, folder, planted)

	if _, state, err := w.Attempt(o.ID); err != nil || !bytes.Equal(state, planted) {
		t.Fatalf("state does not open: %v", err)
	}
	if q, err := a.Question(store.JobID{1}); err != nil || !bytes.Equal(q.Record, planted) {
		t.Fatalf("question does not open: %v", err)
	}
}

// wantAbsent searches every file below folder.
func wantAbsent(t *testing.T, folder string, planted []byte) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, planted) {
			t.Errorf("%s holds the planted secret", path)
		}
		return err
	}))
}

func TestErasedQuestionIsGone(t *testing.T) {
	folder := t.TempDir()
	a := analyst(t, folder)
	id := store.JobID{1}
	must(t, a.Add(store.Question{Job: id, Record: []byte("secret"), Expires: time.Now()}))
	pending, err := a.Pending()
	must(t, err)
	if len(pending) != 1 || pending[0] != id {
		t.Fatalf("pending %v", pending)
	}
	must(t, a.Submitted(id))
	must(t, a.Erase(id, store.Answered, ""))
	must(t, a.Erase(id, store.Answered, ""))
	q, err := a.Question(id)
	must(t, err)
	if q.Record != nil || q.State != store.Answered {
		t.Fatalf("question %+v", q)
	}
	// Whatever SQLite put in the log is emptied.
	info, err := os.Stat(filepath.Join(folder, store.FileName+"-wal"))
	if err == nil && info.Size() != 0 {
		t.Errorf("the log still has %d bytes", info.Size())
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	folder := t.TempDir()
	must(t, worker(t, folder).Close())
	_, err := store.OpenWorker(folder, [32]byte{2}, keeper)
	wantCode(t, err, store.Sealed)
}

func TestSecondInstanceIsRefused(t *testing.T) {
	folder := t.TempDir()
	c := coordinator(t, folder)
	_, err := store.OpenCoordinator(folder, keeper)
	wantCode(t, err, store.InUse)
	must(t, c.Close())
	coordinator(t, folder)
}

func TestAnotherRoleIsRefused(t *testing.T) {
	folder := t.TempDir()
	must(t, coordinator(t, folder).Close())
	_, err := store.OpenWorker(folder, key, keeper)
	wantCode(t, err, store.Unusable)
}

func TestDamagedStoreIsRefused(t *testing.T) {
	t.Run("not a database", func(t *testing.T) {
		folder := t.TempDir()
		must(t, os.WriteFile(filepath.Join(folder, store.FileName), bytes.Repeat([]byte("garbage "), 1000), 0o600))
		_, err := store.OpenCoordinator(folder, keeper)
		wantCode(t, err, store.Corrupt)
	})
	t.Run("overwritten pages", func(t *testing.T) {
		folder := t.TempDir()
		c := coordinator(t, folder)
		for i := range byte(50) {
			j := job(i)
			j.Submission = bytes.Repeat([]byte{i}, 5000)
			must(t, c.AddJob(j))
		}
		must(t, c.Close())
		path := filepath.Join(folder, store.FileName)
		content, err := os.ReadFile(path)
		must(t, err)
		copy(content[4096:], bytes.Repeat([]byte{0xA5}, 40*4096))
		must(t, os.WriteFile(path, content, 0o600))
		_, err = store.OpenCoordinator(folder, keeper)
		wantCode(t, err, store.Corrupt)
	})
}

func TestNewerStoreIsRefused(t *testing.T) {
	folder := t.TempDir()
	c := coordinator(t, folder)
	must(t, c.AddMigration(99))
	must(t, c.Close())
	_, err := store.OpenCoordinator(folder, keeper)
	wantCode(t, err, store.Newer)
}

func TestFullDiskLosesNothing(t *testing.T) {
	folder := t.TempDir()
	c := coordinator(t, folder)
	kept := job(1)
	must(t, c.AddJob(kept))
	must(t, c.Limit(20))
	big := job(2)
	big.Submission = make([]byte, 1<<20)
	wantCode(t, c.AddJob(big), store.Full)
	wantCode(t, c.Release(kept.ID, make([]byte, 1<<20)), store.Full)

	// The store goes on with what it had, and with what fits.
	got, err := c.Job(kept.ID)
	must(t, err)
	if got.State != store.Submitted {
		t.Fatalf("the failed write left state %s", got.State)
	}
	if _, err := c.Job(big.ID); !errors.Is(err, store.ErrMissing) {
		t.Fatalf("half a job was stored: %v", err)
	}
	must(t, c.SetState(kept.ID, store.Admitted, store.Reason{}))
	must(t, c.Close())
	c = coordinator(t, folder)
	must(t, c.Release(kept.ID, make([]byte, 1<<20)))
}

func TestFilesAreForTheOwnerOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "store")
	c := coordinator(t, folder)
	must(t, c.AddJob(job(1)))
	info, err := os.Stat(folder)
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("folder has mode %o", info.Mode().Perm())
	}
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", entry.Name(), info.Mode().Perm())
		}
	}
}

func TestWorkerPrunesOnlyWhatIsOverAndExpired(t *testing.T) {
	w := worker(t, t.TempDir())
	over, live := offered(1), offered(2)
	must(t, w.Decide(over))
	must(t, w.Decide(live))
	must(t, w.BeginAttempt(over.ID, 1))
	must(t, w.Release(over.ID, 1, [32]byte{1}))
	end(t, w, over.ID, store.Ending{How: "released"})
	if gone, err := w.Prune(time.Hour); err != nil || gone != 0 {
		t.Fatalf("pruned %d before expiry, %v", gone, err)
	}
	if gone, err := w.Prune(-2 * time.Hour); err != nil || gone != 1 {
		t.Fatalf("pruned %d, %v; want the one that is over", gone, err)
	}
	if _, err := w.Job(live.ID); err != nil {
		t.Fatalf("a live job was pruned: %v", err)
	}
}

func TestJobIDText(t *testing.T) {
	id := store.JobID{0xab, 1}
	if got, ok := store.ParseJobID(id.String()); !ok || got != id {
		t.Fatalf("%s does not read back", id)
	}
	for _, bad := range []string{"", "ab", id.String() + "00", "AB" + id.String()[2:], "zz" + id.String()[2:]} {
		if _, ok := store.ParseJobID(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

// An analyst may ask several questions at once, from several programs.
func TestAnalystsShareAStore(t *testing.T) {
	folder := t.TempDir()
	var wg sync.WaitGroup
	for i := range byte(8) {
		a := analyst(t, folder)
		wg.Go(func() {
			if err := a.Add(store.Question{Job: store.JobID{i}, Record: []byte("secret"), Expires: time.Now()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	pending, err := analyst(t, folder).Pending()
	must(t, err)
	if len(pending) != 8 {
		t.Fatalf("%d questions, want 8", len(pending))
	}
}

func TestRelativeFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := store.OpenCoordinator("state", keeper)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// beginErr begins an attempt without a key set.
func beginErr(c *store.Coordinator, job store.JobID, number uint32, parties []session.Party) error {
	_, err := c.BeginAttempt(job, number, parties, "")
	return err
}

func begin(t *testing.T, c *store.Coordinator, job store.JobID, number uint32, parties []session.Party) {
	t.Helper()
	must(t, beginErr(c, job, number, parties))
}
