package session

// Party is a position in one job: 0 is the coordinator, 1…n are the workers in
// roster order, [Analyst] is the analyst.
type Party uint16

// The two parties that are not workers.
const (
	Coordinator Party = 0
	Analyst     Party = 0xFFFF
)

// Event is what a protocol machine is told. Protocol packages add their own
// events (for example the input vector) by implementing IsEvent.
type Event interface{ IsEvent() }

// Start is the first event of every machine, new or restored. Its effects are the
// first messages of a new machine, and what a restored one has to say again.
type Start struct{}

// Message is bytes that arrived from a party. The driver has authenticated the
// channel they came on, and nothing else about them.
type Message struct {
	From Party
	Body []byte
}

// Deadline says that the time of a phase announced by [Wait] is over.
type Deadline struct{ Phase Phase }

// Gone says that a party will not speak again in this attempt (it refused, or
// its process restarted and lost the state of the attempt).
type Gone struct{ Party Party }

// Phase numbers the rounds of a protocol, counted from 0.
type Phase uint8

// IsEvent marks the type as an [Event].
func (Start) IsEvent() {}

// IsEvent marks the type as an [Event].
func (Message) IsEvent() {}

// IsEvent marks the type as an [Event].
func (Deadline) IsEvent() {}

// IsEvent marks the type as an [Event].
func (Gone) IsEvent() {}

// Effect is what a machine asks of its driver. Effects are carried out in the
// order in which Step returned them; if one fails, the later ones are dropped
// and the attempt ends.
type Effect interface{ isEffect() }

// Persist asks that State replaces the stored state of this attempt, durably,
// before any later effect. State may hold secrets: the driver seals it at rest.
type Persist struct{ State []byte }

// Release asks that the driver records durably that this job is released, by
// this attempt and under this digest. A job is released once: if another
// attempt or digest is already recorded, the driver drops the later effects
// and ends the attempt.
type Release struct{ Digest [32]byte }

// Send asks that Body is delivered to a party. A body is sent again only as
// the same bytes.
type Send struct {
	To   Party
	Body []byte
}

// Wait starts the clock of a phase; its end comes back as [Deadline]. A Wait for
// a later phase cancels the earlier clock.
type Wait struct{ Phase Phase }

// Done says that the machine has finished; nothing follows.
type Done struct{}

// Abort says that the attempt has failed and nothing was released by this
// machine beyond what earlier effects released. Blame names the parties that
// provably misbehaved, and may be empty.
type Abort struct {
	Blame []Party
	Err   error
}

func (Persist) isEffect() {}
func (Release) isEffect() {}
func (Send) isEffect()    {}
func (Wait) isEffect()    {}
func (Done) isEffect()    {}
func (Abort) isEffect()   {}

// Machine is one role of a protocol as a function of values: it has no clock,
// disk, network, goroutine or lock, and one goroutine owns it.
//
// Step returns an error when the event is refused; the state is then unchanged
// and the attempt goes on. An end of the attempt is an effect ([Done], [Abort]).
type Machine interface {
	Step(Event) ([]Effect, error)
}
