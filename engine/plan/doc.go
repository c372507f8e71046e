// Package plan is the typed form of a question: what the workers are asked to
// contribute, and the rules by which each of them decides that for itself.
//
// # Protocol
//
// The analyst's side compiles SQL into a [Plan] (engine/query). Only the plan
// travels, inside a [Job], as bytes with one encoding per plan ([Plan.Marshal],
// [Parse]). A worker runs [Check] against the charter that it has pinned, shows
// [Plan.SQL] and the [Statement] of [Explain] to people, and renders its own local
// query from the plan. The vector that it contributes has [Plan.Length] elements,
// each at most [Bounds] in size. [Guards] says which privacy units it counts besides,
// so that small cells can be suppressed, and [NewNoise] how much noise it adds.
//
// # Threat model
//
// A plan comes from a peer. Parse accepts only the canonical encoding within the
// limits below and Check accepts only what the charter allows: nothing that the
// compiler guarantees is taken for granted.
//
// # Sizes and limits
//
// [MaxCells], [MaxLength], [MaxSums], [MaxKeys], [MaxDepth], [MaxNodes], [MaxIn],
// [MaxPlan] and [MaxJob].
//
// # Errors
//
// Faults with codes TACIT-P1xx; none repeats a constant of a predicate.
//
// Start at [Plan].
package plan
