package inference

import "github.com/tacit-space/tacit/engine/fault"

// Faults of tests and tables.
var (
	TooFew = fault.Declare("TACIT-T010", "too few values",
		"A group has so few values that its spread cannot be estimated, or there are fewer than two groups.",
		"Ask about larger groups, or about fewer of them.")
	NoSpread = fault.Declare("TACIT-T011", "no spread",
		"The values within the groups do not vary, so that a test has nothing to measure a difference by.",
		"Look at the released numbers: a difference of constants needs no test.")
	BadCounts = fault.Declare("TACIT-T012", "counts that are no table",
		"Counts are negative, or events are more than there are people.",
		"Report it with the question.")
	EmptyMargin = fault.Declare("TACIT-T013", "empty row or column",
		"A row or column of the table has nobody, so that nothing can be compared with it.",
		"Leave the value out with a condition, or merge values.")
	NoExposure = fault.Declare("TACIT-T014", "nothing to relate events to",
		"Person-time or expected events are not above 0.",
		"Look at the columns and the condition.")
	TooFewEstimates = fault.Declare("TACIT-T015", "too few estimates",
		"A meta-analysis needs two estimates with a variance above 0 at least.",
		"Ask by a category with more values that have enough people.")
)
