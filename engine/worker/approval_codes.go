package worker

import "github.com/tacit-space/tacit/engine/fault"

// Refusals of and for people.
var (
	Denied = fault.Declare("TACIT-W131", "a person refused",
		"Somebody who decides for the owner refused the question. The message has the reason, if it was to be told.",
		"Talk to the owner before you ask again.")
	Unanswered = fault.Declare("TACIT-W132", "nobody decided in time",
		"The question waited for a person at the owner, and nobody decided before the owner's deadline.",
		"Tell the owner, and ask again, with a longer lifetime if the charter allows it.")
	TooManyParked = fault.Declare("TACIT-W133", "too many questions wait",
		"As many questions as the owner allows wait for a person there, of this analyst or in all.",
		"Wait until some are decided, or cancel those that are not needed any more.")
	Stopped = fault.Declare("TACIT-W134", "the owner has stopped everything",
		"The owner stopped its worker with tacit worker stop-all: it withdraws from every job and refuses new ones.",
		"Talk to the owner. Ask again when it serves again.")
)
