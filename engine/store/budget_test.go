package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

const month = 30 * 24 * time.Hour

// ofAda is the account of the analyst ada for table t.
func ofAda(limit dp.Rho) budget.Account {
	return budget.Account{Table: "t", Analysts: []string{"ada"}, Period: month, Limit: limit}
}

// ofUniversity is the account of an organisation to which ada and bob belong.
func ofUniversity(limit dp.Rho) budget.Account {
	return budget.Account{Table: "t", Organisation: "University", Analysts: []string{"ada", "bob"}, Period: month, Limit: limit}
}

// asks is an acceptance of a job by ada with a price.
func asks(id byte, price dp.Rho, accounts ...budget.Account) store.Offered {
	o := offered(id)
	o.About = ledger.Subject{Analyst: "ada", Table: "t"}
	o.Asked = &store.Asked{Table: "t", Organisation: "University", Plan: []byte{'p', id}}
	o.Charge = &budget.Charge{Table: "t", Analyst: "ada", Organisation: "University", Rho: price, Accounts: accounts}
	return o
}

// pays lets the input of attempt 1 leave.
func pays(t *testing.T, w *store.Worker, id byte, price, want dp.Rho) {
	t.Helper()
	if err := w.BeginAttempt(store.JobID{id}, 1); err != nil && !errors.Is(err, store.ErrExists) {
		t.Fatal(err)
	}
	debited, err := w.InputLeaves(store.JobID{id}, 1, price)
	must(t, err)
	if debited != want {
		t.Fatalf("debited %s, want %s", debited, want)
	}
}

func wantState(t *testing.T, w *store.Worker, a budget.Account, spent, reserved dp.Rho) {
	t.Helper()
	states, err := w.Budget([]budget.Account{a})
	must(t, err)
	if states[0].Spent != spent || states[0].Reserved != reserved {
		t.Fatalf("spent %s, reserved %s, want %s and %s", states[0].Spent, states[0].Reserved, spent, reserved)
	}
}

func wantOverdraft(t *testing.T, err error) *budget.Overdraft {
	t.Helper()
	var over *budget.Overdraft
	if !errors.As(err, &over) {
		t.Fatalf("error %v, want an overdraft", err)
	}
	return over
}

// TestBudgetOfAJob follows one question: reserved with the acceptance, debited once before the input
// leaves, whatever the number of attempts, and never given back for what others say.
func TestBudgetOfAJob(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	a := ofAda(100)
	must(t, w.Decide(asks(1, 60, a)))
	wantState(t, w, a, 0, 60)
	over := wantOverdraft(t, w.Decide(asks(2, 60, a)))
	if over.State.Left() != 40 || !over.Ever {
		t.Errorf("overdraft %+v", over)
	}
	if _, err := w.Job(store.JobID{2}); !errors.Is(err, store.ErrMissing) {
		t.Fatalf("a job that was not paid for is here: %v", err)
	}
	must(t, w.Decide(asks(3, 40, a)))
	wantState(t, w, a, 0, 100)

	pays(t, w, 1, 60, 60)
	pays(t, w, 1, 60, 0)
	must(t, w.BeginAttempt(store.JobID{1}, 2))
	if again, err := w.InputLeaves(store.JobID{1}, 2, 60); err != nil || again != 0 {
		t.Fatalf("a second attempt: %s, %v", again, err)
	}
	wantState(t, w, a, 60, 40)
	end(t, w, store.JobID{3}, store.Ending{How: "cancelled"})
	must(t, w.Release(store.JobID{1}, 2, [32]byte{1}))
	end(t, w, store.JobID{1}, store.Ending{How: "released"})
	wantState(t, w, a, 60, 0)
	wantStory(t, folder, "asked 1", "accepted 1 north", "asked 3", "accepted 3 north", "begun 1 attempt 1", "debited 1",
		"begun 1 attempt 2", "ended 3 cancelled", "released 1 attempt 2", "ended 1 released")
	for _, e := range read(t, folder).Entries {
		if e.Kind == ledger.Debited && (e.Amount != 60 || e.Until < time.Now().UnixMilli()) {
			t.Errorf("entry %+v", e)
		}
	}
	must(t, w.Close())
	w = worker(t, folder) // its ledger and accounts fit
	wantState(t, w, a, 60, 0)
}

// TestBudgetRace: of concurrent questions of which any two together do not fit, exactly one is accepted.
func TestBudgetRace(t *testing.T) {
	w := worker(t, t.TempDir())
	const many = 16
	for round := range 4 {
		a := ofAda(100)
		a.Table = fmt.Sprintf("t%d", round)
		errs := make([]error, many)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range many {
			o := asks(byte(round*many+i+1), 60, a)
			o.Charge.Table = a.Table
			wg.Go(func() { <-start; errs[i] = w.Decide(o) })
		}
		close(start)
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				wantOverdraft(t, err)
			}
		}
		if won != 1 {
			t.Fatalf("%d of %d questions were accepted, one fits", won, many)
		}
		wantState(t, w, a, 0, 60)
	}
}

// TestRefundOnProofAlone: what the coordinator says about the end of a job gives nothing back; only
// that this worker has released nothing, if nothing opens without it.
func TestRefundOnProofAlone(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	a := ofAda(1000)
	for i, how := range []string{"failed", "cancelled", "refused", "expired", store.WithdrawnEnding} {
		id := byte(i + 1)
		must(t, w.Decide(asks(id, 10, a)))
		pays(t, w, id, 10, 10)
		end(t, w, store.JobID{id}, store.Ending{How: how})
	}
	wantState(t, w, a, 50, 0)

	must(t, w.Decide(asks(10, 10, a)))
	pays(t, w, 10, 10, 10)
	must(t, w.Release(store.JobID{10}, 1, [32]byte{1}))
	end(t, w, store.JobID{10}, store.Ending{How: "failed", Sole: true})
	wantState(t, w, a, 60, 0)

	must(t, w.Decide(asks(11, 10, a)))
	pays(t, w, 11, 10, 10)
	wantState(t, w, a, 70, 0)
	refunded, err := w.End(store.JobID{11}, store.Ending{How: "failed", Sole: true})
	must(t, err)
	if refunded != 10 {
		t.Errorf("refunded %s", refunded)
	}
	wantState(t, w, a, 60, 0)
	wantErr(t, w.BeginAttempt(store.JobID{11}, 2), store.ErrExists) // and it never will
	wantErr(t, w.Release(store.JobID{11}, 1, [32]byte{1}), store.ErrExists)
	end(t, w, store.JobID{11}, store.Ending{How: "failed", Sole: true})
	last := read(t, folder).Entries
	if e := last[len(last)-1]; e.Kind != ledger.Refunded || e.Amount != 10 || e.Job[0] != 11 {
		t.Errorf("entry %+v", e)
	}
	must(t, w.Close())
	wantState(t, worker(t, folder), a, 60, 0)
}

// TestBudgetOfAnOrganisation: two analysts of one organisation share its account, also after it was
// renamed, and after one of them left it; those of another organisation and table do not.
func TestBudgetOfAnOrganisation(t *testing.T) {
	w := worker(t, t.TempDir())
	a := ofUniversity(100)
	must(t, w.Decide(asks(1, 60, a)))
	bob := asks(2, 60, a)
	bob.Charge.Analyst = "bob"
	wantOverdraft(t, w.Decide(bob))
	if err := w.Allows(bob.Charge); err == nil {
		t.Error("it was said to fit")
	}
	bob.Charge.Rho = 40
	must(t, w.Decide(bob))

	renamed := budget.Account{Table: "t", Organisation: "New University", Analysts: []string{"ada", "bob"}, Period: month, Limit: 100}
	wantState(t, w, renamed, 0, 100)
	left := budget.Account{Table: "t", Organisation: "University", Analysts: []string{"bob"}, Period: month, Limit: 100}
	wantState(t, w, left, 0, 100)
	wantState(t, w, ofAda(100), 0, 60)
	eve := budget.Account{Table: "t", Organisation: "Institute", Analysts: []string{"eve"}, Period: month, Limit: 100}
	wantState(t, w, eve, 0, 0)
	wantState(t, w, budget.Account{Table: "t", Organisation: "", Analysts: nil, Period: month}, 0, 0)
	other := ofUniversity(100)
	other.Table = "u"
	wantState(t, w, other, 0, 0)
}

// TestEveryAccountCounts: a question has to fit into each.
func TestEveryAccountCounts(t *testing.T) {
	w := worker(t, t.TempDir())
	over := wantOverdraft(t, w.Decide(asks(1, 50, ofUniversity(100), ofAda(40))))
	if over.State.Limit != 40 || over.Ever {
		t.Errorf("overdraft %+v", over)
	}
	must(t, w.Decide(asks(1, 40, ofUniversity(100), ofAda(40))))
	wantOverdraft(t, w.Decide(asks(2, 0, ofUniversity(100)))) // nothing is free
}

// TestPriceIsChecked: an input leaves only for the price that was reserved.
func TestPriceIsChecked(t *testing.T) {
	w := worker(t, t.TempDir())
	must(t, w.Decide(asks(1, 50, ofAda(100))))
	must(t, w.Decide(offered(2)))
	for id, price := range map[byte]dp.Rho{1: 51, 2: 1} {
		must(t, w.BeginAttempt(store.JobID{id}, 1))
		if _, err := w.InputLeaves(store.JobID{id}, 1, price); !budget.Mispriced.Is(err) {
			t.Errorf("job %d left for %s: %v", id, price, err)
		}
	}
	if _, err := w.InputLeaves(store.JobID{1}, 1, 0); !budget.Mispriced.Is(err) {
		t.Errorf("left for nothing: %v", err)
	}
	wantState(t, w, ofAda(100), 0, 50)
}

// TestBudgetRenews: a debit counts for the period after its question expired. A clock that is set back renews
// nothing, one that ran ahead has forgotten nothing when it is right again, and pruning forgets no debit.
func TestBudgetRenews(t *testing.T) {
	w := worker(t, t.TempDir())
	start := time.Now()
	at := func(d time.Duration) { w.SetNow(func() time.Time { return start.Add(d) }) }
	a := ofAda(100)
	ask := func(id byte, after time.Duration) error {
		o := asks(id, 60, a)
		o.Expires = start.Add(after + time.Hour)
		return w.Decide(o)
	}
	serve := func(id byte, after time.Duration) {
		t.Helper()
		at(after)
		must(t, ask(id, after))
		pays(t, w, id, 60, 60)
		must(t, w.Release(store.JobID{id}, 1, [32]byte{1}))
		end(t, w, store.JobID{id}, store.Ending{How: "released"})
	}
	serve(1, 0)
	for _, d := range []time.Duration{time.Hour, month, month + time.Hour - time.Second, -time.Hour, -month, -20 * 365 * 24 * time.Hour} {
		at(d)
		if over := wantOverdraft(t, ask(2, d)); over.Fits.Sub(start).Truncate(time.Minute) != month+time.Hour {
			t.Errorf("%s after it: fits at %s", d, over.Fits)
		}
	}
	at(month + time.Hour + time.Second)
	wantState(t, w, a, 0, 0)

	const ahead = 50 * 365 * 24 * time.Hour
	serve(3, ahead) // the clock is ahead: it renews now, and not again when it is right
	if _, err := w.Prune(time.Hour); err != nil {
		t.Fatal(err)
	}
	at(time.Hour)
	wantState(t, w, a, 120, 0)
	wantOverdraft(t, ask(4, time.Hour))
	at(2 * month)
	wantState(t, w, a, 60, 0)

	// A reservation counts, however old it is; and an input that leaves late counts from then on.
	at(0)
	b := ofAda(100)
	b.Table = "u"
	o := asks(5, 60, b)
	o.Charge.Table = "u"
	must(t, w.Decide(o))
	at(3 * month)
	wantState(t, w, b, 0, 60)
	pays(t, w, 5, 60, 60)
	at(4*month - time.Second)
	wantState(t, w, b, 60, 0)
	at(4*month + time.Second)
	wantState(t, w, b, 0, 0)
}

// TestNothingLeavesAfterItsTime: a worker that was away for longer than the period has a question that it debited and did
// not release. Its debit counts no more, and another question was accepted in its place: nothing of the first one may
// leave any more, or the answers of both become known within one period.
func TestNothingLeavesAfterItsTime(t *testing.T) {
	w := worker(t, t.TempDir())
	start := time.Now()
	at := func(d time.Duration) { w.SetNow(func() time.Time { return start.Add(d) }) }
	a := ofAda(100)
	o := asks(1, 60, a)
	o.Expires = start.Add(time.Hour)
	at(0)
	must(t, w.Decide(o))
	pays(t, w, 1, 60, 60)
	at(time.Hour - time.Second)
	pays(t, w, 1, 60, 0) // of another attempt
	at(month + 2*time.Hour)
	must(t, w.Decide(asks(2, 60, a)))
	if _, err := w.InputLeaves(store.JobID{1}, 1, 60); !errors.Is(err, store.ErrExpired) {
		t.Errorf("another input: %v", err)
	}
	wantErr(t, w.Release(store.JobID{1}, 1, [32]byte{1}), store.ErrExpired)
	if _, released, err := w.Released(store.JobID{1}); err != nil || released {
		t.Errorf("released: %v, %v", released, err)
	}
	wantState(t, w, a, 0, 60)

	// A release that was stored in time is repeated for ever.
	at(0)
	must(t, w.Release(store.JobID{1}, 1, [32]byte{1}))
	at(month + 2*time.Hour)
	must(t, w.Release(store.JobID{1}, 1, [32]byte{1}))
}

// TestAmendedCharter: another limit, period or way to put analysts together counts what was asked before.
func TestAmendedCharter(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	must(t, w.Decide(asks(1, 60, ofAda(100))))
	pays(t, w, 1, 60, 60)
	must(t, w.Close())
	amended := keeper
	amended.Earlier = []charter.Pin{{Version: int(keeper.Version), Hash: keeper.Charter}}
	amended.Charter, amended.Version = [32]byte{2}, keeper.Version+1
	w, err := store.OpenWorker(folder, key, amended)
	must(t, err)
	defer w.Close()
	wantOverdraft(t, w.Decide(asks(2, 60, ofUniversity(100))))
	shorter := ofAda(50)
	wantState(t, w, shorter, 60, 0)
	wantOverdraft(t, w.Decide(asks(2, 1, shorter)))
}

// TestPaidBefore: a job whose record was pruned, and which is offered again to a clock that was set back, is not
// served for the debit of the first time.
func TestPaidBefore(t *testing.T) {
	w := worker(t, t.TempDir())
	must(t, w.Decide(asks(1, 10, ofAda(100))))
	pays(t, w, 1, 10, 10)
	end(t, w, store.JobID{1}, store.Ending{How: "failed"})
	w.SetNow(func() time.Time { return time.Now().Add(1000 * 24 * time.Hour) })
	if gone, err := w.Prune(time.Hour); err != nil || gone != 1 {
		t.Fatal(gone, err)
	}
	w.SetNow(time.Now)
	wantCode(t, w.Decide(asks(1, 10, ofAda(100))), budget.PaidBefore)
}

// tamper changes the database of a closed store, as somebody could who has the disk and not the key.
func tamper(t *testing.T, folder, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, store.FileName))
	must(t, err)
	defer db.Close()
	result, err := db.Exec(statement)
	must(t, err)
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s: %d rows, %v", statement, n, err)
	}
}

// TestBudgetGivenBack: whatever is done to the accounts on the disk so that more can be spent is noticed
// when the store is opened.
func TestBudgetGivenBack(t *testing.T) {
	for name, statement := range map[string]string{
		"debit deleted":       "DELETE FROM debit WHERE debited = 1",
		"debit made smaller":  "UPDATE debit SET rho = 1 WHERE debited = 1",
		"debit made undone":   "UPDATE debit SET debited = 0",
		"debit made older":    "UPDATE debit SET until = 0 WHERE debited = 1",
		"another table":       "UPDATE debit SET about = 'u' WHERE debited = 1",
		"another analyst":     "UPDATE debit SET analyst = 'eve' WHERE debited = 1",
		"another job":         "UPDATE debit SET job = x'ff000000000000000000000000000000' WHERE job = x'01000000000000000000000000000000'",
		"debit of nobody":     "INSERT INTO debit SELECT x'ee000000000000000000000000000000', about, analyst, organisation, rho, until, 1 FROM debit LIMIT 1",
		"released made older": "UPDATE debit SET until = until - 1 WHERE job = x'02000000000000000000000000000000'",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			w := worker(t, folder)
			must(t, w.Decide(asks(1, 60, ofAda(1000))))
			pays(t, w, 1, 60, 60)
			must(t, w.Decide(asks(2, 60, ofAda(1000))))
			pays(t, w, 2, 60, 60)
			must(t, w.Release(store.JobID{2}, 1, [32]byte{1}))
			must(t, w.Close())
			must(t, worker(t, folder).Close())
			tamper(t, folder, statement)
			if w, err := store.OpenWorker(folder, key, keeper); !budget.Unfit.Is(err) {
				if w != nil {
					w.Close()
				}
				t.Errorf("the store opens: %v", err)
			}
			if b, err := store.ReadBudget(folder); err != nil {
				t.Error(err)
			} else if err := b.Verify(read(t, folder)); !budget.Unfit.Is(err) {
				t.Errorf("it verifies: %v", err)
			}
		})
	}
}

// TestOrganisationGivenBack: the ledger does not have the organisation; changed on the disk, the analyst still counts.
func TestOrganisationGivenBack(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	must(t, w.Decide(asks(1, 60, ofUniversity(100))))
	pays(t, w, 1, 60, 60)
	must(t, w.Close())
	tamper(t, folder, "UPDATE debit SET organisation = 'nobody'")
	wantState(t, worker(t, folder), ofUniversity(100), 60, 0)
}

// TestSumsAgree: the sums of the database are those of package budget, for random lines and accounts.
func TestSumsAgree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	folder := t.TempDir()
	w := worker(t, folder)
	start := time.Now()
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for id := range byte(120) {
		w.SetNow(func() time.Time { return start.Add(time.Duration(r.IntN(100)) * 24 * time.Hour) })
		o := asks(id+1, dp.Rho(1+r.IntN(1000)), budget.Account{Table: "none", Period: month, Limit: 2000})
		o.Charge.Table, o.Charge.Analyst, o.Charge.Organisation = pick("t", "u"), pick("ada", "bob", "eve"), pick("A", "B")
		o.Expires = start.Add(time.Duration(r.IntN(100)) * 24 * time.Hour)
		must(t, w.Decide(o))
		if r.IntN(3) > 0 {
			pays(t, w, id+1, o.Charge.Rho, o.Charge.Rho)
		}
	}
	b, err := store.ReadBudget(folder)
	must(t, err)
	for range 300 {
		now := start.Add(time.Duration(r.IntN(200*24)) * time.Hour)
		w.SetNow(func() time.Time { return now })
		a := budget.Account{
			Table: pick("t", "u"), Organisation: pick("", "A", "B", "C"), Period: time.Duration(r.IntN(60*24)) * time.Hour,
			Limit: dp.Rho(r.IntN(10_000)),
		}
		for _, m := range []string{"ada", "bob", "eve"} {
			if r.IntN(2) == 0 {
				a.Analysts = append(a.Analysts, m)
			}
		}
		want := a.At(now, b.Lines)
		wantState(t, w, a, want.Spent, want.Reserved)
	}
}

// TestReadBudgetBesideTheRole: it is read while the role runs, and an empty folder has none.
func TestReadBudgetBesideTheRole(t *testing.T) {
	folder := t.TempDir()
	if _, err := store.ReadBudget(folder); !ledger.NoLedger.Is(err) {
		t.Errorf("no store: %v", err)
	}
	w := worker(t, folder)
	must(t, w.Decide(asks(1, 60, ofAda(100))))
	pays(t, w, 1, 60, 60)
	b, err := store.ReadBudget(folder)
	must(t, err)
	if len(b.Lines) != 1 || b.Lines[0].Rho != 60 || !b.Lines[0].Debited {
		t.Errorf("lines %+v", b.Lines)
	}
	must(t, b.Verify(read(t, folder)))
	if _, err := store.ReadBudget(analystFolder(t)); err == nil || !strings.Contains(err.Error(), "no worker") {
		t.Errorf("the store of an analyst: %v", err)
	}
}

func analystFolder(t *testing.T) string {
	folder := t.TempDir()
	must(t, analyst(t, folder).Add(store.Question{Job: store.JobID{1}}))
	return folder
}
