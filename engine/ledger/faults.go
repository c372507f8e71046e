package ledger

import "github.com/tacit-space/tacit/engine/fault"

// What can be wrong with a ledger.
var (
	Malformed = fault.Declare("TACIT-L001", "not a ledger file",
		"The file is no export, checkpoint or statement as this version writes it.",
		"Get the file again from the member; do not edit it.")
	Forged = fault.Declare("TACIT-L002", "checkpoint not signed",
		"A checkpoint or statement does not have the signature of the member whose it claims to be, or belongs to another space or role.",
		"Get it from the member itself, and compare the fingerprints in the charter. If it stays, somebody forged it.")
	Rewritten = fault.Declare("TACIT-L003", "ledger was changed",
		"The entries are not those of the signed checkpoint: one was changed, removed, added or moved.",
		"Keep the file as evidence and ask the member for an explanation. If it is your own store, the disk or somebody with access to it changed it: restore nothing, and begin with an empty store.")
	Truncated = fault.Declare("TACIT-L004", "entries were cut off",
		"The ledger has fewer entries than a checkpoint that its member signed before.",
		"The ledger was put back to an older state. Keep both as evidence; a worker that was put back may have forgotten a release.")
	Forked = fault.Declare("TACIT-L005", "two histories",
		"The member signed two checkpoints of one ledger of which neither continues the other: it shows different histories to different readers.",
		"Keep both checkpoints: they prove it. Tell the other members.")
	ClockBack = fault.Declare("TACIT-L006", "clock was set back",
		"An entry is older than one before it, or younger than now, by more than the tolerance.",
		"Check the clock of that machine. Entries around that time have no reliable time; their order is right.")
	Disagree = fault.Declare("TACIT-L007", "ledgers disagree",
		"The ledgers of several members tell different stories about a job.",
		"See the findings. A member left something out, or was told something else than the others.")
	NotProved = fault.Declare("TACIT-L008", "cannot be decided from this file",
		"The export holds a part of the ledger and no proof that it continues the other checkpoint.",
		"Ask for a whole export, or for one that was made with --prove and the other checkpoint.")
	NoLedger = fault.Declare("TACIT-L010", "no ledger here",
		"The store folder has no ledger: it is empty, or no role of this version ever used it.",
		"Name the configuration of the role whose ledger you want, and start that role once.")
	WrongDebits = fault.Declare("TACIT-L011", "debits do not fit the jobs",
		"A privacy budget was debited twice for one job, for a job that was not accepted, or after its release; or something was taken back that was not debited, or was released.",
		"A worker of this version does not do that. Keep the file as evidence and ask the member for an explanation.")
	WrongStatement = fault.Declare("TACIT-L009", "statement does not fit the ledger",
		"The numbers of the statement are not those of the ledger that it names.",
		"Ask the member for the whole export that the statement was made from.")
)
