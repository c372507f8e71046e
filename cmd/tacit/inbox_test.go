package main

import (
	"strings"
	"testing"
)

// TestPlain: what an analyst wrote cannot make a question look like another one on the screen of whoever
// decides.
func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"heart study":              "heart study",
		"Ärzte für 東京":             "Ärzte für 東京",
		"a\x1b[2J\x1b[1;1Hb":       "a?[2J?[1;1Hb",
		"a\nwho asks  somebody":    "a?who asks  somebody",
		"a\rb\tc\x00":              "a?b?c?",
		"right\u202eto left":       "right?to left",
		"zero\u200bwidth\u2028end": "zero?width?end",
		"bad \xff":                 "bad ?",
	} {
		if got := plain(text); got != want {
			t.Errorf("%q shows as %q, want %q", text, got, want)
		}
	}
}

// Whoever decides about a model is told for how many rounds.
func TestStudiesAreNamed(t *testing.T) {
	if got := orOneQuestion("", 0); got != "none: one question" {
		t.Errorf("no study: %s", got)
	}
	if got := orOneQuestion(strings.Repeat("ab", 32), 25); got != "abababab, a model that is fitted by at most 25 rounds: you decide about all of them" {
		t.Errorf("a study: %s", got)
	}
}
