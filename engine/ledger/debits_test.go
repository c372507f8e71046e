package ledger

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
)

const price = 24_400_000

// paid puts the debit of a question with noise where the input leaves.
func paid(e []Entry) []Entry {
	for i := range e {
		if e[i].Kind == Begun {
			debit := Entry{Kind: Debited, Job: e[i].Job, Manifest: e[i].Manifest, Amount: price, Until: start}
			return append(append(append([]Entry{}, e[:i+1]...), debit), e[i+1:]...)
		}
	}
	return e
}

// noisy changes the entries of job 2, which costs something at every owner.
func noisy(change func(string, byte, []Entry) []Entry) func(string, byte, []Entry) []Entry {
	return func(member string, job byte, e []Entry) []Entry {
		if job == 2 && e[1].Kind == Accepted && e[1].Member == member {
			e = paid(e)
		}
		if change != nil {
			e = change(member, job, e)
		}
		return e
	}
}

// after puts an entry about the job behind the first one of a kind.
func after(kind Kind, more Entry) func([]Entry) []Entry {
	return func(e []Entry) []Entry {
		var out []Entry
		done := false
		for _, x := range e {
			out = append(out, x)
			if x.Kind == kind && !done {
				done = true
				more.Job, more.Manifest = x.Job, x.Manifest
				out = append(out, more)
			}
		}
		return out
	}
}

func then(fs ...func([]Entry) []Entry) func([]Entry) []Entry {
	return func(e []Entry) []Entry {
		for _, f := range fs {
			e = f(e)
		}
		return e
	}
}

var (
	debit  = Entry{Kind: Debited, Amount: price, Until: start}
	refund = Entry{Kind: Refunded, Amount: price}
)

func amount(rho uint64) func([]Entry) []Entry {
	return each(func(e *Entry) {
		if e.Kind == Debited {
			e.Amount = rho
		}
	})
}

func TestHonestDebitsAgree(t *testing.T) {
	w := newWorld()
	all := w.whole(t, noisy(nil))
	if findings := Compare(all, nil, w.Space); len(findings) != 0 {
		t.Errorf("findings %+v", findings)
	}
	for _, v := range all {
		want := Debits{}
		if v.Origin.Role == Worker {
			want = Debits{Jobs: 1, Rho: price}
		}
		if d, err := v.Debits(); err != nil || d != want {
			t.Errorf("%s: %+v, %v", v.Origin, d, err)
		}
	}
	// One that withdrew before anything opened has its debit back, and another is not charged at all.
	gone := func(e []Entry) []Entry {
		withdrawn := Entry{Kind: Withdrawn, Member: "south"}
		return then(without(Released, ""), after(Debited, withdrawn), after(Ended, refund))(e)
	}
	other := func(m string, job byte, e []Entry) []Entry { // the attempt that went well is the second
		if job != 2 || m == "south" {
			return e
		}
		return each(func(e *Entry) { e.Attempt *= 2 })(e)
	}
	change := func(m string, job byte, e []Entry) []Entry {
		return noisy(func(m string, job byte, e []Entry) []Entry { return other(m, job, at("south", gone)(m, job, e)) })(m, job, e)
	}
	all = newWorld().whole(t, change)
	for _, f := range Compare(all, nil, w.Space) {
		if f.Grave {
			t.Errorf("finding %+v", f)
		}
	}
	if d, err := all[1].Debits(); err != nil || d != (Debits{}) {
		t.Errorf("a debit that was taken back: %+v, %v", d, err)
	}
}

// TestDebitsDisagree: what an owner does to spend less of a budget than it should, or more than once, shows
// in the ledgers of the others, or in its own.
func TestDebitsDisagree(t *testing.T) {
	none := without(Debited, "")
	for name, c := range map[string]struct {
		change func([]Entry) []Entry // of south
		want   string
		alone  string // what its own ledger shows; "": nothing is wrong in it
	}{
		"nothing debited":        {none, "worker south released it and debited nothing; worker north debited rho 0.0244", ""},
		"less debited":           {amount(price / 2), "worker north debited rho 0.0244, and worker south rho 0.0122", ""},
		"debited twice":          {after(Debited, debit), "worker south debited twice", "debited twice"},
		"not accepted":           {then(none, without(Accepted, ""), after(Asked, debit)), "debited what it had not accepted", "debited what it had not accepted"},
		"no job":                 {then(without(Asked, ""), without(Accepted, "")), "debited what it was never asked", "debited what it was never asked"},
		"after the release":      {then(none, after(Released, debit)), "debited after the release", "debited after the release"},
		"zero":                   {amount(0), "debited nothing", "debited nothing"},
		"released and refunded":  {after(Ended, refund), "took back the debit of what it had released", "took back the debit of what it had released"},
		"refunded and released":  {after(Debited, refund), "released what it had taken the debit of back", "released what it had taken the debit of back"},
		"refund of nothing":      {then(none, after(Begun, refund)), "took back a debit that there is not", "took back a debit that there is not"},
		"refund of more":         {then(without(Released, ""), after(Ended, Entry{Kind: Refunded, Amount: 2 * price})), "took back another amount", "took back another amount"},
		"refunded, yet answered": {then(without(Released, ""), after(Ended, refund)), "took its debit back, and coordinator hub released attempt 1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			all := w.whole(t, noisy(at("south", c.change)))
			found := false
			findings := Compare(all, nil, w.Space)
			for _, f := range findings {
				found = found || f.Grave && strings.Contains(f.Text, c.want) && strings.HasPrefix(f.Job, "02000000")
			}
			if !found {
				t.Errorf("findings %+v, want %q", findings, c.want)
			}
			_, err := all[1].Debits()
			switch {
			case c.alone == "":
				pass(t, err)
			case !WrongDebits.Is(err) || !strings.Contains(err.Error(), c.alone):
				t.Errorf("its own ledger: %v, want %q", err, c.alone)
			}
		})
	}
}

// TestDebitsOfParts: an export that begins in the middle of a job is not wrong for that.
func TestDebitsOfParts(t *testing.T) {
	w := newWorld()
	l := w.log(t, "north", Worker)
	l.add(paid(served(1, "north"))...).add(without(Released, "")(after(Ended, refund)(paid(served(2, "north"))))...)
	for seq := range l.tree.Size() {
		x, err := l.record().Select(func(e Entry) bool { return e.Seq >= seq }, nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := x.Verify(w.Space, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Debits(); err != nil {
			t.Errorf("from entry %d on: %v", seq, err)
		}
		for _, f := range Compare([]*Verified{v, w.log(t, "south", Worker).verified(w.Space)}, nil, w.Space) {
			if f.Grave && strings.Contains(f.Text, "debit") {
				t.Errorf("from entry %d on: %+v", seq, f)
			}
		}
	}
}

// TestDebitsSaturate: amounts of a hostile ledger do not wrap around.
func TestDebitsSaturate(t *testing.T) {
	w := newWorld()
	l := w.log(t, "north", Worker)
	for job := byte(1); job <= 4; job++ {
		l.add(amount(1 << 63)(paid(served(job, "north")))...)
	}
	if d, err := l.verified(w.Space).Debits(); err != nil || d.Rho != dp.MaxRho {
		t.Errorf("%+v, %v", d, err)
	}
}
