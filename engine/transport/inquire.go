package transport

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

const (
	maxInquiry = 4 << 20  // bytes of an inquiry
	maxAnswer  = 16 << 10 // bytes of an owner's answer to one
	maxReplies = 2000     // to one inquiry
)

// InquiryReply is what an owner says to an inquiry, or why there is nothing from it.
type InquiryReply struct {
	Member string       // id of the owner; "" for what the coordinator itself says
	Answer []byte       // sealed to the analyst and signed by the owner
	Fault  *fault.Fault // why there is no answer; nil if there is one
}

// Inquire implements the service.
func (s jobServer) Inquire(stream grpc.BidiStreamingServer[tacitv1.Chunk, tacitv1.InquiryReply]) error {
	inquiry, err := within(s.hub, s.hub.cfg.Timing.Call, func() ([]byte, error) {
		return collectChunks(stream.Recv, maxInquiry)
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(stream.Context(), s.hub.cfg.Timing.Call)
	defer cancel()
	return s.hub.handler.Inquire(ctx, callOf(ctx).member.ID, inquiry, func(r InquiryReply) error {
		return stream.Send(&tacitv1.InquiryReply{Member: r.Member, Answer: r.Answer, Fault: shorten(faultToWire(r.Fault))})
	})
}

// Inquire asks every owner of a table what it would say to a question, and calls on with each
// reply, until all have come, the coordinator waits for no more, or on returns an error (returned).
func (c *Client) Inquire(ctx context.Context, inquiry []byte, on func(InquiryReply) error) error {
	if len(inquiry) > maxInquiry {
		return TooBig.New("the inquiry has %d bytes, above the limit of %d", len(inquiry), maxInquiry)
	}
	rpc, cancel := c.within(ctx, c.cfg.Timing.Call)
	defer cancel()
	stream, err := c.jobs.Inquire(rpc)
	if err != nil {
		return c.explain(ctx, err)
	}
	if err := sendChunks(stream.Send, inquiry); err != nil && !errors.Is(err, io.EOF) {
		return c.explain(ctx, err)
	}
	if err := stream.CloseSend(); err != nil {
		return c.explain(ctx, err)
	}
	for range maxReplies {
		w, err := stream.Recv() // says why when sending came to an early end
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return c.explain(ctx, err)
		}
		if len(w.GetAnswer()) > maxAnswer {
			return Violation.New("an answer of %d bytes is above the limit of %d", len(w.GetAnswer()), maxAnswer)
		}
		if err := on(InquiryReply{printable(w.GetMember(), maxWord), w.GetAnswer(), faultFromWire(w.GetFault())}); err != nil {
			return err
		}
	}
	return Violation.New("there are more replies than owners can be")
}
