package approval

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/fault"
)

var (
	ruth     = identity.FromSeed([32]byte{1})
	paul     = identity.FromSeed([32]byte{2})
	eve      = identity.FromSeed([32]byte{3})
	deadline = time.Unix(1_800_000_000, 0)
	now      = deadline.Add(-time.Hour)
)

func aCase() *Case {
	return &Case{Space: "heart", Owner: "north", Job: [16]byte{1}, Manifest: [32]byte{2}, Shown: [32]byte{3}, Deadline: deadline}
}

func panel(needed int) *Panel {
	return &Panel{Needed: needed, Approvers: []Approver{{"ruth", ruth.Public().Fingerprint()}, {"paul", paul.Public().Fingerprint()}}}
}

// answerTo says something to a case, with a change that a test wants.
func answerTo(t testing.TB, c *Case, who *identity.Identity, d Decision, change ...func(*Answer)) []byte {
	t.Helper()
	a := Answer{Space: c.Space, Owner: c.Owner, Job: c.Job, Manifest: c.Manifest, Shown: c.Shown, Decision: d, Time: now.Unix()}
	for _, f := range change {
		f(&a)
	}
	b, err := Sign(a, who)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAttacks: each set of answers must not approve, and does when the one defence against it is
// taken out.
func TestAttacks(t *testing.T) {
	c := aCase()
	yes := answerTo(t, c, ruth, Approve)
	for name, attack := range map[string]struct {
		answers [][]byte
		needed  int
		at      time.Time
		without defences
		want    *fault.Kind // nil: the answers are valid, and do not suffice
	}{
		"replayed from another job": {
			[][]byte{answerTo(t, c, ruth, Approve, func(a *Answer) { a.Job[15]++ })}, 1, now, defences{subject: true}, OtherCase,
		},
		"of another owner": {
			[][]byte{answerTo(t, c, ruth, Approve, func(a *Answer) { a.Owner = "south" })}, 1, now, defences{subject: true}, OtherCase,
		},
		"of another space": {
			[][]byte{answerTo(t, c, ruth, Approve, func(a *Answer) { a.Space = "lung" })}, 1, now, defences{subject: true}, OtherCase,
		},
		"of another plan": {
			[][]byte{answerTo(t, c, ruth, Approve, func(a *Answer) { a.Manifest[0]++ })}, 1, now, defences{manifest: true}, OtherCase,
		},
		"of something else than was shown": {
			[][]byte{answerTo(t, c, ruth, Approve, func(a *Answer) { a.Shown[0]++ })}, 1, now, defences{shown: true}, OtherCase,
		},
		"by nobody on the list": {
			[][]byte{answerTo(t, c, eve, Approve)}, 1, now, defences{list: true}, NotApprover,
		},
		"one on the list and one not": {
			[][]byte{yes, answerTo(t, c, eve, Approve)}, 2, now, defences{list: true}, NotApprover,
		},
		"the same approver twice": {
			[][]byte{yes, answerTo(t, c, ruth, Approve, func(a *Answer) { a.Time++ })}, 2, now, defences{twice: true}, nil,
		},
		"the same answer twice": {[][]byte{yes, yes}, 2, now, defences{twice: true}, nil},
		"after the deadline":    {[][]byte{yes}, 1, deadline, defences{expiry: true}, Late},
		"made after the deadline": {
			[][]byte{answerTo(t, c, ruth, Approve, func(a *Answer) { a.Time = deadline.Unix() })}, 1, now, defences{expiry: true}, Late,
		},
		"of what was refused": {
			[][]byte{answerTo(t, c, paul, Refuse), yes}, 1, now, defences{refusal: true}, nil,
		},
		"of what the same person refused": {
			[][]byte{yes, answerTo(t, c, ruth, Refuse)}, 1, now, defences{refusal: true}, nil,
		},
	} {
		p := panel(attack.needed)
		j := p.Judge(c, attack.answers, attack.at)
		if j.State == Approved {
			t.Errorf("%s: approved", name)
		}
		if attack.want != nil && (len(j.Invalid) != 1 || !attack.want.Is(j.Invalid[0])) {
			t.Errorf("%s: %v, want %s", name, j.Invalid, attack.want.Code)
		}
		p.without = attack.without
		if j := p.Judge(c, attack.answers, attack.at); j.State != Approved {
			t.Errorf("%s: the attack does not succeed without the defence: %+v", name, j)
		}
	}
}

func TestJudge(t *testing.T) {
	c := aCase()
	yes, also, no := answerTo(t, c, ruth, Approve), answerTo(t, c, paul, Approve), answerTo(t, c, paul, Refuse, func(a *Answer) { a.Reason = "not now" })
	for name, x := range map[string]struct {
		answers  [][]byte
		needed   int
		state    State
		approved string
	}{
		"nobody":             {nil, 1, Waiting, ""},
		"no number":          {nil, 0, Waiting, ""},
		"one of one":         {[][]byte{yes}, 1, Approved, "ruth"},
		"one of two":         {[][]byte{yes}, 2, Waiting, "ruth"},
		"two of two":         {[][]byte{also, yes}, 2, Approved, "ruth paul"},
		"two of one":         {[][]byte{also, yes}, 1, Approved, "ruth paul"},
		"one refuses":        {[][]byte{yes, also, no}, 2, Refused, "ruth paul"},
		"one refuses, alone": {[][]byte{no}, 2, Refused, ""},
		"one that counts":    {[][]byte{answerTo(t, c, eve, Approve), yes, {1, 2, 3}}, 1, Approved, "ruth"},
		"a stranger refuses": {[][]byte{answerTo(t, c, eve, Refuse)}, 1, Waiting, ""},
	} {
		j := panel(x.needed).Judge(c, x.answers, now)
		if j.State != x.state || strings.Join(j.Approved, " ") != x.approved {
			t.Errorf("%s: %+v", name, j)
		}
		if x.state == Refused && (j.Refused != "paul" || j.Refusal.Reason != "not now") {
			t.Errorf("%s: refused by %q", name, j.Refused)
		}
	}
}

// TestForged: every byte of an answer is under the signature or checked otherwise.
func TestForged(t *testing.T) {
	good := answerTo(t, aCase(), ruth, Refuse, func(a *Answer) { a.Reason, a.Tell = "no", true })
	if _, err := Open(good); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(good); at += 7 {
		bad := bytes.Clone(good)
		bad[at] ^= 4
		if _, err := Open(bad); !Malformed.Is(err) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
	}
	for _, bad := range [][]byte{nil, good[:len(good)-1], append(bytes.Clone(good), 0), make([]byte, MaxAnswer+1)} {
		if _, err := Open(bad); !Malformed.Is(err) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	// Eve's key with Ruth's name.
	body := Answer{Space: "heart", Owner: "north", Decision: Approve, Key: ruth.Public().Fingerprint()}
	forged, err := Sign(body, eve)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(forged)
	if err != nil || a.Key != eve.Public().Fingerprint() {
		t.Errorf("signed by eve, named %s, %v", a.Key, err)
	}
}

func TestImpossibleAnswers(t *testing.T) {
	for name, change := range map[string]func(*Answer){
		"no decision":        func(a *Answer) { a.Decision = 0 },
		"third decision":     func(a *Answer) { a.Decision = 3 },
		"reason to approve":  func(a *Answer) { a.Reason = "fine" },
		"two lines":          func(a *Answer) { a.Decision, a.Reason = Refuse, "a\nb" },
		"long reason":        func(a *Answer) { a.Decision, a.Reason = Refuse, strings.Repeat("a", MaxReason+1) },
		"nobody's space":     func(a *Answer) { a.Space = "" },
		"before 1970":        func(a *Answer) { a.Time = -1 },
		"a long name":        func(a *Answer) { a.Owner = strings.Repeat("a", 65) },
		"reason is not text": func(a *Answer) { a.Decision, a.Reason = Refuse, "\x1b[2J" },
	} {
		a := Answer{Space: "heart", Owner: "north", Decision: Approve, Time: 1}
		change(&a)
		if _, err := Sign(a, ruth); !Malformed.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGrounds(t *testing.T) {
	g := &Grounds{Rule: "counts", Findings: []Finding{{How: "a"}, {[16]byte{1}, "b"}}}
	again, err := ParseGrounds(g.Marshal())
	if err != nil || again.Hash() != g.Hash() {
		t.Fatalf("%+v, %v", again, err)
	}
	if !g.Covers(nil) || !g.Covers(g.Findings[1:]) || g.Covers([]Finding{{[16]byte{2}, "b"}}) || g.Covers([]Finding{{[16]byte{1}, "a"}}) {
		t.Error("what covers what is in disorder")
	}
	if _, err := ParseGrounds(append(g.Marshal(), 0)); !Malformed.Is(err) {
		t.Errorf("bytes after the end: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	good := answerTo(f, aCase(), ruth, Refuse, func(a *Answer) { a.Reason = "no" })
	f.Add(good)
	f.Add(good[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Open(b)
		if err != nil {
			return
		}
		again, err := Sign(*a, ruth)
		if a.Key == ruth.Public().Fingerprint() && (err != nil || !bytes.Equal(again, b)) {
			t.Errorf("%x is read, and written otherwise (%v)", b, err)
		}
	})
}

func FuzzAnswerBody(f *testing.F) {
	a := Answer{Space: "heart", Owner: "north", Decision: Refuse, Reason: "no", Key: ruth.Public().Fingerprint()}
	f.Add(a.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := decode(b); err == nil && !bytes.Equal(a.encode(), b) {
			t.Errorf("%x is read, and written as %x", b, a.encode())
		}
	})
}

func FuzzGrounds(f *testing.F) {
	f.Add((&Grounds{Rule: "a", Findings: []Finding{{How: "b"}}}).Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, err := ParseGrounds(b); err == nil && !bytes.Equal(g.Marshal(), b) {
			t.Errorf("%x is read, and written as %x", b, g.Marshal())
		}
	})
}
