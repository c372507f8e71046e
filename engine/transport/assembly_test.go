package transport

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// drain sends everything that an outbox holds.
func drain(o *outbox, at mark) (list []*tacitv1.Fragment) {
	s := sender{at: at}
	for f := s.next(o); f != nil; f = s.next(o) {
		list = append(list, f)
	}
	return list
}

// TestResumeAtEveryFragment: wherever a connection breaks between two fragments,
// the rest completes the packets, and every frame keeps to its size.
func TestResumeAtEveryFragment(t *testing.T) {
	var o outbox
	sizes := []int{0, 5, 3*dataSize + 1, dataSize, 0}
	for i, size := range sizes {
		o.add(numbered(i, size))
	}
	frames := len(drain(&o, mark{}))
	for cut := range frames + 1 {
		a := assembly{limit: 4 * dataSize}
		var got []Packet
		take := func(list []*tacitv1.Fragment) {
			for _, f := range list {
				if size := proto.Size(&tacitv1.Frame{Body: &tacitv1.Frame_Fragment{Fragment: f}}); size > frameSize {
					t.Fatalf("a frame of %d bytes", size)
				}
				p, complete, err := a.add(f)
				if err != nil {
					t.Fatal(err)
				}
				if complete {
					got = append(got, p)
				}
			}
		}
		take(drain(&o, mark{})[:cut])
		a.reconnect()
		if !o.covers(a.mark()) {
			t.Fatalf("cut %d: no resume at %+v", cut, a.mark())
		}
		take(drain(&o, a.mark()))
		wantSequence(t, got, sizes)
	}
}

func TestOutboxCovers(t *testing.T) {
	var o outbox
	for i := range 5 {
		o.add(numbered(i, 100))
	}
	o.ack(2)
	if o.acked != 2 || len(o.packets) != 3 || o.bytes != 3*(100+packetCost) {
		t.Fatalf("after ack: %+v", o)
	}
	for _, c := range []struct {
		at   mark
		want bool
	}{
		{mark{1, 0}, false},
		{mark{2, 0}, true},
		{mark{2, 99}, true},
		{mark{2, 100}, false},
		{mark{5, 0}, true},
		{mark{5, 1}, false},
		{mark{6, 0}, false},
		{mark{^uint64(0), 0}, false},
		{mark{3, ^uint64(0)}, false},
	} {
		if got := o.covers(c.at); got != c.want {
			t.Errorf("covers(%+v) = %v", c.at, got)
		}
	}
}

func frag(sequence uint64, head *tacitv1.Head, data string) *tacitv1.Fragment {
	return &tacitv1.Fragment{Sequence: sequence, Head: head, Data: []byte(data)}
}

func head(size, offset uint64) *tacitv1.Head {
	return &tacitv1.Head{Job: make([]byte, 16), Attempt: 1, Kind: 2, Size: size, Offset: offset}
}

// TestAssemblyRefuses: what a peer may not send.
func TestAssemblyRefuses(t *testing.T) {
	badJob, badKind, other := head(4, 0), head(4, 0), head(4, 2)
	badJob.Job = badJob.Job[1:]
	badKind.Kind = 256
	other.Attempt = 9
	for name, list := range map[string][]*tacitv1.Fragment{
		"gap":                {frag(2, head(1, 0), "a")},
		"zero":               {frag(0, head(1, 0), "a")},
		"doubled":            {frag(1, head(1, 0), "a"), frag(1, head(1, 0), "a")},
		"no head":            {frag(1, nil, "a")},
		"no second head":     {frag(1, head(1, 0), "a"), frag(2, nil, "a")},
		"two heads":          {frag(1, head(4, 0), "ab"), frag(1, head(4, 2), "cd")},
		"too long":           {frag(1, head(1, 0), "ab")},
		"too long at last":   {frag(1, head(3, 0), "ab"), frag(1, nil, "cd")},
		"too big":            {frag(1, head(1001, 0), "ab")},
		"huge":               {frag(1, head(^uint64(0), 0), "ab")},
		"empty fragment":     {frag(1, head(4, 0), "")},
		"data of an empty":   {frag(1, head(0, 0), "a")},
		"offset":             {frag(1, head(4, 1), "a")},
		"bad job":            {frag(1, badJob, "abcd")},
		"bad kind":           {frag(1, badKind, "abcd")},
		"resumed otherwise":  {frag(1, head(4, 0), "ab"), nil, frag(1, other, "cd")},
		"resumed longer":     {frag(1, head(4, 0), "ab"), nil, frag(1, head(5, 2), "cd")},
		"resumed elsewhere":  {frag(1, head(4, 0), "ab"), nil, frag(1, head(4, 1), "bcd")},
		"resumed as next":    {frag(1, head(4, 0), "ab"), nil, frag(2, head(4, 2), "cd")},
		"resumed headless":   {frag(1, head(4, 0), "ab"), nil, frag(1, nil, "cd")},
		"nothing whatsoever": {{}},
	} {
		a := assembly{limit: 1000}
		var err error
		for i, f := range list {
			if f == nil {
				a.reconnect()
				continue
			}
			if _, _, err = a.add(f); err != nil && i < len(list)-1 {
				t.Errorf("%s: refused too early: %v", name, err)
			}
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestMemoryFollowsArrival: a declared size alone takes no memory.
func TestMemoryFollowsArrival(t *testing.T) {
	a := assembly{limit: 1 << 30}
	if _, _, err := a.add(frag(1, head(1<<30, 0), "abcd")); err != nil {
		t.Fatal(err)
	}
	if cap(a.body) > 2*growth {
		t.Errorf("%d bytes are held for 4", cap(a.body))
	}
	for len(a.body) < 1<<20 {
		if _, _, err := a.add(frag(1, nil, "0123456789abcdef")); err != nil {
			t.Fatal(err)
		}
		if cap(a.body) > 4*len(a.body)+growth {
			t.Fatalf("%d bytes are held for %d", cap(a.body), len(a.body))
		}
	}
}

// FuzzAssembly feeds frames as a peer would: whatever it sends, nothing panics,
// memory is bounded, and packets come with what their heads declared.
func FuzzAssembly(f *testing.F) {
	var seed []byte
	for _, m := range []*tacitv1.Fragment{frag(1, head(6, 0), "abc"), frag(1, nil, "def"), frag(2, head(0, 0), ""), frag(3, head(4, 0), "xy")} {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		seed = append(append(seed, byte(len(b))), b...)
	}
	f.Add(seed)
	f.Add(append(seed, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 300
		a := assembly{limit: limit}
		var n uint64
		for len(data) > 0 {
			size := min(int(data[0]), len(data)-1)
			raw := data[1 : 1+size]
			data = data[1+size:]
			if size == 0 {
				a.reconnect()
				continue
			}
			var m tacitv1.Fragment
			if proto.Unmarshal(raw, &m) != nil {
				continue
			}
			before := bytes.Clone(a.body)
			p, complete, err := a.add(&m)
			if err != nil {
				return // the session ends
			}
			if cap(a.body) > limit || len(p.Body) > limit {
				t.Fatalf("%d bytes are held, the limit is %d", cap(a.body), limit)
			}
			if complete {
				n++
				if !bytes.Equal(p.Body, append(before, m.Data...)) {
					t.Fatal("a body is not what arrived")
				}
			}
			if a.complete != n || a.mark().partial > limit {
				t.Fatalf("mark %+v after %d packets", a.mark(), n)
			}
		}
	})
}

// FuzzPayload does the same for submissions and results.
func FuzzPayload(f *testing.F) {
	f.Add([]byte{6, 3, 'a', 'b', 'c', 0, 3, 'd', 'e', 'f'})
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 100
		var p payload
		var sent []byte
		for len(data) >= 2 {
			n := min(int(data[1]), len(data)-2)
			c := &tacitv1.Chunk{Size: uint64(data[0]), Data: data[2 : 2+n]}
			data = data[2+n:]
			if p.add(c, limit) != nil {
				return
			}
			sent = append(sent, c.Data...)
			if cap(p.body) > limit {
				t.Fatalf("%d bytes are held", cap(p.body))
			}
		}
		if body, err := p.finish(); err == nil && (!bytes.Equal(body, sent) || len(body) > limit) {
			t.Fatal("a message is not what arrived")
		}
	})
}
