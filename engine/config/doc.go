// Package config reads the configuration of the three roles: [Coordinator],
// [Worker] and [Analyst].
//
// A configuration is YAML. Unknown keys are refused with a suggestion, and all that
// is wrong is reported at once with its path and line:
// "coordinator.round_timeout: 0s outside [1s, 1h]". A single value can be overridden by an
// environment variable derived from its path: worker.limits.max_jobs is
// TACIT_WORKER_LIMITS_MAX_JOBS; a variable that begins like this and names nothing is
// refused too. Relative paths are relative to the folder of the file.
//
// The struct tags are the one source: "yaml" names the key, "range" bounds it, "oneof"
// lists its words, "required" says that it must be there, "help" explains it. From
// them come the checks here, and by package schema the JSON schemas in docs/schema and docs/reference.md.
//
// Configuration is written by the organisation that runs the role. Passphrases and
// keys are never in it, only the names of files.
//
// Start at [LoadWorker].
package config
