package job_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
)

// The table of the design: (n, T, t).
func TestThresholdFor(t *testing.T) {
	for _, c := range [][3]int{{3, 1, 3}, {4, 1, 3}, {5, 1, 4}, {10, 3, 7}, {30, 9, 20}, {100, 33, 67}} {
		if got := job.ThresholdFor(c[0], c[1]); got != c[2] {
			t.Errorf("ThresholdFor(%d, %d) = %d, wanted %d", c[0], c[1], got, c[2])
		}
	}
	for n := job.MinWorkers; n <= job.MaxWorkers; n++ {
		for corrupt := 1; corrupt <= n-2; corrupt++ {
			th := job.ThresholdFor(n, corrupt)
			if 2*th <= n+corrupt || 2*(th-1) > n+corrupt {
				t.Fatalf("ThresholdFor(%d, %d) = %d is not the smallest", n, corrupt, th)
			}
		}
	}
}

func TestManifestCheck(t *testing.T) {
	good := ask(t, five()).Manifest()
	must(t, good.Check())
	for name, change := range map[string]func(*job.Manifest){
		"two workers":                 func(m *job.Manifest) { m.Roster, m.Threshold, m.MinContributors = m.Roster[:2], 2, 2 },
		"no corruption":               func(m *job.Manifest) { m.Corruptions = 0 },
		"too many corruptions":        func(m *job.Manifest) { m.Corruptions = 4 },
		"2t = n + T":                  func(m *job.Manifest) { m.Threshold = 3 },
		"t > n":                       func(m *job.Manifest) { m.Threshold, m.MinContributors = 6, 6 },
		"n_min < t":                   func(m *job.Manifest) { m.MinContributors = 3 },
		"n_min > n":                   func(m *job.Manifest) { m.MinContributors = 6 },
		"width":                       func(m *job.Manifest) { m.Width = 32 },
		"no elements":                 func(m *job.Manifest) { m.Length = 0 },
		"too many elements":           func(m *job.Manifest) { m.Length = job.MaxLength + 1 },
		"long context":                func(m *job.Manifest) { m.Context = make([]byte, job.MaxContext+1) },
		"long guard":                  func(m *job.Manifest) { m.Guard = make([]byte, job.MaxGuard+1) },
		"no expiry":                   func(m *job.Manifest) { m.Expiry = 0 },
		"name twice":                  func(m *job.Manifest) { m.Roster[1].ID = m.Roster[0].ID },
		"key twice":                   func(m *job.Manifest) { m.Roster[1].Key = m.Roster[0].Key },
		"no name":                     func(m *job.Manifest) { m.Roster[1].ID = "" },
		"name that is not UTF-8":      func(m *job.Manifest) { m.Roster[1].ID = "\xff" },
		"analyst has a worker's name": func(m *job.Manifest) { m.Analyst.ID = "w1" },
		"analyst has a worker's key":  func(m *job.Manifest) { m.Analyst.Key = m.Roster[0].Key },
		"analyst has the name of one worker and the key of another": func(m *job.Manifest) {
			m.Analyst = job.Member{ID: m.Roster[0].ID, Key: m.Roster[1].Key}
		},
		"analyst key": func(m *job.Manifest) { m.AnalystKey = [1216]byte{0xff, 0xff, 0xff, 0xff} },
	} {
		m := *good
		m.Roster = append([]job.Member(nil), good.Roster...)
		change(&m)
		if m.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := job.ParseManifest(m.Marshal()); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
}

// The shape of a guarded release, up to its longest, comes back as it was, and the
// hash covers it.
func TestGuardIsBound(t *testing.T) {
	seen := map[[32]byte]int{}
	for _, size := range []int{0, 1, 2, job.MaxGuard} {
		m := *ask(t, five()).Manifest()
		m.Guard = make([]byte, size)
		parsed, err := job.ParseManifest(m.Marshal())
		must(t, err)
		if !bytes.Equal(parsed.Guard, m.Guard) || parsed.Hash() != m.Hash() {
			t.Errorf("guard of %d bytes changed", size)
		}
		if other, ok := seen[m.Hash()]; ok {
			t.Errorf("guards of %d and %d bytes have one hash", size, other)
		}
		seen[m.Hash()] = size
	}
}

// A changed bit anywhere in an offer is noticed before the worker takes part.
func TestOfferIsAuthentic(t *testing.T) {
	m := five()
	m.Guard = []byte{1, 2, 3}
	q := ask(t, m)
	body := submissionOf(t, q).Offer(2)
	p, alpha, err := parseOffer(t, body).Open(worker(2))
	if err != nil || p != 2 || !alpha.Opens(q.Manifest()) || !alpha.Field().Equal(q.Alpha().Field()) {
		t.Fatal(p, err)
	}
	if _, _, err := parseOffer(t, body).Open(worker(3)); err == nil {
		t.Error("worker 3 opens the offer of worker 2")
	}
	for i := 0; i < len(body); i += 97 {
		forged := bytes.Clone(body)
		forged[i] ^= 4
		offer, err := job.ParseOffer(forged)
		if err != nil {
			continue
		}
		if _, _, err := offer.Open(worker(2)); err == nil {
			t.Fatalf("byte %d may be changed", i)
		}
	}
}

func TestNoOfferOutsideTheRoster(t *testing.T) {
	s := submissionOf(t, ask(t, five()))
	for _, p := range []session.Party{session.Coordinator, 6, session.Analyst} {
		if s.Offer(p) != nil {
			t.Errorf("an offer for position %d", p)
		}
	}
}

// An analyst cannot give two workers different alphas: a box with another one does not
// open to what the manifest commits to.
func TestOneAlpha(t *testing.T) {
	s := submissionOf(t, ask(t, five()))
	must(t, s.SealAlpha(2, bytes.Repeat([]byte{7}, 32), cryptotest.Rand("x")))
	if _, _, err := parseOffer(t, s.Offer(2)).Open(worker(2)); !errors.Is(err, job.ErrAlpha) {
		t.Error(err)
	}
	if _, _, err := parseOffer(t, s.Offer(3)).Open(worker(3)); err != nil {
		t.Error(err)
	}
}

func TestQuestionNeedsItsAnalyst(t *testing.T) {
	if _, err := job.NewQuestion(five(), worker(1), cryptotest.Rand("x")); err == nil {
		t.Error("worker 1 signs for the analyst")
	}
	bad := five()
	bad.Threshold = 2
	if _, err := job.NewQuestion(bad, analyst, cryptotest.Rand("x")); err == nil {
		t.Error("numbers that nobody accepts are signed")
	}
}

func TestQuestionSurvives(t *testing.T) {
	q := ask(t, five())
	again, err := job.ParseQuestion(q.Marshal())
	must(t, err)
	if !bytes.Equal(again.Submission(), q.Submission()) {
		t.Error("another submission")
	}
	key, err := kem.ParsePublicKey(q.Manifest().AnalystKey[:])
	must(t, err)
	ct, shared, err := kem.Encapsulate(key, cryptotest.Rand("x"))
	must(t, err)
	if again.Decapsulate(ct) != shared || !again.Alpha().Opens(q.Manifest()) {
		t.Error("other secrets")
	}
	for _, at := range []int{1, 33} { // of alpha's seed, of the key's
		bad := q.Marshal()
		bad[len(bad)-at] ^= 1
		if _, err := job.ParseQuestion(bad); !errors.Is(err, session.ErrState) {
			t.Error(err)
		}
	}
}

// Keys and digests of two jobs, or of two attempts, have nothing in common; signatures
// count for the party and the label only.
func TestAttempt(t *testing.T) {
	m := ask(t, five()).Manifest()
	other := *m
	other.Expiry++
	secret := bytes.Repeat([]byte{9}, 32)
	seen := map[[32]byte]bool{}
	for _, a := range []job.Attempt{job.NewAttempt(m, 1), job.NewAttempt(m, 2), job.NewAttempt(&other, 1)} {
		if a.N() != 5 || a.ManifestHash() != a.Hash() {
			t.Error("another manifest")
		}
		for _, x := range [][32]byte{
			a.Key(secret, "l"), a.Key(secret, "m"), a.Key(secret, "l", []byte("p")),
			a.Digest("l"), a.Digest("m"), a.Digest("l", []byte("p")),
		} {
			if seen[x] {
				t.Error("a value occurs twice")
			}
			seen[x] = true
		}
	}
	a := job.NewAttempt(m, 1)
	statement := a.Digest("l")
	sig := worker(2).Sign("l", statement[:])
	for _, c := range []struct {
		p     session.Party
		label string
		valid bool
	}{{2, "l", true}, {1, "l", false}, {2, "m", false}, {session.Coordinator, "l", false}, {6, "l", false}} {
		if a.Verify(c.p, c.label, statement, sig) != c.valid {
			t.Errorf("%+v", c)
		}
	}
	if sig := analyst.Sign("l", statement[:]); !a.Verify(session.Analyst, "l", statement, sig) {
		t.Error("the analyst's signature is not valid")
	}
}

// Sizes in bytes, as the package comment states them; all names have the same length.
func TestSizes(t *testing.T) {
	const n, c, g, i = 5, 4, 40, 2
	m := five()
	m.Analyst.ID, m.Guard = "aa", make([]byte, g)
	q := ask(t, m)
	size := 1296 + c + g + (n+1)*(3204+i)
	for name, got := range map[string][2]int{
		"manifest":   {len(q.Manifest().Marshal()), size},
		"submission": {len(q.Submission()), 3378 + size + n*1168},
		"offer":      {len(submissionOf(t, q).Offer(1)), 3380 + size + 1168},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d bytes, wanted %d", name, got[0], got[1])
		}
	}
}

// No way of printing a question or an alpha shows a secret.
func TestNothingPrintsSecrets(t *testing.T) {
	q := ask(t, five())
	kept := q.Marshal() // ends with the seeds of the key and of alpha
	type inner struct {
		q     *job.Question
		alpha job.Alpha
	}
	nested := inner{q, q.Alpha()}
	for _, v := range []any{q, q.Alpha(), nested, &nested} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			for _, part := range [][]byte{kept[len(kept)-60 : len(kept)-52], kept[len(kept)-28 : len(kept)-20]} {
				if strings.Contains(text, string(part)) || strings.Contains(text, hex.EncodeToString(part)) ||
					strings.Contains(text, strings.Trim(fmt.Sprint(part), "[]")) {
					t.Errorf("%s of %T prints a secret", verb, v)
				}
			}
		}
	}
}
