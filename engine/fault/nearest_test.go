package fault

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"sex", "age", "time", "status", "coordinator", "ph.ecog"}
	for word, want := range map[string]string{
		"sexx": "sex", "sxe": "sex", "SEX": "sex", "agee": "age", "statsu": "status", "coordinater": "coordinator",
		"phecog": "ph.ecog", "coordinates": "coordinator",
		"name": "", "x": "", "": "", "institution": "", "tempus": "", "tiem": "time",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q: %q, wanted %q", word, got, want)
		}
	}
	if got := Nearest(strings.Repeat("a", maxNearest+1), []string{strings.Repeat("a", maxNearest)}); got != "" {
		t.Errorf("a long word is compared: %q", got)
	}
}

// The distance is that of the definition, counted by trying all edits of short words.
func TestEdits(t *testing.T) {
	const letters = "ab"
	words := []string{""}
	for i := 0; len(words[i]) < 4; i++ {
		for _, c := range letters {
			words = append(words, words[i]+string(c))
		}
	}
	for _, a := range words {
		if len(a) > 3 {
			continue
		}
		for b := range oneEdit(a, letters) {
			if d := edits(a, b); d != 1 || edits(b, a) != d {
				t.Errorf("%q and %q: %d", a, b, d)
			}
		}
		for _, b := range words {
			if d := edits(a, b); (d == 1) != oneEdit(a, letters)[b] || (d == 0) != (a == b) {
				t.Errorf("%q and %q: %d", a, b, d)
			}
		}
	}
}

// oneEdit returns the words that are one edit from a.
func oneEdit(a, letters string) map[string]bool {
	all := map[string]bool{}
	for i := range len(a) + 1 {
		for _, c := range letters {
			all[a[:i]+string(c)+a[i:]] = true
			if i < len(a) {
				all[a[:i]+string(c)+a[i+1:]] = true
			}
		}
		if i < len(a) {
			all[a[:i]+a[i+1:]] = true
		}
		if i+1 < len(a) {
			all[a[:i]+a[i+1:i+2]+a[i:i+1]+a[i+2:]] = true
		}
	}
	delete(all, a)
	return all
}
