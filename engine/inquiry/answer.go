package inquiry

import (
	"errors"
	"fmt"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/envelope"
)

// Bounds of inquiries.
const (
	MaxLife = 5 * time.Minute // of one
	Skew    = time.Minute     // by which clocks may differ, beside
	Every   = 2 * time.Second // of one analyst, on average
)

// Alive reports whether an inquiry that ends at until, in unix seconds, can be answered now.
func Alive(until int64, now time.Time) bool {
	left := time.Unix(until, 0).Sub(now)
	return left > -Skew && left <= MaxLife+Skew
}

// Verdict is what an owner would do with a question.
type Verdict uint8

// Verdicts.
const (
	Accept Verdict = iota + 1 // take part, if the data pass their checks
	Ask                       // park it until a person decides
	Refuse                    // say no
	Silent                    // the owner does not say
)

// String returns the verdict as one word.
func (v Verdict) String() string {
	names := [...]string{"?", "accept", "ask", "refuse", "silent"}
	if int(v) >= len(names) {
		return names[0]
	}
	return names[v]
}

// Answer is what an owner says. It never depends on the owner's rows.
type Answer struct {
	Verdict Verdict
	// Reason says why not, or why it does not say; it is empty for Accept.
	Reason envelope.Reason
	// Differencing is the mode in force at this owner for the comparison with earlier questions, which is
	// made when the question is asked; "" if nothing of the question is compared.
	Differencing string
	// Budget is what is left where the question would leave the least; nil if the owner does not disclose it, or
	// the question costs nothing.
	Budget *Budget
}

// Budget is a privacy budget at an owner.
type Budget struct {
	Left, Limit dp.Rho        // Left <= Limit, before the question
	Period      time.Duration // for how long what is spent counts; whole seconds, above 0
}

// ErrAnswer says that bytes are not the encoding of an answer.
var ErrAnswer = errors.New("inquiry: malformed answer")

const (
	version   = 1
	maxPeriod = 100 * 366 * 24 * 3600 // seconds of a budget's period
)

// Marshal returns the one encoding, of at most [cryptojob.MaxAnswer] bytes.
func (a *Answer) Marshal() []byte {
	w := wire.NewWriter()
	w.U8(version)
	w.U8(uint8(a.Verdict))
	w.Bytes(a.Reason.Marshal())
	w.U8(modeCode(a.Differencing))
	w.Bool(a.Budget != nil)
	if b := a.Budget; b != nil {
		w.U64(uint64(b.Left))
		w.U64(uint64(b.Limit))
		w.U64(uint64(b.Period / time.Second))
	}
	return w.Data()
}

// maxReason bounds the encoding of a reason in bytes.
const maxReason = 3*4 + 16 + 2*1024

// Parse reads an answer. It accepts exactly what [Answer.Marshal] returns.
func Parse(b []byte) (*Answer, error) {
	if len(b) > cryptojob.MaxAnswer {
		return nil, ErrAnswer
	}
	r := wire.NewReader(b)
	if v := r.U8(); v != version {
		r.Fail(fmt.Errorf("version %d", v))
	}
	a := &Answer{Verdict: Verdict(r.U8())}
	reason := r.Bytes(maxReason)
	a.Differencing = modeOf(r)
	if r.Bool() {
		a.Budget = readBudget(r)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	var err error
	if a.Reason, err = envelope.ParseAnyReason(reason); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return a, a.check()
}

func readBudget(r *wire.Reader) *Budget {
	b := &Budget{Left: dp.Rho(r.U64()), Limit: dp.Rho(r.U64())}
	seconds := r.U64()
	if b.Left > b.Limit || seconds < 1 || seconds > maxPeriod {
		r.Fail(errors.New("no budget"))
		return nil
	}
	b.Period = time.Duration(seconds) * time.Second
	return b
}

// check: there is a reason exactly if the question is not simply accepted.
func (a *Answer) check() error {
	if a.Verdict < Accept || a.Verdict > Silent {
		return fmt.Errorf("%w: verdict %d", ErrAnswer, a.Verdict)
	}
	if (a.Reason == envelope.Reason{}) != (a.Verdict == Accept) || a.Verdict != Accept && a.Reason.Code == "" {
		return fmt.Errorf("%w: reason and verdict do not fit", ErrAnswer)
	}
	return nil
}

// modes of the comparison, by their code.
var modes = []string{"", charter.DifferencingOff, charter.DifferencingNote, charter.DifferencingAsk, charter.DifferencingRefuse}

func modeCode(mode string) uint8 {
	for i, m := range modes {
		if m == mode {
			return uint8(i)
		}
	}
	return 0
}

func modeOf(r *wire.Reader) string {
	code := int(r.U8())
	if code >= len(modes) {
		r.Fail(errors.New("unknown mode"))
		return ""
	}
	return modes[code]
}
