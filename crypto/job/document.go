package job

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/wire"
)

// kind is the first byte of every encoding of this package.
type kind uint8

// The documents; protocols have the numbers that are left for their messages.
const (
	kindManifest   kind = 0x01
	kindOffer      kind = 0x02
	kindSubmission kind = 0x03
	kindInquiry    kind = 0x04
	kindAnswer     kind = 0x05
	kindQuestion   kind = 0x20
)

func expectKind(r *wire.Reader, want kind) {
	if got := kind(r.U8()); r.Err() == nil && got != want {
		r.Fail(fmt.Errorf("kind %#x, wanted %#x", uint8(got), uint8(want)))
	}
}
