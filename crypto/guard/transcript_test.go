package guard

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/cryptotest"
)

// TestTranscripts runs the cases of testdata/*.txt. Commands, besides those of
// [cryptotest.Script]:
//
//	job n=3 [least=3] [verify=some] [prepared]   a job of the shape small()
//	attempt number=1 [of=(1,2)]                  an attempt: machines of the server and these workers (default: all)
//	prepare                                      or the making of a key set ahead
//	open                                         the analyst opens the result
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
	case "prepare":
		n := s.w.preparation(1).net
		s.Attempt(n, n.Begin) // nothing that is prepared has inputs
	case "open":
		return s.open()
	default:
		return s.Do(d)
	}
	return "ok"
}

func (s *script) job(d *datadriven.TestData) {
	var n int
	d.ScanArgs(s.T, "n", &n)
	least := 3
	if d.HasArg("least") {
		d.ScanArgs(s.T, "least", &least)
	}
	shape := small()
	if d.HasArg("verify") {
		var mode string
		d.ScanArgs(s.T, "verify", &mode)
		shape.Verify = map[string]Verify{"all": VerifyAll, "some": VerifySome, "none": VerifyNone}[mode]
	}
	s.w = newWorldOf(s.T, shape, n, least, 1)
	if d.HasArg("prepared") {
		s.w.prepare()
	}
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
	n := s.w.network(uint32(number), 1, who)
	s.Attempt(n, func() { s.w.begin(n) })
}

func (s *script) open() string {
	result := s.Result()
	if result == nil {
		return "no result"
	}
	o, err := Open(s.w.question, result, nil)
	if err != nil {
		return err.Error()
	}
	if err := s.w.compare(o, o.Participants); err != nil {
		return "WRONG: " + err.Error()
	}
	return fmt.Sprintf("the right release of %v", o.Participants)
}
