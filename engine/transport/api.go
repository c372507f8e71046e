package transport

import (
	"context"
	"crypto/ed25519"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// JobID names a job. The analyst's client draws it.
type JobID = [16]byte

// Packet is one message of one attempt of a job between a worker and the
// coordinator. Kind and Body belong to the layer above: the transport neither
// reads nor changes them. Body is at most the smaller of both sides'
// [Limits].MaxPacket; it may be empty. Once handed to Send, Body is no longer
// the caller's: it must not be changed, because it may be sent again.
type Packet struct {
	Job     JobID
	Attempt uint32
	Kind    uint8
	Body    []byte
}

// Member is who a key belongs to, by the charter.
type Member struct {
	ID    string
	Roles []charter.Role
}

// Has reports whether the member has a role.
func (m Member) Has(role charter.Role) bool {
	for _, r := range m.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Directory is what the transport has to know of the charter. [FromBundle] makes
// one. It is called from many goroutines at once.
type Directory interface {
	// Member returns who holds a key, and false when nobody in the charter does.
	Member(key ed25519.PublicKey) (Member, bool)
	// Revoked reports whether a member's key is revoked: then it is nobody's.
	Revoked(member string) bool
	// Coordinator returns the key that the charter names for the coordinator; nil if it is revoked.
	Coordinator() ed25519.PublicKey
	// Charter returns the hash of the charter in force here.
	Charter() [32]byte
	// Name says for people which version of the charter has a hash.
	Name(hash [32]byte) string
}

// Keyholder has the TLS key of a member; *identity.Identity is one.
type Keyholder interface {
	Ed25519() ed25519.PrivateKey
}

// Handler is the coordinator above a [Hub].
//
// Connected, Receive and Disconnected of one member are called one after the
// other, never at once, each connection's as Connected, Receive…, Disconnected.
// Different members, and the calls of analysts, run at the same time. The roles
// have been checked: the first three are called for owners, the others for
// analysts, and the member is who the connection's key says.
//
// An error that is a [*fault.Fault] reaches the peer as it is (code, message,
// remedy, position). Of any other error the peer only learns that the
// coordinator failed inside, and the hub logs it.
type Handler interface {
	// Connected says that a worker is connected. With fresh set, a new session
	// has begun, as one of the two processes is new or the old session was
	// given up: whatever was queued by Send earlier and not yet received is
	// forgotten, and the handler sends again what its store holds. Otherwise
	// the session goes on and nothing was lost or doubled. It may call Send.
	Connected(ctx context.Context, member string, fresh bool)

	// Receive takes one packet; packets come in the order in which they were
	// sent, each exactly once within a session. Its return acknowledges the
	// packet, so what has to survive a crash is stored before. Blocking holds
	// back this member and nobody else; but do not wait in Send for the same
	// member, as both sides could then wait for each other. An error gives up the session: the
	// connection ends with the error as its reason, and the next one is fresh.
	// ctx ends with the session or the hub, not with the connection.
	Receive(ctx context.Context, member string, p Packet) error

	// Disconnected says that the connection of a worker ended; the session
	// may go on with the next connection.
	Disconnected(member string)

	// Submit takes a submission (canonical bytes of at most MaxSubmission) and
	// returns its job. The same submission may come twice, after a lost answer.
	Submit(ctx context.Context, analyst string, submission []byte) (JobID, error)

	// Jobs lists the analyst's own jobs, newest first.
	Jobs(ctx context.Context, analyst string) ([]JobStatus, error)

	// Watch sends where the job stands now, and then each change, until the
	// state is final (see [State.Final]); then it returns nil.
	Watch(ctx context.Context, analyst string, job JobID, send func(Progress) error) error

	// Result returns the masked or encrypted result of a released job.
	Result(ctx context.Context, analyst string, job JobID) ([]byte, error)

	// Cancel ends a job that is not yet released. Cancelling an ended job is
	// not an error.
	Cancel(ctx context.Context, analyst string, job JobID) error

	// Inquire passes an inquiry (canonical bytes) to the owners of its table, and sends what each
	// says, once, until all have answered, or the time for answers or ctx is over.
	Inquire(ctx context.Context, analyst string, inquiry []byte, send func(InquiryReply) error) error
}

// LinkHandler is the worker above a [Link]. Its calls come one after the other,
// never at once, with the meaning that they have in [Handler].
type LinkHandler interface {
	Connected(ctx context.Context, fresh bool)
	Receive(ctx context.Context, p Packet) error
	// Disconnected says why the connection ended, or why none could be made
	// (then without a Connected before), and when the link tries again.
	Disconnected(why *fault.Fault, retry time.Duration)
}

// State is where a job stands.
type State string

// States of a job.
const (
	Submitted State = "submitted"
	Admitted  State = "admitted"
	Refused   State = "refused"
	Running   State = "running"
	Released  State = "released"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Final reports whether a job in this state changes no more.
func (s State) Final() bool {
	return s == Refused || s == Released || s == Failed || s == Cancelled
}

// Progress is one event in the life of a job, for the analyst who asked.
type Progress struct {
	Job      JobID
	State    State
	Attempt  uint32       // counts from 1; 0 before the first
	Phase    uint8        // round of the protocol, from 0
	Heard    uint32       // workers that have spoken in this phase
	Expected uint32       // workers that may still speak in this phase, those heard included
	Event    string       // one stable word, for example "joined", "refused", "dropped"; may be empty
	Member   string       // whom the event is about; may be empty
	Fault    *fault.Fault // why, for a refusal or a failure; else nil
	Time     time.Time    // by the coordinator's clock
}

// JobStatus is a line of the list of jobs.
type JobStatus struct {
	Job       JobID
	State     State
	Attempt   uint32
	Purpose   string
	Submitted time.Time
	Updated   time.Time
	Expiry    time.Time
	Fault     *fault.Fault // why, when refused or failed
	Members   []MemberStatus
}

// MemberStatus is what one worker did with a job.
type MemberStatus struct {
	Member string
	State  string       // one stable word: "offered", "joined", "refused", "dropped", "parked", …
	Fault  *fault.Fault // why it refused; else nil
}

// Presence is a worker as the hub sees it.
type Presence struct {
	Member   string
	Since    time.Time // of the connection, or of its loss
	Online   bool
	Software string // version that the worker says it is
	Queued   int    // bytes sent and not yet acknowledged
}

// Finding is one line of [Probe].
type Finding struct {
	Check  string        // a stable word: "settings", "name", "tcp", "tls", "http2", "coordinator", "member", "charter", "release", "round-trip", "clock"
	OK     bool          // false: Fault says why
	Detail string        // for people: what was found
	Took   time.Duration // of this step
	Fault  *fault.Fault  // nil when OK
}
