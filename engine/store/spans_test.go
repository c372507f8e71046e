package store_test

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/store"
)

// randomInstant is near now, at or beside the edge of a span of the sums, or far off.
func randomInstant(r *rand.Rand, now int64) int64 {
	near := now + r.Int64N(1<<30) - 1<<29
	switch r.IntN(5) {
	case 0:
		return near
	case 1:
		return near>>18<<18 + r.Int64N(3) - 1
	case 2:
		return near>>28<<28 + r.Int64N(3) - 1
	case 3:
		return now + r.Int64N(400_000) - 200_000
	}
	return now + r.Int64N(1<<34) - 1<<33
}

// TestSpansAgree: what the sums of spans say of an account, and when a price fits, is what its lines say, whatever was
// added, moved and taken away.
func TestSpansAgree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	folder := t.TempDir()
	w := worker(t, folder)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, store.FileName)+"?_pragma=busy_timeout(5000)&_pragma=synchronous(0)")
	must(t, err)
	defer db.Close()
	exec := func(statement string, args ...any) {
		t.Helper()
		_, err := db.Exec(statement, args...)
		must(t, err)
	}
	start := time.Now().UnixMilli()
	crossings := 0
	for round := range 12 {
		for i := range 40 {
			job := [16]byte{byte(round), byte(i), 1}
			exec("INSERT INTO debit (job, about, analyst, organisation, rho, until, debited) VALUES (?,?,?,?,?,?,?)",
				job[:], pick("t", "t", "u"), pick("ada", "bob", "eve"), pick("A", "B"), 1+r.IntN(100), randomInstant(r, start), min(r.IntN(5), 1))
		}
		const some = " WHERE job IN (SELECT job FROM debit ORDER BY random() LIMIT ?)"
		exec("UPDATE debit SET until = until + ?"+some, r.Int64N(1<<20), 5)
		exec("UPDATE debit SET rho = rho + 7, organisation = 'B', analyst = 'eve'"+some, 3)
		exec("UPDATE debit SET about = 't', debited = 1"+some, 3)
		exec("DELETE FROM debit"+some, 5)
		books, err := store.ReadBudget(folder)
		must(t, err)
		for range 200 {
			now := time.UnixMilli(randomInstant(r, start))
			w.SetNow(func() time.Time { return now })
			a := budget.Account{
				Table: pick("t", "u"), Organisation: pick("", "A", "B", "C"), Period: time.Duration(r.Int64N(1<<33)) * time.Millisecond,
				Limit: dp.Rho(1 + r.IntN(20_000)),
			}
			for _, m := range []string{"ada", "bob", "eve"} {
				if r.IntN(2) == 0 {
					a.Analysts = append(a.Analysts, m)
				}
			}
			want := a.At(now, books.Lines)
			wantState(t, w, a, want.Spent, want.Reserved)
			price := dp.Rho(1 + r.IntN(20_000))
			err := w.Allows(&budget.Charge{Table: a.Table, Rho: price, Accounts: []budget.Account{a}})
			if price <= want.Left() {
				must(t, err)
				continue
			}
			var over *budget.Overdraft
			if !errors.As(err, &over) {
				t.Fatalf("rho %s is allowed of %s: %v", price, want.Left(), err)
			}
			if at, ever := a.Fits(price, now, books.Lines); ever != over.Ever || !at.Equal(over.Fits) {
				t.Fatalf("it fits at %s, %v; by the lines at %s, %v", over.Fits, over.Ever, at, ever)
			}
			if over.Fits.After(now) {
				crossings++
			}
		}
	}
	if crossings < 100 {
		t.Errorf("%d prices fit later: too few for the test to say anything", crossings)
	}
}

// TestSpansAreNotBelieved: whoever lowers the sums of spans on the disk gains nothing by it.
func TestSpansAreNotBelieved(t *testing.T) {
	folder := t.TempDir()
	w := worker(t, folder)
	must(t, w.Decide(asks(1, 60, ofAda(100))))
	pays(t, w, 1, 60, 60)
	must(t, w.Close())
	tamper(t, folder, "UPDATE debit_sum SET rho = 1")
	wantState(t, worker(t, folder), ofAda(100), 60, 0)
}
