package cryptotest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/session"
)

// counter is a protocol: the coordinator sends a number to party 1, which adds
// one, persists and sends it back, until it is three.
type counter struct {
	self  session.Party
	value byte
}

type start struct{}

func (start) IsEvent() {}

func (c *counter) Step(ev session.Event) ([]session.Effect, error) {
	switch ev := ev.(type) {
	case start:
		if c.self == 0 {
			return []session.Effect{session.Wait{}, session.Send{To: 1, Body: []byte{0}}}, nil
		}
		if c.value > 0 {
			return []session.Effect{session.Send{Body: []byte{c.value}}}, nil
		}
		return nil, nil
	case session.Message:
		return c.receive(ev.Body)
	case session.Deadline:
		return []session.Effect{session.Abort{Err: errors.New("too slow")}}, nil
	}
	return nil, nil
}

func (c *counter) receive(body []byte) ([]session.Effect, error) {
	if len(body) != 1 || body[0] < c.value {
		return nil, fmt.Errorf("refused")
	}
	c.value = body[0]
	if c.self == 1 {
		c.value++
		return []session.Effect{session.Persist{State: []byte{c.value}}, session.Send{Body: []byte{c.value}}}, nil
	}
	if c.value == 3 {
		return []session.Effect{session.Send{To: session.Analyst, Body: body}, session.Done{}}, nil
	}
	return []session.Effect{session.Send{To: 1, Body: body}}, nil
}

func restoreCounter(state []byte) (session.Machine, error) {
	return &counter{self: 1, value: state[0]}, nil
}

func play(seed uint64, change func(*Network)) (*Network, string) {
	n := New(seed, start{})
	var log strings.Builder
	n.Trace = func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) }
	n.Add(0, &counter{self: 0}, nil)
	n.Add(1, &counter{self: 1}, restoreCounter)
	change(n)
	n.Begin()
	n.Run()
	return n, log.String()
}

func TestNetwork(t *testing.T) {
	n, log := play(1, func(*Network) {})
	if !n.Outcome(0).Done || !slices.EqualFunc(n.Mailbox(session.Analyst), [][]byte{{3}}, bytes.Equal) {
		t.Errorf("%+v\n%s", n.Outcome(0), log)
	}
	if _, again := play(1, func(*Network) {}); again != log {
		t.Error("two runs of one seed differ")
	}
}

func TestFaults(t *testing.T) {
	lost, _ := play(1, func(n *Network) { n.Faults.Drop = 1 })
	if a := lost.Outcome(0).Abort; a == nil {
		t.Error("no deadline after loss")
	}
	logs := map[string]bool{}
	for seed := range uint64(8) {
		_, log := play(seed, func(n *Network) { n.Faults.Corrupt = 1 })
		logs[log] = true
	}
	if len(logs) == 1 {
		t.Error("seeds make no difference")
	}
	liar, _ := play(1, func(n *Network) {
		n.Lies[1] = func(session.Party, []byte) [][]byte { return [][]byte{{3}} }
	})
	if !liar.Outcome(0).Done {
		t.Error("the lie is not told")
	}
}

func TestRestart(t *testing.T) {
	for effect := 1; effect <= 6; effect++ {
		n, log := play(1, func(n *Network) { n.Kill[1] = effect })
		if !n.Outcome(0).Done || !strings.Contains(log, "1 restarts") {
			t.Errorf("killed after effect %d:\n%s", effect, log)
		}
	}
	n, _ := play(1, func(n *Network) { n.Kill[0] = 1 })
	if n.Machine(0) != nil {
		t.Error("a machine without state was restored")
	}
}

func TestReleaseOnce(t *testing.T) {
	n := New(1, start{})
	d := &node{}
	for i, want := range []bool{true, true, false} {
		if got := n.release(d, [32]byte{byte(i / 2)}); got != want {
			t.Errorf("release %d: %v", i, got)
		}
	}
	if !errors.Is(d.outcome.Err, ErrReleased) {
		t.Error(d.outcome.Err)
	}
}

func TestSeeds(t *testing.T) {
	var a, b, c [32]byte
	for name, dst := range map[string]*[32]byte{"a": &a, "b": &b} {
		if _, err := io.ReadFull(Rand("seed %s", name), dst[:]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.ReadFull(Rand("seed a"), c[:]); err != nil {
		t.Fatal(err)
	}
	if a == b || a != c {
		t.Error("streams do not follow from their seeds")
	}
	if Identity("x").Public().Fingerprint() == Identity("y").Public().Fingerprint() {
		t.Error("two names, one identity")
	}
}
