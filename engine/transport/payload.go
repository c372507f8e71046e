package transport

import (
	"errors"
	"io"

	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// sendChunks sends a large message in frames.
func sendChunks(send func(*tacitv1.Chunk) error, data []byte) error {
	c := &tacitv1.Chunk{Size: uint64(len(data))}
	for {
		n := min(len(data), dataSize)
		c.Data, data = data[:n], data[n:]
		if err := send(c); err != nil {
			return err
		}
		if len(data) == 0 {
			return nil
		}
		c = &tacitv1.Chunk{}
	}
}

// collectChunks receives a large message of at most limit bytes, up to the end
// of the stream.
func collectChunks(recv func() (*tacitv1.Chunk, error), limit int) ([]byte, error) {
	var p payload
	for {
		c, err := recv()
		switch {
		case errors.Is(err, io.EOF):
			return p.finish()
		case err != nil:
			return nil, err
		}
		if err := p.add(c, limit); err != nil {
			return nil, err
		}
	}
}

// payload is a large message that is arriving.
type payload struct {
	begun bool
	size  int
	body  []byte
}

func (p *payload) add(c *tacitv1.Chunk, limit int) error {
	switch {
	case !p.begun && c.GetSize() > uint64(limit):
		return TooBig.New("a message of %d bytes is above the limit of %d", c.GetSize(), limit)
	case !p.begun:
		p.begun, p.size = true, int(c.GetSize())
	case c.GetSize() != 0:
		return Violation.New("a message declares its size twice")
	case len(c.GetData()) == 0:
		return Violation.New("a chunk is empty")
	}
	if len(c.GetData()) > p.size-len(p.body) {
		return Violation.New("a message is longer than declared")
	}
	p.body = extend(p.body, c.GetData(), p.size)
	return nil
}

func (p *payload) finish() ([]byte, error) {
	if !p.begun || len(p.body) != p.size {
		return nil, Violation.New("a message is shorter than declared")
	}
	return p.body, nil
}
