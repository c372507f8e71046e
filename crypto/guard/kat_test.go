package guard

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/session"
)

// TestKnownAnswers runs jobs whose randomness is fixed and compares a SHA-256 of all messages
// of each kind, in the order of sending, and of what the parties store. A change here changes
// the wire: write it anew with
//
//	go test ./crypto/guard -run TestKnownAnswers -rewrite
//
// and commit it with WIRE: or KAT: and a line of the changelog.
func TestKnownAnswers(t *testing.T) {
	datadriven.RunTest(t, "testdata/vectors/messages.kat", func(t *testing.T, d *datadriven.TestData) string {
		shape := small()
		if d.HasArg("columns") {
			shape = &Shape{Set: "F7", Verify: VerifySome, Groups: []Group{{K: 5, Runs: []Run{{Guards: 9, Limbs: 1}}}}}
		}
		w := newWorld(t, shape, 3, 1)
		if d.Cmd == "prepare" {
			return knownKeys(w)
		}
		return knownRelease(w)
	})
}

// digests are of messages by their kind.
type digests map[kind]hash.Hash

func (d digests) record(body []byte) {
	k := kindOf(body)
	if d[k] == nil {
		d[k] = sha256.New()
	}
	d[k].Write(body)
}

func (d digests) String() string {
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(d)) {
		lines = append(lines, fmt.Sprintf("%#x %x", uint8(k), d[k].Sum(nil)))
	}
	return strings.Join(lines, "\n")
}

func knownRelease(w *world) string {
	d := digests{}
	net := w.network(1, 1, w.everyone())
	net.Orderly = true
	for _, p := range net.Parties() {
		net.Lies[p] = func(_ session.Party, body []byte) [][]byte {
			d.record(body)
			return [][]byte{body}
		}
	}
	w.begin(net)
	net.Run()
	o, err := w.opened(net)
	must(w.tb, err)
	w.check(o, w.everyone())
	d.record(o.Receipt)
	return d.String()
}

func knownKeys(w *world) string {
	p := w.preparation(1)
	p.net.Orderly = true
	p.net.Begin()
	p.net.Run()
	d := digests{}
	d.record(p.server.state)
	for _, u := range w.everyone() {
		d.record(p.workers[u].state)
	}
	return d.String()
}
