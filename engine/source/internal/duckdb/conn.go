package duckdb

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	duck "github.com/duckdb/duckdb-go-bindings"
)

// Conn is a connection. It is not safe for concurrent use, and serves one statement
// at a time: a reader is released before the next statement.
type Conn struct{ conn duck.Connection }

// Close ends the connection.
func (c *Conn) Close() { duck.Disconnect(&c.conn) }

// Exec runs one statement and drops its result.
func (c *Conn) Exec(ctx context.Context, sql string) error {
	r, err := c.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer r.Release()
	for r.Next() {
	}
	return r.Err()
}

// Query runs one statement and streams its result. The caller releases the reader.
// When ctx ends, the engine stops within milliseconds and the reader fails with
// ctx's error.
func (c *Conn) Query(ctx context.Context, sql string) (*Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if strings.ContainsRune(sql, 0) || !utf8.ValidString(sql) {
		return nil, &Error{Kind: KindSyntax, Message: "the statement is not UTF-8 text without NUL"}
	}
	r := &Reader{ctx: ctx, refs: 1}
	r.cleanup = append(r.cleanup, c.interruptAfter(ctx))
	if err := r.start(c, sql); err != nil {
		r.Release()
		return nil, err
	}
	return r, nil
}

// interruptEvery is the pause between interrupts of a cancelled statement: the
// engine forgets one that comes before it begins to execute.
const interruptEvery = 2 * time.Millisecond

// interruptAfter interrupts the connection's statement once ctx ends, until the
// returned function is called, which waits for the last interrupt.
func (c *Conn) interruptAfter(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	stopped, idle := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(idle)
		select {
		case <-stopped:
			return
		case <-ctx.Done():
		}
		tick := time.NewTicker(interruptEvery)
		defer tick.Stop()
		for {
			duck.Interrupt(c.conn)
			select {
			case <-stopped:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(stopped)
		<-idle
	}
}
