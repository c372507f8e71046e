package transport

import "context"

// Client is an analyst's end. It connects at the first call. It may be used by
// many goroutines.
type Client struct{}

// NewClient checks the configuration. Errors: [BadConfig].
func NewClient(cfg ClientConfig) (*Client, error) { panic("not yet") }

// Close ends the connection; calls under way fail.
func (c *Client) Close() error { return nil }

// Submit hands a submission over and returns its job. After a lost answer the
// same bytes may be submitted again.
func (c *Client) Submit(ctx context.Context, submission []byte) (JobID, error) {
	return JobID{}, nil
}

// Jobs lists the analyst's own jobs, newest first.
func (c *Client) Jobs(ctx context.Context) ([]JobStatus, error) { return nil, nil }

// Watch calls on with where the job stands now and with each change, until the
// state is final (it returns nil), on returns an error (returned), or ctx ends.
// A lost connection is made again; where the job stands is then told again.
func (c *Client) Watch(ctx context.Context, job JobID, on func(Progress) error) error {
	return nil
}

// Result fetches the result of a released job, for secagg's Question.Open.
func (c *Client) Result(ctx context.Context, job JobID) ([]byte, error) { return nil, nil }

// Cancel ends a job that is not yet released.
func (c *Client) Cancel(ctx context.Context, job JobID) error { return nil }
