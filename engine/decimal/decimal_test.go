package decimal

import (
	"math/big"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	cases := map[string]string{
		"0": "0", "-0": "0", "+1.50": "1.5", "007": "7", "-0.10": "-0.1", "0.0": "0", "12": "12", "-1.05": "-1.05",
	}
	for in, want := range cases {
		got, err := Canonical(in)
		if err != nil || got != want {
			t.Errorf("Canonical(%q) = %q, %v; want %q", in, got, err, want)
		}
		if IsCanonical(in) != (in == want) {
			t.Errorf("IsCanonical(%q) = %v", in, IsCanonical(in))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{
		"", "-", "+", ".5", "5.", "1e3", "0x10", "1_000", "1,5", " 1", "1 ", "NaN", "Inf", "1/2", "--1", "1.2.3", "٣",
		strings.Repeat("9", MaxLength+1),
	} {
		if r, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", in, r)
		}
	}
}

func TestFormat(t *testing.T) {
	if _, ok := Format(big.NewRat(1, 3)); ok {
		t.Error("1/3 has no finite decimal text")
	}
	if s, ok := Format(big.NewRat(-5, 4)); !ok || s != "-1.25" {
		t.Errorf("Format(-5/4) = %q, %v", s, ok)
	}
}

func TestPow10(t *testing.T) {
	for n, want := range map[int]string{0: "1", 3: "1000", -2: "0.01"} {
		if got, _ := Format(Pow10(n)); got != want {
			t.Errorf("Pow10(%d) = %s, want %s", n, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-1.50", "+007", "1e3", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Parse(s)
		if err != nil {
			return
		}
		text, ok := Format(r)
		if !ok {
			t.Fatalf("parsed %q cannot be formatted", s)
		}
		again, err := Parse(text)
		if err != nil || again.Cmp(r) != 0 || !IsCanonical(text) {
			t.Fatalf("%q became %q: %v", s, text, err)
		}
	})
}
