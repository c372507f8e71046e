// Package runner drives protocol machines: it gives one a goroutine, a clock
// and hands.
//
// A [Runner] owns one [session.Machine] for one attempt. Events come in through
// [Runner.Post] and are stepped one at a time in the order of arrival; the
// effects of a step are carried out strictly in the order in which the machine
// returned them, each to its end before the next begins. So what was persisted
// is durable before anything that rests on it is sent. If one effect fails, the
// rest are dropped and the attempt ends.
//
// An event that the machine refuses changes nothing: it is logged with the
// party that sent it, and counted. A party whose messages were refused too
// often is not listened to any more in this attempt.
//
// [Mailbox] is the other half: an ordered queue towards one peer, so that no
// machine waits for a slow network.
//
// Start at [Runner.Run].
package runner
