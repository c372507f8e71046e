package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

// read returns the verified ledger of a store, whether it is open or not.
func read(t testing.TB, folder string) *ledger.Verified {
	t.Helper()
	record, err := store.ReadLedger(folder)
	if err != nil {
		t.Fatal(err)
	}
	v, err := record.Export().Verify(keeper.Trust(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// story is a ledger in words: kind, first byte of the job, and what else there is.
func story(v *ledger.Verified) []string {
	var lines []string
	for _, e := range v.Entries {
		line := e.Kind.String()
		if e.Job != [16]byte{} {
			line += fmt.Sprintf(" %d", e.Job[0])
		}
		for _, more := range []string{e.Member, e.State, e.Code} {
			if more != "" {
				line += " " + more
			}
		}
		if e.Attempt != 0 {
			line += fmt.Sprintf(" attempt %d", e.Attempt)
		}
		lines = append(lines, line)
	}
	return lines
}

func wantStory(t *testing.T, folder string, want ...string) {
	t.Helper()
	got := story(read(t, folder))
	want = append([]string{"opened", "charter"}, want...)
	if !slices.Equal(got, want) {
		t.Errorf("ledger\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What a store refuses leaves no entry, and what is repeated leaves no second one.
func TestLedgerOfAWorker(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	o := offered(1)
	o.About = ledger.Subject{Analyst: "ada", Table: "patients", Cells: 3, Sums: 2}
	must(t, w.Decide(o))
	wantErr(t, w.Decide(o), store.ErrExists)
	no := offered(2)
	no.Accepted, no.Reason.Code = false, "TACIT-W110"
	must(t, w.Decide(no))
	must(t, w.AddKeySet(store.KeyID{5}, []byte("keys")))
	must(t, w.BeginAttempt(o.ID, 1))
	_, err := w.BeginAttemptWithKeys(o.ID, 2, store.KeyID{5})
	must(t, err)
	_, err = w.BeginAttemptWithKeys(o.ID, 3, store.KeyID{5})
	wantErr(t, err, store.ErrMissing)
	wantErr(t, w.Release(o.ID, 2, [32]byte{1}), store.ErrExists)
	must(t, w.Release(o.ID, 3, [32]byte{1}))
	must(t, w.Release(o.ID, 3, [32]byte{1}))
	wantErr(t, w.Release(o.ID, 3, [32]byte{2}), store.ErrExists)
	ending := store.Ending{How: "released", Usage: ledger.Usage{Sent: 10, Compute: 2}}
	end(t, w, o.ID, ending)
	end(t, w, o.ID, ending)
	gone := offered(3)
	must(t, w.Decide(gone))
	end(t, w, gone.ID, store.Ending{How: store.WithdrawnEnding, Reason: store.Reason{Code: "TACIT-W206"}})
	if _, err := w.Prune(-2 * time.Hour); err != nil {
		t.Fatal(err)
	}
	wantStory(t, folder,
		"asked 1", "accepted 1 north", "asked 2", "refused 2 north TACIT-W110", "keys made",
		"begun 1 attempt 1", "begun 1 attempt 2", "keys used 1 attempt 2", "begun 1 attempt 3",
		"released 1 attempt 3", "ended 1 released",
		"asked 3", "accepted 3 north", "withdrawn 3 north TACIT-W206", "ended 3 withdrawn TACIT-W206")
	for _, e := range read(t, folder).Entries {
		if e.Job[0] == 1 && e.Manifest != [32]byte{1} || e.Kind == ledger.Asked && e.Job[0] == 1 && e.About != o.About ||
			e.Kind == ledger.Ended && e.Job[0] == 1 && e.Usage != ending.Usage {
			t.Errorf("entry %+v", e)
		}
	}
}

func TestLedgerOfACoordinator(t *testing.T) {
	folder := t.TempDir()
	c := coordinator(t, folder)
	one, two := job(1), job(2)
	must(t, c.AddJob(one))
	wantErr(t, c.AddJob(one), store.ErrExists)
	must(t, c.Decide(one.ID, store.Decision{Owner: "a", Verdict: store.Accepted}))
	must(t, c.Decide(one.ID, store.Decision{Owner: "b", Verdict: store.Declined, Reason: store.Reason{Code: "TACIT-W110"}}))
	must(t, c.Decide(one.ID, store.Decision{Owner: "a", Verdict: store.Withdrawn}))
	wantErr(t, c.Decide(one.ID, store.Decision{Owner: "a", Verdict: store.Accepted}), store.ErrExists)
	must(t, c.SetState(one.ID, store.Admitted, store.Reason{}))
	must(t, c.AddKeySet(store.KeyID{7}, "use", []byte("public")))
	_, err := c.BeginAttempt(one.ID, 1, nil, "use")
	must(t, err)
	must(t, c.Release(one.ID, []byte("result")))
	must(t, c.Release(one.ID, []byte("result")))
	wantErr(t, c.SetState(one.ID, store.Failed, store.Reason{}), store.ErrExists)
	must(t, c.AddJob(two))
	must(t, c.SetState(two.ID, store.Cancelled, store.Reason{}))
	// Two entries were written and undone; the next one follows what is there.
	wantErr(t, c.Release(two.ID, []byte("late result")), store.ErrExists)
	must(t, c.AddJob(job(3)))
	wantStory(t, folder,
		"asked 1", "accepted 1 a", "refused 1 b TACIT-W110", "withdrawn 1 a", "keys made",
		"begun 1 attempt 1", "keys used 1 attempt 1", "released 1 attempt 1", "ended 1 released",
		"asked 2", "ended 2 cancelled", "asked 3")
}

func TestLedgerOfAnAnalyst(t *testing.T) {
	folder := t.TempDir()
	a := analyst(t, folder)
	for i := range byte(3) {
		must(t, a.Add(store.Question{Job: store.JobID{i + 1}, Manifest: [32]byte{i}, Record: []byte("secret"), Expires: time.Now().Add(-time.Hour)}))
	}
	must(t, a.Erase(store.JobID{1}, store.Answered, ""))
	must(t, a.Erase(store.JobID{1}, store.Answered, ""))
	must(t, a.Erase(store.JobID{2}, store.Unanswerable, "TACIT-J010"))
	_, err := a.Prune(time.Minute)
	must(t, err)
	wantStory(t, folder, "asked 1", "asked 2", "asked 3", "ended 1 answered", "ended 2 failed TACIT-J010", "ended 3 expired")
}

// The ledger tells which questions were rounds of one study, and which is the newest.
func TestRoundsOfAnAnalyst(t *testing.T) {
	a := analyst(t, t.TempDir())
	round := func(job, study byte, number uint32) store.Question {
		return store.Question{
			Job: store.JobID{job}, Manifest: [32]byte{job}, Record: []byte("secret"), Expires: time.Now().Add(time.Hour),
			Beside: []ledger.Entry{{Kind: ledger.Round, Attempt: number, Digest: [32]byte{study}}},
		}
	}
	must(t, a.Add(round(1, 9, 1)))
	must(t, a.Add(store.Question{Job: store.JobID{2}, Record: []byte("secret"), Expires: time.Now().Add(time.Hour)}))
	must(t, a.Add(round(3, 8, 1)))
	must(t, a.Advance(store.JobID{1}, round(4, 9, 2)))
	must(t, a.Advance(store.JobID{4}, round(5, 9, 3)))
	for job, newest := range map[byte]byte{1: 5, 4: 5, 5: 5, 3: 3} {
		if id, ok, err := a.LaterRound(store.JobID{job}); err != nil || !ok || id != (store.JobID{newest}) {
			t.Errorf("job %d: %s, %t, %v", job, id, ok, err)
		}
	}
	for _, job := range []byte{2, 7} {
		if id, ok, err := a.LaterRound(store.JobID{job}); ok || err != nil {
			t.Errorf("job %d, which is no round: %s, %v", job, id, err)
		}
	}
}

// Several programs of one analyst write one ledger.
func TestAnalystsShareALedger(t *testing.T) {
	folder := t.TempDir()
	var wg sync.WaitGroup
	for i := range byte(6) {
		a := analyst(t, folder)
		wg.Go(func() {
			id := store.JobID{i + 1}
			for _, err := range []error{
				a.Add(store.Question{Job: id, Record: []byte("secret"), Expires: time.Now()}),
				a.Erase(id, store.Answered, ""),
			} {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if v := read(t, folder); len(v.Entries) != 2+12 {
		t.Errorf("%d entries, want 14:\n%s", len(v.Entries), strings.Join(story(v), "\n"))
	}
}

func TestNewCharterIsEntered(t *testing.T) {
	folder := t.TempDir()
	must(t, worker(t, folder).Close())
	must(t, worker(t, folder).Close())
	wantStory(t, folder)
	amended := keeper
	amended.Charter, amended.Version = [32]byte{2}, 2
	amended.Earlier = []charter.Pin{{Version: 1, Hash: keeper.Charter}}
	w, err := store.OpenWorker(folder, key, amended)
	must(t, err)
	must(t, w.Close())
	wantStory(t, folder, "charter")
}

// raw opens the database of a closed store as somebody with access to the disk can.
func raw(t *testing.T, folder string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, store.FileName))
	must(t, err)
	defer db.Close()
	for _, s := range append([]string{"DROP TRIGGER IF EXISTS ledger_never_changes", "DROP TRIGGER IF EXISTS ledger_never_shrinks"}, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLedgerRefusesChanges(t *testing.T) {
	folder := t.TempDir()
	must(t, worker(t, folder).Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, store.FileName))
	must(t, err)
	defer db.Close()
	for _, s := range []string{"UPDATE ledger SET body = x'00'", "DELETE FROM ledger WHERE seq = 1"} {
		if _, err := db.Exec(s); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestTamperedStoreDoesNotOpen: whoever has the disk and not the key cannot change the
// ledger and have the role go on.
func TestTamperedStoreDoesNotOpen(t *testing.T) {
	for name, c := range map[string]struct {
		statement string
		want      *fault.Kind
	}{
		"last entry removed":   {"DELETE FROM ledger WHERE seq = (SELECT MAX(seq) FROM ledger)", ledger.Rewritten},
		"first entry removed":  {"DELETE FROM ledger WHERE seq = 0", ledger.Rewritten},
		"entry in the middle":  {"DELETE FROM ledger WHERE seq = 3", ledger.Rewritten},
		"all entries removed":  {"DELETE FROM ledger", ledger.Rewritten},
		"entry changed":        {"UPDATE ledger SET body = (SELECT CAST(substr(body, 1, 30) || x'ff' || substr(body, 32) AS BLOB) FROM ledger WHERE seq = 3) WHERE seq = 3", ledger.Rewritten},
		"time changed":         {"UPDATE ledger SET body = (SELECT CAST(substr(body, 1, 9) || x'00' || substr(body, 11) AS BLOB) FROM ledger WHERE seq = 3) WHERE seq = 3", ledger.Rewritten},
		"entry replaced":       {"UPDATE ledger SET body = (SELECT body FROM ledger WHERE seq = 2) WHERE seq = 4", ledger.Rewritten},
		"entry added":          {"INSERT INTO ledger SELECT seq + 1, body FROM ledger ORDER BY seq DESC LIMIT 1", ledger.Rewritten},
		"entries exchanged":    {"UPDATE ledger SET body = (SELECT body FROM ledger l WHERE l.seq = 7 - ledger.seq) WHERE seq IN (3, 4)", ledger.Rewritten},
		"checkpoint removed":   {"DELETE FROM ledger_head", ledger.Rewritten},
		"tree changed":         {"UPDATE ledger_head SET edge = zeroblob(length(edge))", ledger.Rewritten},
		"checkpoint not ours":  {"UPDATE ledger_head SET note = CAST(replace(CAST(note AS TEXT), 'tacit/lab/north', 'tacit/lab/south') AS BLOB)", ledger.Forged},
		"checkpoint is no one": {"UPDATE ledger_head SET note = x'00'", ledger.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			w := worker(t, folder)
			o := offered(1)
			must(t, w.Decide(o))
			must(t, w.BeginAttempt(o.ID, 1))
			must(t, w.Close())
			raw(t, folder)
			must(t, worker(t, folder).Close()) // without the tampering it opens
			raw(t, folder, c.statement)
			_, err := store.OpenWorker(folder, key, keeper)
			wantCode(t, err, c.want)
		})
	}
}

// Another identity of the same name has no way to go on with a ledger.
func TestLedgerOfAnotherIdentity(t *testing.T) {
	folder := t.TempDir()
	must(t, coordinator(t, folder).Close())
	other := keeper
	other.Identity = identity.FromSeed([32]byte{8})
	_, err := store.OpenCoordinator(folder, other)
	wantCode(t, err, ledger.Forged)
	other = keeper
	other.Member = ""
	_, err = store.OpenCoordinator(t.TempDir(), other)
	wantCode(t, err, ledger.Forged)
}

// copyStore copies a closed store.
func copyStore(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	must(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

// TestStorePutBack: the whole folder is put back to an older copy. The store itself cannot
// see it; a checkpoint that somebody else has does.
func TestStorePutBack(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	must(t, w.Decide(offered(1)))
	must(t, w.Close())
	old := copyStore(t, folder)

	w = worker(t, folder)
	o := offered(2)
	must(t, w.Decide(o))
	must(t, w.BeginAttempt(o.ID, 1))
	must(t, w.Release(o.ID, 1, [32]byte{1}))
	must(t, w.Close())
	kept := read(t, folder).Checkpoint

	w = worker(t, old)
	must(t, w.Close())
	wantCode(t, read(t, old).Extends(kept), ledger.Truncated)
	w = worker(t, old) // and it goes on: a fork
	for i := range byte(10) {
		must(t, w.Decide(offered(3+i)))
	}
	wantCode(t, read(t, old).Extends(kept), ledger.Forked)
}

// TestPutBackUnderARunningRole: a role notices that the ledger under it is an older one.
func TestPutBackUnderARunningRole(t *testing.T) {
	folder := t.TempDir()
	a := analyst(t, folder)
	question := func(i byte) store.Question {
		return store.Question{Job: store.JobID{i}, Record: []byte("secret"), Expires: time.Now()}
	}
	must(t, a.Add(question(1)))
	old, err := store.ReadLedger(folder)
	must(t, err)
	edge := edgeOf(t, folder)
	must(t, a.Add(question(2)))

	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, store.FileName))
	must(t, err)
	defer db.Close()
	_, err = db.Exec("UPDATE ledger_head SET note = ?, edge = ?", old.Checkpoint, edge)
	must(t, err)
	wantCode(t, a.Add(question(3)), ledger.Truncated)
	if _, err := a.Question(store.JobID{3}); err == nil {
		t.Error("a question was stored without its entry")
	}
}

func edgeOf(t *testing.T, folder string) (edge []byte) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, store.FileName))
	must(t, err)
	defer db.Close()
	must(t, db.QueryRow("SELECT edge FROM ledger_head").Scan(&edge))
	return edge
}

// The ledger is read while the role runs and writes, and after it ended; nothing is changed.
func TestReadLedgerBesideTheRole(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range byte(60) {
			o := offered(i + 1)
			if err := w.Decide(o); err != nil {
				t.Error(err)
			}
			if _, err := w.End(o.ID, store.Ending{How: "released"}); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		read(t, folder)
	}
	wg.Wait()
	must(t, w.Close())
	before, err := os.ReadFile(filepath.Join(folder, store.FileName))
	must(t, err)
	if v := read(t, folder); len(v.Entries) != 2+180 {
		t.Errorf("%d entries", len(v.Entries))
	}
	after, err := os.ReadFile(filepath.Join(folder, store.FileName))
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("reading changed the store")
	}
	worker(t, folder)
}

func TestNoLedger(t *testing.T) {
	_, err := store.ReadLedger(filepath.Join(t.TempDir(), "nothing"))
	wantCode(t, err, ledger.NoLedger)
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, store.FileName), bytes.Repeat([]byte("garbage "), 1000), 0o600))
	_, err = store.ReadLedger(folder)
	wantCode(t, err, store.Corrupt)
}

// A store of a version without ledgers gets one, and its jobs can be ended.
func TestLedgerOfAnOldStore(t *testing.T) {
	folder := t.TempDir()
	a := analyst(t, folder)
	must(t, a.Add(store.Question{Job: store.JobID{1}, Record: []byte("secret"), Expires: time.Now()}))
	must(t, a.Close())
	raw(t, folder, "DROP TABLE ledger", "DROP TABLE ledger_head", "ALTER TABLE question DROP COLUMN manifest", "DELETE FROM migration WHERE version = 2")
	_, err := store.ReadLedger(folder)
	wantCode(t, err, ledger.NoLedger)
	a = analyst(t, folder)
	must(t, a.Erase(store.JobID{1}, store.Answered, ""))
	wantStory(t, folder)
}

// TestLedgerIsWhatHappened: random calls, right and wrong, with restarts between; the ledger has
// exactly those that succeeded.
func TestLedgerIsWhatHappened(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	folder := t.TempDir()
	w := worker(t, folder)
	var want []string
	did := func(err error, lines ...string) {
		if err == nil {
			want = append(want, lines...)
		}
	}
	released, over := map[store.JobID]bool{}, map[store.JobID]bool{}
	for range 150 {
		id, attempt := store.JobID{byte(1 + r.IntN(4))}, uint32(1+r.IntN(3))
		n := id[0]
		switch r.IntN(6) {
		case 0:
			o := offered(n)
			did(w.Decide(o), fmt.Sprintf("asked %d", n), fmt.Sprintf("accepted %d north", n))
		case 1, 2:
			did(w.BeginAttempt(id, attempt), fmt.Sprintf("begun %d attempt %d", n, attempt))
		case 3:
			err := w.Release(id, attempt, [32]byte{n})
			if !released[id] {
				did(err, fmt.Sprintf("released %d attempt %d", n, attempt))
			}
			released[id] = released[id] || err == nil
		case 4:
			if _, err := w.Job(id); err != nil || r.IntN(4) > 0 {
				continue
			}
			_, err := w.End(id, store.Ending{How: "failed"})
			if !over[id] {
				did(err, fmt.Sprintf("ended %d failed", n))
			}
			over[id] = true
		case 5:
			must(t, w.Close())
			w = worker(t, folder)
		}
	}
	wantStory(t, folder, want...)
}

// A full disk loses neither the fact nor its entry.
func TestFullDiskKeepsLedger(t *testing.T) {
	folder := t.TempDir()
	c := coordinator(t, folder)
	must(t, c.AddJob(job(1)))
	must(t, c.Limit(10))
	big := job(2)
	big.Submission = make([]byte, 1<<20)
	wantCode(t, c.AddJob(big), store.Full)
	must(t, c.SetState(job(1).ID, store.Cancelled, store.Reason{}))
	wantStory(t, folder, "asked 1", "ended 1 cancelled")
}

// BenchmarkAppend is one fact with two entries and a new checkpoint, written through.
func BenchmarkAppend(b *testing.B) {
	w, err := store.OpenWorker(b.TempDir(), key, keeper)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	n := 0
	for b.Loop() {
		n++
		o := store.Offered{ID: store.JobID{byte(n), byte(n >> 8), byte(n >> 16)}, Accepted: true, Offer: []byte("offer"), Expires: time.Now()}
		if err := w.Decide(o); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen verifies a ledger of some thousand entries, as every start of a role does.
func BenchmarkOpen(b *testing.B) {
	folder := b.TempDir()
	w, err := store.OpenWorker(folder, key, keeper)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		o := offered(byte(i))
		o.ID[1] = byte(i >> 8)
		if err := w.Decide(o); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	entries := len(read(b, folder).Entries)
	for b.Loop() {
		w, err := store.OpenWorker(folder, key, keeper)
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*entries)/b.Elapsed().Seconds(), "entries/s")
}
