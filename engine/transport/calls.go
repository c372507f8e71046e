package transport

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// call is what the interceptors have found out about a call.
type call struct {
	member Member
	peer   *peerState
	hello  greeting
	leave  func()
}

type callKey struct{}

// callOf returns what the interceptors put into the context.
func callOf(ctx context.Context) call { return ctx.Value(callKey{}).(call) }

// roles names the role that a method needs; a method that is not here needs
// none.
var roles = map[string]charter.Role{
	tacitv1.LinkService_Attach_FullMethodName: charter.Owner,
	tacitv1.JobService_Submit_FullMethodName:  charter.Analyst,
	tacitv1.JobService_Jobs_FullMethodName:    charter.Analyst,
	tacitv1.JobService_Watch_FullMethodName:   charter.Analyst,
	tacitv1.JobService_Result_FullMethodName:  charter.Analyst,
	tacitv1.JobService_Cancel_FullMethodName:  charter.Analyst,
	tacitv1.JobService_Inquire_FullMethodName: charter.Analyst,
}

// transfers are the methods that may hold large messages in memory.
var transfers = map[string]bool{
	tacitv1.JobService_Submit_FullMethodName: true,
	tacitv1.JobService_Result_FullMethodName: true,

	tacitv1.JobService_Inquire_FullMethodName: true,
}

// admit judges a call before its handler runs: who calls, in which version,
// under which charter, in which role, how many at once.
func (h *Hub) admit(ctx context.Context, method string) (call, error) {
	who, ok := callerOf(ctx)
	if !ok {
		return call{}, NotMember.New("the connection has no member")
	}
	p := h.peer(who.ID)
	switch {
	case p == nil:
		return call{}, stopping()
	case h.cfg.Directory.Revoked(who.ID):
		return call{}, revokedKey(who.ID)
	case who.surplus:
		return call{}, Busy.New("this member has too many connections")
	case p.failures.Tokens() < 1:
		return call{}, Busy.New("this member was refused too often of late")
	}
	hello, why := checkHello(ctx, &h.cfg)
	if role, needed := roles[method]; why == nil && needed && !who.Has(role) {
		why = NotAllowed.New("the charter does not give %s the role %q", who.ID, role)
	}
	if why != nil {
		p.failures.Allow()
		h.cfg.Log.Warn("call refused", "member", who.ID, "code", why.Code)
		return call{}, why
	}
	leave, err := p.enter(transfers[method])
	return call{member: who.Member, peer: p, hello: hello, leave: leave}, err
}

// unary is the interceptor of simple calls.
func (h *Hub) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	c, err := h.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, toStatus(err, h.cfg.Log)
	}
	defer c.leave()
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, c), h.cfg.Timing.Call)
	defer cancel()
	res, err := next(ctx, req)
	return res, toStatus(err, h.cfg.Log)
}

// stream is the interceptor of streams.
func (h *Hub) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	c, err := h.admit(ss.Context(), info.FullMethod)
	if err != nil {
		return toStatus(err, h.cfg.Log)
	}
	defer c.leave()
	ctx := context.WithValue(ss.Context(), callKey{}, c)
	return toStatus(next(srv, calledStream{ss, ctx}), h.cfg.Log)
}

// calledStream is a stream whose context has a [call].
type calledStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context returns the context with the call.
func (s calledStream) Context() context.Context { return s.ctx }

// within runs a blocking receive of a stream for a limited time. When the time
// is over the caller returns from its handler, which ends the stream and so the
// receive.
func within[T any](h *Hub, limit time.Duration, receive func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	h.wg.Go(func() {
		v, err := receive()
		done <- result{v, err}
	})
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var none T
	select {
	case r := <-done:
		return r.v, r.err
	case <-timer.C:
		return none, TimedOut.New("the caller did not send in time")
	case <-h.stopped.Done():
		return none, stopping()
	}
}

// linkServer serves workers.
type linkServer struct {
	tacitv1.UnimplementedLinkServiceServer
	hub *Hub
}

// Attach implements the service.
func (s linkServer) Attach(stream grpc.BidiStreamingServer[tacitv1.Frame, tacitv1.Frame]) error {
	who := callOf(stream.Context())
	first, err := within(s.hub, s.hub.cfg.Timing.Handshake, stream.Recv)
	if err != nil {
		return err
	}
	open := first.GetOpen()
	if err := checkOpen(open); err != nil {
		who.peer.failures.Allow()
		return err
	}
	c := newConn(stream.Context(), stream)
	session, welcome, err := who.peer.attach(c, open, who.hello)
	if err != nil {
		return err
	}
	err = s.converse(c, session, welcome)
	why := fromStatus(err, nil)
	who.peer.detach(session, c, why)
	s.hub.cfg.Log.Info("worker disconnected", "member", who.member.ID, "why", why.Code)
	return err
}

// converse answers and moves frames until the connection ends.
func (s linkServer) converse(c *conn, session *session, welcome *tacitv1.Welcome) error {
	if err := c.Send(&tacitv1.Frame{Body: &tacitv1.Frame_Welcome{Welcome: welcome}}); err != nil {
		return err
	}
	return c.run(session, &s.hub.wg)
}

// checkOpen judges a worker's first frame.
func checkOpen(open *tacitv1.Open) *fault.Fault {
	switch {
	case open == nil:
		return Violation.New("the first frame is no Open")
	case len(open.Instance) != 16 || (len(open.Session) != 0 && len(open.Session) != 16):
		return Violation.New("an id in Open is not 16 bytes")
	case open.MaxPacket < minPacket:
		return Violation.New("the largest packet of Open is below %d bytes", minPacket)
	}
	return nil
}

// greetServer serves probes.
type greetServer struct {
	tacitv1.UnimplementedGreetServiceServer
	hub *Hub
}

// Greet implements the service.
func (s greetServer) Greet(ctx context.Context, _ *tacitv1.GreetRequest) (*tacitv1.GreetResponse, error) {
	c := callOf(ctx)
	return &tacitv1.GreetResponse{
		Protocol:  c.hello.protocol,
		Software:  s.hub.cfg.Software,
		UnixNanos: time.Now().UnixNano(),
		Member:    c.member.ID,
	}, nil
}

// jobServer serves analysts.
type jobServer struct {
	tacitv1.UnimplementedJobServiceServer
	hub *Hub
}

// Submit implements the service.
func (s jobServer) Submit(stream grpc.ClientStreamingServer[tacitv1.Chunk, tacitv1.SubmitResponse]) error {
	ctx := stream.Context()
	submission, err := within(s.hub, s.hub.cfg.Timing.Transfer, func() ([]byte, error) {
		return collectChunks(stream.Recv, s.hub.cfg.Limits.MaxSubmission)
	})
	if err != nil {
		return err
	}
	job, err := s.hub.handler.Submit(ctx, callOf(ctx).member.ID, submission)
	if err != nil {
		return err
	}
	return stream.SendAndClose(&tacitv1.SubmitResponse{Job: job[:]})
}

// Jobs implements the service.
func (s jobServer) Jobs(_ *tacitv1.JobsRequest, stream grpc.ServerStreamingServer[tacitv1.JobStatus]) error {
	ctx, cancel := context.WithTimeout(stream.Context(), s.hub.cfg.Timing.Call)
	defer cancel()
	jobs, err := s.hub.handler.Jobs(ctx, callOf(ctx).member.ID)
	if err != nil {
		return err
	}
	for _, job := range jobs {
		if err := stream.Send(statusToWire(job)); err != nil {
			return err
		}
	}
	return nil
}

// Watch implements the service. It ends early when the hub stops.
func (s jobServer) Watch(req *tacitv1.JobRequest, stream grpc.ServerStreamingServer[tacitv1.Progress]) error {
	job, err := jobFromWire(req.GetJob())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	defer context.AfterFunc(s.hub.stopped, func() { cancel(stopping()) })()
	err = s.hub.handler.Watch(ctx, callOf(ctx).member.ID, job, func(p Progress) error {
		return stream.Send(progressToWire(p))
	})
	if s.hub.stopped.Err() != nil && err != nil {
		return stopping()
	}
	return err
}

// Result implements the service.
func (s jobServer) Result(req *tacitv1.JobRequest, stream grpc.ServerStreamingServer[tacitv1.Chunk]) error {
	job, err := jobFromWire(req.GetJob())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(stream.Context(), s.hub.cfg.Timing.Transfer)
	defer cancel()
	result, err := s.hub.handler.Result(ctx, callOf(ctx).member.ID, job)
	if err != nil {
		return err
	}
	if limit := s.hub.cfg.Limits.MaxResult; len(result) > limit {
		return TooBig.New("the result has %d bytes, above the limit of %d", len(result), limit)
	}
	return sendChunks(stream.Send, result)
}

// Cancel implements the service.
func (s jobServer) Cancel(ctx context.Context, req *tacitv1.JobRequest) (*tacitv1.CancelResponse, error) {
	job, err := jobFromWire(req.GetJob())
	if err != nil {
		return nil, err
	}
	return &tacitv1.CancelResponse{}, s.hub.handler.Cancel(ctx, callOf(ctx).member.ID, job)
}
