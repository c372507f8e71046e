package inquiry

import "github.com/tacit-space/tacit/engine/fault"

// Why there is no answer to an inquiry.
var (
	TooMany = fault.Declare("TACIT-J050", "too many inquiries",
		"This analyst inquires more often than the coordinator passes on.",
		"Wait some seconds, and inquire again.")
	WrongLife = fault.Declare("TACIT-J051", "inquiry is too old, or lives too long",
		"The time in which the inquiry can be answered is over by the coordinator's clock, or longer than five minutes.",
		"Set the clocks of the analyst's machine and of the coordinator; use time synchronisation.")
	NoAnswer = fault.Declare("TACIT-J052", "owner did not answer in time",
		"The owner's worker is connected, and has not answered the inquiry within some seconds.",
		"Inquire again. If it stays, the owner's log says why; it may run another release.")
	NotConnected = fault.Declare("TACIT-J053", "owner not connected",
		"The owner's worker has no connection to the coordinator.",
		"Ask again when it is back. A question waits for owners for a while.")
	NotAuthentic = fault.Declare("TACIT-J054", "answer is not the owner's",
		"What the coordinator passed on is not this owner's answer to this inquiry: it was changed, swapped or made up.",
		"Inquire again. If it stays, compare with what the owner's log says.")
	Withheld = fault.Declare("TACIT-J055", "nothing about the owner",
		"The coordinator passed on neither an answer of this owner nor why there is none.",
		"Inquire again. If it stays, ask the coordinator's operator.")
	Off = fault.Declare("TACIT-W165", "owner answers no inquiries",
		"The owner's configuration says accept.inquiries: refuse. What it would say is known when the question is asked.",
		"Ask the question, or the owner.")
	OtherClock = fault.Declare("TACIT-W166", "inquiry is over by the owner's clock",
		"The time in which the inquiry can be answered is over by the owner's clock, or longer than five minutes.",
		"Have the clocks of the analyst's and the owner's machine set; use time synchronisation.")
	Waits = fault.Declare("TACIT-W168", "a person would decide",
		"The owner's approval rules have a person decide about such a question: it would wait in the owner's inbox.",
		"Ask with a lifetime that leaves people time, and tell the owner.")
	TooOften = fault.Declare("TACIT-W167", "too many inquiries for this owner",
		"This analyst inquires more often than the owner answers.",
		"Wait some seconds, and inquire again.")
)
