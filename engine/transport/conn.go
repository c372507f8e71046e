package transport

import (
	"context"
	"errors"
	"io"
	"sync"

	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// errDetached ends the goroutines of a connection that is no longer its
// session's.
var errDetached = errors.New("transport: the connection is no longer the session's")

// frames is a stream of frames; gRPC's streams of both sides are.
type frames interface {
	Send(*tacitv1.Frame) error
	Recv() (*tacitv1.Frame, error)
}

// conn is one connection of a session: a reader and a writer.
type conn struct {
	frames
	wake chan struct{}   // capacity 1: there may be something to send
	ctx  context.Context // ends with the connection; its cause says why
	cut  context.CancelCauseFunc
}

func newConn(ctx context.Context, fs frames) *conn {
	c := &conn{frames: fs, wake: make(chan struct{}, 1)}
	c.ctx, c.cut = context.WithCancelCause(ctx)
	return c
}

// run moves frames until the connection ends and returns why. Its two
// goroutines, counted in wg, may still be in a call of the stream then; they
// end with the stream and touch the session no more once c is detached.
func (c *conn) run(s *session, wg *sync.WaitGroup) error {
	wg.Go(func() { c.cut(c.read(s)) })
	wg.Go(func() {
		if err := c.write(s); err != io.EOF { // then the reader learns why the stream ended
			c.cut(err)
		}
	})
	<-c.ctx.Done()
	return context.Cause(c.ctx)
}

// read takes frames, as long as the handler keeps up.
func (c *conn) read(s *session) error {
	for {
		if err := s.box.room(c.ctx); err != nil {
			return err
		}
		f, err := c.Recv()
		if err != nil {
			return err
		}
		if err := s.arrive(c, f); err != nil {
			return err
		}
	}
}

// write sends frames, acknowledgements first.
func (c *conn) write(s *session) error {
	for {
		f, err := s.next(c)
		switch {
		case err != nil:
			return err
		case f != nil:
			if err := c.Send(f); err != nil {
				return err
			}
		default:
			select {
			case <-c.wake:
			case <-c.ctx.Done():
				return context.Cause(c.ctx)
			}
		}
	}
}
