package source

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// keys are the columns that tell rows of the same classes: numbers whose digits are classes, k0, k1, …, and columns
// of which classes are told later.
type keys struct {
	names   []string
	columns []string // with their expressions, over the classes f0, f1, …
	places  []digit  // of each feature; of late ones there is none
	delay   bool
}

// digit is where a class stands.
type digit struct {
	key    int
	stride int64
}

// late reports whether a feature is told from its column when rows have been counted.
func (k *keys) late(f *feature) bool { return k.delay && f.raw != "" }

// keys writes the classes as digits of as few numbers as hold them; with delay, columns of few texts stay as they
// are, as the engine groups by their dictionaries faster than it finds classes.
func (f *features) keys(delay bool) keys {
	k := keys{delay: delay, places: make([]digit, len(f.all))}
	terms, product := []string{}, int64(1)
	end := func() {
		name := fmt.Sprintf("k%d", len(k.names))
		k.names, k.columns = append(k.names, name), append(k.columns, strings.Join(append(terms, "CAST(0 AS BIGINT)"), " + ")+" AS "+name)
		terms, product = nil, 1
	}
	var raw []string
	for i, at := range f.all {
		if k.late(at) {
			if !slices.Contains(raw, at.raw) {
				raw = append(raw, at.raw)
			}
			continue
		}
		if product > math.MaxInt64/int64(at.classes) {
			end()
		}
		k.places[i] = digit{len(k.names), product}
		terms = append(terms, fmt.Sprintf("CAST(f%d AS BIGINT) * %d", i, product))
		product *= int64(at.classes)
	}
	end()
	k.names, k.columns = append(k.names, raw...), append(k.columns, raw...)
	return k
}

// digits renders the classes f0, f1, … from the keys.
func (f *features) digits(k keys) []string {
	out := []string{"0 AS f"}
	for i, at := range f.all {
		sql := at.sql
		if !k.late(at) {
			sql = fmt.Sprintf("(k%d // %d) %% %d", k.places[i].key, k.places[i].stride, at.classes)
		}
		out = append(out, fmt.Sprintf("%s AS f%d", sql, i))
	}
	return out
}
