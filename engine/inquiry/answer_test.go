package inquiry_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/inquiry"
)

var answers = []*inquiry.Answer{
	{Verdict: inquiry.Accept},
	{Verdict: inquiry.Accept, Differencing: charter.DifferencingRefuse},
	{Verdict: inquiry.Accept, Budget: &inquiry.Budget{Left: 3, Limit: 1 << 40, Period: time.Hour}},
	{Verdict: inquiry.Ask, Reason: envelope.ReasonOf(inquiry.Off.New("a person decides")), Differencing: charter.DifferencingNote},
	{Verdict: inquiry.Refuse, Reason: envelope.ReasonOf(inquiry.TooMany.New("%s", strings.Repeat("x", 5000)))},
	{Verdict: inquiry.Silent, Reason: envelope.Reason{Code: "TACIT-W165", Message: strings.Repeat("m", 1024), Remedy: strings.Repeat("r", 1024)}},
}

func TestAnswersComeBack(t *testing.T) {
	for _, a := range answers {
		b := a.Marshal()
		got, err := inquiry.Parse(b)
		if err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("%+v comes back as %+v, %v", a, got, err)
		}
		if len(b) > cryptojob.MaxAnswer {
			t.Errorf("%d bytes do not fit into an answer", len(b))
		}
	}
}

func TestMalformedAnswers(t *testing.T) {
	why := envelope.ReasonOf(inquiry.Off.New("no"))
	budget := answers[2]
	good := answers[3].Marshal()
	for name, b := range map[string][]byte{
		"empty":              nil,
		"cut":                good[:len(good)-1],
		"left over":          append(bytes.Clone(good), 0),
		"other version":      append([]byte{9}, good[1:]...),
		"no verdict":         (&inquiry.Answer{Reason: why}).Marshal(),
		"unknown verdict":    (&inquiry.Answer{Verdict: 9, Reason: why}).Marshal(),
		"accepts and is why": (&inquiry.Answer{Verdict: inquiry.Accept, Reason: why}).Marshal(),
		"refuses for no why": (&inquiry.Answer{Verdict: inquiry.Refuse}).Marshal(),
		"no code":            (&inquiry.Answer{Verdict: inquiry.Refuse, Reason: envelope.Reason{Message: "m"}}).Marshal(),
		"more than all left": (&inquiry.Answer{Verdict: inquiry.Accept, Budget: &inquiry.Budget{Left: 2, Limit: 1, Period: time.Hour}}).Marshal(),
		"no period":          (&inquiry.Answer{Verdict: inquiry.Accept, Budget: &inquiry.Budget{Left: 1, Limit: 2}}).Marshal(),
		"budget is cut":      budget.Marshal()[:len(budget.Marshal())-1],
		"too long":           make([]byte, cryptojob.MaxAnswer+1),
	} {
		if _, err := inquiry.Parse(b); !errors.Is(err, inquiry.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAlive(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for left, want := range map[time.Duration]bool{
		0: true, time.Minute: true, inquiry.MaxLife: true, inquiry.MaxLife + inquiry.Skew: true, -inquiry.Skew / 2: true,
		-inquiry.Skew: false, inquiry.MaxLife + inquiry.Skew + time.Second: false, -time.Hour: false, 100 * time.Hour: false,
	} {
		if got := inquiry.Alive(now.Add(left).Unix(), now); got != want {
			t.Errorf("%s left: %v", left, got)
		}
	}
	for _, until := range []int64{0, -1 << 63, 1<<63 - 1} {
		if inquiry.Alive(until, now) {
			t.Errorf("until %d: alive", until)
		}
	}
}

// FuzzParse: what is read as an answer encodes to the same bytes.
func FuzzParse(f *testing.F) {
	for _, a := range answers {
		f.Add(a.Marshal())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := inquiry.Parse(b); err == nil && !bytes.Equal(a.Marshal(), b) {
			t.Error("not canonical")
		}
	})
}
