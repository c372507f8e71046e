package secagg

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/session"
)

// TestTranscripts runs the cases of testdata/*.txt. Commands, besides those of
// [cryptotest.Script]:
//
//	job n=5 T=1 t=4 min=4      a job; vectors of three elements
//	attempt number=1 of=(1,2)  an attempt: machines of the server and these workers (default: all)
//	split to=2 u3=(1,2)        the server tells one worker another U3
//	open                       the analyst opens the result
func TestTranscripts(t *testing.T) {
	cryptotest.Walk(t, func() func(*testing.T, *datadriven.TestData) string { return new(script).do })
}

type script struct {
	cryptotest.Script
	w *world
}

func (s *script) do(t *testing.T, d *datadriven.TestData) string {
	s.T = t
	switch d.Cmd {
	case "job":
		s.job(d)
	case "attempt":
		s.attempt(d)
	case "split":
		s.split(d)
	case "open":
		return s.open()
	default:
		return s.Do(d)
	}
	return "ok"
}

func (s *script) job(d *datadriven.TestData) {
	sh := shape{length: 3, width: 64}
	d.ScanArgs(s.T, "n", &sh.n)
	d.ScanArgs(s.T, "T", &sh.corruptions)
	d.ScanArgs(s.T, "t", &sh.threshold)
	d.ScanArgs(s.T, "min", &sh.min)
	s.w = newWorld(s.T, sh, defences{})
	s.Job()
}

func (s *script) attempt(d *datadriven.TestData) {
	var number int
	d.ScanArgs(s.T, "number", &number)
	who := s.w.everyone()
	if d.HasArg("of") {
		who = s.Set(d, "of")
	}
	s.w.tb = s.T
	n := s.w.network(1, uint32(number), who)
	s.Attempt(n, func() {
		n.Begin()
		s.w.provideInputs(n, who)
	})
}

func (s *script) split(d *datadriven.TestData) {
	var to int
	d.ScanArgs(s.T, "to", &to)
	u3 := s.Set(d, "u3")
	pass := s.Network.Lies[session.Coordinator]
	s.Network.Lies[session.Coordinator] = func(p session.Party, body []byte) [][]byte {
		if p == session.Party(to) && kindOf(body) == kindSurvivors {
			body = marshal(&survivors{u3: u3})
		}
		return pass(p, body)
	}
}

func (s *script) open() string {
	result := s.Result()
	if result == nil {
		return "no result"
	}
	o, err := s.w.openResult(result)
	switch {
	case err != nil:
		return err.Error()
	case !o.Sum.Equal(s.w.sum(o.Participants)):
		return "WRONG SUM"
	}
	return fmt.Sprintf("the sum of %v, signed by %d", o.Participants, o.Signatures)
}
