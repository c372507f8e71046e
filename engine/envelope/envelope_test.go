package envelope_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
)

func TestReasonOfIsAlwaysReadable(t *testing.T) {
	for _, message := range []string{"", "plain", "two\nlines\x00", strings.Repeat("é", 2000), strings.Repeat("日", 4000), "bad \xff utf8"} {
		reason := envelope.ReasonOf(fault.Internal.New("%s", message))
		got, err := envelope.ParseReason(reason.Marshal())
		if err != nil || got != reason {
			t.Errorf("%.20q does not survive: %v", message, err)
		}
		if !utf8.ValidString(got.Message) || len(got.Message) > 1024 {
			t.Errorf("%.20q: message of %d bytes", message, len(got.Message))
		}
	}
	if got := envelope.ReasonOf(errors.New("no code")).Code; got != fault.Internal.Code {
		t.Errorf("code %s", got)
	}
}

func TestBodiesRefused(t *testing.T) {
	refused := map[string][]byte{
		"no code":     envelope.Reason{Message: "x"}.Marshal(),
		"other code":  envelope.Reason{Code: "tacit-p000"}.Marshal(),
		"long code":   envelope.Reason{Code: "TACIT-P0000"}.Marshal(),
		"two lines":   envelope.Reason{Code: "TACIT-P000", Message: "a\nb"}.Marshal(),
		"too long":    envelope.Reason{Code: "TACIT-P000", Message: strings.Repeat("a", 1025)}.Marshal(),
		"bytes after": append(envelope.Reason{Code: "TACIT-P000"}.Marshal(), 0),
		"empty":       nil,
	}
	for name, body := range refused {
		if _, err := envelope.ParseReason(body); !errors.Is(err, envelope.ErrBody) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := envelope.ParseAccept(make([]byte, 33)); !errors.Is(err, envelope.ErrBody) {
		t.Errorf("accept with 33 bytes: %v", err)
	}
	if _, err := envelope.ParseOver(envelope.Over{State: "RELEASED"}.Marshal()); !errors.Is(err, envelope.ErrBody) {
		t.Errorf("unknown spelling of a state: %v", err)
	}
}

func FuzzBodies(f *testing.F) {
	f.Add(envelope.Reason{Code: "TACIT-J001", Message: "m", Remedy: "r"}.Marshal())
	f.Add(envelope.Over{State: "failed"}.Marshal())
	f.Fuzz(func(t *testing.T, body []byte) {
		same := func(again []byte, err error) {
			if err == nil && !bytes.Equal(again, body) {
				t.Errorf("%x is read, but written as %x", body, again)
			}
		}
		reason, err := envelope.ParseReason(body)
		same(reason.Marshal(), err)
		reason, err = envelope.ParseAnyReason(body)
		same(reason.Marshal(), err)
		over, err := envelope.ParseOver(body)
		same(over.Marshal(), err)
		hash, err := envelope.ParseAccept(body)
		same(hash[:], err)
	})
}
