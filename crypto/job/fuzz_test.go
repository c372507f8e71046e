package job_test

import (
	"bytes"
	"testing"

	"github.com/tacit-space/tacit/crypto/job"
)

type document interface{ Marshal() []byte }

// decoders are all decoders of the package.
var decoders = []func(b []byte) (document, error){
	func(b []byte) (document, error) { return job.ParseManifest(b) },
	func(b []byte) (document, error) { return job.ParseOffer(b) },
	func(b []byte) (document, error) { return job.ParseSubmission(b) },
	func(b []byte) (document, error) { return job.ParseQuestion(b) },
	func(b []byte) (document, error) { return job.ParseInquiry(b) },
}

// TestOneDecoder: every document is accepted by its own decoder only, and not if a byte
// is missing or left over.
func TestOneDecoder(t *testing.T) {
	accept := func(b []byte) (n int) {
		for _, decode := range decoders {
			if _, err := decode(b); err == nil {
				n++
			}
		}
		return n
	}
	for i, b := range documents(t) {
		if accept(b) != 1 || accept(b[:len(b)-1]) != 0 || accept(append(bytes.Clone(b), 0)) != 0 {
			t.Errorf("document %d", i)
		}
	}
}

// FuzzDecode: no input panics a decoder, and what it accepts encodes to the same
// bytes.
func FuzzDecode(f *testing.F) {
	for _, b := range documents(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for i, decode := range decoders {
			if d, err := decode(b); err == nil && !bytes.Equal(d.Marshal(), b) {
				t.Errorf("decoder %d: not canonical", i)
			}
		}
	})
}
