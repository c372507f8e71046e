package secagg

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// kind is the first byte of every encoding of this package.
type kind uint8

// Messages in the order of the rounds, then stored state. Package job has the numbers of its
// documents: 0x01 to 0x03 and 0x20.
const (
	kindAdvertisement kind = 0x10 // R0, W→C
	kindRoster        kind = 0x11 // R1, C→W
	kindShares        kind = 0x12 // R1, W→C
	kindPackets       kind = 0x13 // R2, C→W
	kindInput         kind = 0x14 // R2, W→C
	kindSurvivors     kind = 0x15 // R3, C→W
	kindAgreement     kind = 0x16 // R3, W→C
	kindCertificate   kind = 0x17 // R4, C→W
	kindOpening       kind = 0x18 // R4, W→C
	kindResult        kind = 0x19 // R5, C→A
	kindNothing       kind = 0x1f // a worker that has opened expects this, which nobody sends

	kindReceipt kind = 0x1a // what the analyst keeps of the result

	kindWorkerState kind = 0x21
	kindServerState kind = 0x22
)

// Phases of the coordinator's clock; its [session.Wait] carries them.
const (
	PhaseAdvertise session.Phase = iota // R0: waiting for advertisements
	PhaseShare                          // R1: waiting for sealed shares
	PhaseInput                          // R2: waiting for masked inputs, that is for the owners' local work
	PhaseAgree                          // R3: waiting for signatures over U3
	PhaseOpen                           // R4: waiting for openings
)

// signatureSize is the size of a session signature (Ed25519) in bytes.
const signatureSize = 64

type signature [signatureSize]byte

// message is what encodes itself behind its kind.
type message interface {
	kind() kind
	encode(w *wire.Writer)
}

func marshal(m message) []byte {
	w := wire.NewWriter()
	w.U8(uint8(m.kind()))
	m.encode(w)
	return w.Data()
}

// unmarshal decodes a whole body of a known kind.
func unmarshal[M any](body []byte, k kind, decode func(*wire.Reader) M) (M, error) {
	r := wire.NewReader(body)
	expectKind(r, k)
	m := decode(r)
	if err := r.Close(); err != nil {
		var none M
		return none, fmt.Errorf("secagg: message of kind %#x: %w", uint8(k), err)
	}
	return m, nil
}

func expectKind(r *wire.Reader, want kind) {
	if got := kind(r.U8()); r.Err() == nil && got != want {
		r.Fail(fmt.Errorf("kind %#x, wanted %#x", uint8(got), uint8(want)))
	}
}

// kindOf peeks at the kind of a body; an empty body has kind 0, which is none.
func kindOf(body []byte) kind {
	if len(body) == 0 {
		return 0
	}
	return kind(body[0])
}

func fixed32(r *wire.Reader) [32]byte        { return [32]byte(r.Fixed(32)) }
func readSignature(r *wire.Reader) signature { return signature(r.Fixed(signatureSize)) }
