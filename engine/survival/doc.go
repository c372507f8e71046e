// Package survival computes survival statistics from counts on a time grid: Kaplan–Meier curves, log-rank
// tests and the Cox model.
//
// Its inputs are sums over all owners that were released, and a time grid that is public; it knows nothing of
// where they come from. Counts are whole numbers, so that a result does not depend on how people are split between
// owners.
//
// # Conventions
//
// Those of R's package survival (T. M. Therneau, P. M. Grambsch, Modeling Survival Data, Springer 2000): at
// equal times events come before censoring; intervals of a curve are of kind log by default; a median is
// the first time at which the curve is at 1/2 or below.
//
// Start at [KaplanMeier] and [PartialLikelihood].
package survival
