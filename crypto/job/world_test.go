package job_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
)

// analyst is who asks in every test; worker p of the roster is "wp".
var analyst = cryptotest.Identity("analyst")

func worker(p session.Party) *identity.Identity { return cryptotest.Identity(fmt.Sprintf("w%d", p)) }

// five is the usual manifest: (5,1,4) tolerates one drop-out.
func five() job.Manifest { return manifest(5, 1, 4) }

func manifest(n, corruptions, threshold int) job.Manifest {
	m := job.Manifest{
		Job: [16]byte{1}, Context: []byte("test"), Length: 3, Width: 64,
		Analyst:         job.Member{ID: "analyst", Key: analyst.Public()},
		MinContributors: threshold, Threshold: threshold, Corruptions: corruptions, Expiry: 2000000000,
	}
	for _, p := range session.Everyone(n) {
		m.Roster = append(m.Roster, job.Member{ID: fmt.Sprintf("w%d", p), Key: worker(p).Public()})
	}
	return m
}

func ask(tb testing.TB, m job.Manifest) *job.Question {
	tb.Helper()
	q, err := job.NewQuestion(m, analyst, cryptotest.Rand("question"))
	must(tb, err)
	return q
}

func submissionOf(tb testing.TB, q *job.Question) *job.Submission {
	tb.Helper()
	s, err := job.ParseSubmission(q.Submission())
	must(tb, err)
	return s
}

func parseOffer(tb testing.TB, b []byte) *job.Offer {
	tb.Helper()
	o, err := job.ParseOffer(b)
	must(tb, err)
	return o
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// documents are one of each kind, of a masked sum and of a guarded release.
func documents(tb testing.TB) [][]byte {
	tb.Helper()
	var all [][]byte
	for _, guard := range [][]byte{nil, bytes.Repeat([]byte{7}, 40)} {
		m := five()
		m.Guard = guard
		q := ask(tb, m)
		all = append(all, q.Manifest().Marshal(), submissionOf(tb, q).Offer(2), q.Submission(), q.Marshal())
	}
	return append(all, inquire(tb).Inquiry().Marshal())
}
