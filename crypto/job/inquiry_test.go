package job_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
)

const until = 2_000_000_000

func inquire(tb testing.TB) *job.Inquirer {
	tb.Helper()
	q, err := job.NewInquiry(five(), until, analyst, cryptotest.Rand("inquiry"))
	must(tb, err)
	return q
}

func answerOf(tb testing.TB, i *job.Inquiry, p session.Party, content string) []byte {
	tb.Helper()
	answer, err := i.Answer(p, worker(p), []byte(content), cryptotest.Rand("answer %d", p))
	must(tb, err)
	return answer
}

func TestInquiry(t *testing.T) {
	q := inquire(t)
	i, err := job.ParseInquiry(q.Inquiry().Marshal())
	must(t, err)
	must(t, i.Verify())
	if i.Until != until || i.Hash() != q.Inquiry().Hash() {
		t.Error("the inquiry comes back as another")
	}
	for _, content := range []string{"", "yes", strings.Repeat("x", job.MaxAnswer)} {
		answer := answerOf(t, i, 3, content)
		if len(answer) != job.AnswerSize {
			t.Errorf("an answer of %d bytes has %d, wanted %d", len(content), len(answer), job.AnswerSize)
		}
		got, err := q.Open(3, answer)
		if err != nil || string(got) != content {
			t.Errorf("%d bytes came back as %d: %v", len(content), len(got), err)
		}
	}
	if _, err := i.Answer(3, worker(3), make([]byte, job.MaxAnswer+1), cryptotest.Rand("x")); err == nil {
		t.Error("an answer that is too long was sealed")
	}
	if _, err := job.NewInquiry(five(), until, worker(1), cryptotest.Rand("x")); err == nil {
		t.Error("an inquiry in the name of somebody else was signed")
	}
}

// Every byte of an inquiry is signed, and every byte of an answer counts.
func TestInquiryIsBound(t *testing.T) {
	q := inquire(t)
	whole := q.Inquiry().Marshal()
	for at := 0; at < len(whole); at += 97 {
		changed := bytes.Clone(whole)
		changed[at] ^= 1
		if i, err := job.ParseInquiry(changed); err == nil && i.Verify() == nil {
			t.Fatalf("byte %d changes and nobody notices", at)
		}
	}
	answer := answerOf(t, q.Inquiry(), 2, "no")
	for at := 0; at < len(answer); at += 61 {
		changed := bytes.Clone(answer)
		changed[at] ^= 1
		if _, err := q.Open(2, changed); !errors.Is(err, job.ErrAnswer) {
			t.Fatalf("byte %d of the answer: %v", at, err)
		}
	}
	for name, bad := range map[string][]byte{"empty": nil, "short": answer[1:], "long": append(bytes.Clone(answer), 0)} {
		if _, err := q.Open(2, bad); !errors.Is(err, job.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, p := range []session.Party{0, 6, session.Analyst} {
		if _, err := q.Open(p, answer); !errors.Is(err, job.ErrAnswer) {
			t.Errorf("party %d: %v", p, err)
		}
	}
}

// An inquiry is no job: whoever puts it into an offer, with an alpha of its own, gets past no worker as long as
// one of three defences stands.
func TestInquiryIsNoJob(t *testing.T) {
	for mask := range 8 {
		without := job.Without{InquiryMark: mask&1 > 0, OfferSignature: mask&2 > 0, AlphaCommitment: mask&4 > 0}
		offer, err := job.OfferInquiry(inquire(t).Inquiry(), 2, without, cryptotest.Rand("mallory"))
		must(t, err)
		_, _, err = offer.Open(worker(2))
		if succeeds := err == nil; succeeds != (mask == 7) {
			t.Errorf("without %+v: %v", without, err)
		}
		if mask == 0 && !errors.Is(err, job.ErrInquiry) {
			t.Errorf("refused with %v", err)
		}
	}
}

// A job is no inquiry.
func TestJobIsNoInquiry(t *testing.T) {
	for mask := range 4 {
		without := job.Without{InquiryMark: mask&1 > 0, InquirySignature: mask&2 > 0}
		i := job.InquireJob(submissionOf(t, ask(t, five())), until, without)
		if err := i.Verify(); (err == nil) != (mask == 3) {
			t.Errorf("without %+v: %v", without, err)
		}
	}
}

// What a coordinator can do with the answers of an inquiry: give one worker's for another's, make one up, or give
// one from another inquiry. Each succeeds without what defends against it.
func TestAnswerAttacks(t *testing.T) {
	mallory := cryptotest.Identity("mallory")
	for _, attack := range []struct {
		name    string
		without job.Without
		run     func(q *job.Inquirer) ([]byte, error)
	}{
		{
			"an answer of another worker",
			job.Without{AnswerSignature: true, AnswerBinding: true},
			func(q *job.Inquirer) ([]byte, error) { return q.Open(2, answerOf(t, q.Inquiry(), 1, "yes")) },
		},
		{
			"an answer that the coordinator made up",
			job.Without{AnswerSignature: true},
			func(q *job.Inquirer) ([]byte, error) {
				forged, err := q.Inquiry().Answer(2, mallory, []byte("yes"), cryptotest.Rand("mallory"))
				must(t, err)
				return q.Open(2, forged)
			},
		},
		{
			"an answer to an inquiry with another end",
			job.Without{AnswerBinding: true},
			func(q *job.Inquirer) ([]byte, error) {
				earlier := *q.Inquiry()
				earlier.Until--
				return q.Open(2, answerOf(t, &earlier, 2, "yes"))
			},
		},
	} {
		t.Run(attack.name, func(t *testing.T) {
			if _, err := attack.run(inquire(t)); !errors.Is(err, job.ErrAnswer) {
				t.Errorf("the attack succeeds: %v", err)
			}
			q := inquire(t)
			q.Inquiry().TakeOut(attack.without)
			if got, err := attack.run(q); err != nil || string(got) != "yes" {
				t.Errorf("the attack fails without the defence, so the test shows nothing: %v", err)
			}
		})
	}
}

func FuzzAnswer(f *testing.F) {
	q := inquire(f)
	answer := answerOf(f, q.Inquiry(), 1, "yes")
	f.Add(answer)
	f.Add(answer[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		content, err := q.Open(1, b)
		if err == nil && (string(content) != "yes" || !bytes.Equal(b, answer)) {
			t.Error("an answer that nobody gave")
		}
	})
}

// FuzzUnpad: what is taken out of a padding gives the same padding again.
func FuzzUnpad(f *testing.F) {
	f.Add(job.Pad(nil))
	f.Add(job.Pad([]byte("yes")))
	f.Fuzz(func(t *testing.T, padded []byte) {
		content, err := job.Unpad(padded)
		if err == nil && len(padded) == 4+job.MaxAnswer && !bytes.Equal(job.Pad(content), padded) {
			t.Error("not canonical")
		}
	})
}
