package job_test

import (
	"errors"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/crypto/session"
)

// Mistake 1: pk_A not authenticated. The coordinator puts its own key and its own
// alpha into the manifest and reads the sum. Run twice, as the attacks of package
// secagg are: against the code, where it must fail, and without the signature's check,
// where it must succeed.
func TestAnalystKeyReplaced(t *testing.T) {
	if attackAnalystKey(t, func(*job.Offer) {}) {
		t.Error("the attack succeeds")
	}
	if !attackAnalystKey(t, (*job.Offer).WithoutSignature) {
		t.Error("the attack fails without the defence, so the test shows nothing")
	}
}

func attackAnalystKey(t *testing.T, takeOut func(*job.Offer)) bool {
	forged, err := job.Forge(submissionOf(t, ask(t, five())), cryptotest.Rand("mallory"))
	must(t, err)
	s := submissionOf(t, forged)
	everyone := session.Everyone(len(s.Manifest.Roster))
	n := cryptotest.New(1, session.Start{})
	server, err := secagg.NewServer(secagg.ServerConfig{Submission: s, Attempt: 1, Participants: everyone})
	must(t, err)
	n.Add(session.Coordinator, server, nil)
	for _, p := range everyone {
		offer := parseOffer(t, s.Offer(p)) // what every owner does with an offer
		takeOut(offer)
		self, alpha, err := offer.Open(worker(p))
		if errors.Is(err, job.ErrSignature) {
			return false
		}
		must(t, err)
		w, err := secagg.NewWorker(secagg.WorkerConfig{
			Manifest: offer.Manifest, Alpha: alpha, Self: self, Identity: worker(p), Attempt: 1,
			Rand: cryptotest.Rand("worker %d", p),
		})
		must(t, err)
		n.Add(p, w, nil)
	}
	n.Begin()
	want := ring.NewVector(s.Manifest.Width, s.Manifest.Length)
	for _, p := range everyone {
		x := ring.NewVector(want.Width, want.Len())
		x.Words[0] = 1000 * uint64(p)
		must(t, want.Add(x))
		n.Post(p, secagg.Input{Vector: x})
	}
	n.Run()
	o, err := secagg.Open(forged, n.Mailbox(session.Analyst)[0], nil) // mallory in the analyst's place
	must(t, err)
	return o.Sum.Equal(want)
}
