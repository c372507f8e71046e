package runner

import (
	"context"
	"sync"
)

// Mailbox is an ordered queue towards one peer. Putting never blocks; one
// goroutine, [Mailbox.Run], takes items out and waits for the network. What an
// item is, and what a failed delivery means, is the owner's matter.
type Mailbox[T any] struct {
	mu    sync.Mutex
	queue []T
	wake  chan struct{} // holds a token when the queue may be non-empty
}

// NewMailbox returns an empty mailbox.
func NewMailbox[T any]() *Mailbox[T] {
	return &Mailbox[T]{wake: make(chan struct{}, 1)}
}

// Put appends items.
func (m *Mailbox[T]) Put(items ...T) {
	m.mu.Lock()
	m.queue = append(m.queue, items...)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Len returns how many items were put and not yet taken.
func (m *Mailbox[T]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}

// Clear forgets what was put and not yet taken.
func (m *Mailbox[T]) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queue = nil
}

// Run delivers items one at a time, in order, until ctx ends.
func (m *Mailbox[T]) Run(ctx context.Context, deliver func(context.Context, T)) {
	for ctx.Err() == nil {
		item, ok := m.take()
		if ok {
			deliver(ctx, item)
			continue
		}
		select {
		case <-m.wake:
		case <-ctx.Done():
		}
	}
}

func (m *Mailbox[T]) take() (item T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return item, false
	}
	var zero T
	item, m.queue[0] = m.queue[0], zero
	m.queue = m.queue[1:]
	return item, true
}
