package worker

import "github.com/tacit-space/tacit/engine/fault"

// Ways in which this worker does not take part, beside those of the policy and
// of the data.
var (
	Malformed = fault.Declare("TACIT-W201", "offer not accepted",
		"The offer is malformed, not signed by the analyst that it names, or not made for this worker.",
		"Submit with the tacit client. If that happened, the coordinator changed the job.")
	Replayed = fault.Declare("TACIT-W202", "job seen before",
		"This worker has seen another manifest under the same job id.",
		"Ask again: the client draws a new id. If that happened, the coordinator or the analyst repeats jobs.")
	Busy = fault.Declare("TACIT-W203", "worker is busy",
		"This worker holds as many jobs, or as much memory for them, as its limits allow.",
		"Ask again later, ask for fewer cells, or have the owner raise the limits.")
	Over = fault.Declare("TACIT-W204", "job is over here",
		"The job ended at this worker before, for example at its expiry.",
		"Ask again with a new job.")
	ReleasedBefore = fault.Declare("TACIT-W205", "job was released before",
		"This worker has released its part of the job in an earlier attempt, and releases once.",
		"Ask again with a new job.")
	Broken = fault.Declare("TACIT-W206", "worker failed",
		"The worker's part of the job failed in a way that has no code of its own.",
		"See the log of this worker.")
)
