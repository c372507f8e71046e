package fault

import "strings"

// maxNearest is the longest word, in bytes, that [Nearest] compares.
const maxNearest = 64

// Nearest returns the name that a word was most likely meant to be, or "" if none is near: one
// edit away for words of up to five bytes, two up to eight, else three. An edit inserts, deletes or
// replaces a byte, or swaps two neighbours; upper and lower case are the same.
func Nearest(word string, names []string) string {
	if len(word) > maxNearest {
		return ""
	}
	best, distance := "", min(max(1, len(word)/3), 3)+1
	for _, name := range names {
		if d := edits(strings.ToLower(word), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// edits is the distance of two words (optimal string alignment).
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
