package transport

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// maxText bounds a message or remedy on the wire, in bytes.
const maxText = 2048

// toStatus turns a handler's error into what the peer gets to see: a fault as it
// is, of anything else only that it happened.
func toStatus(err error, log *slog.Logger) error {
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "cancelled")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "deadline exceeded")
	case isStatus(err):
		return err
	default:
		log.Error("call failed", "err", err)
		f = fault.Internal.New("the coordinator failed inside; its log says more")
	}
	st, err := status.New(statusCode(f.Code), printable(f.Message, maxText)).WithDetails(faultToWire(f))
	if err != nil {
		return status.Error(codes.Internal, "internal error")
	}
	return st.Err()
}

func isStatus(err error) bool {
	_, ok := status.FromError(err)
	return ok
}

// statusCode is the gRPC code for foreign tools; ours look at the fault.
func statusCode(code string) codes.Code {
	switch code {
	case Stopping.Code:
		return codes.Unavailable
	case NotAllowed.Code:
		return codes.PermissionDenied
	case Busy.Code, TooBig.Code, Full.Code:
		return codes.ResourceExhausted
	case Violation.Code:
		return codes.InvalidArgument
	case fault.Internal.Code:
		return codes.Internal
	}
	return codes.FailedPrecondition
}

// fromStatus turns what a call returned into a fault. seen is what the
// connection itself reported last, which says more than gRPC does, or nil.
func fromStatus(err error, seen *fault.Fault) *fault.Fault {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	st, _ := status.FromError(err)
	for _, detail := range st.Details() {
		if f, ok := detail.(*tacitv1.Fault); ok {
			return faultFromWire(f)
		}
	}
	switch st.Code() {
	case codes.Canceled:
		return Lost.New("the call was cancelled: %w", context.Canceled)
	case codes.DeadlineExceeded:
		return TimedOut.New("the coordinator did not answer in time: %w", context.DeadlineExceeded)
	case codes.Unimplemented:
		return UpgradeCoordinator.New("the coordinator does not know this call")
	case codes.Unavailable:
		if seen != nil {
			return seen
		}
	case codes.ResourceExhausted:
		return Violation.New("a message of the other side is above the size of a frame")
	}
	return Lost.New("the connection broke (%s)", printable(st.Message(), 256))
}

func faultToWire(f *fault.Fault) *tacitv1.Fault {
	if f == nil {
		return nil
	}
	w := &tacitv1.Fault{
		Code:    f.Code,
		Message: lines(f.Message, maxText),
		Remedy:  lines(f.Remedy, maxText),
	}
	if p := f.Position; p != nil {
		w.Position = &tacitv1.Position{Offset: uint32(p.Offset), Line: uint32(p.Line), Column: uint32(p.Column)}
	}
	return w
}

func faultFromWire(w *tacitv1.Fault) *fault.Fault {
	if w == nil {
		return nil
	}
	f := &fault.Fault{
		Code:    w.Code,
		Message: lines(w.Message, maxText),
		Remedy:  lines(w.Remedy, maxText),
	}
	if !isCode(f.Code) {
		f.Code = fault.Internal.Code
	}
	if p := w.Position; p != nil {
		f.Position = &fault.Position{Offset: int(p.Offset), Line: int(p.Line), Column: int(p.Column)}
	}
	return f
}

// isCode reports whether a text has the form "TACIT-P000".
func isCode(s string) bool {
	const form = "TACIT-P000"
	if len(s) != len(form) || s[:6] != form[:6] || s[6] < 'A' || s[6] > 'Z' {
		return false
	}
	for _, c := range []byte(s[7:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// printable keeps at most limit bytes of a text, in one line, without the control
// characters that could play tricks with a terminal or a log.
func printable(text string, limit int) string {
	return lines(strings.ReplaceAll(text, "\n", " "), limit)
}

// lines is [printable] with line breaks left in.
func lines(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && (!unicode.IsPrint(r) || r == unicode.ReplacementChar) {
			return -1
		}
		return r
	}, text)
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return text
}
