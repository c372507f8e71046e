// Package enginetest is a whole space in one process: a coordinator, workers with
// small tables, and an analyst, over the real transport on the loopback
// interface, with stores in temporary folders. Roles can be stopped and started
// again on their stores while a job runs.
//
// It is for tests. Nothing waits for time to pass: a test follows the progress
// of a job, and gates hold a worker's local query until the test lets it go.
//
// Start at [New].
package enginetest
