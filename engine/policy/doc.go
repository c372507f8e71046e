// Package policy decides, at the owner's site, whether a worker takes part in a
// job. The coordinator and the analyst are not trusted for any of it.
//
// What a worker must have checked before: that the manifest decodes canonically, and
// that the analyst's hybrid signature over it holds under the key the manifest names.
// What is checked here: that this key, the roster, the parameters, the purpose, the
// times and the plan are what the pinned charter allows, that the signed statement
// of what the job gives away is the one that follows from the plan, and the owner's
// own stricter rules.
//
// # Errors
//
// Every refusal is a [fault.Fault] whose code names the rule: the codes of this
// package for the manifest, those of engine/plan for the question. It holds no
// constant of the question.
//
// Start at [Check].
package policy
