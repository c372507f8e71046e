package job_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
)

// TestKnownAnswers compares the hash of a manifest, and a SHA-256 of every document, with
// seeded randomness. A change here changes the wire: commit it with WIRE: or KAT: and a
// line of the changelog.
func TestKnownAnswers(t *testing.T) {
	datadriven.RunTest(t, "testdata/vectors/documents.kat", func(t *testing.T, d *datadriven.TestData) string {
		var n, width int
		var guard string
		d.ScanArgs(t, "n", &n)
		d.ScanArgs(t, "width", &width)
		d.MaybeScanArgs(t, "guard", &guard)
		m := manifest(n, 1, job.ThresholdFor(n, 1))
		m.Width, m.Guard = ring.Width(width), []byte(guard)
		q := ask(t, m)
		lines := []string{fmt.Sprintf("h %x", q.Manifest().Hash())}
		for _, b := range [][]byte{
			q.Manifest().Marshal(), submissionOf(t, q).Offer(1), q.Submission(), q.Marshal(),
		} {
			lines = append(lines, fmt.Sprintf("%#x %x", b[0], sha256.Sum256(b)))
		}
		return strings.Join(lines, "\n")
	})
}
