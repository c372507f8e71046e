package secagg

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// TestKnownAnswers runs jobs whose randomness is fixed and compares a SHA-256 of all
// messages of each kind, in the order of sending. A change here changes the wire:
// commit it with WIRE: or KAT: and a line of the changelog.
func TestKnownAnswers(t *testing.T) {
	datadriven.RunTest(t, "testdata/vectors/messages.kat", func(t *testing.T, d *datadriven.TestData) string {
		var n, width int
		d.ScanArgs(t, "n", &n)
		d.ScanArgs(t, "width", &width)
		sh := shape{n: n, corruptions: 1, threshold: job.ThresholdFor(n, 1), length: 4, width: ring.Width(width)}
		sh.min = max(sh.threshold, 3)
		return knownAnswer(t, sh)
	})
}

// knownAnswer lets the last worker drop out after it dealt its shares, if the
// parameters allow for that.
func knownAnswer(t *testing.T, sh shape) string {
	w := newWorld(t, sh, defences{})
	n := w.network(1, 1, w.everyone())
	n.Orderly = true
	sums := map[kind]hash.Hash{}
	for _, p := range n.Parties() {
		n.Lies[p] = func(_ session.Party, body []byte) [][]byte {
			if p == session.Party(sh.n) && sh.min < sh.n && kindOf(body) == kindInput {
				return nil
			}
			record(sums, body)
			return [][]byte{body}
		}
	}
	n.Trace = func(string, ...any) {}
	o, err := w.run(n, w.everyone())
	must(t, err)
	record(sums, o.Receipt)
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(sums)) {
		lines = append(lines, fmt.Sprintf("%#x %x", uint8(k), sums[k].Sum(nil)))
	}
	return strings.Join(lines, "\n")
}

func record(sums map[kind]hash.Hash, body []byte) {
	k := kindOf(body)
	if sums[k] == nil {
		sums[k] = sha256.New()
	}
	sums[k].Write(body)
}
