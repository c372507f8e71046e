package transport

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

const (
	// maxJobs and maxJobBytes bound what a list of jobs may hold in memory.
	maxJobs     = 10_000
	maxJobBytes = 64 << 20
	// watchFor is how long one Watch call lasts before it is made again.
	watchFor = time.Hour
)

// Client is an analyst's end. It connects at the first call. It may be used by
// many goroutines. Its errors are faults of this package, faults of the
// coordinator, or the error of the context.
type Client struct {
	cfg    ClientConfig
	dialer *dialer
	cc     *grpc.ClientConn
	jobs   tacitv1.JobServiceClient
}

// NewClient checks the configuration. Errors: [BadConfig].
func NewClient(cfg ClientConfig) (*Client, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg}
	var err error
	if c.dialer, err = newDialer(&c.cfg); err != nil {
		return nil, err
	}
	if c.cc, err = c.dialer.open(); err != nil {
		return nil, err
	}
	c.jobs = tacitv1.NewJobServiceClient(c.cc)
	return c, nil
}

// Close ends the connection; calls under way fail.
func (c *Client) Close() error { return c.cc.Close() }

// within gives a call its deadline and its Hello.
func (c *Client) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(withHello(ctx, &c.cfg), limit)
}

// explain turns a call's error into a fault, or into the caller's own.
func (c *Client) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	}
	return fromStatus(err, c.dialer.seen.Load())
}

// Submit hands a submission over and returns its job. After a lost answer the
// same bytes may be submitted again.
func (c *Client) Submit(ctx context.Context, submission []byte) (JobID, error) {
	if limit := c.cfg.Limits.MaxSubmission; len(submission) > limit {
		return JobID{}, TooBig.New("the submission has %d bytes, above the limit of %d", len(submission), limit)
	}
	rpc, cancel := c.within(ctx, c.cfg.Timing.Transfer)
	defer cancel()
	stream, err := c.jobs.Submit(rpc)
	if err != nil {
		return JobID{}, c.explain(ctx, err)
	}
	if err := sendChunks(stream.Send, submission); err != nil && !errors.Is(err, io.EOF) {
		return JobID{}, c.explain(ctx, err)
	}
	response, err := stream.CloseAndRecv() // says why when sending came to an early end
	if err != nil {
		return JobID{}, c.explain(ctx, err)
	}
	return jobFromWire(response.GetJob())
}

// Jobs lists the analyst's own jobs, newest first, at most 10,000 of them.
func (c *Client) Jobs(ctx context.Context) ([]JobStatus, error) {
	rpc, cancel := c.within(ctx, c.cfg.Timing.Call)
	defer cancel()
	stream, err := c.jobs.Jobs(rpc, &tacitv1.JobsRequest{})
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	var list []JobStatus
	for size := 0; len(list) < maxJobs && size < maxJobBytes; {
		w, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, c.explain(ctx, err)
		}
		size += proto.Size(w)
		status, err := statusFromWire(w)
		if err != nil {
			return nil, err
		}
		list = append(list, status)
	}
	return list, nil
}

// Watch calls on with where the job stands now and with each change, until the
// state is final (it returns nil), on returns an error (returned), or ctx ends.
// A connection that is lost after the first event is made again; where the job
// stands is then told again.
func (c *Client) Watch(ctx context.Context, job JobID, on func(Progress) error) error {
	w := watch{job: job, on: on}
	wait := c.cfg.Timing.BackoffMin
	for ever := false; ; ever = ever || w.told {
		w.told = false
		err := c.explain(ctx, c.watchOnce(ctx, &w))
		switch {
		case w.failed != nil:
			return w.failed
		case w.final:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !(passing(err) && (ever || w.told)):
			return err
		}
		if w.told {
			wait = c.cfg.Timing.BackoffMin
		}
		if !sleep(ctx, jitter(wait)) {
			return ctx.Err()
		}
		wait = min(2*wait, c.cfg.Timing.BackoffMax)
	}
}

// watch is the state of a Watch over its connections.
type watch struct {
	job    JobID
	on     func(Progress) error
	told   bool  // on was called on this connection
	final  bool  // the job has ended
	failed error // of on
}

// passing reports whether a fault may be over at the next attempt, once there was a
// connection: a coordinator that stops cuts handshakes too.
func passing(err error) bool {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return false
	}
	for _, k := range []*fault.Kind{Lost, Stopping, TimedOut, Unreachable, TLSFailed, Busy} {
		if k.Code == f.Code {
			return true
		}
	}
	return false
}

// watchOnce watches on one connection.
func (c *Client) watchOnce(ctx context.Context, w *watch) error {
	rpc, cancel := c.within(ctx, watchFor)
	defer cancel()
	stream, err := c.jobs.Watch(rpc, &tacitv1.JobRequest{Job: w.job[:]})
	if err != nil {
		return err
	}
	for !w.final {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		p, err := progressFromWire(m)
		if err != nil {
			return err
		}
		w.told = true
		if w.failed = w.on(p); w.failed != nil {
			return w.failed
		}
		w.final = p.State.Final()
	}
	return nil
}

// Result fetches the result of a released job, for secagg.Open.
func (c *Client) Result(ctx context.Context, job JobID) ([]byte, error) {
	rpc, cancel := c.within(ctx, c.cfg.Timing.Transfer)
	defer cancel()
	stream, err := c.jobs.Result(rpc, &tacitv1.JobRequest{Job: job[:]})
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	result, err := collectChunks(stream.Recv, c.cfg.Limits.MaxResult)
	return result, c.explain(ctx, err)
}

// Cancel ends a job that is not yet released.
func (c *Client) Cancel(ctx context.Context, job JobID) error {
	rpc, cancel := c.within(ctx, c.cfg.Timing.Call)
	defer cancel()
	_, err := c.jobs.Cancel(rpc, &tacitv1.JobRequest{Job: job[:]})
	return c.explain(ctx, err)
}
