package coordinator

import "github.com/tacit-space/tacit/engine/fault"

// Ways in which a job or a call fails here.
var (
	Malformed = fault.Declare("TACIT-J010", "submission not accepted",
		"The submission is malformed, is not signed by this analyst, or does not fit the charter.",
		"Submit with the tacit client, with the identity and the charter that the space uses.")
	Replayed = fault.Declare("TACIT-J011", "job exists",
		"Another submission already has this job id.",
		"Ask again: the client draws a new id.")
	TooMany = fault.Declare("TACIT-J012", "too many jobs",
		"The coordinator holds as many jobs as it may.",
		"Wait until some are over, or cancel them; the operator can raise the limit.")
	TooLarge = fault.Declare("TACIT-J013", "result too large",
		"The vectors of this job are above what the coordinator accepts.",
		"Ask for fewer cells, or have the operator raise the limit.")
	Expired = fault.Declare("TACIT-J014", "job expired",
		"The job was not finished before its expiry.",
		"Ask again, with a longer lifetime if the charter allows it.")
	TooFew = fault.Declare("TACIT-J015", "too few owners take part",
		"Fewer owners than the charter demands accepted the job.",
		"Look up the codes of the owners that refused with: tacit errors CODE. Ask again when the silent ones are back.")
	TooFewConnected = fault.Declare("TACIT-J016", "too few workers connected",
		"Owners that had accepted were not connected when an attempt was to start.",
		"Ask again when their workers are back.")
	AttemptsUsed = fault.Declare("TACIT-J017", "no attempt succeeded",
		"Every attempt that the job was allowed ended too early.",
		"See the log of the coordinator for the phase; ask again when the workers are stable.")
	Stuck = fault.Declare("TACIT-J018", "attempt cannot be finished",
		"Too many workers left after the participants of the sum were fixed. Nothing was opened, and no other attempt is allowed, as some may have released.",
		"Ask again: a new job is independent of this one.")
	NoJob = fault.Declare("TACIT-J019", "no such job",
		"This analyst has no job of that id here, or its record was removed after its retention.",
		"List the jobs with `tacit jobs`.")
	NoResult = fault.Declare("TACIT-J020", "no result",
		"The job has no result: it is not released yet, or the result was removed after its retention.",
		"Watch the job with `tacit watch`; if the result was removed, ask again.")
	BadPacket = fault.Declare("TACIT-J021", "worker broke the protocol",
		"A worker sent something that its side of the protocol does not have.",
		"Run the same release on both sides; if it stays, report it.")
)
