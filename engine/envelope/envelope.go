package envelope

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/fault"
)

// Kind is the kind of a packet.
type Kind uint8

// Kinds.
const (
	Offer Kind = iota + 1
	Accept
	Refuse
	Begin
	Protocol
	Lost
	Withdraw
	End
	Prepare
	Parked
	Inquire
	Reply
)

// String returns the name of the kind.
func (k Kind) String() string {
	names := [...]string{
		"?", "offer", "accept", "refuse", "begin", "protocol", "lost", "withdraw", "end", "prepare", "parked", "inquire", "reply",
	}
	if int(k) >= len(names) {
		return names[0]
	}
	return names[k]
}

// ErrBody says that a body is not what its kind asks for.
var ErrBody = errors.New("envelope: malformed body")

// Limits of a reason, in bytes.
const (
	codeLength   = len("TACIT-P000")
	maxText      = 1024
	maxStateName = 16
)

// Reason is why a worker does not take part, or why a job is over. The zero
// value says nothing.
type Reason struct {
	Code    string // "" or of a [fault.Kind]
	Message string // at most 1024 bytes, without control characters
	Remedy  string // likewise
}

// ReasonOf returns the reason that a peer is told for err: code, message and
// remedy of its fault.
func ReasonOf(err error) Reason {
	f := fault.From(err)
	return Reason{f.Code, clean(f.Message), clean(f.Remedy)}
}

// Fault returns the reason as a fault, or nil if there is none.
func (r Reason) Fault() *fault.Fault {
	if r.Code == "" {
		return nil
	}
	return &fault.Fault{Code: r.Code, Message: r.Message, Remedy: r.Remedy}
}

// clean makes a text fit: one line, cut at the limit on a character.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	for len(text) > maxText {
		runes := []rune(text)
		text = string(runes[:len(runes)-1-(len(text)-maxText)/4])
	}
	return text
}

func (r Reason) write(w *wire.Writer) {
	w.String(r.Code)
	w.String(r.Message)
	w.String(r.Remedy)
}

func readReason(r *wire.Reader) Reason {
	reason := Reason{r.String(codeLength), r.String(maxText), r.String(maxText)}
	if reason.Code != "" && !validCode(reason.Code) ||
		reason.Message != clean(reason.Message) || reason.Remedy != clean(reason.Remedy) {
		r.Fail(ErrBody)
	}
	return reason
}

// validCode reports whether code has the form TACIT-A000; a peer of the next
// release may know codes that this one does not.
func validCode(code string) bool {
	number, ok := strings.CutPrefix(code, "TACIT-")
	if !ok || len(number) != 4 || number[0] < 'A' || number[0] > 'Z' {
		return false
	}
	return strings.Trim(number[1:], "0123456789") == ""
}

// Marshal returns the body of a Refuse or a Withdraw.
func (r Reason) Marshal() []byte {
	w := wire.NewWriter()
	r.write(w)
	return w.Data()
}

// ParseReason reads the body of a Refuse or a Withdraw, which must name a code.
func ParseReason(body []byte) (Reason, error) {
	r := wire.NewReader(body)
	reason := readReason(r)
	if reason.Code == "" {
		r.Fail(ErrBody)
	}
	return reason, closed(r)
}

// ParseAnyReason reads a reason, also one that says nothing.
func ParseAnyReason(body []byte) (Reason, error) {
	r := wire.NewReader(body)
	reason := readReason(r)
	return reason, closed(r)
}

// Over is the body of an End.
type Over struct {
	State  string // final state of the job; "unknown" if the coordinator does not know the job
	Reason Reason
}

// Unknown is the state of a job that the coordinator does not know.
const Unknown = "unknown"

// Marshal returns the body.
func (o Over) Marshal() []byte {
	w := wire.NewWriter()
	w.String(o.State)
	o.Reason.write(w)
	return w.Data()
}

// ParseOver reads the body of an End.
func ParseOver(body []byte) (Over, error) {
	r := wire.NewReader(body)
	o := Over{State: r.String(maxStateName)}
	o.Reason = readReason(r)
	if strings.Trim(o.State, "abcdefghijklmnopqrstuvwxyz") != "" || o.State == "" {
		r.Fail(ErrBody)
	}
	return o, closed(r)
}

// ParseAccept reads the body of an Accept or a Parked: the hash of the manifest.
func ParseAccept(body []byte) (hash [32]byte, err error) {
	r := wire.NewReader(body)
	hash = [32]byte(r.Fixed(32))
	return hash, closed(r)
}

// KeyID names a key set that was made ahead.
type KeyID [32]byte

// Start is the body of a Begin.
type Start struct{ Keys *KeyID } // the key set that the attempt uses up; nil: none

// Marshal returns the body.
func (s Start) Marshal() []byte {
	if s.Keys == nil {
		return nil
	}
	return s.Keys[:]
}

// ParseStart reads the body of a Begin.
func ParseStart(body []byte) (Start, error) {
	switch len(body) {
	case 0:
		return Start{}, nil
	case len(KeyID{}):
		id := KeyID(body)
		return Start{&id}, nil
	}
	return Start{}, ErrBody
}

// Order is the body of a Prepare.
type Order struct {
	Table string // whose owners make the key set
	Set   string // name of the parameter set
}

const (
	maxTable = 256
	maxSet   = 8
)

// Marshal returns the body.
func (o Order) Marshal() []byte {
	w := wire.NewWriter()
	w.String(o.Table)
	w.String(o.Set)
	return w.Data()
}

// ParseOrder reads the body of a Prepare.
func ParseOrder(body []byte) (Order, error) {
	r := wire.NewReader(body)
	o := Order{Table: r.String(maxTable), Set: r.String(maxSet)}
	return o, closed(r)
}

func closed(r *wire.Reader) error {
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	return nil
}
