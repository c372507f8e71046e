package policy

import "github.com/tacit-space/tacit/engine/fault"

// Refusals. Each names one rule.
var (
	OtherCharter = fault.Declare("TACIT-W101", "other charter",
		"The job was made under a charter, or a version of it, that this worker has not pinned.",
		"Give analyst and workers the same signed space.json.")
	NotAnAnalyst = fault.Declare("TACIT-W102", "not an analyst of the space",
		"The job comes from somebody who is no member with the role analyst.",
		"Ask as a member with the role analyst, or amend the charter.")
	WrongKey = fault.Declare("TACIT-W103", "key differs from the charter",
		"The manifest names a member with a key that is not the one in the charter.",
		"Make the job with the key whose fingerprint is in the charter. If that happened, somebody pretends to be a member.")
	WrongRoster = fault.Declare("TACIT-W104", "roster differs from the charter",
		"The owners in the manifest are not exactly the owners of the table, in the order of the charter.",
		"Make the job again with this version against the pinned charter.")
	NotMine = fault.Declare("TACIT-W105", "not an owner of the table",
		"The job is about a table of which this member is no owner.",
		"Check which member this worker runs as.")
	TooFewContributors = fault.Declare("TACIT-W106", "too few contributors",
		"The job would accept an answer over fewer owners than the charter's min_contributors, or than is safe.",
		"Make the job with the min_contributors of the charter.")
	TooFewCorruptions = fault.Declare("TACIT-W107", "tolerates too few corruptions",
		"The job tolerates fewer corrupt owners than the charter's tolerated_corruption.",
		"Make the job with the tolerated_corruption of the charter.")
	WrongThreshold = fault.Declare("TACIT-W108", "wrong threshold",
		"The number of owners that can open secrets is not the smallest t with 2t > n + T, or the owners are too few for it.",
		"Make the job again with this version.")
	WrongPurpose = fault.Declare("TACIT-W109", "purpose not allowed",
		"The charter lists the purposes of questions, and the stated one is not among them.",
		"State one of the purposes that \"tacit space show\" lists.")
	Expired = fault.Declare("TACIT-W110", "job expired",
		"The job's expiry has passed.",
		"Ask again; if it was made just now, set the clock of this machine.")
	TooLong = fault.Declare("TACIT-W111", "job lives too long",
		"The time between making and expiry is longer than the charter's job_lifetime.",
		"Make the job with a shorter life.")
	ClockSkew = fault.Declare("TACIT-W112", "clocks differ",
		"The job was made more than five minutes in the future of this machine's clock.",
		"Set the clocks of the analyst's machine and of this one; use time synchronisation.")
	WrongStatement = fault.Declare("TACIT-W113", "leakage statement differs",
		"The statement of what the job gives away, which the analyst signed, is not the one that follows from the plan.",
		"Use the same version of tacit at the analyst and at the owners.")
	WrongShape = fault.Declare("TACIT-W114", "manifest does not fit the plan",
		"Length, width, guards or expiry in the manifest differ from those of the question in it.",
		"Make the job again with this version.")
	OwnRule = fault.Declare("TACIT-W115", "refused by the owner's own rule",
		"The charter allows the job, but this owner's configuration is stricter. The message names the rule.",
		"Ask this owner.")
)
