package guard

import "github.com/tacit-space/tacit/crypto/session"

// kind is the first byte of every encoding of this package.
type kind uint8

// Messages: of the key set, then of the release. Those of an exchange follow its base.
const (
	kindHello   kind = 0x40 // W→C
	kindHellos  kind = 0x41 // C→W
	kindReveal  kind = 0x42 // W→C
	kindReveals kind = 0x43 // C→W
	keyExchange kind = 0x44 // … 0x4a
	kindReady   kind = 0x4b // W→C

	inputExchange kind = 0x50 // … 0x56
	kindOpening   kind = 0x57 // W→C
	kindResult    kind = 0x58 // C→A
	kindNothing   kind = 0x5f // a worker that has opened expects this, which nobody sends

	kindReceipt     kind = 0x60
	kindKeySet      kind = 0x61
	kindPublicKeys  kind = 0x62
	kindWorkerState kind = 0x63
	kindServerState kind = 0x64
)

// The messages of an exchange, as offsets from its base.
const (
	offCommitment  kind = iota // W→C
	offCommitments             // C→W
	offShare                   // W→C
	offAudit                   // C→W: a share, for the worker that audits it
	offAggregate               // C→W
	offClaim                   // W→C
	offClaims                  // C→W
)

// Phases of the coordinator's clock; its [session.Wait] carries them. They are other
// numbers than those of other protocols. An attempt with a key set that was made ahead begins
// with PhaseInput.
const (
	PhaseHello      session.Phase = 16 + iota // waiting for keys and commitments to nonces
	PhaseReveal                               // waiting for nonces and pairwise secrets
	PhaseKeyCommit                            // waiting for commitments to key shares
	PhaseKeyShare                             // waiting for key shares
	PhaseKeyCheck                             // waiting for fingerprints of key shares
	PhaseReady                                // of a preparation: waiting until every worker has stored its key set
	PhaseInput                                // waiting for the owners' local work and commitments to inputs
	PhaseInputShare                           // waiting for shares of inputs
	PhaseConfirm                              // waiting for fingerprints and the repeated evaluation
	PhaseOpen                                 // waiting for decryption shares
	phaseDone
)
