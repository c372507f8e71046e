// Package lab runs a whole space on one machine: a coordinator, one worker for
// every owner, and the profile of an analyst.
//
// It is for trying out, for research and for tests. Every role is a process of its
// own, of the same program that runs in earnest, with real keys, signatures and TLS,
// on loopback addresses. What a lab does not have is separate machines: whoever
// runs it holds everybody's keys and data.
//
// A lab is a folder:
//
//	charter.yaml            the rules; members may be left out, or have no key
//	owners/NAME/TABLE.csv   or .parquet: what each owner has of each table
//	worker.yaml             may be left out: settings of every worker, such as accept
//	owners/NAME/worker.yaml may be left out: those of one owner, instead; with the key
//	                        tables they map all its tables, as in earnest, to files or queries
//	.lab/                   made by the lab: keys, bundle, configurations, stores, logs
//
// Start at [Lab.Up].
package lab
