package query

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tacit-space/tacit/engine/result"
)

// census counts the groups, for the notes of the table.
type census struct {
	groups    int         // that may have rows
	small     map[int]int // by k, those of them whose number of rows is suppressed
	undecided int         // left out since HAVING needs what is suppressed
	curves    bool        // the groups are curves
}

// enter counts a group; below is the k of a suppressed number of rows, else 0.
func (c *census) enter(below int) {
	c.groups++
	if below > 0 {
		if c.small == nil {
			c.small = map[int]int{}
		}
		c.small[below]++
	}
}

// notes says what is not in the table, and what the marks in it mean. rows are those
// that are shown.
func (c *census) notes(rows []row, table *result.Table) []string {
	var notes []string
	explained := map[int]bool{}
	for _, k := range slices.Sorted(maps.Keys(c.small)) {
		text := fmt.Sprintf("%d of %d %s %s fewer than %d privacy units", c.small[k], c.groups, c.noun(), have(c.small[k]), k)
		switch listed, marked := appearance(rows, k); {
		case marked:
			text += fmt.Sprintf(": shown as < %d", k)
			explained[k] = true
		case listed:
			text += ", perhaps none: listed all the same"
		}
		notes = append(notes, text)
	}
	marks := map[int]bool{}
	for _, k := range table.Suppressed {
		marks[k] = !explained[k]
	}
	for _, k := range slices.Sorted(maps.Keys(marks)) {
		if marks[k] {
			notes = append(notes, fmt.Sprintf("< %d: not released, fewer than %d privacy units stand behind it", k, k))
		}
	}
	if c.undecided > 0 {
		text := rowsOf(c.undecided, c.groups)
		if c.curves {
			text = map[bool]string{true: "1 row is", false: fmt.Sprintf("%d rows are", c.undecided)}[c.undecided == 1]
		}
		notes = append(notes, text+" left out: HAVING needs values that are not released")
	}
	return notes
}

// appearance reports whether groups whose number of rows is below k are among the
// rows, and whether one of them has a mark with this k.
func appearance(rows []row, k int) (listed, marked bool) {
	for _, r := range rows {
		if r.below == k {
			listed = true
			marked = marked || slices.Contains(r.values, any(withheld(k)))
		}
	}
	return listed, marked
}

func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// rowsOf names n of the groups, or the row of a query without GROUP BY, which has none.
func rowsOf(n, groups int) string {
	switch {
	case groups == 0:
		return "the row is"
	case n == 1:
		return fmt.Sprintf("1 of %d groups is", groups)
	default:
		return fmt.Sprintf("%d of %d groups are", n, groups)
	}
}
