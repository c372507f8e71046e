package transport

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkPackets moves packets over loopback TLS, both ends in one process.
// MB/s are of bodies.
func BenchmarkPackets(b *testing.B) {
	for _, size := range []int{1 << 10, 256 << 10, 1 << 20, 8 << 20, 16 << 20} {
		b.Run(fmt.Sprintf("worker-to-hub/%dKiB", size>>10), func(b *testing.B) { benchPackets(b, size, true) })
		b.Run(fmt.Sprintf("hub-to-worker/%dKiB", size>>10), func(b *testing.B) { benchPackets(b, size, false) })
	}
}

func benchPackets(b *testing.B, size int, up bool) {
	w := newWorld(b, 1, nil)
	arrived := make(chan struct{}, 1<<20)
	l := startWorker(b, w.client("w0"))
	for _, box := range []*recorder{w.box, l.box} {
		box.discard = func() { arrived <- struct{}{} }
	}
	l.box.untilEvent(b, "connected  fresh", 1)
	w.box.untilEvent(b, "connected w0 fresh", 1)
	p := numbered(0, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	sent := make(chan error, 1)
	b.ResetTimer()
	go func() {
		var err error
		for i := 0; i < b.N && err == nil; i++ {
			if up {
				err = l.Send(context.Background(), p)
			} else {
				err = w.hub.Send(context.Background(), "w0", p)
			}
		}
		sent <- err
	}()
	for range b.N {
		<-arrived
	}
	b.StopTimer()
	if err := <-sent; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRoundTrip sends one small packet there and one back.
func BenchmarkRoundTrip(b *testing.B) {
	w := newWorld(b, 1, nil)
	l := startWorker(b, w.client("w0"))
	l.box.untilEvent(b, "connected  fresh", 1)
	back := make(chan struct{}, 1)
	w.box.discard = func() { _ = w.hub.Send(context.Background(), "w0", Packet{}) }
	l.box.discard = func() { back <- struct{}{} }
	for b.Loop() {
		if err := l.Send(context.Background(), Packet{}); err != nil {
			b.Fatal(err)
		}
		<-back
	}
}
