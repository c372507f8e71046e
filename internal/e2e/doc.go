// Package e2e tests the tacit binary from outside: the commands of the documents, kill
// -9 at every durable step, and what the coordinator's process can be made to give
// away. It has tests only; run them with
//
//	make e2e
//
// Start at harness_test.go.
package e2e
