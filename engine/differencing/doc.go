// Package differencing tells whether numbers of one question, or of a new question and
// earlier ones, can be subtracted so that what is left stands for only a few of this owner's
// privacy units.
//
// # Why at each owner, and on its own units
//
// Suppression is decided under encryption: no owner learns how many units stand behind a cell
// of the space, nor whether it was released. So an owner takes every cell of a question
// whose input left it as released, and counts its own units only. That is also all that it has to
// protect: if everybody else pools what they know with the analyst, the difference of
// two released numbers shows this owner's rows in it and nothing more.
//
// # What is compared
//
// A [Series] is what a plan adds over one set of rows: its WHERE, the slots of its keys, a
// FILTER, and columns that must not be NULL. A cell of a series is a set of rows. Rows are
// compared, because what is subtracted are sums over rows, and the units behind the rows are
// counted. For cells a and b of different series, at least one of them of the new question, that
// share a row, a∖b are the rows of a that are not in b.
//
//   - Pairs: the units with a row in a∖b and those with a row in b∖a; the rule applies if
//     neither side reaches k and they are not both empty. k is the larger one of the two cells'.
//     Where one side reaches k, the difference of the two numbers is one over k units or more.
//   - Nested units: the count of units of a cell is released with it. If every unit of
//     b also has a row in a, the units of a without a row in b are counted too, and the rule
//     applies if they are 1 to k-1. (Series of up to [MaxPacked] cells.)
//   - A total and its parts: the cells of one series that lie within a cell a of another. What is
//     left of a without them, and what is left if one of them is missing because it was
//     suppressed, must not be 1 to k-1 units.
//   - A cell without rows here can have rows elsewhere. So if the conditions of a cell b say
//     that it lies within a, and it is empty here, then a∖b is a, and the rule applies to 1 to k-1
//     units: alone, or as one of the parts.
//
// Two series are compared if the same columns must not be NULL in both, or if the same
// measure is added in both. That a column is NULL for a few is no difference as far as only
// counts are released: COUNT(*) and AVG(x) in one question show how many have no x. For this
// FILTERs and WHEREs are compared without regard to NULL besides.
//
// Cells with the same rows here are never a difference, so the same question may be asked
// again, and cells that share no row, and of which neither lies within the other by its
// conditions, are none.
//
// # What is not compared
//
// Linear combinations of three and more cells, except a total and its parts: inclusion and
// exclusion, and the sum of all cells of one question against those of another. Cells
// over the data of different days: an earlier cell is evaluated over the data as they are now,
// so a question that is repeated after one unit was added shows that unit. Cells of questions
// that the table as it is in the charter now cannot evaluate any more. What an analyst knows from
// elsewhere.
//
// # Cost
//
// Of a row the engine computes classes of columns, not cells (engine/source): cells follow from classes, and are looked up for
// each combination of classes that there is. What remains is bounded by the number of combinations, and of
// units by a few words each; two cells are no more looked at once a unit in each alone was seen.
//
// # Sizes and limits
//
// [MaxPacked], [MaxWords], [MaxWide], [Cap].
//
// Start at [New].
package differencing
